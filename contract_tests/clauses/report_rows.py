"""Clauses about the rows of reports, which judge each answer alone: names, codes, amounts, `fields`."""

import re
from collections.abc import Iterable, Iterator

from contract_tests.asking.probes.selection import FILTERS, value_of
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import Totals, rows_of
from contract_tests.clauses.question import columns_of, page_of
from contract_tests.clauses.telling import rows_told
from contract_tests.documented import IMPLIED, OBSERVED, OTHER
from contract_tests.exchange import Exchange, Json
from contract_tests.operations import TIMESERIES, VISITORS
from contract_tests.recording import Recording

KEYS: dict[str, tuple[str, ...]] = {
    **{operation: place[:1] for operation, place in FILTERS.values()},
    "getPages": ("hostname", "path"),
    "getExitClicks": ("url",),
    VISITORS: ("visitorId",),
}
"""The members of a row that name it, in each list."""
# Two countries may have places of the same name.
_AMBIGUOUS = frozenset({"getRegions", "getCities"})
_CODE, _REGION_CODE = re.compile("[A-Za-z]{2}"), re.compile("[A-Z]{2}-[A-Z0-9]{1,3}")
# In a list of places, the form that a page excludes: the operation, the member, and the form.
_EXCLUDED = (
    ("getCountries", ("country",), _CODE, "a code"),
    ("getRegions", ("region",), _REGION_CODE, "a code"),
    ("getReferrers", ("referrer",), re.compile("https?://.*"), "a URL"),
    (VISITORS, ("identity", "country"), re.compile("[A-Za-z]{3}.*"), "a name"),
    (VISITORS, ("identity", "region"), _REGION_CODE, "a code with its country"),
)
_NOBODY = ("Unknown", "Direct/None")


def _lists(recording: Recording) -> Iterator[tuple[Exchange, tuple[str, ...]]]:
    """Yields the lists of several rows, with the members that name a row.

    Lists of more than `limit` rows are left out, because another clause reports them, and campaigns of which
    the request names some parameters only, because they may differ in the others.
    """
    for operation, names in KEYS.items():
        for exchange in recording.answers(operation) if operation not in _AMBIGUOUS else ():
            limit, _ = page_of(exchange)
            is_cut = operation == "getCampaigns" and columns_of(exchange) != frozenset()
            named = [row for row in rows_of(exchange) if key_of(row) is not None]
            if len(named) > 1 and len(rows_of(exchange)) <= (limit or len(exchange.data)) and not is_cut:
                yield exchange, names


@clause(
    "SEL-10",
    "In a breakdown, except by region or city, no value has two rows with the same `image`, or without one."
    " No visitor is listed twice.",
    source="GET /analytics/devices, GET /visitors",
    standing=IMPLIED,
    needs="a breakdown, or a visitors' list, with two rows",
    cases=_lists,
)
def rows_are_unique(case: tuple[Exchange, tuple[str, ...]]) -> Iterable[Violation]:
    exchange, names = case
    seen: dict[tuple[tuple[str, ...] | None, str], str] = {}
    for row in rows_of(exchange):
        key = key_of(row)
        # Two countries may have one short name, such as Congo, but they have two flags.
        shown = key, repr(row.figures.get("image"))
        if key is not None and shown in seen:
            yield row.violation(f"`{seen[shown]}` has the same value", names[-1])
            return
        seen[shown] = row.pointer


def key_of(row: Totals) -> tuple[str, ...] | None:
    """Returns the texts that say what a row of a list is about; None if there are none.

    Upper and lower case do not differ in the id of a visitor.
    """
    names = KEYS.get(row.exchange.operation or "", ())
    parts = [_texts(row.figures.get(name)) for name in names]
    found = tuple(text for part in parts for text in part)
    if not names or not all(parts):
        return None
    return tuple(text.lower() for text in found) if names == ("visitorId",) else found


def _texts(value: Json) -> list[str]:
    """Returns a text, or the names and texts in a campaign; empty if there is another value among them."""
    values = [text for pair in sorted(value.items()) for text in pair] if isinstance(value, dict) else [value]
    return values if all(isinstance(text, str) for text in values) else []


def _placed(recording: Recording) -> Iterator[tuple[list[Totals], tuple[str, ...], re.Pattern[str], str]]:
    for operation, place, form, words in _EXCLUDED:
        for exchange in recording.answers(operation):
            rows = [row for row in rows_of(exchange) if value_of(row.figures, place) not in (None, *_NOBODY)]
            if len(rows) > 1:
                yield rows, place, form, words


@clause(
    "SEL-17",
    "Not all countries and regions of a breakdown are codes, and not all of its sources are URLs. Not all"
    " countries in the visitors' list are names, and not all regions in it are codes with their country.",
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
        problem = f"this is {words}, and so are the others of the {rows_told(len(rows))}"
        yield Violation(problem, rows[0].exchange, pointer, values[0], is_warning)


@clause(
    "SEL-18",
    "The revenue of a row of a breakdown has at most three decimals.",
    source="GET /analytics/devices",
    standing=OBSERVED,
    needs="a breakdown with revenue",
    cases=lambda recording: [
        row
        for operation in KEYS
        for exchange in recording.answers(operation)
        for row in rows_of(exchange)
        if row.number("revenue") is not None
    ],
)
def revenue_has_few_decimals(case: Totals) -> Iterable[Violation]:
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
        if (wanted := columns_of(exchange)) and isinstance(exchange.json.get("fields"), list)
    ],
)
def fields_are_repeated(case: tuple[Exchange, frozenset[str]]) -> Iterable[Violation]:
    exchange, wanted = case
    told = exchange.json["fields"]
    if {name for name in told if isinstance(name, str)} != wanted:
        problem = f"the request names {', '.join(sorted(wanted))}"
        yield Violation(problem[:200], exchange, "/fields", told)
