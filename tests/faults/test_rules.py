"""Fault rules: which requests they match, how often they apply, and which rule decides."""

import json

import httpx2
import pytest

from mock_server.faults.amounts import FAULTS
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


@pytest.mark.parametrize(
    ("written", "read"),
    [
        *[("1..20", [1, 20]), ("15", 15), (15, 15), ([1, 20], [1, 20]), ("15ms", 15), ("0.02s", 20)],
        *[("1ms..0.02s", [1, 20]), ("0.001..0.02s", [1, 20]), ("1 .. 20 ms", [1, 20])],
        *[(["1ms", "0.02s"], [1, 20]), ([1, "0.02s"], [1, 20])],
    ],
)
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
        ("soon", "a number of milliseconds, a duration such as 1.5s or a range such as 200..900 is expected"),
        ("2 weeks", "a number of milliseconds, a duration such as 1.5s or a range such as 200..900"),
        ("2w", "`delay`: a number of milliseconds up to 60,000 is expected"),
        ("2m", "`delay`: a number of milliseconds up to 60,000 is expected"),
        (["1s", "500ms"], "the first number of `delay` must not be larger than the second"),
        (["1s", "soon"], "a number of milliseconds or a duration such as 1.5s is expected"),
        ("90000", "a number of milliseconds up to 60,000 is expected"),
        ("900..200", "a number of milliseconds up to 60,000 is expected, such as 1500 or 200..900"),
        ([900, 200], "the first number of `delay` must not be larger than the second"),
    ],
)
def test_a_delay_that_cannot_be_read_is_refused(controls: Controls, delay: Json, problem: str) -> None:
    reply = controls.ask("PATCH", "/settings", {"faults": [{"then": {"delay": delay}}]})

    assert reply.status_code == 400
    assert problem in reply.json()["detail"]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param({"fault": "truncate:0.3"}, {"fault": "truncate", "share": 0.3}, id="share"),
        pytest.param({"fault": "truncate:30%"}, {"fault": "truncate", "share": 0.3}, id="percent"),
        pytest.param({"fault": "truncate", "share": "30%"}, {"fault": "truncate", "share": 0.3}, id="text"),
        pytest.param({"fault": "truncate:"}, {"fault": "truncate"}, id="no option"),
        pytest.param({"fault": "drip:50"}, {"fault": "drip", "duration": 50}, id="milliseconds"),
        pytest.param({"fault": "drip:0.05s"}, {"fault": "drip", "duration": 50}, id="duration"),
        pytest.param(
            {"fault": "drip", "duration": "0.05s"}, {"fault": "drip", "duration": 50}, id="duration apart"
        ),
        pytest.param({"fault": "missing:/data/0"}, {"fault": "missing", "pointer": "/data/0"}, id="pointer"),
        pytest.param({"fault": "wrong-type:"}, {"fault": "wrong-type"}, id="no pointer"),
    ],
)
def test_a_rule_takes_a_fault_as_a_preference_does(controls: Controls, written: Json, read: Json) -> None:
    key = controls.mint(faults=[{"then": written}])

    assert controls.get("/settings", key=key)["faults"] == [{"then": read}]


def test_a_fault_that_is_written_with_its_option_is_applied(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(faults=[{"then": {"fault": "missing:/data"}}])
    reply = web.get(REALTIME, headers=bearer(key))

    assert reply.json() == {"status": "success"}


@pytest.mark.parametrize(
    ("then", "problem", "member"),
    [
        ({"fault": "fire"}, f"there is no such fault; known: {', '.join(sorted(FAULTS))}", "/fault"),
        ({"fault": "reset\n"}, "known faults: reset, empty", ""),
        ({"fault": "reset:1"}, "`fault`: reset takes no argument after a colon", ""),
        ({"fault": "truncate:half"}, "`fault`: 'half' is not a valid number here", ""),
        ({"fault": "truncate:2"}, "`fault`: a number below 1 is expected", ""),
        ({"fault": "truncate", "share": "2"}, "`share`: a number below 1 is expected", ""),
        ({"fault": "drip:2h"}, "`fault`: a number of milliseconds up to 60,000 is expected", ""),
        ({"fault": "drip", "duration": "2h"}, "`duration`: a number of milliseconds up to 60,000", ""),
        ({"fault": "missing:data"}, "`fault`: a JSON pointer, such as /data/count, is expected", ""),
        ({"fault": f"missing:/{'x' * 2_000}"}, "`fault`: a text of at most 1,000 characters is expected", ""),
        ({"fault": "truncate:0.3", "share": 0.5}, "`share` is given twice", ""),
        ({"fault": "drip:50", "share": 0.5}, "`share` is only allowed with the fault truncate", ""),
    ],
)
def test_a_fault_that_cannot_be_read_is_refused(
    controls: Controls, then: Json, problem: str, member: str
) -> None:
    reply = controls.ask("PATCH", "/settings", {"faults": [{"then": then}]})

    assert reply.status_code == 400
    assert problem in reply.json()["detail"]
    assert reply.json()["member"] == f"/faults/0/then{member}"


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("60/min", {"limit": 60, "window": 60, "resetUnit": "ms"}),
        ("60/m", {"limit": 60, "window": 60, "resetUnit": "ms"}),
        ("5 / 10 s", {"limit": 5, "window": 10, "resetUnit": "ms"}),
        ("1000/d", {"limit": 1_000, "window": 86_400, "resetUnit": "ms"}),
        ("5/1.5min", {"limit": 5, "window": 90, "resetUnit": "ms"}),
        ({"limit": 5, "window": "90s"}, {"limit": 5, "window": 90, "resetUnit": "ms"}),
        ({"limit": 5, "window": "90"}, {"limit": 5, "window": 90, "resetUnit": "ms"}),
        ({"limit": 5, "window": "1h"}, {"limit": 5, "window": 3_600, "resetUnit": "ms"}),
    ],
)
def test_a_rate_limit_has_each_form(controls: Controls, written: Json, read: Json) -> None:
    key = controls.mint(rateLimit=written)

    assert controls.get("/settings", key=key)["rateLimit"] == read


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("60/year", "'60/year' is not a rate limit, such as 60/min"),
        ("1.5/min", "'1.5/min' is not a rate limit, such as 60/min"),
        ("60/500ms", "'60/500ms' is not a rate limit, such as 60/min"),
        ("60/2d", "its time is a day at most"),
        ({"limit": 5, "window": "500ms"}, "whole seconds up to 86,400 are expected"),
        ({"limit": 5, "window": "2d"}, "whole seconds up to 86,400 are expected"),
        ({"limit": 5, "window": "a week"}, "whole seconds or a duration such as 90s or 1h is expected"),
    ],
)
def test_a_rate_limit_that_cannot_be_read_is_refused(controls: Controls, written: Json, problem: str) -> None:
    reply = controls.ask("PATCH", "/settings", {"rateLimit": written})

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
