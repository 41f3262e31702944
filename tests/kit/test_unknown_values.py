"""Members whose value is unknown: no clause calls it another value, and none holds because of it."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.recording import REVISION_2026_02, REVISION_2026_06, Recording
from tests.kit.exchanges import answered, outcome_of

_CLAUSES = {clause.id: clause for clause in all_clauses()}
_NAMES = frozenset({"city", "region", "country", "countryCode", "browser", "os", "device", "name", "type"})
_WEEK = "startAt=2026-01-12&endAt=2026-01-18"
Place = tuple[str, ...]
Change = Callable[[Json, Place], Json]


def _below(*start: str) -> Callable[[Place], bool]:
    return lambda place: place[: len(start)] == start and place[-1] in _NAMES


def _changed(exchange: Exchange, change: Change) -> Exchange:
    """Returns an exchange in which each value is changed, from the innermost on."""

    def walk(value: Json, place: Place) -> Json:
        if isinstance(value, dict):
            value = {name: walk(part, (*place, name)) for name, part in value.items()}
        elif isinstance(value, list):
            value = [walk(part, (*place, "*")) for part in value]
        return change(value, place)

    if not exchange.is_success:
        return exchange
    return replace(exchange, body=json.dumps(walk(exchange.json, ())).encode())


@pytest.mark.parametrize("text", ["", "Unknown"])
@pytest.mark.parametrize(
    ("is_unknown", "clauses"),
    [
        pytest.param(_below("data", "visitors", "*"), ("AGR-03", "AGR-04"), id="on the map"),
        pytest.param(_below("data", "identity"), ("AGR-03", "AGR-04", "SUM-21"), id="in the profile"),
        pytest.param(_below("data", "*", "identity"), ("SUM-21", "SEL-11"), id="in the visitors' list"),
    ],
)
def test_an_unknown_name_is_not_another_name(
    recorded: list[Exchange], text: str, is_unknown: Callable[[Place], bool], clauses: tuple[str, ...]
) -> None:
    def hide(value: Json, place: Place) -> Json:
        return text if isinstance(value, str) and place and is_unknown(place) else value

    exchanges = [_changed(exchange, hide) for exchange in recorded]

    verdicts = judge(Recording(exchanges, REVISION_2026_02), [_CLAUSES[name] for name in clauses])
    assert {verdict.outcome for verdict in verdicts} == {Outcome.NOT_OBSERVED}


@pytest.mark.parametrize(
    ("visitor", "clause", "outcome"),
    [
        pytest.param({"customerName": ""}, "MAP-88", Outcome.HOLDS, id="no name of a customer"),
        pytest.param({"customerName": "Jo"}, "MAP-88", Outcome.WARNING, id="the name of a customer"),
        pytest.param({"currentUrl": ""}, "MAP-97", Outcome.NOT_OBSERVED, id="no page"),
        pytest.param({"currentUrl": "pricing"}, "MAP-97", Outcome.WARNING, id="a page without a slash"),
    ],
)
def test_an_empty_text_on_the_map_is_none(visitor: Json, clause: str, outcome: Outcome) -> None:
    shown = {"visitors": [{"visitorId": "a", "isCustomer": False, **visitor}], "recentEvents": []}

    assert outcome_of(clause, [answered("/analytics/realtime/map", shown)]) is outcome


@pytest.mark.parametrize(
    ("is_customer", "outcome"),
    [(True, Outcome.HOLDS), (None, Outcome.HOLDS), (False, Outcome.WARNING)],
)
def test_a_customers_score_is_that_of_a_customer(is_customer: bool | None, outcome: Outcome) -> None:
    likelihood = {"score": 100, "isBaseline": True}
    visitor = {"visitorId": "a", "isCustomer": is_customer, "conversionLikelihood": likelihood}
    shown = {"visitors": [visitor], "hasConversionPredictions": False}
    told = [answered("/analytics/realtime/map", shown)]

    assert outcome_of("MAP-85", told) is outcome
    assert outcome_of("MAP-83", told) is (outcome if is_customer is False else Outcome.NOT_OBSERVED)


_STILL_KNOWN = frozenset(
    {
        *("AGR-02", "SUM-20", "SEL-10", "POLL-01", "POLL-05"),  # ids and numbers of visits are left
        *("SUM-22", "SEL-07"),  # the interval is outside of `data`
        *("SEL-03", "SEL-08", "SEL-13", "SEL-14", "SEL-15", "SEL-16"),  # statuses and columns are left
        "WRITE-20",  # the list of payments is empty
    }
)
_LEFT = frozenset({"visitorId", "_id", "visitCount", "count"})


@pytest.mark.parametrize("revision", [REVISION_2026_02, REVISION_2026_06])
def test_no_clause_holds_without_anything_to_compare(
    recordings: dict[str, list[Exchange]], revision: str
) -> None:
    def hide(value: Json, place: Place) -> Json:
        is_left = isinstance(value, dict | list) or len(place) < 2 or place[-1] in _LEFT
        return value if is_left else None

    exchanges = [_changed(exchange, hide) for exchange in recordings[revision]]
    families = ("AGR-", "POLL-", "SUM-", "SEL-", "WRITE-0", "WRITE-1", "WRITE-2")
    clauses = [clause for clause in all_clauses() if clause.id.startswith(families)]

    verdicts = judge(Recording(exchanges, revision), clauses)
    assert {v.clause.id for v in verdicts if v.outcome is Outcome.HOLDS} == _STILL_KNOWN
    assert [v.clause.id for v in verdicts if v.outcome is Outcome.BROKEN] == []


@pytest.mark.parametrize(("name", "is_judged"), [("Unknown", False), ("(not set)", False), ("mobile", True)])
def test_no_page_says_that_a_filter_finds_what_is_unknown(name: str, *, is_judged: bool) -> None:
    def overview(visitors: int, query: str) -> Exchange:
        path = f"/analytics/overview?{_WEEK}&{query}"
        return answered(path, [{"visitors": visitors, "sessions": visitors}])

    rows = {
        operation: answered(
            f"/analytics/{operation}?{_WEEK}",
            [{member: "France", "visitors": 60}, {member: name, "visitors": 40}],
            pagination={"limit": 100, "offset": 0, "total": 2},
        )
        for operation, member in (("devices", "device"), ("countries", "country"))
    }
    none, others = overview(0, f"filter_device=is:{name}"), overview(60, f"filter_device=is_not:{name}")
    one = overview(60, f"filter_country=France,{name}")
    outcome = Outcome.BROKEN if is_judged else Outcome.NOT_OBSERVED

    assert outcome_of("SEL-01", [overview(100, ""), rows["devices"], none]) is outcome
    assert outcome_of("SUM-12", [overview(100, ""), none, others]) is outcome
    assert outcome_of("SEL-02", [overview(100, ""), rows["countries"], one]) is outcome
