"""Clauses about at least half of several visitors: half of them may differ, and too few give no verdict."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from email.utils import formatdate
from typing import Any

import pytest

from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import REVISION_2026_02, Recording

_INSTANT = 1_790_000_000
"""The instant of all answers, in Unix seconds; it is 2026-09-21T14:13:20Z."""
_LATELY, _EARLIER = "2026-09-21T14:12:20.000Z", "2026-09-21T13:12:20.000Z"
_CLAUSES = {clause.id: clause for clause in all_clauses()}


def _answer(operation: str, data: Json, visitor_id: str = "", label: str = labels.MET) -> Exchange:
    body = json.dumps({"status": "success", "data": data}).encode()
    headers = {"date": formatdate(_INSTANT, usegmt=True)}
    found, sent, path = frozenset({label}), _INSTANT * 1000, {"visitorId": visitor_id}
    shared: dict[str, Any] = {"path": path, "successes": frozenset({200})}
    return Exchange("GET", "http://x", operation, found, sent, 0, 200, headers, body, **shared)


def _answers(total: int, odd: int, visits: int, *, has_goals: bool) -> Iterator[Exchange]:
    """Yields a map of some visitors and their profiles, which contradict each other for the odd ones.

    Without `has_goals` all profiles lack all goals.
    """
    numbers = range(total)
    events = [event for n in numbers for event in _events(n, is_odd=n < odd)]
    listed = [_listed(n, visits, is_odd=n < odd) for n in numbers]
    yield _answer(MAP, {"count": total, "visitors": listed, "recentEvents": events, "recentPayments": []})
    for n in numbers:
        profile = _profile(visits, is_odd=n < odd)
        profile["activity"]["completedGoals"] *= has_goals
        yield _answer(VISITOR, profile, f"visitor-{n}")


def _listed(n: int, visits: int, *, is_odd: bool) -> dict[str, Any]:
    raw = {"expectedValue": 61 if is_odd else 59, "conversionRate": 0.1, "averageValue": 20}
    return {
        "visitorId": f"visitor-{n}",
        "location": {"countryCode": "DE"},
        "currentUrl": "/pricing?plan=1",
        "sessionStartTime": _LATELY,
        "visitCount": visits,
        "isCustomer": not is_odd,
        "conversionLikelihood": {"score": 40, "raw": raw},
    }


def _events(n: int, *, is_odd: bool) -> Iterator[dict[str, Any]]:
    country, path = ("FR", "/") if is_odd else ("DE", "/pricing")
    shared = {"visitorId": f"visitor-{n}", "countryCode": country, "timestamp": _LATELY}
    yield {**shared, "type": "pageview", "path": path}
    yield {**shared, "type": "custom", "extraData": {"eventName": "signup"}}


def _profile(visits: int, *, is_odd: bool) -> dict[str, Any]:
    paid = {"name": "Bought", "type": "payment", "timestamp": _EARLIER}
    reached = [] if is_odd else [{"name": "signup", "type": "custom", "timestamp": _LATELY}]
    return {
        "identity": {"countryCode": "FR" if is_odd else "DE"},
        "activity": {
            "lastVisitAt": _LATELY,
            "visitCount": visits + 1 if is_odd and visits > 1 else visits,
            "completedGoals": [paid, *reached],
        },
        "prediction": {"score": 50 if is_odd else 49},
    }


def _outcome(clause: str, total: int, odd: int, age: int = 0, *, has_goals: bool = True) -> Outcome:
    """Returns the verdict on a map of some visitors and on profiles that a cache has kept for `age` s."""
    exchanges = [
        replace(exchange, headers={**exchange.headers, "age": str(age)})
        for exchange in _answers(total, odd, 1 if clause == "AGR-03" else 2, has_goals=has_goals)
    ]
    (verdict,) = judge(Recording(exchanges, REVISION_2026_02), [_CLAUSES[clause]])
    return verdict.outcome


@pytest.mark.parametrize(
    ("clause", "fewest"), [("MAP-94", 10), ("MAP-95", 3), ("MAP-96", 3), ("MAP-99", 3), ("AGR-13", 2)]
)
def test_fewer_visitors_than_a_clause_needs_give_no_verdict(clause: str, fewest: int) -> None:
    told = {total: _outcome(clause, total, 0) for total in (fewest - 1, fewest)}

    assert told == {fewest - 1: Outcome.NOT_OBSERVED, fewest: Outcome.HOLDS}


@pytest.mark.parametrize("clause", ["AGR-03", "AGR-11", "AGR-12", "AGR-14"])
def test_a_visitor_alone_may_have_changed_between_two_answers(clause: str) -> None:
    assert [_outcome(clause, 1, odd) for odd in (0, 1)] == [Outcome.HOLDS, Outcome.WARNING]


@pytest.mark.parametrize(
    ("clause", "outcome"),
    [
        ("MAP-95", Outcome.WARNING),
        ("MAP-96", Outcome.WARNING),
        ("MAP-99", Outcome.WARNING),
        ("AGR-03", Outcome.BROKEN),
        ("AGR-11", Outcome.BROKEN),
        ("AGR-12", Outcome.WARNING),
        ("AGR-13", Outcome.WARNING),
        ("AGR-14", Outcome.WARNING),
    ],
)
def test_half_of_the_visitors_may_differ_and_more_may_not(clause: str, outcome: Outcome) -> None:
    assert [_outcome(clause, 4, odd) for odd in range(5)] == [Outcome.HOLDS] * 3 + [outcome] * 2


def test_a_profile_from_a_cache_may_lack_the_latest_goals() -> None:
    assert _outcome("AGR-14", 4, 4, age=30) is Outcome.NOT_OBSERVED


@pytest.mark.parametrize(("clause", "several"), [("AGR-14", 2), ("AGR-15", 3)])
def test_profiles_without_any_goal_break_the_contract_if_they_are_several(clause: str, several: int) -> None:
    told = [_outcome(clause, total, 0, has_goals=False) for total in (several - 1, several)]

    assert told == [Outcome.WARNING, Outcome.BROKEN]


def _beside_a_list(total: int, ids: Sequence[str], odd: Mapping[str, str], count: int) -> list[Exchange]:
    """Returns a map, the profiles of its visitors, and a visitors' list up to the present with some ids.

    The first `count` rows of the list have the values `odd`; all other values are those of the profiles.
    """
    identity = {"countryCode": "DE", "browser": {"name": "Firefox"}, "os": {"name": "Linux"}}
    told = {"country": "DE", "browser": "Firefox", "os": "Linux"}
    shown = [f"visitor-{n}" for n in range(total)]
    rows = [
        {"visitorId": each, "identity": {**told, **(odd if n < count else {})}} for n, each in enumerate(ids)
    ]
    return [
        _answer(MAP, {"visitors": [{"visitorId": each} for each in shown]}),
        *(
            _answer(VISITOR, {"visitorId": each, "identity": identity, "activity": {"visitCount": 1}}, each)
            for each in shown
        ),
        _answer("listVisitors", rows, label=labels.PRESENT),
    ]


@pytest.mark.parametrize("odd", [{"country": "FR"}, {"browser": "Safari"}, {"os": "iOS"}])
def test_the_list_may_differ_from_half_of_the_profiles(odd: Mapping[str, str]) -> None:
    told = []
    for total, count in ((1, 1), (4, 2), (4, 3)):
        ids = [f"visitor-{n}" for n in range(total)]
        (verdict,) = judge(Recording(_beside_a_list(total, ids, odd, count)), [_CLAUSES["SUM-21"]])
        told.append(verdict.outcome)

    assert told == [Outcome.WARNING, Outcome.HOLDS, Outcome.BROKEN]


@pytest.mark.parametrize(
    ("total", "missing", "length", "outcome"),
    [
        pytest.param(10, 5, 10, Outcome.HOLDS, id="half of them"),
        pytest.param(10, 6, 10, Outcome.BROKEN, id="more than half"),
        pytest.param(10, 6, 9, Outcome.NOT_OBSERVED, id="a list that is too short for all"),
        pytest.param(2, 2, 2, Outcome.HOLDS, id="both of two"),
        pytest.param(3, 3, 3, Outcome.BROKEN, id="all three"),
    ],
)
def test_the_list_may_lack_half_of_the_visitors_on_the_map(
    total: int, missing: int, length: int, outcome: Outcome
) -> None:
    ids = [f"visitor-{n}" for n in range(missing, missing + length)]

    (verdict,) = judge(Recording(_beside_a_list(total, ids, {}, 0)), [_CLAUSES["SUM-20"]])

    assert verdict.outcome is outcome


@pytest.mark.parametrize("clause", ["AGR-03", "AGR-11", "AGR-12", "AGR-13"])
@pytest.mark.parametrize(("odd", "is_fine"), [(1, True), (3, False)])
def test_a_visitor_whose_profile_is_requested_again_and_again_counts_once(
    clause: str, odd: int, is_fine: bool
) -> None:
    shown, first, *others = _answers(4, odd, 1 if clause == "AGR-03" else 2, has_goals=True)

    (verdict,) = judge(Recording([shown, *[first] * 9, *others], REVISION_2026_02), [_CLAUSES[clause]])

    assert (verdict.outcome is Outcome.HOLDS) is is_fine


def test_two_profiles_of_one_returning_visitor_are_no_two_visitors() -> None:
    shown, *profiles = _answers(2, 2, 2, has_goals=True)
    clause = _CLAUSES["AGR-08"]

    told = [judge(Recording([shown, *found]), [clause])[0].outcome for found in (profiles, profiles[:1] * 2)]

    assert told == [Outcome.WARNING, Outcome.NOT_OBSERVED]


@pytest.mark.parametrize(
    ("at", "names", "outcome"),
    [
        pytest.param(_LATELY, ["signup"], Outcome.BROKEN, id="goals of two visitors"),
        pytest.param("2026-09-21T14:13:00.000Z", ["signup"], Outcome.WARNING, id="of the last half minute"),
        pytest.param(None, ["signup"], Outcome.WARNING, id="without an instant"),
    ],
)
def test_a_silent_cache_may_have_a_profile_from_before_the_goal(
    at: str | None, names: Sequence[str], outcome: Outcome
) -> None:
    assert _without_goals(["visitor-0", "visitor-1"], at, names) is outcome


def test_all_goals_of_a_single_visitor_may_have_been_removed() -> None:
    assert _without_goals(["visitor-0"], _LATELY, ["signup", "trial"]) is Outcome.WARNING


def _without_goals(ids: Sequence[str], at: str | None, names: Sequence[str]) -> Outcome:
    """Returns the verdict on visitors who have goals on a map, and none in their profiles."""
    events = [
        {"visitorId": each, "type": "custom", "timestamp": at, "extraData": {"eventName": name}}
        for each in ids
        for name in names
    ]
    shown = _answer(MAP, {"visitors": [{"visitorId": each} for each in ids], "recentEvents": events})
    profiles = [_answer(VISITOR, {"activity": {"completedGoals": []}}, each) for each in ids]
    (verdict,) = judge(Recording([shown, *profiles]), [_CLAUSES["AGR-14"]])
    return verdict.outcome


@pytest.mark.parametrize(
    ("total", "lacking", "times", "outcome"),
    [
        pytest.param(2, 0, 1, Outcome.HOLDS, id="none"),
        pytest.param(1, 1, 1, Outcome.NOT_OBSERVED, id="a single visitor"),
        pytest.param(1, 1, 3, Outcome.NOT_OBSERVED, id="a single visitor, requested three times"),
        pytest.param(2, 1, 1, Outcome.HOLDS, id="one of two"),
        pytest.param(4, 1, 9, Outcome.HOLDS, id="one of four, requested nine times"),
        pytest.param(4, 2, 1, Outcome.HOLDS, id="half of them"),
        pytest.param(4, 3, 1, Outcome.BROKEN, id="more than half"),
        pytest.param(2, 2, 1, Outcome.BROKEN, id="both of two"),
    ],
)
def test_a_silent_cache_may_have_a_profile_from_before_the_identification(
    total: int, lacking: int, times: int, outcome: Outcome
) -> None:
    ids = [f"visitor-{n}" for n in range(total)]
    shown = [{"visitorId": each, "profileData": {"hasProfile": True}} for each in ids]
    profiles = [
        _answer(VISITOR, {"profile": None if n < lacking else {"userId": each}}, each)
        for n, each in enumerate(ids)
    ]

    recording = Recording([_answer(MAP, {"visitors": shown}), *profiles[:1] * times, *profiles[1:]])
    (verdict,) = judge(recording, [_CLAUSES["AGR-06"]])

    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("told", "outcome"), [("Desktop", Outcome.HOLDS), ("desktop", Outcome.HOLDS), ("mobile", Outcome.BROKEN)]
)
def test_a_device_may_be_in_capital_letters(told: str, outcome: Outcome) -> None:
    ids = ["visitor-0", "visitor-1"]
    shown = [{"visitorId": each, "system": {"device": told}} for each in ids]
    profiles = [_answer(VISITOR, {"identity": {"device": {"type": "desktop"}}}, each) for each in ids]

    (verdict,) = judge(Recording([_answer(MAP, {"visitors": shown}), *profiles]), [_CLAUSES["AGR-04"]])

    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("name", "outcome"),
    [("", Outcome.HOLDS), (" ", Outcome.HOLDS), ("Unknown", Outcome.HOLDS), ("Atlantis", Outcome.BROKEN)],
)
def test_an_unknown_country_may_have_no_name(name: str, outcome: Outcome) -> None:
    codes = ("FR", "DE", "")
    profiles = [_answer(VISITOR, {"identity": {"country": name, "countryCode": code}}) for code in codes]

    (verdict,) = judge(Recording(profiles), [_CLAUSES["AGR-16"]])

    assert verdict.outcome is outcome


@pytest.mark.parametrize(
    ("has_more", "seen", "outcome"),
    [
        pytest.param(False, "2026-09-21T14:0{}:00Z", Outcome.BROKEN, id="the whole list"),
        pytest.param(True, "2026-09-21T14:0{}:00Z", Outcome.WARNING, id="a page, the oldest first"),
        pytest.param(True, "2026-09-21T14:00:00Z", Outcome.BROKEN, id="a page, the latest first"),
        pytest.param(True, None, Outcome.WARNING, id="a page in an unknown order"),
    ],
)
def test_a_page_of_the_list_may_lack_the_visitors_on_the_map(
    has_more: bool, seen: str | None, outcome: Outcome
) -> None:
    ids = [f"visitor-{n}" for n in range(3)]
    rows = [{"visitorId": f"other-{n}", "lastSeenAt": seen and seen.format(n)} for n in range(3)]
    listed = _answer("listVisitors", rows, label=labels.PRESENT)
    body = {**listed.json, "pagination": {"limit": 3, "offset": 0, "hasMore": has_more}}
    page = replace(listed, body=json.dumps(body).encode())
    shown = _answer(MAP, {"visitors": [{"visitorId": each} for each in ids]})

    (verdict,) = judge(Recording([shown, page]), [_CLAUSES["SUM-20"]])

    assert verdict.outcome is outcome


_NEW, _OLD = "2026-09-21T14:12:45.000Z", "2026-09-21T14:11:00.000Z"


@pytest.mark.parametrize(
    ("times", "outcome"),
    [
        pytest.param([_NEW], Outcome.WARNING, id="half a minute ago"),
        pytest.param([_OLD], Outcome.BROKEN, id="two minutes ago"),
        pytest.param([_OLD, _NEW], Outcome.BROKEN, id="the first one two minutes ago"),
        pytest.param([None], Outcome.WARNING, id="at an unknown time"),
    ],
)
def test_a_prediction_from_before_the_first_payment_may_be_kept(
    times: Sequence[str | None], outcome: Outcome
) -> None:
    goals = [
        {"name": "Pro", "type": "payment", "origin": "payment_provider", "timestamp": at} for at in times
    ]
    events = [{"type": "payment", "visitorId": "visitor-0", "timestamp": at} for at in times]
    prediction = {"score": 40}
    visitor = {"visitorId": "visitor-0", "isCustomer": True, "conversionLikelihood": prediction}
    profile = {"activity": {"completedGoals": goals}, "prediction": prediction}
    exchanges = [
        _answer(MAP, {"visitors": [visitor], "recentEvents": events}),
        _answer(VISITOR, profile, "visitor-0"),
    ]

    verdicts = judge(Recording(exchanges, REVISION_2026_02), [_CLAUSES["AGR-10"], _CLAUSES["MAP-82"]])

    assert {verdict.outcome for verdict in verdicts} == {outcome}


@pytest.mark.parametrize(
    ("session", "outcome"),
    [
        pytest.param("2026-09-21T14:12:20.400Z", Outcome.WARNING, id="the same"),
        pytest.param("2026-09-21T14:12:20.000Z", Outcome.WARNING, id="rounded to seconds"),
        pytest.param("2026-09-21T14:12:20.200Z", Outcome.NOT_OBSERVED, id="another visit of the same second"),
        pytest.param("2026-09-21T14:12:18.000Z", Outcome.NOT_OBSERVED, id="another second"),
    ],
)
def test_the_number_of_visits_is_compared_if_the_latest_visit_is_the_same(
    session: str, outcome: Outcome
) -> None:
    visitor = {"visitorId": "visitor-0", "sessionStartTime": session, "visitCount": 2}
    activity = {"lastVisitAt": "2026-09-21T14:12:20.400Z", "visitCount": 3}
    exchanges = [
        _answer(MAP, {"visitors": [visitor]}),
        _answer(VISITOR, {"activity": activity}, "visitor-0"),
    ]

    (verdict,) = judge(Recording(exchanges, REVISION_2026_02), [_CLAUSES["AGR-12"]])

    assert verdict.outcome is outcome
