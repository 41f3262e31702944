"""The period of a report, and the buckets of a time series."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contract_tests.quoting import quoted
from mock_server.instants import HOUR, MINUTE, SECOND
from mock_server.zones import zone_named

MOST_BUCKETS = 50_000
"""The largest number of buckets; a time series with more is refused."""
INTERVALS = ("hour", "day", "week", "month")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
# The first and the last millisecond that `iso_of` can write. Requests for "ever" may name times beyond them,
# such as the last day of the year 9999 in New York.
_FIRST, _LAST = -62_135_596_800_000, 253_402_300_799_999
_OUTSIDE = "the dates are outside the calendar"
# The time that people write for the end of a day in UTC.
_DAY_ENDS = (time(23, 59), time(23, 59, 59), time(23, 59, 59, 999_000))


class PeriodError(ValueError):
    """An error in dates, a time zone or an interval; its text describes the problem."""


class Period(NamedTuple):
    """A period from `begin` to before `end`, in ms since the epoch, and the time zone of its days."""

    begin: int
    end: int
    zone: ZoneInfo

    @property
    def is_one_day(self) -> bool:
        """Whether the period lies within one day of its zone."""
        return _local(self.begin, self.zone).date() == _local(self.end - 1, self.zone).date()


class Bucket(NamedTuple):
    """An hour, day, week or month that overlaps a period, from `begin` to before `end`, in ms."""

    begin: int
    end: int
    name: str
    timestamp: str


@lru_cache(64)
def zone_of(name: str) -> ZoneInfo:
    """Returns the time zone with an IANA name. Raises PeriodError."""
    try:
        return zone_named(name)
    except ValueError as error:
        raise PeriodError(f"timezone: {error}") from None


def period_of(start_at: str | None, end_at: str | None, zone: ZoneInfo) -> Period | None:
    """Returns the period from one text to another, both included; None if neither is given.

    Raises PeriodError. A date is a day of the zone; an instant has a `Z` or an offset.
    """
    if start_at is None and end_at is None:
        return None
    if start_at is None or end_at is None:
        raise PeriodError("startAt and endAt are given together or not at all")
    begin, _ = _span_of("startAt", start_at, zone)
    last, end = _span_of("endAt", end_at, zone)
    # A day that a zone has skipped, such as 2011-12-30 in Pacific/Apia, is an empty period.
    if max(last, end - 1) < begin:
        raise PeriodError("endAt is before startAt")
    return Period(begin, end, zone)


def as_whole_days(start_at: str | None, end_at: str | None) -> tuple[str | None, str | None]:
    """Returns two timestamps as dates if they are midnight and 23:59 in UTC, otherwise unchanged.

    Time series read such timestamps as whole days.
    """
    first, last = (_moment(text) if text else None for text in (start_at, end_at))
    if first is None or last is None:
        return start_at, end_at
    try:
        first, last = first.astimezone(UTC), last.astimezone(UTC)
    except OverflowError:
        return start_at, end_at
    if first.time() != time(0) or last.time() not in _DAY_ENDS:
        return start_at, end_at
    return first.date().isoformat(), last.date().isoformat()


def usual_period(interval: str, now: int, zone: ZoneInfo) -> Period:
    """Returns the period of a time series without dates: the last 24 hours, 30 days or 12 months."""
    here = _local(now, zone)
    if interval == "hour":
        return Period(_floor(_floor(now, "hour", zone) - 23 * HOUR, "hour", zone), now + 1, zone)
    if interval == "month":
        first = here.date().replace(day=1)
        return Period(_midnight(_months_before(first, 11), zone), now + 1, zone)
    return Period(_midnight(here.date() - timedelta(days=29), zone), now + 1, zone)


def buckets_of(period: Period, interval: str) -> list[Bucket]:
    """Returns the hours, days, weeks (from Monday) or months of a period. Raises PeriodError for too many."""
    begins = [_floor(period.begin, interval, period.zone)]
    if (period.end - begins[0]) / _LEAST_LENGTH[interval] > MOST_BUCKETS:
        raise PeriodError(f"the period has more than {MOST_BUCKETS:,} buckets of one {interval}")
    try:
        while begins[-1] < period.end:
            begins.append(_next(begins[-1], interval, period.zone))
    except (OverflowError, ValueError):
        raise PeriodError(_OUTSIDE) from None
    return [_bucket(begin, end, interval, period.zone) for begin, end in pairwise(begins)]


_LEAST_LENGTH = {"hour": HOUR, "day": 25 * HOUR, "week": 7 * 25 * HOUR, "month": 31 * 25 * HOUR}


def _span_of(name: str, text: str, zone: ZoneInfo) -> tuple[int, int]:
    """Returns the beginning and the end of the day, or of the millisecond, that a text names."""
    day, moment = _day(text), _moment(text)
    if day is not None:
        end = _LAST + 1 if day == date.max else _midnight(day + timedelta(days=1), zone)
        return _midnight(day, zone), end
    if moment is None:
        hint = "; in a URL, the + of an offset is written %2B" if _moment(text.replace(" ", "+")) else ""
        raise PeriodError(
            f"{name}: {quoted(text[:80])} is neither a date, such as 2026-02-06,"
            f" nor an instant with a time zone{hint}"
        )
    instant = _instant(moment)
    return instant, instant + 1


def _day(text: str) -> date | None:
    """Returns the date of a text such as `2026-02-06`; None for any other text."""
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _moment(text: str) -> datetime | None:
    """Returns the datetime of a text with `Z` or an offset; None for any other text."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment if moment.tzinfo is not None else None


def _instant(moment: datetime) -> int:
    """Returns a datetime in ms since the epoch, limited to the instants that can be written."""
    return min(max((moment - _EPOCH) // timedelta(milliseconds=1), _FIRST), _LAST)


def _midnight(day: date, zone: ZoneInfo) -> int:
    """Returns the beginning of a day; if clocks skip midnight, the first instant after it."""
    return _instant(datetime.combine(day, time(), zone))


def _local(instant: int, zone: ZoneInfo) -> datetime:
    try:
        return (_EPOCH + timedelta(milliseconds=instant)).astimezone(zone)
    except OverflowError:
        raise PeriodError(_OUTSIDE) from None


def _floor(instant: int, interval: str, zone: ZoneInfo) -> int:
    """Returns the beginning of the bucket that contains an instant."""
    if interval == "hour":
        # If clocks change by half an hour, one step back does not reach a full hour.
        while past := _past_the_hour(instant, zone):
            instant -= past
        return instant
    day = _local(instant, zone).date()
    if interval == "week":
        day -= timedelta(days=day.weekday())
    if interval == "month":
        day = day.replace(day=1)
    return _midnight(day, zone)


def _past_the_hour(instant: int, zone: ZoneInfo) -> int:
    """Returns the minutes, seconds and milliseconds of the local time, in ms."""
    here = _local(instant, zone)
    return here.minute * MINUTE + here.second * SECOND + here.microsecond // 1_000


def _next(begin: int, interval: str, zone: ZoneInfo) -> int:
    """Returns the beginning of the next bucket."""
    if interval == "hour":
        later = begin + HOUR
        # If clocks change by half an hour, the bucket of that hour lasts until the next full hour.
        past = _past_the_hour(later, zone)
        return later + HOUR - past if past else later
    day = _local(begin, zone).date()
    if interval == "month":
        return _midnight(_months_before(day.replace(day=1), -1), zone)
    return _midnight(day + timedelta(days=7 if interval == "week" else 1), zone)


def _months_before(day: date, months: int) -> date:
    """Returns the same day of an earlier month."""
    count = day.year * 12 + day.month - 1 - months
    return day.replace(year=count // 12, month=count % 12 + 1)


_NAMES: dict[str, Callable[[datetime], str]] = {
    "hour": lambda here: f"{here:%H}:00",
    "day": lambda here: f"{here:%d %b}",
    "week": lambda here: f"{here:%d %b}",
    "month": lambda here: f"{here:%b}",
}


def _bucket(begin: int, end: int, interval: str, zone: ZoneInfo) -> Bucket:
    here = _local(begin, zone)
    timestamp = here.isoformat(timespec="seconds").replace("+00:00", "Z")
    return Bucket(begin, end, _NAMES[interval](here), timestamp)
