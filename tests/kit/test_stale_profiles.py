"""Profiles that a second cache still has from before a write: a goal may be missing, or still be there."""

import json
from typing import Any

import pytest

from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import CREATE_GOAL, DELETE_GOALS, VISITOR
from contract_tests.recording import Recording

_VISITOR = "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"


def _sent(operation: str, label: str, body: Json = None) -> Exchange:
    answer = json.dumps({"status": "success", "data": [{"message": "Done"}]}).encode()
    asked = b"" if body is None else json.dumps({"datafast_visitor_id": _VISITOR, **body}).encode()
    found, successes = frozenset({label}), frozenset({200})
    shared: dict[str, Any] = {"successes": successes, "request_body": asked}
    return Exchange("POST", "http://x", operation, found, 0, 0, 200, {}, answer, **shared)


def _profile(label: str, second: int, *names: str) -> Exchange:
    """Returns a profile that was made so many seconds after the first visit."""
    goals = [{"name": name, "origin": "manual", "type": "custom"} for name in names]
    activity = {"timeSinceFirstVisit": 1000 * second, "completedGoals": goals}
    body = json.dumps({"status": "success", "data": {"visitorId": _VISITOR, "activity": activity}}).encode()
    found, successes = frozenset({label}), frozenset({200})
    return Exchange("GET", "http://x", VISITOR, found, 0, 0, 200, {}, body, successes=successes)


_KEPT, _GONE = "kept", "gone"


@pytest.mark.parametrize(
    ("clause", "second", "shown", "outcome"),
    [
        pytest.param("WRITE-10", 70, (), Outcome.BROKEN, id="the other goal is gone"),
        pytest.param("WRITE-10", 50, (), Outcome.WARNING, id="from before both goals"),
        pytest.param("WRITE-09", 70, (_KEPT, _GONE), Outcome.BROKEN, id="the goal is still there"),
        pytest.param("WRITE-09", 55, (_KEPT, _GONE), Outcome.WARNING, id="from before the removal"),
    ],
)
def test_an_older_profile_is_a_warning(
    clause: str, second: int, shown: tuple[str, ...], outcome: Outcome
) -> None:
    exchanges = [
        _profile(labels.BEFORE, 50),
        _sent(CREATE_GOAL, labels.GOAL, {"name": _GONE}),
        _sent(CREATE_GOAL, labels.OTHER_GOAL, {"name": _KEPT}),
        _profile(labels.AFTER, 60, _KEPT, _GONE),
        _sent(DELETE_GOALS, labels.GOAL),
        _profile(labels.REMOVED, second, *shown),
    ]
    clauses = [each for each in all_clauses() if each.id == clause]

    (verdict,) = judge(Recording(exchanges), clauses)

    assert verdict.outcome is outcome


@pytest.mark.parametrize(("second", "outcome"), [(60, Outcome.BROKEN), (45, Outcome.WARNING)])
def test_a_goal_that_was_accepted_may_be_missing_in_an_older_profile(second: int, outcome: Outcome) -> None:
    exchanges = [
        _profile(labels.BEFORE, 50),
        _sent(CREATE_GOAL, labels.GOAL, {"name": _GONE}),
        _profile(labels.AFTER, second),
    ]

    (verdict,) = judge(Recording(exchanges), [each for each in all_clauses() if each.id == "WRITE-01"])

    assert verdict.outcome is outcome
