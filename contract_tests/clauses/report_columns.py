"""Clauses about the columns, the pages and the currency of reports, which compare several answers."""

from collections.abc import Hashable, Iterable, Iterator
from functools import cache
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import Totals, metadata_of, rows_of
from contract_tests.clauses.question import (
    columns_of,
    is_finished,
    list_of,
    page_of,
    question_of,
)
from contract_tests.clauses.report_rows import KEYS
from contract_tests.clauses.telling import rows_told, value_told
from contract_tests.document import document
from contract_tests.documented import IMPLIED, OTHER
from contract_tests.exchange import Exchange, Json, whole_of
from contract_tests.operations import GOALS, METADATA, OVERVIEW, TIMESERIES, VISITORS
from contract_tests.recording import Recording

_ROW = ("data", "*")
_RENAMED = {
    (GOALS, "name"): "goal",
    **{("getCampaigns", name): "campaign" for name in ("utm_source", "ref", "source", "via")},
}
_MONEY = frozenset({"revenue", "payments", "revenue_per_visitor", "conversion_rate", "currency"})
# The currencies that a symbol can stand for. `$` is also that of most pesos, and of some other currencies.
_DOLLARS = (
    "ARS AUD BBD BMD BND BOB BRL BSD BZD CAD CLF CLP COP COU CUC CUP CVE DOP ECS FJD GYD HKD "
    "JMD KYD LRD MOP MXN MXV NAD NIO NZD PAB PHP SBD SGD SRD SVC TOP TTD TVD TWD USD USN UYI "
    "UYU UYW VES WST XCD XCG ZWG ZWL"
)
_SYMBOLS = {
    "$": frozenset(_DOLLARS.split()),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP", "FKP", "GIP", "LBP", "SHP", "SYP", "SDG", "SSP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
}
_WITH_SYMBOL = frozenset({"USD", "EUR", "GBP", "JPY", "INR"})


class Columned(NamedTuple):
    """An operation's answers: the rows of each, with the columns that each row must have."""

    operation: str
    answers: list[tuple[list[Totals], frozenset[str]]]


def _columned(recording: Recording) -> Iterator[Columned]:
    """Yields the answers of each report and of the metadata, if they have rows."""
    for operation, columns in _columns().items():
        found = []
        for exchange in recording.answers(operation):
            wanted = columns_of(exchange)
            if wanted is not None and rows_of(exchange) and (wanted or operation != TIMESERIES):
                named = {_RENAMED.get((operation, name), name) for name in wanted}
                found.append((rows_of(exchange), columns & (named if wanted else columns)))
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
    for name in sorted(frozenset().union(*(names for _, names in case.answers))):
        asked = [row for rows, names in case.answers if name in names for row in rows]
        lacking = [row for row in asked if name not in row.figures]
        if lacking:
            # A website without payments may have no figures about them.
            is_certain = len(lacking) == len(asked) and name not in _MONEY and case.operation != METADATA
            where = f"{len(lacking)} of {rows_told(len(asked))}" if len(asked) > 1 else "the only row"
            yield lacking[0].violation(f"`{name}` is missing in {where}", name, is_warning=not is_certain)
    columns = _columns()[case.operation]
    for (row, *_), names in case.answers:
        if case.operation == OVERVIEW and names != columns and columns <= row.figures.keys():
            name = min(columns - names)
            yield row.violation(f"`fields` does not name `{name}`", name, is_warning=True)


class Told(NamedTuple):
    """A page of a list: its `pagination`, the requested `offset`, and the largest number of its rows.

    `earlier` is the `total` of another answer with the same list of a finished period; None if there is none.
    """

    exchange: Exchange
    pagination: dict[str, Json]
    offset: int
    limit: int
    is_followed: bool
    """Whether another page of the same list of a finished period has later rows."""
    is_last: bool
    """Whether another page of the same list of a finished period shows that there are no later rows."""
    earlier: int | None


class _Span(NamedTuple):
    """The part of a list that a page shows: its `offset`, and the number of its rows.

    `limit` is the largest number of its rows; None if it is unknown.
    """

    offset: int
    rows: int
    limit: int | None

    @property
    def end(self) -> int:
        """The number of the list's rows up to the end of this page."""
        return self.offset + self.rows

    def has_more_than(self, other: "_Span") -> bool:
        """Returns whether this page has rows that come after those of another page."""
        is_comparable = self.offset > other.offset or other.rows > 0
        return self.rows > 0 and self.end > other.end and is_comparable

    def ends_with(self, other: "_Span") -> bool:
        """Returns whether this page is the last one, and has no rows after those of another page."""
        is_last = self.limit is not None and self.rows < self.limit
        return is_last and self.offset <= other.end and self.end <= other.end


def _spans(recording: Recording, operation: str) -> Iterator[tuple[Exchange, Hashable, _Span]]:
    """Yields the pages of an operation's lists, each with its list."""
    most = document().operations[operation].most_rows
    for exchange in recording.answers(operation):
        told, (limit, offset) = exchange.json.get("pagination"), page_of(exchange)
        sizes = [whole_of(told.get("limit")) if isinstance(told, dict) else None, limit]
        known = [size for size in sizes if size is not None and size > 0]
        if isinstance(exchange.data, list) and offset is not None:
            # A server may repeat a `limit` that is too large.
            least = min([*known, *([] if most is None else [most])]) if known else None
            rows = min(len(exchange.data), limit or len(exchange.data))
            yield exchange, _part_of(exchange), _Span(offset, rows, least)


def _told(recording: Recording) -> Iterator[Told]:
    for operation in KEYS.keys() | {TIMESERIES}:
        pages = list(_spans(recording, operation))
        spans: dict[Hashable, set[_Span]] = {}
        for exchange, whole, span in pages:
            if is_finished(exchange):
                spans.setdefault(whole, set()).add(span)
        totals: dict[Hashable, int] = {}
        for exchange, whole, span in pages:
            told, others = exchange.json.get("pagination"), spans.get(whole, ())
            if not isinstance(told, dict) or span.limit is None:
                continue
            total = whole_of(told.get("total"))
            if total is None and not isinstance(told.get("hasMore"), bool):
                continue
            is_followed = any(other.has_more_than(span) for other in others)
            is_last = any(other.ends_with(span) for other in others)
            yield Told(exchange, told, span.offset, span.limit, is_followed, is_last, totals.get(whole))
            if total is not None and is_finished(exchange):
                totals.setdefault(whole, total)


def _part_of(exchange: Exchange) -> Hashable:
    """Returns a value that is the same for all answers with parts of one list.

    A server may group rows by the requested columns, so other columns make another list.
    """
    return list_of(exchange), str(exchange.json.get("interval"))


@clause(
    "SEL-09",
    "`total` counts all rows of a list, and is the same on each page. `hasMore` says whether a later page has"
    " rows, and agrees with `total`.",
    source="GET /analytics/devices, GET /visitors",
    standing=IMPLIED,
    needs="a list with `total` or `hasMore`",
    cases=_told,
)
def pagination_agrees_with_rows(case: Told) -> Iterable[Violation]:
    found, more = len(case.exchange.data), case.pagination.get("hasMore")
    end = case.offset + found
    page = f"this page has {rows_told(found)}, its offset is {case.offset}, and its limit is {case.limit}"
    is_total_right = True
    total = whole_of(case.pagination.get("total"))
    if total is not None and found <= case.limit:
        # A page beyond the last row has no rows, whatever the total is.
        is_small = found > 0 and total < end + case.is_followed
        is_total_right = not is_small and not (found < case.limit and total > end)
        if not is_total_right:
            yield Violation(page, case.exchange, "/pagination/total", total)
        elif case.earlier not in (None, total):
            # A visitor may have been deleted between the two answers.
            is_warning = case.exchange.operation == VISITORS
            problem = f"another answer with rows of this list says {case.earlier}"
            yield Violation(problem, case.exchange, "/pagination/total", total, is_warning)
    if more is False and case.is_followed:
        yield Violation("a later page has rows", case.exchange, "/pagination/hasMore", more)
    elif more is True and found < case.limit:
        # A server may hide some rows of a page.
        yield Violation(page, case.exchange, "/pagination/hasMore", more, found > 0)
    elif type(more) is bool and total is not None and is_total_right and more is not (total > end) and found:
        problem = f"{page}, and `total` is {total}"
        yield Violation(problem, case.exchange, "/pagination/hasMore", more)
    elif more is True and case.is_last and found:
        # A server may hide some rows of a page, and a visitor may have been deleted between the two answers.
        yield Violation("another page has no later rows", case.exchange, "/pagination/hasMore", more, True)


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
    "If the `currency` of an overview or of a time series is `$`, `€`, `£`, `¥` or `₹`, it can stand for the"
    " currency in the metadata. It is not the code of another one of these currencies.",
    source="GET /analytics/overview, GET /analytics/metadata",
    standing=OTHER,
    needs="an overview or a time series with `currency`, and the website's metadata",
    cases=_priced,
)
def symbol_of_the_currency(case: tuple[Totals, str]) -> Iterable[Violation]:
    figures, own = case
    # No page says whether upper and lower case differ.
    told, code = figures.figures["currency"].upper(), own.upper()
    is_another_code = told in _WITH_SYMBOL and told != code
    is_another_symbol = code not in _SYMBOLS.get(told, {code})
    if is_another_code or is_another_symbol:
        yield figures.violation(f"the metadata has {value_told(code)}", "currency")
    elif told == code and code in _WITH_SYMBOL:
        # No page forbids the code, but the examples have a symbol.
        yield figures.violation("this is the code of the currency", "currency", is_warning=True)
