"""The figures of reports, for clauses that compare a whole period with its parts."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation
from contract_tests.clauses.question import Question, Who, is_finished, page_of, question_of
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.operations import METADATA, OVERVIEW, TIMESERIES
from contract_tests.recording import Recording

PARTITIONS = ("getDevices", "getCountries", "getBrowsers", "getOperatingSystems")
"""The breakdowns in which each visitor, and so each payment with a known visitor, belongs to a row."""
BREAKDOWNS = (
    *PARTITIONS,
    *("getPages", "getCampaigns", "getReferrers", "getRegions", "getCities", "getHostnames"),
)

Numbers = dict[str, Json]

_FIGURES = ("visitors", "sessions", "payments", "revenue")
_COUNTS = frozenset({"visitors", "sessions", "payments", "completions", "clicks"})
# A server may estimate distinct visitors and sessions, so each of two figures may be wrong by 2 %.
ESTIMATE = 0.05
FEW = 2
EXACT = 200
"""Algorithms that estimate the number of distinct visitors or sessions are exact for fewer than these."""


class Totals(NamedTuple):
    """The figures of a period, the answer that contains them, and the JSON pointer to them."""

    figures: Numbers
    exchange: Exchange
    pointer: str

    def number(self, name: str) -> float | None:
        """Returns a figure; None if it is absent, not a number, or a count that is negative or not whole."""
        value: Any = self.figures.get(name)
        is_wrong = not is_figure(value) or (name in _COUNTS and (value < 0 or value % 1))
        return None if is_wrong else value

    def violation(self, problem: str, name: str, *, is_warning: bool = False) -> Violation:
        """Returns a violation about a figure; `is_warning` makes it a warning."""
        if self.exchange.data == []:
            return Violation(
                f"{problem}, and this answer has no rows", self.exchange, "/data", [], is_warning
            )
        pointer = f"{self.pointer}/{name}"
        return Violation(problem, self.exchange, pointer, self.figures.get(name), is_warning)


class Parts(NamedTuple):
    """The figures of a whole period and the figures of its parts.

    The parts are buckets of a time series, or rows of a breakdown.
    """

    whole: Totals
    parts: list[Totals]

    def summed(self, name: str) -> tuple[float, float] | None:
        """Returns the figure of the whole and the sum over the parts; None if a figure is absent."""
        total, values = self.whole.number(name), [part.number(name) for part in self.parts]
        known = [value for value in values if value is not None]
        return (total, sum(known)) if total is not None and known and len(known) == len(values) else None

    def rounding(self, name: str) -> float:
        """Returns how far the sum over the parts may differ from the whole because each figure is rounded."""
        return sum(map(unit_of, (self.whole.number(name), *(part.number(name) for part in self.parts))))


def unit_of(value: float | None) -> float:
    """Returns the unit to which a figure may have been rounded: 1 if it has no decimals, else 0.01."""
    return 0.01 if value is not None and value % 1 else 1.0


def unit_of_rate(value: float | None) -> float:
    """Returns the unit to which a rate or a quotient may have been rounded: its last decimal, at least 0.01.

    A server may round rates to one decimal, or to whole numbers.
    """
    decimals = len(repr(value).partition(".")[2]) if value is not None and value % 1 else 0
    return max(10.0**-decimals, 0.01)


def slack_of(value: float) -> float:
    """Returns how far an estimated number of visitors or sessions may differ from the right one."""
    return FEW + ESTIMATE * abs(value)


def is_above(found: float, most: float, slack: float) -> bool | None:
    """Returns whether a figure is above another one of the same answer by more than `slack`.

    Returns None if it is above by less, but so small that no service estimates it.
    """
    if found > most + slack:
        return True
    return None if most < found < EXACT else False


def overview_of(exchange: Exchange) -> Totals | None:
    """Returns the figures of an overview; None if it has several rows. Without any row, all figures are 0."""
    data = exchange.data
    if data == []:
        return Totals(dict.fromkeys(_FIGURES, 0), exchange, "/data")
    is_row = isinstance(data, list) and len(data) == 1 and isinstance(data[0], dict)
    return Totals(data[0], exchange, "/data/0") if is_row else None


def totals_of(exchange: Exchange) -> Totals | None:
    """Returns the `totals` of a time series; None if it has none."""
    found = exchange.json.get("totals")
    return Totals(found, exchange, "/totals") if isinstance(found, dict) else None


def differences(one: Totals, other: Totals) -> Iterator[tuple[str, float]]:
    """Yields the figures that differ between two answers about the same visits, with the values of `one`.

    Visitors and sessions may be estimated, and revenue may be rounded.
    """
    for name in _FIGURES:
        shown, told = one.number(name), other.number(name)
        if shown is None or told is None:
            continue
        slack = {"payments": 0.0, "revenue": unit_of(shown) + unit_of(told)}.get(name, slack_of(shown))
        if abs(told - shown) > slack:
            yield name, shown


def are_comparable(one: Totals, other: Totals) -> bool:
    """Returns whether two answers about the same visits have a figure in common."""
    return any(None not in (one.number(name), other.number(name)) for name in _FIGURES)


def metadata_of(recording: Recording, name: str) -> dict[Who, str]:
    """Returns a member of each website's metadata, if it is a text. The key is the `who` of the Question.

    A website whose answers differ is left out, because the setting was changed meanwhile.
    """
    found: dict[Who, set[str]] = {}
    for exchange in recording.answers(METADATA):
        for row in rows_of(exchange)[:1]:
            if isinstance(row.figures.get(name), str):
                found.setdefault(question_of(exchange).who, set()).add(row.figures[name])
    return {who: next(iter(values)) for who, values in found.items() if len(values) == 1}


def rows_of(exchange: Exchange) -> list[Totals]:
    """Returns the figures of each row of an answer."""
    data = exchange.data if isinstance(exchange.data, list) else []
    return [Totals(row, exchange, f"/data/{n}") for n, row in enumerate(data) if isinstance(row, dict)]


def is_whole(exchange: Exchange) -> bool:
    """Returns whether an answer contains all rows of its list, as many as `pagination.total`."""
    told, data = exchange.json.get("pagination"), exchange.data
    return isinstance(told, dict) and isinstance(data, list) and told.get("total") == len(data)


def reports(recording: Recording, operation: str) -> list[Exchange]:
    """Returns the successful answers of a report, but not those to requests that had to be refused.

    What a server answers instead of refusing, such as an example, need not agree with other answers.
    """
    return [e for e in recording.answers(operation) if not e.labels & labels.REFUSED]


def finished(recording: Recording, operation: str) -> list[tuple[Question, Exchange]]:
    """Returns the answers about finished periods, whose figures are final, with their questions."""
    return [(question_of(e), e) for e in reports(recording, operation) if is_finished(e)]


def overviews_of(recording: Recording) -> dict[Question, Totals]:
    """Returns the overview with the most figures of each finished period, by its question.

    It is the first one of several with as many. A request may name only some of the figures.
    """
    found: dict[Question, Totals] = {}
    for question, exchange in finished(recording, OVERVIEW):
        overview = overview_of(exchange)
        if overview is not None and _known(overview) > _known(found.get(question)):
            found[question] = overview
    return found


def _known(overview: Totals | None) -> int:
    """Returns how many figures of an overview are known; -1 if there is no overview."""
    return -1 if overview is None else sum(overview.number(name) is not None for name in _FIGURES)


def all_overviews(recording: Recording) -> list[Totals]:
    """Returns the figures of all overviews, including those of unfinished periods."""
    return [found for e in reports(recording, OVERVIEW) if (found := overview_of(e)) is not None]


def both_totals(recording: Recording) -> Iterator[tuple[Totals, Totals]]:
    """Yields the figures of an overview and the `totals` of a time series of the same finished period."""
    overviews = overviews_of(recording)
    for question, exchange in finished(recording, TIMESERIES):
        totals = totals_of(exchange)
        overview = overviews.get(question)
        if totals is None or overview is None or question.may_mean_dates:
            continue
        if are_comparable(overview, totals):
            yield overview, totals


def buckets(recording: Recording) -> Iterator[Parts]:
    """Yields each whole time series of a finished period."""
    for _, exchange in finished(recording, TIMESERIES):
        totals = totals_of(exchange)
        if totals is not None and is_whole(exchange):
            yield Parts(totals, rows_of(exchange))


def broken_down(
    operations: Sequence[str], *, needs_all: bool = True
) -> Callable[[Recording], Iterator[Parts]]:
    """Returns a function that yields breakdowns, each with the overview of the same period.

    With `needs_all`, only breakdowns that have all of their rows are yielded.
    """

    def cases(recording: Recording) -> Iterator[Parts]:
        overviews = overviews_of(recording)
        for operation in operations:
            for question, exchange in finished(recording, operation):
                if question in overviews and (is_whole(exchange) or not needs_all):
                    yield Parts(overviews[question], rows_of(exchange))

    return cases


def fits(exchange: Exchange) -> bool:
    """Returns whether an answer has at most `limit` rows. Another clause reports one with more rows."""
    limit = page_of(exchange)[0]
    return limit is None or len(rows_of(exchange)) <= limit


def sources_of(totals: Totals) -> tuple[float, float, float] | None:
    """Returns the new, the renewed and the refunded revenue; None if one of them is unknown."""
    parts = totals.figures.get("revenueBreakdown")
    values = [parts.get(name) for name in ("new", "renewal", "refund")] if isinstance(parts, dict) else []
    known = [value for value in values if is_figure(value) and value is not None]
    return (known[0], known[1], known[2]) if len(known) == 3 else None
