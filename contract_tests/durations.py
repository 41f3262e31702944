"""Durations and rates as users write them, such as `500ms`, `90s`, `5m` or `1h`, and `60/min` or `5/10s`."""

import re
from datetime import timedelta

from contract_tests.quoting import quoted

_TEXT = re.compile(r"([+-]?)([0-9]{1,15}(?:\.[0-9]{0,9})?|\.[0-9]{1,9}) ?(ms|s|min|m|h|d|)", re.IGNORECASE)
_RATE = re.compile(r"(\d{1,15}(?:\.\d{0,9})?|\.\d{1,9}) ?/ ?(.+)", re.ASCII)
# In ms.
SECOND = 1_000
_UNITS = {"ms": 1, "s": SECOND, "m": 60_000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}


def milliseconds_of(text: str, *, bare: int | None = None) -> int:
    """Reads a duration in ms; a minus sign makes it negative. Raises ValueError.

    `bare` is the unit, in ms, of a number that has none; None means that a unit is required.
    """
    match = _TEXT.fullmatch(text.strip())
    unit = _UNITS.get(match[3].lower(), bare) if match else None
    if match is None or unit is None:
        raise ValueError(f"{quoted(text[:80])} is not a duration, such as 500ms, 90s, 5m or 1h")
    return round(float(match[1] + match[2]) * unit)


def rate_of(text: str) -> tuple[float, int]:
    """Reads a rate such as `60/min` or `5/10s`: a number, and the time in which it counts, in ms.

    Raises ValueError.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{quoted(text[:80])} is not a rate, such as 60/min, 5/10s or 1000/h")
    time = match[2] if match[2][0] in "0123456789." else f"1{match[2]}"
    return float(match[1]), milliseconds_of(time)


def milliseconds_in(time: timedelta) -> int:
    """Returns the length of a timedelta in ms, rounded."""
    return round(time / timedelta(milliseconds=1))
