"""Clauses about what a report selects: filters, and requests that are refused."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.needs import KEY
from contract_tests.asking.probes.selection import FILTERS, LISTED, NO_VALUES, value_of
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import FEW, Totals, finished, is_whole, overviews_of, rows_of, slack_of
from contract_tests.clauses.question import Question, page_of, question_of
from contract_tests.clauses.statuses import LIMITED, Answered, failing
from contract_tests.clauses.telling import figure_told, number_told, value_told
from contract_tests.documented import OTHER
from contract_tests.exchange import Exchange, Json, known_text
from contract_tests.operations import OVERVIEW, TIMESERIES, VISITORS
from contract_tests.recording import Recording

_FAILURE, _COUNTRIES = 500, "getCountries"
# With fewer visitors than this, a filter may select most of them by chance.
_MANY = 20
# A row counts a visitor at one source, but the filter also finds visitors who came from there another time.
_ATTRIBUTED = frozenset({"getReferrers", "getCampaigns"})
_WITH_SEVERAL_ROWS = frozenset({"getPages", "getCampaigns"})

_ANSWERS = (
    Answered(
        "SEL-13",
        labels.ONE_DATE,
        (400,),
        "An overview with `startAt`, and without `endAt`, is refused with 400.",
        "GET /analytics/overview",
        OTHER,
        KEY,
        OVERVIEW,
    ),
    Answered(
        "SEL-14",
        labels.NO_FIELDS,
        (400,),
        "A time series without `fields` is refused with 400.",
        "GET /analytics/timeseries",
        OTHER,
        KEY,
        TIMESERIES,
    ),
    Answered(
        "SEL-15",
        labels.BAD_INTERVAL,
        (400,),
        "A time series with an unknown `interval` is refused with 400.",
        "GET /analytics/timeseries",
        OTHER,
        KEY,
        TIMESERIES,
    ),
    Answered(
        "SEL-16",
        labels.TWO_CONDITIONS,
        (400,),
        "A visitors' list with both `completedGoal` and `isCustomer` is refused with 400.",
        "GET /visitors",
        OTHER,
        KEY,
        VISITORS,
    ),
)

SELECTION_CLAUSES = [answered.clause() for answered in _ANSWERS]


class Selected(NamedTuple):
    """The number of visitors in an overview, the overview with one filter, and the rows that it selects."""

    whole: float
    part: Totals
    operation: str
    rows: list[Totals]

    def sums(self, name: str) -> tuple[float, float]:
        """Returns a figure of the largest row, and the sum of this figure over all rows."""
        known = [value for row in self.rows if (value := row.number(name)) is not None]
        return max(known, default=0), sum(known)


def _selected(recording: Recording) -> Iterator[Selected]:
    overviews = overviews_of(recording)
    for question, part in overviews.items():
        plain = overviews.get(question.without_filters)
        whole = plain.number("visitors") if plain else None
        found = _filter_of(question)
        if whole is None or found is None:
            continue
        operation, rows = _rows_with(recording, question.without_filters, *found)
        if rows:
            yield Selected(whole, part, operation, rows)


def _filter_of(question: Question) -> tuple[str, str, str] | None:
    """Returns the name, the operator and the value of the only filter; None if there are more filters."""
    if len(question.filters) != 1:
        return None
    [(name, value)] = question.filters
    operator, colon, rest = value.partition(":")
    operator, rest = (operator, rest) if colon else ("is", value)
    is_known = name in FILTERS and operator in ("is", "contains") and "," not in rest
    return (name, operator, rest) if is_known and rest not in NO_VALUES else None


def _rows_with(
    recording: Recording, question: Question, name: str, operator: str, value: str
) -> tuple[str, list[Totals]]:
    """Returns the breakdown of a filter, and the rows that it selects."""
    operation, place = FILTERS[name]
    for asked, exchange in finished(recording, operation):
        # A list that is cut may have another row with the value, except where a value has one row only.
        is_sure = is_whole(exchange) or (operator == "is" and operation not in _WITH_SEVERAL_ROWS)
        if asked == question and page_of(exchange) == (None, 0) and is_sure:
            # The filter by a browser includes its mobile variant.
            form = "contains" if name == "filter_browser" else operator
            rows = [row for row in rows_of(exchange) if _fits(value_of(row.figures, place), form, value)]
            # If the value's own row is missing or has no figure, then the others say nothing.
            is_named = operator != "is" or any(value_of(row.figures, place) == value for row in rows)
            is_known = is_named and all(row.number("visitors") is not None for row in rows)
            return operation, rows if is_known else []
    return operation, []


def _fits(found: str | None, operator: str, value: str) -> bool:
    return found is not None and (value in found if operator == "contains" else value == found)


@clause(
    "SEL-01",
    "A filter by the value of a row of a breakdown finds about as many visitors as the row has.",
    source="GET /analytics/overview",
    standing=OTHER,
    needs="overviews of a finished period with and without a filter, and the breakdown that has its value",
    cases=_selected,
)
def filter_finds_the_row(case: Selected) -> Iterable[Violation]:
    found = case.part.number("visitors")
    least, most = case.sums("visitors")
    if found is None:
        return
    is_small = case.whole > _MANY and most <= case.whole / 2
    has_no_effect = is_small and found >= case.whole - slack_of(case.whole)
    finds_nobody = found == 0 and least > _MANY / 2
    if has_no_effect or finds_nobody:
        told = f"{number_told(most)} of {figure_told('visitors', case.whole)}"
        problem = f"in {case.operation} {told} have the filter's value"
        yield case.part.violation(problem, "visitors")
        return
    # A breakdown may attribute visitors and payments to another session than the filter does.
    is_attributed = case.operation in _ATTRIBUTED
    has_paid = case.sums("payments")[0] > FEW
    for name, factor in (("visitors", 3.0 if is_attributed else 1.5), ("payments", 3.0), ("revenue", 10.0)):
        found, (least, most) = case.part.number(name), case.sums(name)
        known = all(row.number(name) is not None for row in case.rows)
        # A single payment, or a refund, may be most of the revenue.
        if name == "revenue" and not (has_paid and least > 0):
            continue
        if found is not None and known and not least / factor - FEW <= found <= most * factor + FEW:
            problem = f"in {case.operation} the filter's value has {figure_told(name, most)}"
            yield case.part.violation(problem, name, is_warning=True)
            return


class Alternatives(NamedTuple):
    """An overview that is filtered by two countries, and a breakdown's rows of these two countries."""

    both: Totals
    each: list[Totals]


def _alternatives(recording: Recording) -> Iterator[Alternatives]:
    overviews = overviews_of(recording)
    for asked, exchange in finished(recording, _COUNTRIES):
        if page_of(exchange) != (None, 0):
            continue
        for question, both in overviews.items():
            added = question.filters - asked.filters
            if question._replace(filters=asked.filters) != asked or len(added) != 1:
                continue
            [(name, value)] = added
            values = value.removeprefix("is:").split(",")
            found = [row for row in rows_of(exchange) if row.figures.get("country") in values]
            is_known = NO_VALUES.isdisjoint(values)
            if name == "filter_country" and len(values) == len(found) == 2 and is_known:
                yield Alternatives(both, found)


@clause(
    "SEL-02",
    "A filter with two countries finds about as many visitors as the rows of both have together.",
    source="GET /analytics/overview",
    standing=OTHER,
    needs="an overview of a finished period that is filtered by two countries, and the breakdown by country",
    cases=_alternatives,
)
def alternatives_add_up(case: Alternatives) -> Iterable[Violation]:
    found, one, other = (part.number("visitors") for part in (case.both, *case.each))
    if found is None or one is None or other is None:
        return
    if abs(found - one - other) > slack_of(one + other):
        # A breakdown may count a visitor in another country than the filter does.
        is_large = min(one, other) > slack_of(one + other)
        is_one = found <= max(one, other) + FEW and (is_large or found < max(one, other) / 2)
        problem = f"the two countries have {number_told(one)} and {figure_told('visitors', other)}"
        yield case.both.violation(problem, "visitors", is_warning=not is_one)


@clause(
    "SEL-03",
    "A report with a filter by a value that a breakdown or the visitors' list has is answered with 200.",
    source="GET /analytics/overview",
    standing=OTHER,
    needs="a report with a filter by a value that a breakdown has",
    cases=lambda recording: [
        *((e, True) for e in failing(recording, recording.labelled(labels.FILTERED))),
        *(
            (e, False)
            for e in recording.labelled(labels.FILTERED)
            if e.status != LIMITED and e.status < _FAILURE
        ),
    ],
)
def filters_are_accepted(case: tuple[Exchange, bool]) -> Iterable[Violation]:
    exchange, is_failure = case
    if not exchange.is_success:
        yield Violation(f"answered {exchange.status}, not 200", exchange, "", exchange.status, is_failure)


def _listed(recording: Recording) -> Iterator[tuple[list[Totals], dict[str, str]]]:
    """Yields the rows of each list that was requested with all filters of LISTED.

    The mapping has the values that the members of `identity` should have.
    """
    for exchange in recording.labelled(labels.FILTERED):
        wanted = dict(question_of(exchange).filters)
        found = [row for row in rows_of(exchange) if isinstance(row.figures.get("identity"), dict)]
        if exchange.operation == VISITORS and wanted.keys() == LISTED.keys():
            told = {LISTED[name]: value for name, value in wanted.items()}
            known = [row for row in found if any(known_text(row.figures["identity"].get(n)) for n in told)]
            yield from [(found, told)] if known else []


@clause(
    "SEL-11",
    "At least half of the visitors in a filtered list have the values of the filters.",
    source="GET /visitors",
    standing=OTHER,
    needs="a visitors' list that is filtered by the country, the browser and the device of a listed visitor",
    cases=_listed,
)
def listed_as_filtered(case: tuple[list[Totals], dict[str, str]]) -> Iterable[Violation]:
    # The list shows the latest visit; the filter may have found another one.
    rows, wanted = case
    for name, value in wanted.items():
        others = [row for row in rows if not _has_value(row.figures["identity"].get(name), value)]
        if len(others) > len(rows) / 2:
            pointer, told = f"{others[0].pointer}/identity/{name}", others[0].figures["identity"].get(name)
            yield Violation(f"the filter is {value_told(value)}", others[0].exchange, pointer, told)


def _has_value(told: Json, value: str) -> bool:
    """Returns whether a member contains a value: `Mobile Safari` contains `Safari`. True if it is unknown."""
    text = known_text(told)
    return text is None or value.lower() in text.lower()
