"""The rate limit, measured by a key's clock or in real time, and the check whether a client waits for it."""

import time
from typing import Literal

import httpx2
import pytest

from mock_server.state.limits import Limiter, RateLimit, RateLimitedError, window_of_real_time
from tests.command import ended, serving
from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.timing import assert_once

REALTIME = "/analytics/realtime"
START = {"now": "2026-02-06T05:27:20Z", "frozen": True}


def test_a_minute_costs_no_minute(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(rateLimit={"limit": 2}, **START)
    headers = bearer(key)
    begun = time.perf_counter()
    before = [web.get(REALTIME, headers=headers).status_code for _ in range(3)]
    controls.put("/clock", {"advance": 39_000}, key=key)
    before.append(web.get(REALTIME, headers=headers).status_code)
    controls.put("/clock", {"advance": 1_000}, key=key)
    after = [web.get(REALTIME, headers=headers).status_code for _ in range(3)]

    assert (before, after) == ([200, 200, 429, 429], [200, 200, 429])
    print(f"a minute took {time.perf_counter() - begun:.3f} s")


def test_headers_count_down(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(rateLimit={"limit": 2}, **START)
    replies = [web.get(REALTIME, headers=bearer(key)) for _ in range(3)]

    assert [reply.headers["X-RateLimit-Limit"] for reply in replies] == ["2", "2", "2"]
    assert [reply.headers["X-RateLimit-Remaining"] for reply in replies] == ["1", "0", "0"]
    assert {reply.headers["X-RateLimit-Reset"] for reply in replies} == {"1770355680000"}
    assert "Retry-After" not in replies[1].headers
    assert replies[2].headers["Retry-After"] == "40"
    error = {"code": 429, "message": "Too many requests: the limit is 2 in 60 s."}
    assert replies[2].json() == {
        "status": "error",
        "error": error,
        "limit": 2,
        "remaining": 0,
        "reset": 1770355680000,
    }


@pytest.mark.parametrize(
    ("limit", "retry", "reset"),
    [
        pytest.param({"limit": 0}, "40", 1770355680000, id="a minute, in ms"),
        pytest.param({"limit": 0, "resetUnit": "s"}, "40", 1770355680, id="a minute, in seconds"),
        pytest.param({"limit": 0, "window": 10}, "10", 1770355650000, id="ten seconds"),
        pytest.param({"limit": 0, "window": 3600}, "1960", 1770357600000, id="an hour"),
    ],
)
def test_windows_and_units(
    controls: Controls, web: httpx2.Client, limit: Json, retry: str, reset: int
) -> None:
    reply = web.get(REALTIME, headers=bearer(controls.mint(rateLimit=limit, **START)))

    assert reply.status_code == 429
    assert reply.headers["Retry-After"] == retry
    assert reply.json()["reset"] == int(reply.headers["X-RateLimit-Reset"]) == reset


def test_an_instant_of_ones_own_opens_no_other_window(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(rateLimit={"limit": 1}, **START)
    elsewhere = {**bearer(key), "Prefer": "at=2020-01-01T00:00:00Z"}
    replies = [web.get(REALTIME, headers=headers) for headers in (elsewhere, elsewhere, bearer(key))]

    assert [reply.status_code for reply in replies] == [200, 429, 429]
    assert replies[0].headers["Date"] == "Wed, 01 Jan 2020 00:00:00 GMT"
    assert replies[1].headers["Date"] == "Fri, 06 Feb 2026 05:27:20 GMT"
    assert replies[1].headers["Retry-After"] == "40"
    assert [reply.headers.get("Preference-Applied") for reply in replies[:2]] == [
        'at="2020-01-01T00:00:00Z"',
        None,
    ]


def test_errors_are_counted_and_have_the_headers_of_the_limit(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(rateLimit={"limit": 1}, **START)
    replies = [web.get(f"{REALTIME}?fields=nothing", headers=bearer(key)) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [400, 429]
    assert replies[0].headers["X-RateLimit-Remaining"] == "0"


@pytest.mark.long
def test_each_credential_has_the_servers_limit_for_itself() -> None:
    with serving("--rate-limit", "2/10s", "--freeze") as url, httpx2.Client(base_url=url) as web:
        tokens = [
            "df_test",
            "df_demo",
            "df_test",
            "df_demo",
            "df_test",
            "df_limited",
            "df_limited",
            "df_limited",
        ]
        replies = [web.get(f"/api/v1{REALTIME}", headers=bearer(token)) for token in tokens]

    assert [reply.status_code for reply in replies] == [200, 200, 200, 200, 429, 200, 200, 200]
    # df_limited has a limit of its own.
    assert [reply.headers["X-RateLimit-Limit"] for reply in replies[4:6]] == ["2", "3"]


@pytest.mark.long
@pytest.mark.parametrize(
    "options",
    [
        pytest.param(["--freeze"], id="frozen"),
        pytest.param(["--now", "2020-01-01T00:00:00Z"], id="years ago"),
        pytest.param(["--now", "2050-01-01T00:00:00Z", "--speed", "3600"], id="ahead and fast"),
    ],
)
def test_limits_count_real_time_until_somebody_drives_the_clock(options: list[str]) -> None:
    with serving("--rate-limit", "1/s", *options) as url, httpx2.Client(base_url=url) as web:
        begun = time.time()
        asked = (web.get(f"/api/v1{REALTIME}", headers=bearer("df_test")) for _ in range(1_000))
        refused = next(reply for reply in asked if reply.status_code == 429)
        refused_at = time.time()
        time.sleep(float(refused.headers["Retry-After"]))
        after = web.get(f"/api/v1{REALTIME}", headers=bearer("df_test"))
        found = web.get("/__mock/requests/retries", params={"key": "df_test"}).json()

    assert begun < refused.json()["reset"] / 1000 < refused_at + 1
    assert after.status_code == 200
    assert [(retry["patient"], retry["waited"] >= retry["required"]) for retry in found["retries"]] == [
        (True, True)
    ]


@pytest.mark.long
def test_a_forced_429_of_a_world_in_the_past_ends_soon() -> None:
    with serving("--now", "2020-01-01T00:00:00Z", "--freeze") as url, httpx2.Client(base_url=url) as web:
        begun = time.time()
        reply = web.get(f"/api/v1{REALTIME}", headers={"Prefer": "code=429"})

    assert begun - 2 < reply.json()["reset"] / 1000 < time.time() + 60
    assert 0 < int(reply.headers["Retry-After"]) <= 60


def test_a_client_that_waits_in_real_time_is_let_in_although_the_clock_is_frozen(
    controls: Controls, web: httpx2.Client
) -> None:
    def statuses() -> list[int]:
        key = controls.mint(rateLimit={"limit": 1, "window": 1}, **START)
        first = [web.get(REALTIME, headers=bearer(key)).status_code for _ in range(2)]
        time.sleep(1)
        last = web.get(REALTIME, headers=bearer(key)).status_code
        assert controls.get("/requests/retries", key=key)["patient"] is True
        return [*first, last]

    # On a busy machine the second request may come a second later, and then it is allowed, too.
    assert_once(statuses, [200, 429, 200])


def test_a_limit_of_a_key_that_only_has_a_name_counts_real_time(
    controls: Controls, web: httpx2.Client
) -> None:
    begun = time.time()
    reply = web.get(REALTIME, headers=bearer(controls.mint(rateLimit={"limit": 0}, label="nobody drives")))

    assert begun - 2 < reply.json()["reset"] / 1000 < time.time() + 60


@pytest.mark.parametrize(
    ("written", "limit", "window"),
    [("2/min", 2, 60), ("5/10s", 5, 10), ("1000/h", 1000, 3600), ({"limit": 7}, 7, 60)],
)
def test_a_limit_is_written_in_short_or_by_its_members(
    controls: Controls, written: Json | str, limit: int, window: int
) -> None:
    members = {"limit": limit, "window": window, "resetUnit": "ms"}
    key = controls.mint(rateLimit=written)
    of_the_key = controls.get(f"/keys/{key}")["rateLimit"]
    patched = controls.patch("/settings", {"rateLimit": written}, key=key)["rateLimit"]
    put = controls.put("/settings", {"rateLimit": written}, key=key)["rateLimit"]

    assert (of_the_key, patched, put) == (members, members, members)


@pytest.mark.parametrize("operation", ["POST /keys", "PUT /settings", "PATCH /settings"])
@pytest.mark.parametrize("written", ["60", "60/year", "5/48h", ""])
def test_a_limit_that_is_none_is_refused_with_an_example(
    controls: Controls, operation: str, written: str
) -> None:
    method, path = operation.split()
    reply = controls.ask(method, path, {"rateLimit": written})

    assert reply.status_code == 400
    assert reply.json()["member"] == "/rateLimit"
    assert "such as 60/min, 5/10s or 1000/h" in reply.json()["detail"]


@pytest.mark.parametrize("limit", ["", "60", "60/year", "x/min", "-1/min", "1/0s", "5/48h", "1/min/min"])
def test_a_limit_that_is_none_stops_the_start(limit: str) -> None:
    result = ended("serve", "--rate-limit", limit)

    assert result.returncode == 2
    assert "such as 60/min, 5/10s or 1000/h" in result.stderr


@pytest.mark.parametrize(
    ("waits", "patient"),
    [
        pytest.param([40_000], [True], id="as long as told"),
        pytest.param([39_000], [False, None], id="a second too short"),
        pytest.param([0, 40_000], [False, True], id="at once, then long enough"),
        pytest.param([], [None], id="asked nothing more"),
        pytest.param([-10_000], [None], id="a clock that is set back"),
    ],
)
def test_whether_a_client_waits(
    controls: Controls, web: httpx2.Client, waits: list[int], patient: list[bool | None]
) -> None:
    key = controls.mint(rateLimit={"limit": 1}, **START)
    for wait in (0, 0, *waits):
        controls.put("/clock", {"advance": wait}, key=key)
        web.get(REALTIME, headers=bearer(key))

    found = controls.get("/requests/retries", key=key)
    assert [retry["patient"] for retry in found["retries"]] == patient
    assert found["patient"] is (False not in patient)
    assert found["retries"][0]["required"] == 40_000


@pytest.mark.parametrize("offset", [0, 1, 500, 999])
@pytest.mark.parametrize("unit", ["ms", "s"])
def test_a_window_of_real_time_is_as_long_as_it_says(offset: int, unit: Literal["ms", "s"]) -> None:
    rate, begun = RateLimit(limit=1, window=1, reset_unit=unit), 1_770_355_640_000 + offset
    limiter = Limiter(rate)
    told = limiter.take(window_of_real_time(rate, begun), begun)
    with pytest.raises(RateLimitedError) as refused:
        limiter.take(window_of_real_time(rate, begun + 999), begun + 999)
    after = begun + 1_000

    assert (refused.value.wait, refused.value.headers["Retry-After"]) == (1, "1")
    assert limiter.take(window_of_real_time(rate, after), after)["X-RateLimit-Remaining"] == "0"
    # A client that waits until `reset` has waited long enough, whether the unit is s or ms.
    assert after <= int(told["X-RateLimit-Reset"]) * (1 if unit == "ms" else 1_000) < after + 1_000
