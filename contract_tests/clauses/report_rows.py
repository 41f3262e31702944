"""Clauses about the rows of reports: columns, pages, names and amounts."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import NamedTuple

from contract_tests.asking.probes.selection import FILTERS, value_of
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import (
    OVERVIEW,
    TIMESERIES,
    Totals,
    rows_of,
)
from contract_tests.clauses.question import Question, is_finished, page_of, parameter_of, question_of
from contract_tests.clauses.sums import VISITORS
from contract_tests.document import IMPLIED, OBSERVED, OTHER, document
from contract_tests.exchange import Exchange, Json
from contract_tests.recording import Recording

EXIT_CLICKS, METADATA = "getExitClicks", "getMetadata"
# The members of a row that name it, in each list.
_KEYS: dict[str, tuple[str, ...]] = {
    **{operation: place[:1] for operation, place in FILTERS.values()},
    "getPages": ("hostname", "path"),
    EXIT_CLICKS: ("url",),
    VISITORS: ("visitorId",),
}
# Two countries may have places of the same name.
_AMBIGUOUS = frozenset({"getRegions", "getCities"})
_ROW = ("data", "*")
_RENAMED = {
    ("getGoals", "name"): "goal",
    **{("getCampaigns", name): "campaign" for name in ("utm_source", "ref", "source", "via")},
}
_MONEY = frozenset({"revenue", "payments", "revenue_per_visitor", "conversion_rate", "currency"})
_CODE, _REGION_CODE = re.compile("[A-Z]{2}"), re.compile("[A-Z]{2}-[A-Z0-9]{1,3}")
# In a list of places, the form that a page excludes: the operation, the member, and the form.
_EXCLUDED = (
    ("getCountries", ("country",), _CODE, "a code"),
    ("getRegions", ("region",), _REGION_CODE, "a code"),
    ("getReferrers", ("referrer",), re.compile("https?://.*"), "a URL"),
    (VISITORS, ("identity", "country"), re.compile("[A-Za-z]{3}.*"), "a name"),
    (VISITORS, ("identity", "region"), _REGION_CODE, "a code with its country"),
)
# The currencies that a symbol can stand for.
_SYMBOLS = {
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP", "EGP", "FKP", "GIP", "LBP", "SHP", "SYP", "SDG", "SSP"}),
    "¥": frozenset({"JPY", "CNY"}),
    "₹": frozenset({"INR"}),
}
_NO_DOLLARS = frozenset({"EUR", "GBP", "JPY", "INR", "CNY"})
_WITH_SYMBOL = frozenset({"USD", "EUR", "GBP", "JPY", "INR"})

_NOBODY = ("Unknown", "Direct/None")


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
    for operation in (*_KEYS, OVERVIEW, TIMESERIES, METADATA):
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
    for operation in _KEYS.keys() | {TIMESERIES}:
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


def _lists(recording: Recording) -> Iterator[tuple[Exchange, tuple[str, ...]]]:
    """Yields the lists of several rows, with the members that name a row.

    Lists of more than `limit` rows are left out, because another clause reports them.
    """
    for operation, names in _KEYS.items():
        for exchange in recording.answers(operation) if operation not in _AMBIGUOUS else ():
            limit, _ = page_of(exchange)
            if 1 < len(rows_of(exchange)) <= (limit or len(exchange.data)):
                yield exchange, names


@clause(
    "SEL-10",
    "In a breakdown, except by region or city, no value has two rows. No visitor is listed twice.",
    source="GET /analytics/devices, GET /visitors",
    standing=IMPLIED,
    needs="a breakdown, or a visitors' list, with two rows",
    cases=_lists,
)
def rows_are_unique(case: tuple[Exchange, tuple[str, ...]]) -> Iterable[Violation]:
    exchange, names = case
    seen: set[tuple[str, ...]] = set()
    for row in rows_of(exchange):
        parts = [_texts(row.figures.get(name)) for name in names]
        key = tuple(text for part in parts for text in part)
        if all(parts) and key in seen:
            yield row.violation("another row has the same value", names[-1])
            return
        seen.add(key)


def _texts(value: Json) -> list[str]:
    """Returns a text, or the texts in a campaign; empty if there is another value among them."""
    values = list(value.values()) if isinstance(value, dict) else [value]
    return values if all(isinstance(text, str) for text in values) else []


def _priced(recording: Recording) -> Iterator[tuple[Totals, str]]:
    """Yields the figures with a `currency`, with the currency of the website's metadata."""
    own: dict[tuple[str, str | None, str | None], str] = {}
    for exchange in recording.answers(METADATA):
        for row in rows_of(exchange)[:1]:
            if isinstance(row.figures.get("currency"), str):
                own[question_of(exchange).who] = row.figures["currency"]
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
    figures, code = case
    told = figures.figures["currency"]
    if code not in _SYMBOLS.get(told, {code}) or (told == "$" and code in _NO_DOLLARS):
        yield figures.violation(f"the metadata has {code[:20]!r}", "currency")
    elif told == code and code in _WITH_SYMBOL:
        # No page forbids the code, but the examples have a symbol.
        yield figures.violation("this is the code of the currency", "currency", is_warning=True)


def _placed(recording: Recording) -> Iterator[tuple[list[Totals], tuple[str, ...], re.Pattern[str], str]]:
    for operation, place, form, words in _EXCLUDED:
        for exchange in recording.answers(operation):
            rows = [row for row in rows_of(exchange) if value_of(row.figures, place) not in (None, *_NOBODY)]
            if len(rows) > 1:
                yield rows, place, form, words


@clause(
    "SEL-17",
    "Breakdowns have names of countries, regions and sources; the visitors' list has codes of countries and"
    " regions.",
    source="GET /analytics/countries, GET /visitors",
    standing=OTHER,
    needs="a breakdown by country, region or source, or a visitors' list, with two rows",
    cases=_placed,
)
def places_have_their_form(
    case: tuple[list[Totals], tuple[str, ...], re.Pattern[str], str],
) -> Iterable[Violation]:
    rows, place, form, words = case
    values = [value_of(row.figures, place) or "" for row in rows]
    if all(form.fullmatch(value) for value in values):
        # Only examples show the form of the others.
        is_warning = place != ("country",)
        pointer = f"{rows[0].pointer}/{'/'.join(place)}"
        yield Violation(f"this is {words}", rows[0].exchange, pointer, values[0], is_warning)


@clause(
    "SEL-18",
    "The revenue of a row of a breakdown has at most two decimals, or three in some currencies.",
    source="GET /analytics/devices",
    standing=OBSERVED,
    needs="a breakdown with revenue",
    cases=lambda recording: [
        row
        for operation in _KEYS
        for exchange in recording.answers(operation)
        for row in rows_of(exchange)
        if row.number("revenue") is not None
    ],
)
def revenue_has_two_decimals(case: Totals) -> Iterable[Violation]:
    revenue = case.number("revenue") or 0
    if abs(revenue - round(revenue, 3)) > abs(revenue) * 1e-12:
        yield case.violation("it has more than three decimals", "revenue")


@clause(
    "SEL-20",
    "The `fields` of a time series are the requested columns.",
    source="GET /analytics/timeseries",
    standing=OBSERVED,
    needs="a time series with `fields`",
    cases=lambda recording: [
        (exchange, wanted)
        for exchange in recording.answers(TIMESERIES)
        if (wanted := set((parameter_of(exchange, "fields") or "").split(",")) - {""})
        and isinstance(exchange.json.get("fields"), list)
    ],
)
def fields_are_repeated(case: tuple[Exchange, set[str]]) -> Iterable[Violation]:
    exchange, wanted = case
    told = exchange.json["fields"]
    if {name for name in told if isinstance(name, str)} != wanted:
        problem = f"the request names {', '.join(sorted(wanted))}"
        yield Violation(problem[:200], exchange, "/fields", told)
