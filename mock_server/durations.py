"""Durations as users write them, such as `500ms`, `90s`, `5m` or `1h`."""

import re
from datetime import timedelta

from contract_tests.quoting import quoted
from mock_server.instants import DAY, HOUR, MINUTE, SECOND

_TEXT = re.compile(r"([+-]?)([0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}) ?(ms|s|min|m|h|d|)", re.IGNORECASE)
_UNITS = {"ms": 1, "s": SECOND, "m": MINUTE, "min": MINUTE, "h": HOUR, "d": DAY}


def milliseconds_of(text: str, *, bare: int | None = None) -> int:
    """Reads a duration in ms; a minus sign makes it negative. Raises ValueError.

    `bare` is the unit, in ms, of a number that has none; None means that a unit is required.
    """
    match = _TEXT.fullmatch(text.strip())
    unit = _UNITS.get(match[3].lower(), bare) if match else None
    if match is None or unit is None:
        raise ValueError(f"{quoted(text[:80])} is not a duration, such as 500ms, 90s, 5m or 1h")
    return round(float(match[1] + match[2]) * unit)


def milliseconds_in(time: timedelta) -> int:
    """Returns the length of a timedelta in ms, rounded."""
    return round(time / timedelta(milliseconds=1))
