"""Clauses about the sums of reports: overview, time series, breakdowns and lists count the same visitors."""

import math
from collections.abc import Hashable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.agreement import met
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import (
    ESTIMATE,
    FEW,
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
    overviews_of,
    reports,
    rows_of,
    slack_of,
    totals_of,
    unit_of,
    unit_of_rate,
)
from contract_tests.clauses.question import Question, page_of, parameter_of, question_of
from contract_tests.document import IMPLIED, OBSERVED, OTHER
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.families import MAP
from contract_tests.instants import ms, offset_at, zone_of
from contract_tests.recording import Recording, rows

VISITORS, GOALS = "listVisitors", "getGoals"
PARTITIONS = ("getDevices", "getCountries", "getBrowsers", "getOperatingSystems")
"""The breakdowns in which each visitor, and so each payment with a known visitor, belongs to a row."""
BREAKDOWNS = (
    *PARTITIONS,
    *("getPages", "getCampaigns", "getReferrers", "getRegions", "getCities", "getHostnames"),
)

_PLACES = ("getRegions", "getCities")
_COUNTED_TWICE = {GOALS: ("completions", "visitors"), "getExitClicks": ("clicks", "visitors")}
_FIGURES = frozenset({"visitors", "revenue", "payments", "completions"})
_HALF_A_VISITOR = 0.5
# Algorithms that estimate the number of distinct sessions are exact for so few.
_EXACT = 200
# In ms: the greatest length of a bucket, including the hour that the end of summer time adds to a day.
_HOUR = 3_600_000
_SHORTEST_DAY = 23 * _HOUR - 1000
_LONGEST = {"hour": _HOUR, "day": 25 * _HOUR, "week": 169 * _HOUR, "month": 745 * _HOUR}
# A session may have several of these: the filter's value and another one, so that both filters find it.
_SEVERAL = frozenset({"page", "goal", "hostname"})
_IDENTITY = (("country", "countryCode", None), ("browser", "browser", "name"), ("os", "os", "name"))

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
        yield totals.violation(f"the overview has {shown} {name}", name)


@clause(
    "SUM-02",
    "The payments and the revenue of all buckets add up to the figures in `totals`.",
    source="GET /analytics/timeseries",
    standing=IMPLIED,
    needs=_NEEDS_BUCKETS,
    cases=buckets,
)
def buckets_add_up(case: Parts) -> Iterable[Violation]:
    for name, slack in (("payments", 0.0), ("revenue", case.rounding("revenue"))):
        found = case.summed(name)
        if found and abs(found[0] - found[1]) > slack:
            yield case.whole.violation(f"the buckets add up to {found[1]:g} {name}", name)


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
        yield case.whole.violation(f"the buckets add up to {found[1]:g} sessions", "sessions")


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
        problem = f"the buckets allow {least:g} to {most:g} visitors"
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
                yield row.violation(f"the overview has {most:g} {name}", name)


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
            problem = f"the overview has {whole:g}, but the rows add up to {rows:g}"
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
        problem = f"the overview has {found[0]:g} visitors, but the rows add up to {found[1]:g}"
        yield case.parts[0].violation(problem, "visitors")


@clause(
    "SUM-08",
    "`revenue_per_visitor` is `revenue` divided by `visitors`, within rounding.",
    source="GET /analytics/overview",
    standing=OTHER,
    needs="an overview with revenue and visitors",
    cases=lambda recording: [
        o for o in all_overviews(recording) if o.number("visitors") and o.number("revenue") is not None
    ],
)
def revenue_per_visitor(case: Totals) -> Iterable[Violation]:
    told, revenue, visitors = map(case.number, ("revenue_per_visitor", "revenue", "visitors"))
    right = (revenue or 0) / (visitors or 1)
    # The revenue may have been rounded, too.
    slack = unit_of_rate(told) + unit_of(revenue) / (visitors or 1) + abs(right) * ESTIMATE
    if told is not None and abs(told - right) > slack:
        yield case.violation(f"the quotient is {right:.2f}", "revenue_per_visitor")


@clause(
    "SUM-09",
    "`conversion_rate` is 0, or at least the rate of one visitor. It is at most `payments` in percent of"
    " `visitors`.",
    source="GET /analytics/overview",
    standing=OBSERVED,
    needs="an overview with payments and visitors",
    cases=lambda recording: [
        o for o in all_overviews(recording) if o.number("visitors") and o.number("payments") is not None
    ],
)
def conversion_rate(case: Totals) -> Iterable[Violation]:
    told, visitors = case.number("conversion_rate"), case.number("visitors") or 1
    most = min(100, 100 * (case.number("payments") or 0) / visitors)
    if told is not None and told > most * (1 + ESTIMATE) + unit_of_rate(told):
        yield case.violation(
            f"{case.number('payments'):g} payments allow at most {most:.2f} %", "conversion_rate"
        )
    elif told is not None and 0 < told * visitors / 100 < _HALF_A_VISITOR:
        yield case.violation(f"one of {visitors:g} visitors is {100 / visitors:.2g} %", "conversion_rate")


@clause(
    "SUM-10",
    "`bounce_rate` is the percentage of a whole number of sessions, within rounding.",
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
        problem = f"of {case.number('sessions'):g} sessions, {bounces:.2f} would be bounces"
        yield case.violation(problem, "bounce_rate")


def _rounding_of_bounces(overview: Totals) -> float:
    """Returns by how many sessions the rounded bounce rate may be wrong; infinite if there is no rate."""
    rate, sessions = overview.number("bounce_rate"), overview.number("sessions")
    return unit_of_rate(rate) * sessions / 100 + 1e-6 if rate is not None and sessions else float("inf")


@clause(
    "SUM-11",
    "`revenue` is the new and the renewed revenue in `revenueBreakdown`, either before or after the refunds.",
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
        problem = f"the breakdown has {new:g} new, {renewal:g} renewed and {refund:g} refunded"
        yield case.violation(problem, "revenue")


def _sources(figures: Totals) -> tuple[float, float, float] | None:
    parts = figures.figures.get("revenueBreakdown")
    values = [parts.get(name) for name in ("new", "renewal", "refund")] if isinstance(parts, dict) else []
    known = [value for value in values if is_figure(value) and value is not None]
    return (known[0], known[1], known[2]) if len(known) == 3 else None


class Filtered(NamedTuple):
    """An overview, and an overview of the same period with one more filter."""

    whole: Totals
    part: Totals
    question: Question
    added: tuple[str, str]


def _filtered(recording: Recording) -> Iterator[Filtered]:
    overviews = overviews_of(recording)
    for question, part in overviews.items():
        for added in question.filters:
            whole = overviews.get(question._replace(filters=question.filters - {added}))
            if whole is not None:
                yield Filtered(whole, part, question, added)


class Opposites(NamedTuple):
    """Three overviews of a period: without a filter, with it, and with the opposite filter."""

    whole: Totals
    part: Totals
    other: Totals
    is_known: bool
    """Whether every session has a value of the filter's kind; a session may have no known country."""


def _opposites(recording: Recording) -> Iterator[Opposites]:
    overviews = overviews_of(recording)
    for case in _filtered(recording):
        name, value = case.added
        opposite = _opposite(value)
        if opposite is not None and name.removeprefix("filter_") not in _SEVERAL:
            filters = case.question.filters - {case.added} | {(name, opposite)}
            other = overviews.get(case.question._replace(filters=filters))
            if other is not None:
                yield Opposites(case.whole, case.part, other, name in ("filter_device", "filter_visit_count"))


def _opposite(value: str) -> str | None:
    """Returns the value of a filter that finds all other sessions; None if there is none."""
    operator, colon, rest = value.partition(":")
    if not colon or operator == "is":
        return f"is_not:{rest if colon else value}"
    if operator == "gte" and rest.isascii() and rest.isdigit():
        return f"lte:{int(rest[:9]) - 1}"
    return None


@clause(
    "SUM-12",
    "Each session is found either by a filter or by its opposite: `is` or `is_not`, `gte:2` or `lte:1`."
    " Filters by page, goal and hostname are left out, because a session may have several.",
    source="GET /analytics/overview",
    standing=OTHER,
    needs="three overviews of the same finished period: without a filter, with it, and with the opposite",
    cases=_opposites,
)
def opposite_filters(case: Opposites) -> Iterable[Violation]:
    total, one, other = (part.number("sessions") for part in case[:3])
    if total is None or one is None or other is None:
        return
    if abs(one + other - total) > slack_of(total):
        problem = f"with the opposite filter there are {one:g}, and {total:g} without either"
        is_warning = one + other < total and not case.is_known
        yield case.other.violation(problem, "sessions", is_warning=is_warning)


@clause(
    "SUM-13",
    "With a filter, an overview has at most as many visitors, sessions and payments as without.",
    source="GET /analytics/overview",
    standing=IMPLIED,
    needs="two overviews of the same finished period, with and without a filter",
    cases=_filtered,
)
def filters_narrow(case: Filtered) -> Iterable[Violation]:
    for name in ("visitors", "sessions", "payments"):
        most, found = case.whole.number(name), case.part.number(name)
        if most is not None and found is not None:
            slack = 0.0 if name == "payments" else slack_of(most)
            if found > most + slack:
                yield case.part.violation(f"without the filter there are {most:g} {name}", name)


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
            yield below.violation(f"the row above has {most:g} visitors", "visitors")


class Paged(NamedTuple):
    """A row of a page, the row at the same place in the whole list, and the row of the same name there.

    `same` is None if the row has no name that is a text, or if the name has several rows.
    """

    row: Totals
    whole: Totals
    same: Totals | None


def _paged(recording: Recording) -> Iterator[Paged]:
    for operation in (*BREAKDOWNS, TIMESERIES, GOALS):
        answers = finished(recording, operation)
        wholes: dict[Hashable, list[Totals]] = {}
        for _, exchange in answers:
            if is_whole(exchange) and page_of(exchange)[1] == 0:
                wholes.setdefault(_rows_of(exchange), rows_of(exchange))
        for _, exchange in answers:
            whole, offset, page = wholes.get(_rows_of(exchange), []), page_of(exchange)[1], rows_of(exchange)
            if not whole or not _fits(exchange):
                continue
            # If a later page is the first page again, another clause reports it.
            if offset == 0 or [row.figures for row in page] != [row.figures for row in whole[: len(page)]]:
                named = _by_name(whole)
                pairs = zip(page, whole[offset:], strict=False)
                yield from (Paged(row, other, named.get(_name(row))) for row, other in pairs)


def _rows_of(exchange: Exchange) -> Hashable:
    """Returns a value that is the same for all requests for parts of one list of rows.

    A server may group the rows by those columns that the request names.
    """
    named = frozenset((parameter_of(exchange, "fields") or "").split(",")) - {"", *_FIGURES}
    is_series = exchange.operation == TIMESERIES
    interval = exchange.json.get("interval")
    return (
        question_of(exchange),
        None if is_series else named,
        interval if isinstance(interval, str) else None,
    )


def _by_name(rows: list[Totals]) -> dict[Hashable, Totals | None]:
    """Returns the rows by name; None for a name that several rows have."""
    found: dict[Hashable, Totals | None] = {}
    for row in rows:
        found[_name(row)] = None if _name(row) in found else row
    return {name: row for name, row in found.items() if name}


def _name(row: Totals) -> Hashable:
    """Returns the texts of a row, which say what it is about; its instant if it is a bucket."""
    begin = row.figures.get("timestamp")
    if begin is not None:
        return ms(begin)
    campaign = row.figures.get("campaign")
    members = {**row.figures, **(campaign if isinstance(campaign, dict) else {})}
    return frozenset((name, value) for name, value in members.items() if isinstance(value, str))


def _fits(exchange: Exchange) -> bool:
    """Returns whether an answer has at most `limit` rows. Another clause reports one with more rows."""
    limit = page_of(exchange)[0]
    return limit is None or len(rows_of(exchange)) <= limit


@clause(
    "SUM-15",
    "A page of a breakdown, a time series or the goals has the same figures as that part of the whole list.",
    source="GET /analytics/devices, GET /analytics/timeseries",
    standing=IMPLIED,
    needs="a page of a list of a finished period, and the whole list",
    cases=_paged,
)
def pages_make_up_the_list(case: Paged) -> Iterable[Violation]:
    begin, wanted = ms(case.row.figures.get("timestamp")), ms(case.whole.figures.get("timestamp"))
    if begin != wanted:
        told = case.whole.figures.get("timestamp")
        yield case.row.violation(f"the whole list has {told!r:.80}", "timestamp")
        return
    # Rows with the same number of visitors may come in any order.
    name = "visitors" if "goal" not in case.row.figures else "completions"
    found, right = case.row.number(name), case.whole.number(name)
    if found is not None and right is not None and abs(found - right) > slack_of(right):
        yield case.row.violation(f"the whole list has {right:g} {name} there", name)
    elif case.same is not None:
        for other, shown in differences(case.same, case.row):
            yield case.row.violation(f"the whole list has {shown:g} {other} in this row", other)


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
        yield row.violation(f"there are {least:g} visitors", times)


@clause(
    "SUM-17",
    "The visitors' list is sorted by `lastSeenAt`, latest first.",
    source="GET /visitors",
    standing=OBSERVED,
    needs="a list of two visitors",
    cases=lambda recording: [
        found for e in reports(recording, VISITORS) if len(found := rows_of(e)) > 1 and not _has_a_goal(e)
    ],
)
def newest_first(case: list[Totals]) -> Iterable[Violation]:
    for above, below in pairwise(case):
        later, earlier = ms(above.figures.get("lastSeenAt")), ms(below.figures.get("lastSeenAt"))
        if later is not None and earlier is not None and earlier > later + 1000:
            problem = f"the visitor above was seen at {above.figures['lastSeenAt']}"
            yield below.violation(problem, "lastSeenAt")
            return


def _has_a_goal(exchange: Exchange) -> bool:
    """Returns whether the request filters by a goal. If it does, `lastSeenAt` is the time of the goal."""
    return any(name in ("completedGoal", "goal") for name, _ in question_of(exchange).filters)


def _listed(exchange: Exchange) -> set[str]:
    ids = (row.figures.get("visitorId") for row in rows_of(exchange))
    return {visitor_id.lower() for visitor_id in ids if isinstance(visitor_id, str)}


def _has_ids(exchange: Exchange) -> bool:
    """Returns whether all rows of the visitors' list have different ids."""
    return isinstance(exchange.data, list) and len(_listed(exchange)) == len(exchange.data)


def _whole_lists(recording: Recording) -> list[tuple[Question, Exchange]]:
    """Returns the visitors' lists of finished periods that fit into one answer, with their questions."""
    return [
        (question, exchange)
        for question, exchange in finished(recording, VISITORS)
        if isinstance(told := exchange.json.get("pagination"), dict)
        and told.get("hasMore") is False
        and _has_ids(exchange)
        and page_of(exchange)[1] == 0
    ]


def _customers(recording: Recording) -> Iterator[tuple[Exchange, Exchange, Exchange]]:
    """Yields three visitors' lists of one period: all visitors, the customers, and the other visitors."""
    found = dict(_whole_lists(recording))
    for question, everybody in found.items():
        if not question.filters:
            names = (frozenset({("isCustomer", value)}) for value in ("true", "false"))
            lists = [found.get(question._replace(filters=name)) for name in names]
            if lists[0] is not None and lists[1] is not None:
                yield everybody, lists[0], lists[1]


@clause(
    "SUM-18",
    "Each listed visitor is found by one of `isCustomer=true` and `isCustomer=false`, and not by both.",
    source="GET /visitors",
    standing=IMPLIED,
    needs="whole lists of all visitors, of customers and of the others, of the same finished period",
    cases=_customers,
)
def customers_and_others(case: tuple[Exchange, Exchange, Exchange]) -> Iterable[Violation]:
    everybody, customers, others = map(_listed, case)
    twice, nowhere = customers & others, everybody - customers - others
    slack = slack_of(len(everybody))
    if len(twice) > FEW:
        problem = f"{len(twice)} of these visitors are in the list of customers, too"
        yield Violation(problem, case[2], "/data", len(others))
    if len(nowhere) > slack:
        problem = f"{len(nowhere)} of {len(everybody)} visitors are in neither of the two lists"
        yield Violation(problem, case[2], "/data", len(others))


@clause(
    "SUM-19",
    "The visitors' list has as many visitors as the overview of the same period.",
    source="GET /visitors",
    standing=OBSERVED,
    needs="an overview and a whole visitors' list of the same finished period",
    cases=lambda recording: [
        (overviews[question], exchange)
        for overviews in [overviews_of(recording)]
        for question, exchange in _whole_lists(recording)
        if question in overviews and not question.filters
    ],
)
def as_many_visitors_as_listed(case: tuple[Totals, Exchange]) -> Iterable[Violation]:
    told, listed = case[0].number("visitors"), len(_listed(case[1]))
    if told is not None and abs(told - listed) > slack_of(told):
        yield Violation(f"the overview has {told:g} visitors", case[1], "/data", listed)


def _present(recording: Recording) -> Iterator[tuple[Exchange, Exchange]]:
    """Yields each visitors' list up to the present, with the last map that was requested before it.

    Lists that are shorter than the map are left out.
    """
    latest = None
    for exchange in recording.about(MAP, VISITORS):
        if exchange.operation == MAP and isinstance(exchange.data, dict):
            latest = exchange
        elif labels.PRESENT in exchange.labels and latest is not None and _has_ids(exchange):
            is_long = len(exchange.data) >= len(rows(latest.data, "visitors")) > 0
            yield from [(exchange, latest)] if is_long else []


@clause(
    "SUM-20",
    "At least half of the visitors on the map are in the visitors' list of the day.",
    source="GET /visitors",
    standing=IMPLIED,
    needs="a visitors' list up to the present that is as long as the map before it",
    cases=_present,
)
def who_is_on_the_map_is_listed(case: tuple[Exchange, Exchange]) -> Iterable[Violation]:
    exchange, shown = case
    ids = {str(row.get("visitorId")).lower() for row in rows(shown.data, "visitors")}
    missing = ids - _listed(exchange)
    # The list may come from a cache, and be older than the visits of some visitors.
    if len(missing) > max(len(ids) / 2, FEW):
        problem = f"{len(missing)} of {len(ids)} visitors on the map are not listed"
        yield Violation(problem, exchange, "/data", len(exchange.data))


def _profiled(recording: Recording) -> list[list[tuple[Totals, Json]]]:
    """Returns, as one case, each listed visitor on the first visit, with the `identity` in the profile."""
    profiles = {
        str(case.profile.data.get("visitorId")).lower(): case.profile.data
        for case in met(recording)
        if isinstance(case.profile.data, dict)
    }
    found = [
        (row, profile["identity"])
        for exchange in recording.labelled(labels.PRESENT)
        for row in rows_of(exchange)
        if (profile := profiles.get(str(row.figures.get("visitorId")).lower()))
        and isinstance(profile.get("identity"), dict)
        and isinstance(row.figures.get("identity"), dict)
        and isinstance(profile.get("activity"), dict)
        and profile["activity"].get("visitCount") == 1
    ]
    return [found] if found else []


@clause(
    "SUM-21",
    "List and profile show the same country, browser and system for at least half of the visitors on"
    " their first visit.",
    source="GET /visitors",
    standing=IMPLIED,
    needs="a visitors' list, and the profile of a listed visitor on the first visit",
    cases=_profiled,
)
def list_agrees_with_profiles(case: list[tuple[Totals, Json]]) -> Iterable[Violation]:
    other = [violation for row, identity in case for violation in _differences(row, identity)[:1]]
    if len(other) > len(case) / 2:
        # A single visitor may have changed between the two answers.
        yield replace(other[0], is_warning=len(case) == 1)


def _differences(row: Totals, identity: Json) -> list[Violation]:
    """Returns a violation for each member in which a listed visitor differs from the profile's `identity`."""
    found = []
    for name, member, within in _IDENTITY:
        shown, told = row.figures["identity"].get(name), identity.get(member)
        told = told.get(within) if within is not None and isinstance(told, dict) else told
        if isinstance(shown, str) and isinstance(told, str) and shown.lower() != told.lower():
            pointer = f"{row.pointer}/identity/{name}"
            found.append(Violation(f"the profile has {told[:80]!r}", row.exchange, pointer, shown))
    return found


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
    if begin is not None and end is not None and end - begin > _LONGEST["day"]:
        yield last.violation(f"the first bucket begins at {first.figures['timestamp']}", "timestamp")


def _series(recording: Recording) -> list[list[Totals]]:
    found = (rows_of(e) for e in reports(recording, TIMESERIES) if isinstance(e.data, list) and _fits(e))
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
    "A time series leaves out no bucket.",
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
        yield case.violation(f"there are {visitors:g} visitors", "sessions")


def _is_long(overview: Totals) -> bool:
    """Returns whether the period of an overview has at least a day; dates and all time have."""
    begin, end = map(ms, question_of(overview.exchange).dates[:2])
    return begin is None or end is None or end - begin >= _SHORTEST_DAY
