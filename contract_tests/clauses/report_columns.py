"""Clauses about the columns, the pages and the currency of reports, which compare several answers."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import METADATA, OVERVIEW, TIMESERIES, Totals, metadata_of, rows_of
from contract_tests.clauses.question import Question, is_finished, page_of, parameter_of, question_of
from contract_tests.clauses.report_rows import KEYS
from contract_tests.document import IMPLIED, OTHER, document
from contract_tests.exchange import Exchange, Json
from contract_tests.recording import Recording

_ROW = ("data", "*")
_RENAMED = {
    ("getGoals", "name"): "goal",
    **{("getCampaigns", name): "campaign" for name in ("utm_source", "ref", "source", "via")},
}
_MONEY = frozenset({"revenue", "payments", "revenue_per_visitor", "conversion_rate", "currency"})
# The currencies that a symbol can stand for.
_SYMBOLS = {
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP", "FKP", "GIP", "LBP", "SHP", "SYP", "SDG", "SSP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
}
_NO_DOLLARS = frozenset({"EUR", "GBP", "JPY", "INR", "CNY"})
_WITH_SYMBOL = frozenset({"USD", "EUR", "GBP", "JPY", "INR"})


class Columned(NamedTuple):
    """The rows of an operation's answers, each with the columns that it must have."""

    operation: str
    rows: list[tuple[Totals, frozenset[str]]]


def _columned(recording: Recording) -> Iterator[Columned]:
    """Yields the rows of each report and of the metadata. The first row stands for the rows of its answer."""
    for operation, columns in _columns().items():
        found = []
        for exchange in recording.answers(operation):
            wanted = frozenset((parameter_of(exchange, "fields") or "").split(",")) - {""}
            named = {_RENAMED.get((operation, name), name) for name in wanted}
            if rows_of(exchange) and (wanted or operation != TIMESERIES):
                found.append((rows_of(exchange)[0], columns & (named if wanted else columns)))
        if found:
            yield Columned(operation, found)


@cache
def _columns() -> dict[str, frozenset[str]]:
    """Returns the documented columns of each operation with `fields`, by its id."""
    contract = document()
    found: dict[str, frozenset[str]] = {}
    for operation in (*KEYS, OVERVIEW, TIMESERIES, METADATA):
        fields = contract.operations[operation].parameter("fields")
        names = fields.schema["items"]["enum"] if fields else ()
        named = {_RENAMED.get((operation, name), name) for name in names}
        members = [row for row in contract.rows if row.operation == operation and row.place[:2] == _ROW]
        stated = {row.place[2] for row in members if len(row.place) == 3 and row.standing == OTHER}
        found[operation] = frozenset(named & stated)
    return {operation: columns for operation, columns in found.items() if columns}


@clause(
    "SEL-08",
    "A report has the columns that `fields` names, and all columns without `fields`.",
    source="GET /analytics/overview, GET /analytics/devices",
    standing=OTHER,
    needs="a report with a row",
    cases=_columned,
)
def fields_choose_columns(case: Columned) -> Iterable[Violation]:
    for name in sorted(frozenset().union(*(names for _, names in case.rows))):
        asked = [row for row, names in case.rows if name in names]
        lacking = [row for row in asked if name not in row.figures]
        if lacking:
            # A website without payments may have no figures about them.
            is_certain = len(lacking) == len(asked) and name not in _MONEY and case.operation != METADATA
            problem = f"`{name}` is missing in {len(lacking)} of {len(asked)} answers"
            yield lacking[0].violation(problem, name, is_warning=not is_certain)
    columns = _columns()[case.operation]
    for row, names in case.rows:
        if case.operation == OVERVIEW and names != columns and columns <= row.figures.keys():
            name = min(columns - names)
            yield row.violation(f"`fields` does not name `{name}`", name, is_warning=True)


class Told(NamedTuple):
    """A page of a list: its `pagination`, the requested `offset`, and the largest number of its rows."""

    exchange: Exchange
    pagination: dict[str, Json]
    offset: int
    limit: int
    is_followed: bool
    """Whether another page of the same list of a finished period has later rows."""


def _told(recording: Recording) -> Iterator[Told]:
    for operation in KEYS.keys() | {TIMESERIES}:
        pages = [(_view(e), e) for e in recording.answers(operation) if isinstance(e.data, list)]
        for view, exchange in pages:
            told, (limit, offset) = exchange.json.get("pagination"), page_of(exchange)
            sizes = [told.get("limit") if isinstance(told, dict) else None, limit]
            known = [size for size in sizes if type(size) is int and size > 0]
            if isinstance(told, dict) and known:
                others = [e for other, e in pages if other == view and e.data and is_finished(e)]
                end = offset + len(exchange.data)
                is_followed = any(page_of(e)[1] >= max(end, offset + 1) for e in others)
                yield Told(exchange, told, offset, min(known), is_followed)


def _view(exchange: Exchange) -> tuple[Question, Json]:
    return question_of(exchange), exchange.json.get("interval")


@clause(
    "SEL-09",
    "`total` counts all rows of a list, and `hasMore` says whether a later page has rows.",
    source="GET /analytics/devices, GET /visitors",
    standing=IMPLIED,
    needs="a list with `pagination`",
    cases=_told,
)
def pagination_agrees_with_rows(case: Told) -> Iterable[Violation]:
    found, total, more = len(case.exchange.data), case.pagination.get("total"), case.pagination.get("hasMore")
    # A page beyond the last row has no rows, whatever the total is.
    if type(total) is int and 0 < found <= case.limit:
        end = case.offset + found
        is_wrong = total < end + case.is_followed or (found < case.limit and total > end)
        if is_wrong:
            problem = f"this page has {found} rows from row {case.offset} on, and its limit is {case.limit}"
            yield Violation(problem, case.exchange, "/pagination/total", total)
    if more is False and case.is_followed:
        yield Violation("a later page has rows", case.exchange, "/pagination/hasMore", more)
    elif more is True and found < case.limit:
        # A server may hide some rows of a page.
        problem = f"the page has {found} rows, and its limit is {case.limit}"
        yield Violation(problem, case.exchange, "/pagination/hasMore", more, found > 0)


def _priced(recording: Recording) -> Iterator[tuple[Totals, str]]:
    """Yields all figures that have a `currency`, each with the currency in the website's metadata."""
    own = metadata_of(recording, "currency")
    for exchange in (*recording.answers(OVERVIEW), *recording.answers(TIMESERIES)):
        whole = Totals(exchange.json, exchange, "")
        figures = rows_of(exchange)[0] if exchange.operation == OVERVIEW and rows_of(exchange) else whole
        code = own.get(question_of(exchange).who)
        if code is not None and isinstance(figures.figures.get("currency"), str):
            yield figures, code


@clause(
    "SEL-12",
    "The `currency` of an overview and of a time series is the symbol of the currency in the metadata.",
    source="GET /analytics/overview, GET /analytics/metadata",
    standing=OTHER,
    needs="an overview or a time series with `currency`, and the website's metadata",
    cases=_priced,
)
def symbol_of_the_currency(case: tuple[Totals, str]) -> Iterable[Violation]:
    figures, own = case
    # No page says whether upper and lower case differ.
    told, code = figures.figures["currency"], own.upper()
    is_another_code = told in _WITH_SYMBOL and told != code
    is_another_symbol = code not in _SYMBOLS.get(told, {code}) or (told == "$" and code in _NO_DOLLARS)
    if is_another_code or is_another_symbol:
        yield figures.violation(f"the metadata has {code[:20]!r}", "currency")
    elif told == code and code in _WITH_SYMBOL:
        # No page forbids the code, but the examples have a symbol.
        yield figures.violation("this is the code of the currency", "currency", is_warning=True)
