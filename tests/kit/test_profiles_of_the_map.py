"""Profiles of visitors on a map: those that are refused (AGR-02), and those without a goal (AGR-14)."""

import json
from collections.abc import Sequence

import pytest

from contract_tests.asking import labels
from contract_tests.clauses.agreement import visitors_have_profiles
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import REVISION_2026_06, Recording
from tests.kit.exchanges import outcome_of


@pytest.mark.parametrize(
    ("asked", "outcome", "problems"),
    [
        pytest.param(["a", "b"], Outcome.BROKEN, ["none of 2 visitors from the map has a profile"], id="two"),
        pytest.param(
            ["a", "b", "A"],
            Outcome.BROKEN,
            ["none of 2 visitors from the map has a profile"],
            id="two, and one of them twice",
        ),
        pytest.param(["a", "a"], Outcome.NOT_OBSERVED, [], id="one, twice"),
    ],
)
def test_a_visitor_counts_once(asked: Sequence[str], outcome: Outcome, problems: Sequence[str]) -> None:
    shown = _answer(MAP, "", 200, {"visitors": [{"visitorId": "a"}, {"visitorId": "b"}]})
    refused = [_answer(VISITOR, visitor_id, 404, None) for visitor_id in asked]

    (verdict,) = judge(Recording([shown, *refused], REVISION_2026_06), [visitors_have_profiles])

    assert verdict.outcome is outcome
    assert [violation.problem for violation in verdict.violations] == problems


@pytest.mark.parametrize(
    ("order", "outcome"),
    [
        pytest.param(1, Outcome.WARNING, id="the map before the profile"),
        pytest.param(-1, Outcome.NOT_OBSERVED, id="the map after the profile"),
    ],
)
def test_a_goal_on_a_map_of_the_same_millisecond_may_be_later(order: int, outcome: Outcome) -> None:
    goal = {"type": "custom", "visitorId": "a", "extraData": {"eventName": "signup"}}
    shown = {"visitors": [{"visitorId": "a"}], "recentEvents": []}
    before = _answer(MAP, "", 200, shown)
    profile = _answer(VISITOR, "a", 200, {"activity": {"completedGoals": []}})
    reached = _answer(MAP, "", 200, {**shown, "recentEvents": [goal]})

    assert outcome_of("AGR-14", [before, *[reached, profile][::order]]) is outcome


def _answer(operation: str, visitor_id: str, status: int, data: Json) -> Exchange:
    body = json.dumps({"status": "success", "data": data}).encode()
    found = frozenset({labels.MET})
    path = {"visitorId": visitor_id}
    return Exchange(
        "GET", "http://x", operation, found, 0, 0, status, {}, body, path=path, successes=frozenset({200})
    )
