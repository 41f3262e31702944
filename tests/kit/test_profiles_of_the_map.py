"""Profiles of visitors on a map: those that are refused (AGR-02), and those without a goal (AGR-14)."""

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from contract_tests.asking import labels
from contract_tests.clauses.agreement import visitors_have_profiles
from contract_tests.document import document
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import REVISION_2026_06, Recording
from tests.kit.exchanges import outcome_of

_VISITOR_A, _VISITOR_B = '{"datafast_visitor_id": "A"}', '{"datafast_visitor_id": "b"}'


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


@pytest.mark.parametrize(
    ("statuses", "outcome"),
    [
        pytest.param([404, 404], Outcome.BROKEN, id="both are refused"),
        pytest.param([404, 200], Outcome.HOLDS, id="one is refused"),
        pytest.param([502, 200], Outcome.HOLDS, id="one is unknown"),
        pytest.param([404, 502], Outcome.NOT_OBSERVED, id="one is refused, the other unknown"),
        pytest.param([429, 429], Outcome.NOT_OBSERVED, id="a rate limit"),
        pytest.param([500, 503], Outcome.NOT_OBSERVED, id="failures"),
        pytest.param([302, 302], Outcome.NOT_OBSERVED, id="redirects"),
    ],
)
def test_an_answer_about_no_profile_says_nothing(statuses: Sequence[int], outcome: Outcome) -> None:
    shown = _answer(MAP, "", 200, {"visitors": [{"visitorId": "a"}, {"visitorId": "b"}]})
    profiles = [_answer(VISITOR, name, status, {}) for name, status in zip("ab", statuses, strict=True)]

    assert outcome_of("AGR-02", [shown, *profiles]) is outcome


_GOAL = {"type": "custom", "visitorId": "a", "extraData": {"eventName": "signup"}}
_SHOWN = {
    "visitors": [{"visitorId": "a", "profileData": {"hasProfile": True, "userId": "u1"}}],
    "recentEvents": [_GOAL],
}


@pytest.mark.parametrize(
    ("method", "path", "body", "outcomes"),
    [
        pytest.param("GET", "/analytics/realtime", "", [Outcome.WARNING] * 2, id="a read"),
        pytest.param("POST", "/goals", _VISITOR_A, [Outcome.WARNING] * 2, id="a goal"),
        pytest.param("POST", "/identify", _VISITOR_A, [Outcome.NOT_OBSERVED] * 2, id="an identification"),
        pytest.param("POST", "/identify", _VISITOR_B, [Outcome.WARNING] * 2, id="another identification"),
        pytest.param("DELETE", "/goals?name=signup", "", [Outcome.NOT_OBSERVED] * 2, id="a removal"),
        pytest.param(
            "DELETE", "/goals?datafast_visitor_id=A", "", [Outcome.NOT_OBSERVED] * 2, id="a removal of hers"
        ),
    ],
)
def test_what_is_written_between_map_and_profile_may_change_it(
    method: str, path: str, body: str, outcomes: list[Outcome]
) -> None:
    shown = _answer(MAP, "", 200, _SHOWN)
    profile = _answer(VISITOR, "a", 200, {"profile": {"userId": "u2"}, "activity": {"completedGoals": []}})
    match = document().matches(method, path.partition("?")[0])
    assert match is not None
    written = replace(shown, method=method, url=f"http://x{path}", operation=match.operation.id)

    between = replace(written, request_body=body.encode(), body=b"{}")
    assert [outcome_of(clause, [shown, between, profile]) for clause in ("AGR-09", "AGR-14")] == outcomes
    refused = replace(between, status=400)
    told = [outcome_of(clause, [shown, refused, profile]) for clause in ("AGR-09", "AGR-14")]
    assert told == [Outcome.WARNING] * 2


def _answer(operation: str, visitor_id: str, status: int, data: Json) -> Exchange:
    body = json.dumps({"status": "success", "data": data}).encode()
    found = frozenset({labels.MET})
    path = {"visitorId": visitor_id}
    return Exchange(
        "GET", "http://x", operation, found, 0, 0, status, {}, body, path=path, successes=frozenset({200})
    )
