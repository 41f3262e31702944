"""Clauses about the sums of reports: overview, time series and breakdowns count the same visitors."""

import math
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import (
    BREAKDOWNS,
    PARTITIONS,
    Parts,
    Totals,
    are_comparable,
    both_totals,
    broken_down,
    buckets,
    differences,
    finished,
    is_above,
    is_whole,
    reports,
    rows_of,
    slack_of,
    sources_of,
    totals_of,
)
from contract_tests.clauses.question import page_of, question_of
from contract_tests.clauses.telling import figure_told, number_told
from contract_tests.documented import IMPLIED, OBSERVED, OTHER
from contract_tests.operations import TIMESERIES
from contract_tests.recording import Recording

_PLACES = ("getRegions", "getCities")

_NEEDS_BOTH = "an overview and a time series of the same finished period, with a figure in common"
_NEEDS_BUCKETS = "a time series of a finished period in one answer, with `totals`"
_NEEDS_ROWS = "an overview and a breakdown of the same finished period, in one answer"


def _with(*names: str) -> Callable[[Recording], list[Parts]]:
    """Returns a function that picks the time series in which one of the figures is known everywhere."""
    return lambda recording: [case for case in buckets(recording) if any(map(case.summed, names))]


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
    cases=_with("payments", "revenue"),
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
    cases=_with("sessions"),
)
def sessions_add_up(case: Parts) -> Iterable[Violation]:
    # The sum may be greater, because a session may count in each bucket in which it was active.
    found = case.summed("sessions")
    if found and (is_sure := is_above(*found, slack_of(found[0]))) is not False:
        problem = f"the buckets add up to {figure_told('sessions', found[1])}"
        yield case.whole.violation(problem, "sessions", is_warning=is_sure is None)


@clause(
    "SUM-04",
    "`totals.visitors` is at least the visitors of each bucket, and at most the sum of all of them.",
    source="GET /analytics/timeseries",
    standing=IMPLIED,
    needs=_NEEDS_BUCKETS,
    cases=_with("visitors"),
)
def visitors_within_bounds(case: Parts) -> Iterable[Violation]:
    found = case.summed("visitors")
    if not found:
        return
    total, most = found
    least = max(part.number("visitors") or 0 for part in case.parts)
    wrong = [is_above(least, total, slack_of(least)), is_above(total, most, slack_of(most))]
    if wrong != [False, False]:
        problem = f"the largest bucket has {figure_told('visitors', least)}, and all have {number_told(most)}"
        yield case.whole.violation(problem, "visitors", is_warning=True not in wrong)


@clause(
    "SUM-05",
    "No row of a breakdown has more visitors or payments than the overview.",
    source="GET /analytics/overview",
    standing=IMPLIED,
    needs="an overview and a breakdown of the same finished period",
    cases=lambda recording: [
        case
        for case in broken_down(BREAKDOWNS, needs_all=False)(recording)
        if any(are_comparable(case.whole, row) for row in case.parts)
    ],
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
        if not question.may_mean_dates
        and (totals := totals_of(exchange)) is not None
        and (sources := sources_of(totals)) is not None
    }
    for case in found:
        others = (other for other in found if other.whole is case.whole and other is not case)
        reached = {name for other in others if _is_partition(other) for name in _reached(other)}
        question = question_of(case.whole.exchange)
        if case.summed("payments") or case.summed("revenue"):
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
        # A refund without a known visitor, or in a row of another page, lowers the overview's revenue only.
        is_sure = is_known and is_whole(parts.parts[0].exchange)
        more = case.refunds if name == "revenue" and not is_sure else 0.0
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
    cases=lambda recording: [
        case for case in broken_down(PARTITIONS)(recording) if case.summed("visitors") is not None
    ],
)
def visitors_add_up(case: Parts) -> Iterable[Violation]:
    # The sum may be greater, because a visitor may have two devices.
    found = case.summed("visitors")
    if found and found[1] < found[0] - slack_of(found[0]):
        whole, rows = figure_told("visitors", found[0]), number_told(found[1])
        problem = f"the overview has {whole}, but the rows add up to {rows}"
        yield case.parts[0].violation(problem, "visitors")


@clause(
    "SUM-14",
    "Breakdowns have the rows with the most visitors first.",
    source="GET /analytics/devices",
    standing=OTHER,
    needs="a breakdown with two rows",
    cases=lambda recording: [
        found
        for name in BREAKDOWNS
        for e in reports(recording, name)
        if len(found := [row for row in rows_of(e) if row.number("visitors") is not None]) > 1
    ],
)
def most_visitors_first(case: list[Totals]) -> Iterable[Violation]:
    for above, below in pairwise(case):
        most, found = above.number("visitors"), below.number("visitors")
        if most is None or found is None:
            continue
        is_sure = is_above(found, most, slack_of(most))
        if is_sure is not False:
            problem = f"the row above has {figure_told('visitors', most)}"
            yield below.violation(problem, "visitors", is_warning=is_sure is None)
