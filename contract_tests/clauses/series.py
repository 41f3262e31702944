"""Clauses about the buckets of a time series: their length and their order."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import Totals, fits, reports, rows_of
from contract_tests.clauses.question import question_of
from contract_tests.documented import IMPLIED, OBSERVED, OTHER
from contract_tests.exchange import Exchange
from contract_tests.instants import date_at, ms, offset_at, zone_of
from contract_tests.operations import TIMESERIES
from contract_tests.recording import Recording

_HOUR = 3_600_000
# In ms: the greatest length of a bucket, including the hour that the end of summer time adds to a day.
_LONGEST = {"hour": _HOUR, "day": 25 * _HOUR, "week": 169 * _HOUR, "month": 745 * _HOUR}


@clause(
    "SUM-22",
    "A time series of a single date has the `interval` `hour`, whichever was requested. It covers no more"
    " than a day.",
    source="GET /analytics/timeseries",
    standing=OTHER,
    needs="a time series whose `startAt` and `endAt` are the same date",
    cases=lambda recording: [
        e for e in reports(recording, TIMESERIES) if question_of(e).is_one_date and "interval" in e.json
    ],
)
def one_date_has_hours(exchange: Exchange) -> Iterable[Violation]:
    if exchange.json["interval"] != "hour":
        problem = "`interval` is not `hour`, but the period is one date"
        yield Violation(problem, exchange, "/interval", exchange.json["interval"])
    elif "timestamp" in (last := rows_of(exchange)[-1:] or [Totals({}, exchange, "")])[0].figures:
        yield from _longer_than_a_day(rows_of(exchange)[0], last[0])


def _longer_than_a_day(first: Totals, last: Totals) -> Iterable[Violation]:
    begin, end = ms(first.figures.get("timestamp")), ms(last.figures.get("timestamp"))
    if begin is None or end is None:
        return
    zone = zone_of(first.exchange.json.get("timezone"))
    is_another_day = (
        zone is not None and _is_midnight(begin, zone) and date_at(begin, zone) != date_at(end, zone)
    )
    if end - begin > _LONGEST["day"] or is_another_day:
        yield last.violation(f"the first bucket begins at {first.figures['timestamp']}", "timestamp")


def _is_midnight(instant: int, zone: ZoneInfo) -> bool:
    """Returns whether a day of a time zone begins at an instant in ms."""
    return date_at(instant - 1, zone) != date_at(instant, zone)


def _series(recording: Recording) -> list[list[Totals]]:
    found = (rows_of(e) for e in reports(recording, TIMESERIES) if isinstance(e.data, list) and fits(e))
    return [
        buckets
        for buckets in found
        if len(buckets) > 1 and all(ms(bucket.figures.get("timestamp")) is not None for bucket in buckets)
    ]


def _steps(buckets: list[Totals]) -> Iterator[tuple[int, Totals, Totals]]:
    """Yields the time between the beginnings of two successive buckets, in ms, and the two buckets."""
    for one, other in pairwise(buckets):
        begin, end = ms(one.figures.get("timestamp")), ms(other.figures.get("timestamp"))
        if begin is not None and end is not None:
            yield end - begin, one, other


def _set_back(one: Totals, other: Totals) -> int:
    """Returns by how many ms the clock is set back between two buckets, in the time zone of the series."""
    zone = zone_of(one.exchange.json.get("timezone"))
    begin, end = ms(one.figures["timestamp"]), ms(other.figures["timestamp"])
    if zone is None or begin is None or end is None:
        return 0
    before, after = offset_at(begin, zone), offset_at(end, zone)
    change = (before or timedelta()) - (after or timedelta())
    return max(0, change // timedelta(milliseconds=1))


@clause(
    "SUM-23",
    "Each bucket of a time series begins later than the one before.",
    source="GET /analytics/timeseries",
    standing=IMPLIED,
    needs="a time series with two buckets",
    cases=_series,
)
def buckets_ascend(case: list[Totals]) -> Iterable[Violation]:
    for step, before, bucket in _steps(case):
        if step <= 0:
            problem = f"the bucket before begins at {before.figures['timestamp']}"
            yield bucket.violation(problem, "timestamp")
            return


@clause(
    "SUM-24",
    "A time series leaves out no bucket between two others.",
    source="GET /analytics/timeseries",
    standing=OBSERVED,
    needs="a time series with two buckets and its `interval`",
    cases=lambda recording: [
        buckets for buckets in _series(recording) if buckets[0].exchange.json.get("interval") in [*_LONGEST]
    ],
)
def buckets_without_gaps(case: list[Totals]) -> Iterable[Violation]:
    interval = case[0].exchange.json["interval"]
    for step, before, bucket in _steps(case):
        # The two hours of one name, before and after the end of summer time, may be one bucket.
        more = _set_back(before, bucket) if interval == "hour" else 0
        if step > _LONGEST[interval] + more:
            problem = f"the bucket before begins more than one {interval} earlier"
            yield bucket.violation(f"{problem}, at {before.figures['timestamp']}", "timestamp")
            return
