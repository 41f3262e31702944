"""Conversion of the API's instants to milliseconds."""

import time
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def ms(text: object) -> int | None:
    """Returns the instant of an ISO 8601 text, in ms since the epoch.

    Returns None for any other value, since the shape clauses report it, and for a time without an offset,
    since it could be any instant.
    """
    return _ms(text) if isinstance(text, str) else None


# The results are cached, because many clauses convert the same few hundred texts.
@lru_cache(16_384)
def _ms(text: str) -> int | None:
    moment = _parsed(text)
    return (moment - _EPOCH) // timedelta(milliseconds=1) if moment is not None and moment.tzinfo else None


def _parsed(text: str) -> datetime | None:
    # A date without a time is no instant, though Python reads it as midnight.
    if "T" not in text.upper():
        return None
    try:
        return datetime.fromisoformat(text.upper())
    except ValueError:
        return None


def is_instant(text: str) -> bool:
    """Returns whether a text is an ISO 8601 instant, with an offset or without."""
    return _parsed(text) is not None


def zone_of(name: object) -> ZoneInfo | None:
    """Returns a time zone by its name; None if the name is no text, or if this machine does not know it."""
    try:
        return ZoneInfo(name) if name and isinstance(name, str) else None
    except (KeyError, ValueError, OSError):
        return None


def offset_at(instant: int, zone: tzinfo) -> timedelta | None:
    """Returns the offset of a time zone at an instant in ms; None if Python's calendar has no such time."""
    try:
        return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone).utcoffset()
    except OverflowError:
        return None


def date_at(instant: int, zone: tzinfo) -> date | None:
    """Returns the date in a time zone at an instant in ms; None if Python's calendar has no such time."""
    try:
        return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone).date()
    except OverflowError:
        return None


def iso(instant: int) -> str:
    """Returns an instant, in ms since the epoch, as the API writes it."""
    return (_EPOCH + timedelta(milliseconds=instant)).isoformat(timespec="milliseconds")[:23] + "Z"


def now() -> int:
    """Returns the current instant by this machine's clock, in ms since the epoch."""
    return time.time_ns() // 1_000_000
