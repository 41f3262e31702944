"""Visitors of the map whose profiles are refused: the verdicts of AGR-02."""

import json
from collections.abc import Sequence

import pytest

from contract_tests.asking import labels
from contract_tests.clauses.agreement import visitors_have_profiles
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import REVISION_2026_06, Recording


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


def _answer(operation: str, visitor_id: str, status: int, data: Json) -> Exchange:
    body = json.dumps({"status": "success", "data": data}).encode()
    found = frozenset({labels.MET})
    path = {"visitorId": visitor_id}
    return Exchange(
        "GET", "http://x", operation, found, 0, 0, status, {}, body, path=path, successes=frozenset({200})
    )
