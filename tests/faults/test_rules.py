"""Fault rules: which requests they match, how often they apply, and which rule decides."""

import json

import httpx2
import pytest

from tests.controls import Controls, Json
from tests.credentials import bearer

REALTIME = "/analytics/realtime"
MAP = "/analytics/realtime/map"


def statuses(web: httpx2.Client, key: str, times: int, path: str = REALTIME) -> list[int]:
    return [web.get(path, headers=bearer(key)).status_code for _ in range(times)]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        pytest.param({"times": 2}, [500, 500, 200, 200], id="fail twice, then succeed"),
        pytest.param({"after": 2}, [200, 200, 500, 500], id="succeed twice, then fail"),
        pytest.param({"after": 1, "times": 1}, [200, 500, 200, 200], id="fail once in between"),
        pytest.param({"times": 0}, [200, 200, 200, 200], id="never"),
        pytest.param({"probability": 0}, [200, 200, 200, 200], id="unlikely"),
        pytest.param({"probability": 1}, [500, 500, 500, 500], id="certain"),
        pytest.param({"when": {"operation": "getRealtime"}}, [500, 500, 500, 500], id="this operation"),
        pytest.param({"when": {"operation": "getRealtimeMap"}}, [200, 200, 200, 200], id="another operation"),
        pytest.param({"when": {"query": {"a": None}}}, [500, 500, 500, 500], id="without a parameter"),
        pytest.param({"when": {"query": {"a": "b"}}}, [200, 200, 200, 200], id="with a parameter"),
    ],
)
def test_rule(controls: Controls, web: httpx2.Client, rule: Json, expected: list[int]) -> None:
    key = controls.mint(faults=[{"then": {"code": 500}, **rule}])

    assert statuses(web, key, 4) == expected


def test_rule_by_a_parameter_of_the_request(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(faults=[{"when": {"query": {"page": "2"}}, "then": {"code": 404}}])

    assert statuses(web, key, 1, f"{REALTIME}?page=2&page=3") == [404]
    assert statuses(web, key, 1, f"{REALTIME}?page=1") == [200]


def test_chance_repeats_exactly(controls: Controls, web: httpx2.Client) -> None:
    rules = [{"then": {"code": 500}, "probability": 0.5, "seed": 3}]
    first, second = (statuses(web, controls.mint(faults=rules), 40) for _ in range(2))
    other = statuses(web, controls.mint(faults=[{**rules[0], "seed": 4}]), 40)

    assert first == second
    assert first != other
    assert 8 <= first.count(500) <= 32


def test_the_first_rule_that_applies_decides(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(
        faults=[
            {"then": {"code": 500}, "times": 1},
            {"then": {"code": 404}, "times": 1},
            {"then": {"code": 400}},
        ]
    )

    assert statuses(web, key, 3) == [500, 404, 400]


def test_a_preference_of_the_request_comes_before_rules(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(faults=[{"then": {"code": 500}, "times": 1}])
    headers = {**bearer(key), "Prefer": "example=empty"}

    assert web.get(REALTIME, headers=headers).status_code == 200
    assert statuses(web, key, 2) == [500, 200]


def test_authentication_and_limit_come_before_rules(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(faults=[{"then": {"code": 500}}], rateLimit={"limit": 1}, frozen=True)

    assert statuses(web, key, 2) == [500, 429]


def test_patching_settings_lets_other_rules_go_on_counting(controls: Controls, web: httpx2.Client) -> None:
    rule = {"then": {"code": 500}, "times": 2}
    key = controls.mint(faults=[rule])
    statuses(web, key, 1)

    controls.patch("/settings", {"faults": [rule, {"then": {"delay": 1}}]}, key=key)
    controls.patch("/settings", {"site": "shop"}, key=key)
    assert statuses(web, key, 2) == [500, 200]
    state = controls.get("/settings", key=key)
    assert state["counts"] == [{"matched": 3, "applied": 2}, {"matched": 1, "applied": 1}]
    controls.put("/settings", {"faults": [rule]}, key=key)
    assert statuses(web, key, 3) == [500, 500, 200]


def test_a_fault_that_does_not_fit_an_answer_is_left_out_and_noted(
    controls: Controls, web: httpx2.Client
) -> None:
    key = controls.mint(faults=[{"then": {"fault": "missing", "pointer": "/data/visitors/999"}}])
    reply = web.get(MAP, headers=bearer(key))

    assert reply.json()["status"] == "success"
    decided = controls.get("/requests", key=key)["requests"][0]["decidedBy"]
    assert decided.startswith("world; the key's rule 0, not applied: this answer has no member '999'")


def test_a_rule_matches_operations_that_document_its_answer(controls: Controls, web: httpx2.Client) -> None:
    rules = [{"then": {"example": "customer"}, "times": 1}, {"then": {"code": 500}, "times": 1}]
    key = controls.mint(faults=rules)

    assert statuses(web, key, 2) == [500, 200]
    # Only a visitor's profile has an example `customer`, so the first rule applies to this request only.
    assert web.get("/visitors/x", headers=bearer(key)).json()["data"]["visitorId"]


@pytest.mark.parametrize(
    ("rule", "known", "named"),
    [
        pytest.param({"then": {"example": "nobody"}}, "examples", ["empty", "customer"], id="an example"),
        pytest.param({"then": {"code": 418}}, "codes", [200, 404, 500], id="a status"),
        pytest.param(
            {"when": {"operation": "getVisitor"}, "then": {"example": "nobody"}},
            "examples",
            ["customer"],
            id="an example of one operation",
        ),
    ],
)
def test_a_rule_that_can_never_apply_is_refused_with_all_that_it_could_name(
    controls: Controls, rule: Json, known: str, named: list[Json]
) -> None:
    reply = controls.ask("PATCH", "/settings", {"faults": [rule]})

    problem = reply.json()
    assert reply.status_code == 400
    assert problem["detail"].startswith("Rule 0, counted from 0, can never apply: ")
    assert set(named) <= set(problem[known])
    assert len(problem[known]) == len(set(problem[known]))
    assert all(str(each) in problem["detail"] for each in problem[known])


@pytest.mark.parametrize(("written", "read"), [("1..20", [1, 20]), ("15", 15), (15, 15), ([1, 20], [1, 20])])
def test_a_rule_takes_a_delay_as_a_preference_does(
    controls: Controls, web: httpx2.Client, written: Json, read: Json
) -> None:
    key = controls.mint(faults=[{"then": {"delay": written}}])

    assert statuses(web, key, 1) == [200]
    state = controls.get("/settings", key=key)
    assert (state["faults"], state["counts"]) == ([{"then": {"delay": read}}], [{"matched": 1, "applied": 1}])


@pytest.mark.parametrize(
    ("delay", "problem"),
    [
        ("200..900\n", "a number of milliseconds up to 60,000 is expected"),
        ("2s", "a number of milliseconds or a range such as 200..900 is expected"),
        ("90000", "a number of milliseconds up to 60,000 is expected"),
        ("900..200", "a number of milliseconds up to 60,000 is expected, such as 1500 or 200..900"),
        ([900, 200], "the first number of `delay` must not be larger than the second"),
    ],
)
def test_a_delay_that_cannot_be_read_is_refused(controls: Controls, delay: Json, problem: str) -> None:
    reply = controls.ask("PATCH", "/settings", {"faults": [{"then": {"delay": delay}}]})

    assert reply.status_code == 400
    assert problem in reply.json()["detail"]


@pytest.mark.parametrize("prefer", ["site=shop", "at=2026-02-06T05:27:20Z", "delay=1"])
def test_a_request_with_any_preference_meets_no_rule(
    controls: Controls, web: httpx2.Client, prefer: str
) -> None:
    key = controls.mint(faults=[{"then": {"code": 500}}])

    assert web.get(REALTIME, headers={**bearer(key), "Prefer": prefer}).status_code == 200


def test_a_rules_429_on_a_limited_key_agrees_with_itself(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(faults=[{"then": {"code": 429}}], rateLimit={"limit": 5})
    reply = web.get(REALTIME, headers=bearer(key))

    assert reply.headers["X-RateLimit-Remaining"] == str(reply.json()["remaining"]) == "0"
    assert reply.headers["X-RateLimit-Limit"] == str(reply.json()["limit"]) == "5"


def test_account_tokens_meet_rules_too(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(permissions=["analytics:read"], faults=[{"then": {"fault": "malformed"}}])
    sites = {site["name"]: site["websiteId"] for site in controls.get("/sites")["sites"]}
    reply = web.get(REALTIME, params={"websiteId": sites["shop"]}, headers=bearer(key))

    assert key.startswith("dft_")
    with pytest.raises(json.JSONDecodeError):
        reply.json()
