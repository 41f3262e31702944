"""A key of a running mock: its settings, its clock, faults, and assertions."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from time import sleep
from typing import Any

import httpx2
import pytest

from mock_server.remote import ControlError, Datafast
from mock_server.testing import RunningMock
from tests.controls import Controls


@pytest.fixture
def datafast(turned: RunningMock, controls: Controls) -> Datafast:
    mock = Datafast(turned.server)
    assert controls.get(f"/keys/{mock.key}")["key"] == mock.key
    return mock


def get(mock: Datafast, path: str = "/analytics/realtime") -> httpx2.Response:
    return httpx2.get(f"{mock.url}{path}", headers=mock.headers)


def test_the_scene_is_set(datafast: Datafast) -> None:
    datafast.site("shop").revision("2026-06").at(datetime(2026, 2, 6, 5, 27, 20, tzinfo=UTC))
    reply = get(datafast, "/analytics/realtime/map")

    assert reply.headers["Date"] == "Fri, 06 Feb 2026 05:27:20 GMT"
    assert isinstance(reply.json()["data"]["visitors"][0]["system"]["browser"], str)
    assert datafast.website_id == "665f0b3c4d2e1a0000000003"
    assert datafast.advance(90).now == datetime(2026, 2, 6, 5, 28, 50, tzinfo=UTC)
    assert datafast.advance(timedelta(hours=-1)).now == datetime(2026, 2, 6, 4, 28, 50, tzinfo=UTC)


def test_a_second_key_joins_the_account_of_the_first(datafast: Datafast, turned: RunningMock) -> None:
    token = Datafast(turned.server, account=datafast.account, permissions=["*"])
    stranger = Datafast(turned.server)
    for key in (token, stranger):
        key.forget()

    assert token.key.startswith("dft_")
    assert token.account == datafast.account != stranger.account


def test_the_clock_runs_and_stops(datafast: Datafast) -> None:
    datafast.at("2026-02-06T05:27:20Z").run(speed=86_400)
    sleep(0.002)  # clocks count milliseconds, and a request may take less than one
    moved = datafast.now

    assert moved > datetime(2026, 2, 6, 5, 27, 20, tzinfo=UTC)
    assert datafast.freeze().now == datafast.now >= moved


def test_faults_add_up_and_are_repaired(datafast: Datafast) -> None:
    datafast.fail(500, times=1).fail(404, operation="getRealtime", times=1).fault("malformed", times=1)
    statuses = [get(datafast).status_code for _ in range(2)]

    assert statuses == [500, 404]
    with pytest.raises(ValueError, match="Expecting"):
        get(datafast).json()
    assert get(datafast.delay(1)).status_code == 200
    assert get(datafast.fail(500).repair()).status_code == 200


def test_a_fault_with_its_details(datafast: Datafast) -> None:
    datafast.fault("missing", operation="getRealtime", then={"pointer": "/data/0/visitors"}, after=1)

    assert get(datafast).json()["data"] != [{}]
    assert get(datafast).json()["data"] == [{}]


def test_a_rule_keeps_all_that_is_given(datafast: Datafast) -> None:
    datafast.fail(500, operation="getRealtimeMap", when={"query": {"a": "1"}}, then={"delay": 1})

    assert get(datafast, "/analytics/realtime?a=1").status_code == 200
    assert get(datafast, "/analytics/realtime/map").status_code == 200
    assert get(datafast, "/analytics/realtime/map?a=1").status_code == 500


def test_expectations_of_numbers_and_of_none(datafast: Datafast) -> None:
    datafast.assert_called("getRealtime", at_most=0)
    get(datafast, "/analytics/realtime?limit=10")
    datafast.assert_called("getRealtime", query={"limit": 10, "page": None})


def test_patience(datafast: Datafast) -> None:
    datafast.at("2026-02-06T05:27:20Z").rate_limit(1, window=10)
    assert [get(datafast).status_code for _ in range(2)] == [200, 429]
    get(datafast.advance(10))
    datafast.assert_patient()
    get(datafast)
    get(datafast)

    with pytest.raises(AssertionError, match="had to wait 10000 ms and waited 0 ms"):
        datafast.assert_patient()


@pytest.mark.parametrize(
    ("limit", "told"),
    [
        pytest.param({"limit": "2/10s"}, (2, 10, "ms"), id="in short"),
        pytest.param({"limit": "2/min", "reset_unit": "s"}, (2, 60, "s"), id="in short, in seconds"),
        pytest.param({"limit": 2}, (2, 60, "ms"), id="by number"),
        pytest.param({"limit": 2, "window": 10}, (2, 10, "ms"), id="by number and window"),
    ],
)
def test_a_rate_limit_is_written_in_short_or_by_number(
    datafast: Datafast, controls: Controls, limit: dict[str, Any], told: tuple[int, int, str]
) -> None:
    datafast.rate_limit(**limit)
    found = controls.get("/settings", key=datafast.key)["rateLimit"]

    assert (found["limit"], found["window"], found["resetUnit"]) == told


@pytest.mark.parametrize(
    ("time", "minutes"),
    [
        pytest.param(90, 1.5, id="seconds"),
        pytest.param(timedelta(hours=1), 60, id="a timedelta"),
        pytest.param("90", 1.5, id="seconds as a text, as for --wait"),
        pytest.param("90000ms", 1.5, id="milliseconds"),
        pytest.param("1.5m", 1.5, id="minutes"),
        pytest.param("5min", 5, id="minutes as in a rate limit"),
        pytest.param("1h", 60, id="an hour"),
        pytest.param("-2 d", -2880, id="two days back"),
    ],
)
def test_the_clock_advances_by_a_duration_in_each_form(
    datafast: Datafast, time: timedelta | float | str, minutes: float
) -> None:
    begin = datafast.at("2026-02-06T05:27:00Z").now

    assert datafast.advance(time).now - begin == timedelta(minutes=minutes)


@pytest.mark.parametrize("time", ["an hour", "1 year", "", None, float("nan"), float("inf"), ["1h"]], ids=str)
def test_what_is_not_a_duration_is_reported(datafast: Datafast, time: Any) -> None:
    with pytest.raises(ValueError, match="such as"):
        datafast.advance(time)


@pytest.mark.parametrize(
    ("instant", "now"),
    [
        pytest.param("2026-02-06", "2026-02-06T00:00:00+00:00", id="a date as a text"),
        pytest.param(date(2026, 2, 6), "2026-02-06T00:00:00+00:00", id="a date"),
        pytest.param(datetime(2026, 2, 6, 5, 27, tzinfo=UTC), "2026-02-06T05:27:00+00:00", id="a datetime"),
    ],
)
def test_the_clock_is_set_to_an_instant_in_each_form(
    datafast: Datafast, instant: str | date, now: str
) -> None:
    assert datafast.at(instant).now.isoformat() == now


@pytest.mark.parametrize(
    ("delay", "told"),
    [
        pytest.param(40, 40, id="milliseconds"),
        pytest.param((10, 20), [10, 20], id="a pair"),
        pytest.param("40", 40, id="as in Prefer"),
        pytest.param("10..20", [10, 20], id="a range as in Prefer"),
        pytest.param(timedelta(seconds=1.5), 1500, id="a timedelta"),
        pytest.param("1.5s", 1500, id="a duration"),
        pytest.param((timedelta(seconds=1), "2s"), [1000, 2000], id="a pair of durations"),
    ],
)
def test_a_delay_has_each_form(
    datafast: Datafast, controls: Controls, delay: Any, told: int | list[int]
) -> None:
    datafast.delay(delay)
    [rule] = controls.get("/settings", key=datafast.key)["faults"]

    assert rule["then"] == {"delay": told}


@pytest.mark.parametrize(
    ("name", "options", "told"),
    [
        pytest.param("truncate", {"share": 0.3}, {"fault": "truncate", "share": 0.3}, id="by its name"),
        pytest.param("truncate:0.3", {}, {"fault": "truncate", "share": 0.3}, id="as in Prefer"),
        pytest.param("drip", {"then": {"duration": 5}}, {"fault": "drip", "duration": 5}, id="as in JSON"),
        pytest.param(
            "drip", {"duration": timedelta(seconds=5)}, {"fault": "drip", "duration": 5000}, id="a timedelta"
        ),
        pytest.param("missing:/data", {}, {"fault": "missing", "pointer": "/data"}, id="a pointer"),
    ],
)
def test_the_option_of_a_fault_has_each_form(
    datafast: Datafast, controls: Controls, name: str, options: dict[str, Any], told: dict[str, Any]
) -> None:
    datafast.fault(name, times=2, **options)
    [rule] = controls.get("/settings", key=datafast.key)["faults"]

    assert (rule["then"], rule["times"]) == (told, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda mock: mock.delay("soon"), "such as 1500 or 200..900", id="delay"),
        pytest.param(lambda mock: mock.fault("reset:1"), "reset takes no argument", id="option of a fault"),
        pytest.param(lambda mock: mock.fault("truncate:half"), "'half' is not a valid number", id="share"),
        pytest.param(lambda mock: mock.rate_limit(3, window="long"), "such as 500ms, 90s", id="window"),
    ],
)
def test_a_text_in_another_form_is_reported(
    datafast: Datafast, call: Callable[[Datafast], object], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        call(datafast)


@pytest.mark.parametrize(
    ("limit", "words"),
    [
        pytest.param({"limit": "60/year"}, "such as 60/min", id="no limit"),
        pytest.param({"limit": "60/min", "window": 10}, "leave `window` out", id="two windows"),
    ],
)
def test_an_invalid_rate_limit_is_reported(datafast: Datafast, limit: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        datafast.rate_limit(**limit)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        pytest.param(lambda mock: mock.site("nowhere"), "known: demo, edge_cases", id="unknown site"),
        pytest.param(lambda mock: mock.at("noon"), "not an ISO 8601 instant", id="no instant"),
        pytest.param(
            lambda mock: mock.fail(418), "not documented here; documented: 200", id="undocumented code"
        ),
        pytest.param(lambda mock: mock.fault("truncate:0.3", share=0.5), "given twice", id="two shares"),
        pytest.param(lambda mock: mock.fault("explode"), "known: content-type, drip", id="unknown fault"),
        pytest.param(lambda mock: mock.rate_limit(1, reset_unit="h"), "known: ms, s", id="unknown unit"),
        pytest.param(lambda mock: mock.fail(operation="x"), "known: getRealtime", id="unknown operation"),
        pytest.param(lambda _mock: Datafast("http://127.0.0.1:9"), "no mock answers at", id="no server"),
    ],
)
def test_invalid_settings_are_reported(datafast: Datafast, call: object, words: str) -> None:
    assert callable(call)
    with pytest.raises(ControlError, match=words):
        call(datafast)


def test_facts_are_listed_and_removed(datafast: Datafast) -> None:
    assert datafast.clear_facts() is datafast
    assert datafast.facts() == []


def test_bodies_are_asserted_in_three_ways(datafast: Datafast) -> None:
    sent = {"name": "signup", "metadata": {"plan": "pro"}}
    httpx2.post(f"{datafast.url}/goals", json=sent, headers=datafast.headers)

    datafast.assert_called(body={"name": "signup"}, times=1)
    datafast.assert_called(exact_body=sent, times=1)
    datafast.assert_called(exact_body={"name": "signup"}, times=0)
    datafast.assert_called(body_at={"/metadata/plan": "pro"}, times=1)
    with pytest.raises(AssertionError, match="body at '/metadata/plan' is \"pro\""):
        datafast.assert_called(body_at={"/metadata/plan": "free"})
