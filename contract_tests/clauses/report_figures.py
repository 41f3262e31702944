"""Clauses about the figures of one row: rates, quotients, parts of the revenue, and counts."""

from collections.abc import Iterable

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import (
    ESTIMATE,
    EXACT,
    Totals,
    all_overviews,
    is_above,
    reports,
    rows_of,
    slack_of,
    sources_of,
    totals_of,
    unit_of,
    unit_of_rate,
)
from contract_tests.clauses.question import passed_of, question_of
from contract_tests.clauses.telling import figure_told, number_told
from contract_tests.documented import IMPLIED, OBSERVED, OTHER
from contract_tests.operations import GOALS, OVERVIEW, TIMESERIES

_COUNTED_TWICE = {GOALS: ("completions", "visitors"), "getExitClicks": ("clicks", "visitors")}
_HALF_A_VISITOR = 0.5
# In ms: the length of the day on which summer time begins, with a second of tolerance.
_SHORTEST_DAY = 23 * 3_600_000 - 1000


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
        if (o.number("sessions") or 0) < EXACT and _rounding_of_bounces(o) < 0.4
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
        if figures.number("revenue") is not None and sources_of(figures) is not None
    ],
)
def revenue_by_source(case: Totals) -> Iterable[Violation]:
    new, renewal, refund = sources_of(case) or (0, 0, 0)
    revenue = case.number("revenue") or 0
    slack = sum(map(unit_of, (new, renewal, refund, revenue)))
    if min(abs(revenue - new - renewal + refund), abs(revenue - new - renewal)) > slack:
        told = [number_told(value) for value in (new, renewal, refund)]
        problem = f"the breakdown has {told[0]} new, {told[1]} renewed and {told[2]} refunded"
        yield case.violation(problem, "revenue")


@clause(
    "SUM-16",
    "A goal has at least as many completions as visitors, and a link at least as many clicks as visitors.",
    source="GET /analytics/goals, GET /analytics/exit-clicks",
    standing=IMPLIED,
    needs="a row of a completed goal or of a link, with both numbers",
    cases=lambda recording: [
        (row, *names)
        for operation, names in _COUNTED_TWICE.items()
        for exchange in reports(recording, operation)
        for row in rows_of(exchange)
        if None not in map(row.number, names)
    ],
)
def no_fewer_times_than_visitors(case: tuple[Totals, str, str]) -> Iterable[Violation]:
    row, times, who = case
    most, least = row.number(times), row.number(who)
    if most is None or least is None:
        return
    is_sure = is_above(least, most, slack_of(least))
    if is_sure is not False:
        problem = f"the row has {figure_told('visitors', least)}"
        yield row.violation(problem, times, is_warning=is_sure is None)


@clause(
    "SUM-25",
    "An overview has at least as many sessions as visitors if at least a day of its period has passed.",
    source="GET /analytics/overview",
    standing=IMPLIED,
    needs="an overview of at least a day, with visitors and sessions, from a server that sends `Date`",
    dated=OVERVIEW,
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
    """Returns whether at least a day of an overview's period has passed. All time has many days."""
    passed = passed_of(overview.exchange)
    is_all_time = question_of(overview.exchange).dates[:2] == (None, None)
    return is_all_time or (passed is not None and passed >= _SHORTEST_DAY)
