"""Instants as integers, in milliseconds since the Unix epoch, and their forms as text."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache

from contract_tests.quoting import quoted

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR

DOCUMENTED = "2026-02-06T05:27:30Z"
"""The usual instant of golden files and examples, 10 s after the one in the documentation's examples."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# The year after the epoch is left out because renewals look a year back. LATEST has a year of four digits, as
# the `Date` header needs.
EARLIEST = datetime(1971, 1, 1, tzinfo=UTC)
LATEST = datetime(9998, 12, 31, tzinfo=UTC)
BEGINNING = (EARLIEST - _EPOCH) // timedelta(milliseconds=1)
END = (LATEST - _EPOCH) // timedelta(milliseconds=1)
"""The last instant that a clock shows, in ms; it stops there. The first one is `BEGINNING`."""


def iso_of(instant: int) -> str:
    """Writes an instant as `2026-02-06T05:27:20.000Z`, the form that the API uses everywhere."""
    minute, rest = divmod(instant, MINUTE)
    return f"{_minute_text(minute)}{rest // SECOND:02}.{rest % SECOND:03}Z"


@lru_cache(4096)
def _minute_text(minute: int) -> str:
    """Writes a minute as `2026-02-06T05:27:`. It is cached, as an answer has few different minutes."""
    return (_EPOCH + timedelta(minutes=minute)).isoformat()[:17]


def http_date_of(instant: int) -> str:
    """Writes an instant as `Fri, 06 Feb 2026 05:27:20 GMT`, the form of the `Date` header."""
    return format_datetime(_EPOCH + timedelta(milliseconds=instant), usegmt=True)


def instant_of(text: str) -> int:
    """Reads an instant in ISO 8601; without an offset it is UTC. Raises ValueError."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{quoted(text[:80])} is not an ISO 8601 instant, such as 2026-02-06T05:27:20Z"
        ) from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=UTC)
    if not EARLIEST <= found <= LATEST:
        raise ValueError(f"{quoted(text[:80])} is outside the years {EARLIEST.year} to {LATEST.year}")
    return (found - _EPOCH) // timedelta(milliseconds=1)


@lru_cache(64)
def date_header(instant: int) -> bytes:
    """Returns the value of the `Date` header at an instant. The values are cached."""
    return http_date_of(instant).encode("ascii")
