"""Instants as the API writes them, as milliseconds."""

import time
from datetime import UTC, datetime, timedelta

from contract_tests.exchange import Json

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(text: Json) -> int | None:
    """Milliseconds since the epoch of an ISO 8601 text; None for what is none (a shape clause tells)."""
    if not isinstance(text, str):
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def now() -> int:
    """Our own clock's instant, in milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
