"""Clauses about the periods of reports: days of a time zone, buckets and their intervals."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import (
    Totals,
    are_comparable,
    differences,
    metadata_of,
    overviews_of,
    reports,
    rows_of,
)
from contract_tests.clauses.question import Question, parameter_of, question_of
from contract_tests.clauses.telling import figure_told
from contract_tests.documented import OBSERVED, OTHER
from contract_tests.exchange import Exchange
from contract_tests.instants import date_at, ms, offset_at, zone_of
from contract_tests.operations import TIMESERIES
from contract_tests.recording import Recording

# In ms. _EARLY is how much earlier than its day a bucket may begin.
_EARLY, _DAY = 3_600_000, 86_400_000
_SHORTEST = {"hour": _EARLY, "day": 23 * _EARLY, "week": 7 * _DAY - _EARLY, "month": 28 * _DAY - _EARLY}
# In ms: how much earlier than its first day a period's first week or month may begin.
_EARLIER = {"week": 6 * _DAY + _EARLY, "month": 30 * _DAY + _EARLY}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def _begin(day: date, zone: ZoneInfo) -> int:
    """Returns the instant at which a day begins in a time zone, in ms since the epoch."""
    return int(datetime.combine(day, time(), zone).timestamp() * 1000)


def _days(question: Question) -> tuple[date, date] | None:
    """Returns the first and the last day of a period of dates.

    None for any other period, for one that ends before it begins, and for one from the first or to the last
    day of Python's calendar.
    """
    begin, end, _ = question.dates
    try:
        if begin and end and len(begin) == len(end) == 10:
            first, last = date.fromisoformat(begin), date.fromisoformat(end)
            # Python's calendar has no day after its last one, and no midnight of either in every time zone.
            return (first, last) if date.min < first <= last < date.max else None
    except ValueError:
        pass
    return None


def _same_days(recording: Recording) -> Iterator[tuple[Totals, Totals]]:
    """Yields two overviews of the same days: one by their dates in a time zone, one by instants."""
    overviews = overviews_of(recording)
    for question, by_dates in overviews.items():
        days, zone = _days(question), zone_of(question.dates[2])
        if days is None or zone is None:
            continue
        first, last = _begin(days[0], zone), _begin(days[1] + timedelta(days=1), zone)
        for other, by_instants in overviews.items():
            begin, end = (ms(text) for text in other.dates[:2])
            is_same = (other.who, other.filters) == (question.who, question.filters)
            if (
                is_same
                and not other.may_mean_dates
                and begin == first
                and end is not None
                and last - 2 <= end <= last
                and are_comparable(by_dates, by_instants)
            ):
                yield by_dates, by_instants


@clause(
    "SEL-04",
    "A day of a time zone has the same figures by its date and by its first and last instant.",
    source="GET /analytics/overview",
    standing=OTHER,
    needs="two overviews of a finished day: by its date with `timezone`, and by instants with an offset",
    cases=_same_days,
)
def dates_are_days_of_the_zone(case: tuple[Totals, Totals]) -> Iterable[Violation]:
    by_dates, by_instants = case
    for name, shown in differences(by_dates, by_instants):
        yield by_instants.violation(f"by the date there are {figure_told(name, shown)}", name)


class Zoned(NamedTuple):
    """A time series, with the question and the time zone in which its days begin."""

    exchange: Exchange
    question: Question
    zone: ZoneInfo


def _zoned(recording: Recording) -> Iterator[Zoned]:
    """Yields the time series whose time zone is known: from the request, or from the website's metadata."""
    own = metadata_of(recording, "timezone")
    for exchange in recording.answers(TIMESERIES):
        question = question_of(exchange)
        zone = zone_of(question.dates[2] or own.get(question.who))
        if zone is not None:
            yield Zoned(exchange, question, zone)


@clause(
    "SEL-05",
    "The buckets of a time series begin within its dates, in the requested time zone or else the website's."
    " The first hour or day may begin an hour earlier, the first week or month less than its length earlier.",
    source="GET /analytics/timeseries",
    standing=OTHER,
    needs="a time series of dates, with `timezone` or with the website's metadata",
    cases=lambda recording: [
        (case, days)
        for case in _zoned(recording)
        if case.exchange.json.get("interval") in [*_SHORTEST]
        and (days := _days(case.question)) is not None
        and any(ms(row.figures.get("timestamp")) is not None for row in rows_of(case.exchange))
    ],
)
def buckets_lie_within_the_dates(case: tuple[Zoned, tuple[date, date]]) -> Iterable[Violation]:
    series, (first, last) = case
    early = _EARLIER.get(series.exchange.json["interval"], _EARLY)
    least, most = _begin(first, series.zone) - early, _begin(last + timedelta(days=1), series.zone)
    for row in rows_of(series.exchange):
        at = ms(row.figures.get("timestamp"))
        if at is not None and not least <= at < most:
            days = str(first) if first == last else f"{first} to {last}"
            problem = f"the bucket does not begin within {days} in {series.zone.key}"
            yield row.violation(problem, "timestamp")
            return


@clause(
    "SEL-06",
    "The offset of a time series' `timezone`, and of its buckets, is that of the requested time zone, or else"
    " of the website's.",
    source="GET /analytics/timeseries",
    standing=OBSERVED,
    needs="a bucket with a readable `timestamp`, and `timezone` or the website's metadata",
    cases=lambda recording: [
        case
        for case in _zoned(recording)
        if any(ms(row.figures.get("timestamp")) is not None for row in rows_of(case.exchange))
    ],
)
def series_has_its_zone(case: Zoned) -> Iterable[Violation]:
    told = case.exchange.json.get("timezone")
    zone = zone_of(told)
    for row in rows_of(case.exchange):
        text = row.figures.get("timestamp")
        at = ms(text)
        right = None if at is None else offset_at(at, case.zone)
        if at is None or right is None:
            continue
        if zone is not None and offset_at(at, zone) not in (right, None):
            yield Violation(_zone_told(case), case.exchange, "/timezone", told)
            return
        if datetime.fromisoformat(str(text).upper()).utcoffset() != right:
            yield row.violation(_zone_told(case), "timestamp")
            return


def _zone_told(case: Zoned) -> str:
    whose = "the website's" if case.question.dates[2] is None else "the requested"
    return f"{whose} time zone is {case.zone.key}"


def _intervals(recording: Recording) -> Iterator[tuple[Exchange, str, float | None]]:
    """Yields each time series with a requested interval, then the interval and the greatest period in ms.

    The period is None if the request has no dates. A period within one date is left out, because its interval
    is always `hour`.
    """
    for exchange in reports(recording, TIMESERIES):
        question, wanted = question_of(exchange), parameter_of(exchange, "interval")
        period = _period(question)
        is_open = question.dates[:2] == (None, None)
        if wanted in _SHORTEST and (is_open or period is not None):
            yield exchange, wanted, period


def _period(question: Question) -> float | None:
    """Returns the length of a period of several days in ms; None if it is unknown, or may be one day."""
    days, (first, last) = _days(question), map(ms, question.dates[:2])
    if days is not None:
        return None if question.is_one_date else ((days[1] - days[0]).days + 1) * _DAY
    if first is None or last is None or last - first <= _DAY + _EARLY:
        return None
    # A server may read instants as dates, and so add the rest of the first and of the last day.
    return last - first + 2 * _DAY


@clause(
    "SEL-07",
    "A time series has the requested `interval`, and no more buckets than the period has room for.",
    source="GET /analytics/timeseries",
    standing=OTHER,
    needs="a time series of several days with `interval`",
    cases=_intervals,
)
def series_has_its_interval(case: tuple[Exchange, str, float | None]) -> Iterable[Violation]:
    exchange, wanted, period = case
    told, found = exchange.json.get("interval"), len(rows_of(exchange))
    # The first and the last bucket may be cut.
    most = found if period is None else int(period // _SHORTEST[wanted]) + 2
    if isinstance(told, str) and told in _SHORTEST and told != wanted:
        # Without dates, a server may show the only day of a website that has just begun.
        yield Violation(f"`interval` was `{wanted}`", exchange, "/interval", told, period is None)
    elif found > most:
        problem = f"there are {found} buckets, and the period has room for {most} of a {wanted} each"
        yield Violation(problem, exchange, "/data", found)


@clause(
    "SEL-19",
    "The `name` of a day in a time series is its day and month, such as `02 Jan`.",
    source="GET /analytics/timeseries",
    standing=OBSERVED,
    needs="a time series by day with `name`",
    cases=lambda recording: [
        row
        for exchange in recording.answers(TIMESERIES)
        if exchange.json.get("interval") == "day" and not question_of(exchange).is_one_date
        for row in rows_of(exchange)
        if isinstance(row.figures.get("name"), str) and ms(row.figures.get("timestamp")) is not None
    ],
)
def name_of_a_day(case: Totals) -> Iterable[Violation]:
    text = case.figures["timestamp"]
    days = [datetime.fromisoformat(text.upper()).date()]
    # The offset of the instant need not be that of the time zone.
    zone, at = zone_of(case.exchange.json.get("timezone")), ms(text)
    if zone is not None and at is not None and (day := date_at(at, zone)) is not None:
        days = [day, *days]
    names = [f"{day.day:02} {_MONTHS[day.month - 1]}" for day in days]
    if case.figures["name"].lower() not in [name.lower() for name in names]:
        yield case.violation(f"the bucket begins on {names[0]}", "name")
