"""Clauses about the sums of reports: overview, time series and breakdowns count the same visitors."""

import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import (
    BREAKDOWNS,
    ESTIMATE,
    GOALS,
    PARTITIONS,
    TIMESERIES,
    Parts,
    Totals,
    all_overviews,
    both_totals,
    broken_down,
    buckets,
    differences,
    finished,
    is_whole,
    reports,
    rows_of,
    slack_of,
    totals_of,
    unit_of,
    unit_of_rate,
)
from contract_tests.clauses.question import page_of, question_of
from contract_tests.clauses.telling import figure_told, number_told
from contract_tests.document import IMPLIED, OBSERVED, OTHER
from contract_tests.exchange import is_figure
from contract_tests.instants import ms
from contract_tests.recording import Recording

_PLACES = ("getRegions", "getCities")
_COUNTED_TWICE = {GOALS: ("completions", "visitors"), "getExitClicks": ("clicks", "visitors")}
_HALF_A_VISITOR = 0.5
# Algorithms that estimate the number of distinct sessions are exact for so few.
_EXACT = 200
# In ms: the length of the day on which summer time begins, with a second of tolerance.
_SHORTEST_DAY = 23 * 3_600_000 - 1000

_NEEDS_BOTH = "an overview and a time series of the same finished period"
_NEEDS_BUCKETS = "a time series of a finished period in one answer, with `totals`"
_NEEDS_ROWS = "an overview and a breakdown of the same finished period, in one answer"


@clause(
    "SUM-01",
    "An overview and the `totals` of a time series have the same visitors, sessions, payments and revenue.",
    source="GET /analytics/overview, GET /analytics/timeseries",
    standing=IMPLIED,
    needs=_NEEDS_BOTH,
    cases=both_totals,
)
def same_totals(case: tuple[Totals, Totals]) -> Iterable[Violation]:
    overview, totals = case
    for name, shown in differences(overview, totals):
        yield totals.violation(f"the overview has {figure_told(name, shown)}", name)


@clause(
    "SUM-02",
    "The payments and the revenue of all buckets add up to the figures in `totals`, within rounding.",
    source="GET /analytics/timeseries",
    standing=IMPLIED,
    needs=_NEEDS_BUCKETS,
    cases=buckets,
)
def buckets_add_up(case: Parts) -> Iterable[Violation]:
    for name, slack in (("payments", 0.0), ("revenue", case.rounding("revenue"))):
        found = case.summed(name)
        if found and abs(found[0] - found[1]) > slack:
            yield case.whole.violation(f"the buckets add up to {figure_told(name, found[1])}", name)


@clause(
    "SUM-03",
    "The sessions of all buckets add up to at least `totals.sessions`.",
    source="GET /analytics/timeseries",
    standing=IMPLIED,
    needs=_NEEDS_BUCKETS,
    cases=buckets,
)
def sessions_add_up(case: Parts) -> Iterable[Violation]:
    # The sum may be greater, because a session may count in each bucket in which it was active.
    found = case.summed("sessions")
    if found and found[1] < found[0] - slack_of(found[0]):
        yield case.whole.violation(f"the buckets add up to {figure_told('sessions', found[1])}", "sessions")


@clause(
    "SUM-04",
    "`totals.visitors` is at least the visitors of each bucket, and at most the sum of all of them.",
    source="GET /analytics/timeseries",
    standing=IMPLIED,
    needs=_NEEDS_BUCKETS,
    cases=buckets,
)
def visitors_within_bounds(case: Parts) -> Iterable[Violation]:
    found = case.summed("visitors")
    if not found:
        return
    total, most = found
    least = max(part.number("visitors") or 0 for part in case.parts)
    if not least - slack_of(least) <= total <= most + slack_of(most):
        problem = f"the largest bucket has {figure_told('visitors', least)}, and all have {number_told(most)}"
        yield case.whole.violation(problem, "visitors")


@clause(
    "SUM-05",
    "No row of a breakdown has more visitors or payments than the overview.",
    source="GET /analytics/overview",
    standing=IMPLIED,
    needs="an overview and a breakdown of the same finished period",
    cases=broken_down(BREAKDOWNS, needs_all=False),
)
def no_row_above_the_overview(case: Parts) -> Iterable[Violation]:
    for name, is_estimated in (("visitors", True), ("payments", False)):
        most = case.whole.number(name)
        if most is None:
            continue
        allowed = most + (slack_of(most) if is_estimated else 0)
        for row in case.parts:
            if (row.number(name) or 0) > allowed:
                yield row.violation(f"the overview has {figure_told(name, most)}", name)


class Added(NamedTuple):
    """A breakdown with the overview of the same period, and what is known about payments without a row.

    `reached` names the figures for which another breakdown of the period adds up to the overview's, so that
    every payment has a row. `refunds` is the refunded money of the period; infinite if it is unknown.
    """

    parts: Parts
    reached: frozenset[str]
    refunds: float


def _added(recording: Recording) -> Iterator[Added]:
    found = list(broken_down((*PARTITIONS, *_PLACES), needs_all=False)(recording))
    refunds = {
        question: sources[2]
        for question, exchange in finished(recording, TIMESERIES)
        if (totals := totals_of(exchange)) is not None and (sources := _sources(totals)) is not None
    }
    for case in found:
        others = (other for other in found if other.whole is case.whole and other is not case)
        reached = {name for other in others if _is_partition(other) for name in _reached(other)}
        question = question_of(case.whole.exchange)
        yield Added(case, frozenset(reached), refunds.get(question, math.inf))


def _reached(case: Parts) -> Iterator[str]:
    """Yields the figures for which the rows add up to the overview's."""
    for name, slack in (("payments", 0.0), ("revenue", case.rounding("revenue"))):
        found = case.summed(name)
        if found and abs(found[0] - found[1]) <= slack:
            yield name


@clause(
    "SUM-06",
    "The payments and the revenue of all devices, countries, browsers or systems add up to the overview's,"
    " except for payments without a known visitor. Those of regions and cities add up to no more.",
    source="GET /analytics/devices, GET /analytics/countries",
    standing=IMPLIED,
    needs=_NEEDS_ROWS,
    cases=_added,
)
def payments_add_up(case: Added) -> Iterable[Violation]:
    parts, is_partition = case.parts, _is_partition(case.parts)
    if parts.parts and not is_partition and page_of(parts.parts[0].exchange)[0] is not None:
        return
    for name, slack in (("payments", 0.0), ("revenue", parts.rounding("revenue"))):
        found = parts.summed(name)
        if not found:
            continue
        whole, rows = found
        is_known = name in case.reached
        # A refund without a known visitor lowers the overview's revenue only.
        more = case.refunds if name == "revenue" and not is_known else 0.0
        # A payment without a known visitor has no row.
        is_less = rows < whole - slack and is_partition and is_known
        if is_less or rows > whole + slack + more:
            problem = (
                f"the overview has {figure_told(name, whole)}, but the rows add up to {number_told(rows)}"
            )
            is_warning = is_less or not _is_disjoint(parts)
            yield parts.parts[0].violation(problem, name, is_warning=is_warning)


def _is_disjoint(case: Parts) -> bool:
    """Returns whether no visitor is in two rows. A visitor may have two cities, countries or devices."""
    found = case.summed("visitors")
    is_place = case.parts[0].exchange.operation in _PLACES
    return not is_place and found is not None and found[1] <= found[0]


def _is_partition(case: Parts) -> bool:
    """Returns whether an answer has all rows, and none of them belongs to an unknown place."""
    exchange = case.parts[0].exchange if case.parts else None
    return exchange is not None and is_whole(exchange) and exchange.operation in PARTITIONS


@clause(
    "SUM-07",
    "The visitors of all devices, countries, browsers or systems add up to at least the overview's.",
    source="GET /analytics/devices, GET /analytics/countries",
    standing=OBSERVED,
    needs=_NEEDS_ROWS,
    cases=broken_down(PARTITIONS),
)
def visitors_add_up(case: Parts) -> Iterable[Violation]:
    # The sum may be greater, because a visitor may have two devices.
    found = case.summed("visitors")
    if found and found[1] < found[0] - slack_of(found[0]):
        whole, rows = figure_told("visitors", found[0]), number_told(found[1])
        problem = f"the overview has {whole}, but the rows add up to {rows}"
        yield case.parts[0].violation(problem, "visitors")


@clause(
    "SUM-08",
    "The `revenue_per_visitor` of an overview is `revenue` divided by `visitors`, within rounding and 5 %.",
    source="GET /analytics/overview",
    standing=OTHER,
    needs="an overview with revenue, visitors and their quotient",
    cases=lambda recording: [
        o
        for o in all_overviews(recording)
        if o.number("visitors") and None not in (o.number("revenue"), o.number("revenue_per_visitor"))
    ],
)
def revenue_per_visitor(case: Totals) -> Iterable[Violation]:
    told, revenue, visitors = map(case.number, ("revenue_per_visitor", "revenue", "visitors"))
    right = (revenue or 0) / (visitors or 1)
    # The revenue may have been rounded, too.
    slack = unit_of_rate(told) + unit_of(revenue) / (visitors or 1) + abs(right) * ESTIMATE
    if told is not None and abs(told - right) > slack:
        quotient = f"{number_told(revenue or 0)} / {number_told(visitors or 1)} is {right:.2f}"
        yield case.violation(quotient, "revenue_per_visitor")


@clause(
    "SUM-09",
    "The `conversion_rate` of an overview is 0, or at least the rate of one visitor. It is at most `payments`"
    " in percent of `visitors`.",
    source="GET /analytics/overview",
    standing=OBSERVED,
    needs="an overview with payments, visitors and `conversion_rate`",
    cases=lambda recording: [
        o
        for o in all_overviews(recording)
        if o.number("visitors") and None not in (o.number("payments"), o.number("conversion_rate"))
    ],
)
def conversion_rate(case: Totals) -> Iterable[Violation]:
    told, visitors = case.number("conversion_rate"), case.number("visitors") or 1
    most = min(100, 100 * (case.number("payments") or 0) / visitors)
    if told is not None and told > most * (1 + ESTIMATE) + unit_of_rate(told):
        paid = figure_told("payments", case.number("payments") or 0)
        who = figure_told("visitors", visitors)
        yield case.violation(f"{paid} of {who} allow at most {most:.2f} %", "conversion_rate")
    elif told is not None and 0 < told * visitors / 100 < _HALF_A_VISITOR:
        yield case.violation(
            f"one of {figure_told('visitors', visitors)} is {100 / visitors:.2g} %", "conversion_rate"
        )


@clause(
    "SUM-10",
    "The `bounce_rate` of an overview is the percentage of a whole number of sessions, within rounding.",
    source="GET /analytics/overview",
    standing=OBSERVED,
    needs="an overview of fewer than 200 sessions, each of which changes the rounded rate",
    cases=lambda recording: [
        o
        for o in all_overviews(recording)
        if (o.number("sessions") or 0) < _EXACT and _rounding_of_bounces(o) < 0.4
    ],
)
def bounce_rate(case: Totals) -> Iterable[Violation]:
    bounces = (case.number("bounce_rate") or 0) * (case.number("sessions") or 0) / 100
    if abs(bounces - round(bounces)) > _rounding_of_bounces(case):
        problem = (
            f"of {figure_told('sessions', case.number('sessions') or 0)}, {bounces:.2f} would be bounces"
        )
        yield case.violation(problem, "bounce_rate")


def _rounding_of_bounces(overview: Totals) -> float:
    """Returns by how many sessions the rounded bounce rate may be wrong; infinite if there is no rate."""
    rate, sessions = overview.number("bounce_rate"), overview.number("sessions")
    return unit_of_rate(rate) * sessions / 100 + 1e-6 if rate is not None and sessions else float("inf")


@clause(
    "SUM-11",
    "`revenue` is the new and the renewed revenue in `revenueBreakdown`, either before or after the refunds,"
    " within rounding.",
    source="GET /analytics/timeseries",
    standing=OTHER,
    needs="a time series with `revenue` and `revenueBreakdown`",
    cases=lambda recording: [
        figures
        for exchange in reports(recording, TIMESERIES)
        for figures in (*filter(None, [totals_of(exchange)]), *rows_of(exchange))
        if figures.number("revenue") is not None and _sources(figures) is not None
    ],
)
def revenue_by_source(case: Totals) -> Iterable[Violation]:
    new, renewal, refund = _sources(case) or (0, 0, 0)
    revenue = case.number("revenue") or 0
    slack = sum(map(unit_of, (new, renewal, refund, revenue)))
    if min(abs(revenue - new - renewal + refund), abs(revenue - new - renewal)) > slack:
        told = [number_told(value) for value in (new, renewal, refund)]
        problem = f"the breakdown has {told[0]} new, {told[1]} renewed and {told[2]} refunded"
        yield case.violation(problem, "revenue")


def _sources(figures: Totals) -> tuple[float, float, float] | None:
    parts = figures.figures.get("revenueBreakdown")
    values = [parts.get(name) for name in ("new", "renewal", "refund")] if isinstance(parts, dict) else []
    known = [value for value in values if is_figure(value) and value is not None]
    return (known[0], known[1], known[2]) if len(known) == 3 else None


@clause(
    "SUM-14",
    "Breakdowns have the rows with the most visitors first.",
    source="GET /analytics/devices",
    standing=OTHER,
    needs="a breakdown with two rows",
    cases=lambda recording: [
        found for name in BREAKDOWNS for e in reports(recording, name) if len(found := rows_of(e)) > 1
    ],
)
def most_visitors_first(case: list[Totals]) -> Iterable[Violation]:
    for above, below in pairwise(case):
        most, found = above.number("visitors"), below.number("visitors")
        if most is not None and found is not None and found > most + slack_of(most):
            yield below.violation(f"the row above has {figure_told('visitors', most)}", "visitors")


@clause(
    "SUM-16",
    "A goal has at least as many completions as visitors, and a link at least as many clicks as visitors.",
    source="GET /analytics/goals, GET /analytics/exit-clicks",
    standing=IMPLIED,
    needs="a row of a completed goal or of a link",
    cases=lambda recording: [
        (row, *names)
        for operation, names in _COUNTED_TWICE.items()
        for exchange in reports(recording, operation)
        for row in rows_of(exchange)
    ],
)
def no_fewer_times_than_visitors(case: tuple[Totals, str, str]) -> Iterable[Violation]:
    row, times, who = case
    most, least = row.number(times), row.number(who)
    if most is not None and least is not None and most < least - slack_of(least):
        yield row.violation(f"the row has {figure_told('visitors', least)}", times)


@clause(
    "SUM-25",
    "An overview of at least a day has at least as many sessions as visitors.",
    source="GET /analytics/overview",
    standing=IMPLIED,
    needs="an overview of at least a day with visitors and sessions",
    # A session counts when it begins. Many visitors of an hour have begun their session before.
    cases=lambda recording: [
        o
        for o in all_overviews(recording)
        if o.number("visitors") is not None and o.number("sessions") is not None and _is_long(o)
    ],
)
def a_session_for_each_visitor(case: Totals) -> Iterable[Violation]:
    visitors, sessions = case.number("visitors") or 0, case.number("sessions") or 0
    if sessions < visitors - slack_of(visitors):
        yield case.violation(f"the overview has {figure_told('visitors', visitors)}", "sessions")


def _is_long(overview: Totals) -> bool:
    """Returns whether the period of an overview has at least a day; dates and all time have."""
    begin, end = map(ms, question_of(overview.exchange).dates[:2])
    return begin is None or end is None or end - begin >= _SHORTEST_DAY
