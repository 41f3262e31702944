"""Clauses about parts of reports: what a filter finds, and what a page of a list has."""

from collections.abc import Hashable, Iterable, Iterator
from typing import NamedTuple

from contract_tests.asking.probes.selection import NO_VALUES
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import (
    BREAKDOWNS,
    Totals,
    differences,
    finished,
    fits,
    is_whole,
    overviews_of,
    rows_of,
    slack_of,
)
from contract_tests.clauses.question import Question, columns_of, list_of, page_of, question_of
from contract_tests.clauses.report_rows import KEYS, key_of
from contract_tests.clauses.telling import figure_told, number_told, value_told
from contract_tests.document import document
from contract_tests.documented import IMPLIED, OTHER
from contract_tests.exchange import Exchange
from contract_tests.instants import ms
from contract_tests.operations import GOALS, OVERVIEW, TIMESERIES
from contract_tests.recording import Recording

# A session may have several of these: the filter's value and another one, so that both filters find it.
_SEVERAL = frozenset({"page", "goal", "hostname"})
# A server may ignore every other parameter, or it may mean more than a filter.
_FILTER = "filter_"
_NARROWED = ("visitors", "sessions", "payments")
_FIGURES = frozenset({"visitors", "revenue", "payments", "completions"})


class Filtered(NamedTuple):
    """An overview, and an overview of the same period with one more filter."""

    whole: Totals
    part: Totals
    question: Question
    added: tuple[str, str]


def _filtered(recording: Recording) -> Iterator[Filtered]:
    overviews = overviews_of(recording)
    for question, part in overviews.items():
        for added in filter(_is_filter, question.filters):
            whole = overviews.get(question._replace(filters=question.filters - {added}))
            if whole is not None:
                yield Filtered(whole, part, question, added)


def _is_filter(parameter: tuple[str, str]) -> bool:
    """Returns whether a parameter is a documented filter. Some clients still send it without its prefix."""
    name = parameter[0]
    known = document().operations[OVERVIEW]
    return name.startswith(_FILTER) or known.parameter(_FILTER + name) is not None


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
        if opposite is not None and name.startswith(_FILTER) and name.removeprefix(_FILTER) not in _SEVERAL:
            filters = case.question.filters - {case.added} | {(name, opposite)}
            other = overviews.get(case.question._replace(filters=filters))
            if other is not None:
                yield Opposites(case.whole, case.part, other, name in ("filter_device", "filter_visit_count"))


def _opposite(value: str) -> str | None:
    """Returns the value of a filter that finds all other sessions; None if there is none.

    There is none for the name of rows without a value.
    """
    operator, colon, rest = value.partition(":")
    if not NO_VALUES.isdisjoint((rest or value).split(",")):
        return None
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
    cases=lambda recording: [
        case for case in _opposites(recording) if None not in (p.number("sessions") for p in case[:3])
    ],
)
def opposite_filters(case: Opposites) -> Iterable[Violation]:
    total, one, other = (part.number("sessions") for part in case[:3])
    if total is None or one is None or other is None:
        return
    if abs(one + other - total) > slack_of(total):
        told = figure_told("sessions", one)
        problem = f"with the opposite filter there are {told}, and without either {number_told(total)}"
        is_warning = one + other < total and not case.is_known
        yield case.other.violation(problem, "sessions", is_warning=is_warning)


@clause(
    "SUM-13",
    "With a filter, an overview has at most as many visitors, sessions and payments as without.",
    source="GET /analytics/overview",
    standing=IMPLIED,
    needs="two overviews of the same finished period, with and without a filter, and a figure in common",
    cases=lambda recording: [
        case
        for case in _filtered(recording)
        if any(None not in (case.whole.number(name), case.part.number(name)) for name in _NARROWED)
    ],
)
def filters_narrow(case: Filtered) -> Iterable[Violation]:
    for name in _NARROWED:
        most, found = case.whole.number(name), case.part.number(name)
        if most is not None and found is not None:
            slack = 0.0 if name == "payments" else slack_of(most)
            if found > most + slack:
                yield case.part.violation(f"without the filter there are {figure_told(name, most)}", name)


class Paged(NamedTuple):
    """A row of a page, the row at the same place in the whole list, and the row of the same name there.

    `is_there` says whether the whole list may have a row about the same value: it has one, or one of the
    rows names none.

    `same` is None if the row has no name that is a text, or if the name has several rows.
    """

    row: Totals
    whole: Totals
    same: Totals | None
    is_there: bool


def _paged(recording: Recording) -> Iterator[Paged]:
    for operation in (*BREAKDOWNS, TIMESERIES, GOALS):
        answers = finished(recording, operation)
        wholes: dict[Hashable, list[Totals]] = {}
        for _, exchange in answers:
            if is_whole(exchange) and page_of(exchange)[1] == 0:
                wholes.setdefault(_rows_of(exchange), rows_of(exchange))
        for _, exchange in answers:
            whole, offset, page = wholes.get(_rows_of(exchange), []), page_of(exchange)[1], rows_of(exchange)
            if not whole or offset is None or not fits(exchange):
                continue
            # If a later page is the first page again, another clause reports it.
            if offset == 0 or [row.figures for row in page] != [row.figures for row in whole[: len(page)]]:
                named, keys = _by_name(whole), {key_of(row) for row in whole}
                pairs = zip(page, whole[offset:], strict=False)
                for row, other in pairs:
                    is_there = key_of(row) is None or not keys.isdisjoint((key_of(row), None))
                    yield Paged(row, other, named.get(_name(row)), is_there)


def _rows_of(exchange: Exchange) -> Hashable:
    """Returns a value that is the same for all requests for parts of one list of rows.

    A server may group the rows by those columns that the request names.
    """
    named = columns_of(exchange)
    is_series = exchange.operation == TIMESERIES
    interval = exchange.json.get("interval")
    return (
        question_of(exchange),
        None if is_series else list_of(exchange) if named is None else named - _FIGURES,
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


@clause(
    "SUM-15",
    "A page of a breakdown, a time series or the goals has rows of the whole list, with the same figures as"
    " that part of it.",
    source="GET /analytics/devices, GET /analytics/timeseries",
    standing=IMPLIED,
    needs="a page of a list of a finished period, and the whole list",
    cases=_paged,
)
def pages_make_up_the_list(case: Paged) -> Iterable[Violation]:
    begin, wanted = ms(case.row.figures.get("timestamp")), ms(case.whole.figures.get("timestamp"))
    if begin is not None and wanted is not None and begin != wanted:
        told = case.whole.figures.get("timestamp")
        yield case.row.violation(f"the whole list has {value_told(told)} there", "timestamp")
        return
    if not case.is_there:
        name = KEYS[case.row.exchange.operation or ""][-1]
        yield case.row.violation("the whole list has no row with this value", name)
        return
    # Rows with the same number of visitors may come in any order.
    name = "visitors" if "goal" not in case.row.figures else "completions"
    found, right = case.row.number(name), case.whole.number(name)
    if found is not None and right is not None and abs(found - right) > slack_of(right):
        yield case.row.violation(f"the whole list has {figure_told(name, right)} there", name)
    elif case.same is not None:
        for other, shown in differences(case.same, case.row):
            yield case.row.violation(f"the whole list has {figure_told(other, shown)} in this row", other)
