"""The server's clock and the clocks of keys, which determine the instant of the world."""

import time
from collections.abc import Iterator

import httpx2
import pytest

from mock_server.instants import instant_of
from mock_server.options import Options
from mock_server.service import load_service
from mock_server.testing import RunningMock, running
from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.instants import INSTANT
from tests.quick import quick
from tests.waiting import eventually

REALTIME = "/analytics/realtime"
NOON = "2026-02-06T12:00:00.000Z"


@pytest.fixture
def mock() -> Iterator[RunningMock]:
    """A server whose own clock the tests may change."""
    with running(now=NOON, speed=0) as mock:
        yield mock


@pytest.fixture
def own(mock: RunningMock) -> Iterator[Controls]:
    with Controls(mock.server) as controls:
        yield controls


@pytest.mark.parametrize(
    ("change", "now"),
    quick(
        [
            pytest.param({}, NOON, id="nothing"),
            pytest.param({"now": "2026-02-06T05:27:20Z"}, "2026-02-06T05:27:20.000Z", id="set"),
            pytest.param(
                {"now": "2026-02-06T05:27:20.999+01:00"}, "2026-02-06T04:27:20.000Z", id="set with an offset"
            ),
            pytest.param({"advance": 90_000}, "2026-02-06T12:01:30.000Z", id="advanced"),
            pytest.param({"advance": "90s"}, "2026-02-06T12:01:30.000Z", id="advanced by a duration"),
            pytest.param({"advance": "-1.5 H"}, "2026-02-06T10:30:00.000Z", id="taken back by a duration"),
            pytest.param({"advance": -86_400_000}, "2026-02-05T12:00:00.000Z", id="taken back"),
            pytest.param(
                {"now": "2027-01-01", "advance": 1000}, "2027-01-01T00:00:01.000Z", id="set and advanced"
            ),
        ],
        4,
    ),
)
def test_a_frozen_clock_shows_what_it_is_set_to(
    own: Controls, mock: RunningMock, change: Json, now: str
) -> None:
    state = own.put("/clock", change)

    assert state == own.get("/clock") == {"now": now, "speed": 1.0, "frozen": True}
    assert own.get("/health")["instant"] == now
    reply = httpx2.get(f"{mock.url}{REALTIME}", headers=bearer("df_test"))
    assert reply.headers["Date"].split()[4] == now[11:19]


@pytest.mark.parametrize(
    ("advance", "told"),
    [
        pytest.param(
            "1 hour", "'1 hour' is not a duration, such as 500ms, 90s, 5m or 1h.", id="another unit"
        ),
        pytest.param("90", "'90' is not a duration, such as 500ms, 90s, 5m or 1h.", id="no unit"),
        pytest.param("-99999d", "'-99999d' is longer than a century.", id="too long"),
    ],
)
def test_a_text_that_is_not_a_duration_is_refused(own: Controls, advance: str, told: str) -> None:
    reply = own.ask("PUT", "/clock", {"advance": advance})

    assert (reply.status_code, reply.json()["detail"]) == (400, f"`advance`: {told}")
    assert reply.json()["member"] == "/advance"
    assert own.get("/clock")["now"] == NOON


def test_half_seconds_add_up(own: Controls) -> None:
    own.put("/clock", {"advance": 600})
    assert own.put("/clock", {"advance": 600})["now"] == "2026-02-06T12:00:01.000Z"


def test_speed(own: Controls) -> None:
    earliest = time.monotonic()
    own.put("/clock", {"frozen": False, "speed": 86_400})
    latest = time.monotonic()
    eventually(lambda: own.get("/clock")["now"] >= "2026-02-06T14:00:00.000Z")

    least = time.monotonic() - latest
    passed = instant_of(own.put("/clock", {"frozen": True})["now"]) - instant_of(NOON)
    most = time.monotonic() - earliest
    # The machine's clock may have steps of a sixtieth of a second.
    assert 86_400 * (least - 0.02) <= passed / 1000 <= 86_400 * (most + 0.02)


def test_a_thawed_clock_goes_on_at_its_speed(own: Controls) -> None:
    own.put("/clock", {"speed": 3600})
    assert own.get("/clock") == {"now": NOON, "speed": 3600.0, "frozen": True}
    own.put("/clock", {"frozen": False})

    # At a lower speed, two minutes would not pass in this time.
    eventually(lambda: own.get("/clock")["now"] > "2026-02-06T12:02:00.000Z")


def test_a_key_with_its_own_clock_does_not_follow_the_servers(own: Controls) -> None:
    key = own.mint()
    own.put("/clock", {"advance": 3_600_000})

    assert own.get("/clock", key=key)["now"] == NOON
    # A shipped key uses the server's clock until it has its own.
    assert own.get("/clock", key="df_test")["now"] == "2026-02-06T13:00:00.000Z"
    own.put("/clock", {"advance": 1000}, key="df_test")
    assert own.get("/clock", key="df_test")["now"] == "2026-02-06T13:00:01.000Z"
    assert own.get("/clock", key="df_demo")["now"] == own.get("/clock")["now"] == "2026-02-06T13:00:00.000Z"


@pytest.mark.parametrize(
    ("change", "member"),
    quick(
        [
            pytest.param({"now": "noon"}, "/now", id="no instant"),
            pytest.param({"advance": 10**15}, "/advance", id="too far"),
            pytest.param({"now": "9998-12-30", "advance": 10**11}, "/now", id="beyond all years"),
            pytest.param({"advance": 1.5}, "/advance", id="a fraction"),
            pytest.param({"speed": -1}, "/speed", id="backwards"),
            pytest.param({"frozen": "yes"}, "/frozen", id="no boolean"),
            pytest.param({"pause": True}, "/pause", id="unknown member"),
        ],
        2,
    ),
)
def test_a_change_that_cannot_be_changes_nothing(own: Controls, change: Json, member: str) -> None:
    reply = own.ask("PUT", "/clock", change)

    assert (reply.status_code, reply.json()["member"]) == (400, member)
    assert own.get("/clock")["now"] == NOON


def test_reset_makes_all_as_at_the_start(own: Controls, mock: RunningMock) -> None:
    key = own.mint()
    own.put("/clock", {"advance": 1000, "frozen": False})
    own.put("/settings", {"site": "empty", "faults": [{"then": {"code": 500}}], "rateLimit": {"limit": 0}})
    own.put("/settings", {"site": "shop"}, key="df_test")
    httpx2.get(f"{mock.url}{REALTIME}", headers=bearer("df_test"))

    assert own.ask("POST", "/reset", {}).status_code == 204
    assert own.get("/clock") == {"now": NOON, "speed": 1.0, "frozen": True}
    nothing: Json = {
        "site": None,
        "seed": None,
        "revision": None,
        "rateLimit": None,
        "faults": [],
        "counts": [],
    }
    assert own.get("/settings") == own.get("/settings", key="df_test") == nothing
    assert own.get("/requests")["requests"] == []
    assert own.ask("GET", f"/keys/{key}").status_code == 404


def test_keys_without_settings_inherit_those_of_the_server(own: Controls, mock: RunningMock) -> None:
    key = own.mint()
    own.put("/settings", {"site": "empty"})

    for token in ("df_test", key):
        reply = httpx2.get(f"{mock.url}{REALTIME}", headers=bearer(token))
        assert reply.json()["data"] == [{"visitors": 0}]
    assert httpx2.get(f"{mock.url}{REALTIME}", headers=bearer("df_demo")).json()["data"] != [{"visitors": 0}]
    own.patch("/settings", {"faults": [{"then": {"code": 404}}]})
    assert httpx2.get(f"{mock.url}{REALTIME}", headers=bearer("df_demo")).status_code == 404


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("POST", REALTIME)])
def test_refusals_of_the_route_have_the_date_of_the_key(
    own: Controls, mock: RunningMock, method: str, path: str
) -> None:
    key = own.mint(now="2026-01-01T00:00:00Z")
    reply = httpx2.request(method, f"{mock.url}{path}", headers=bearer(key))

    assert reply.headers.get_list("Date") == ["Thu, 01 Jan 2026 00:00:00 GMT"]


def test_putting_the_servers_settings_lets_limits_count_anew(own: Controls, mock: RunningMock) -> None:
    statuses = []
    for _ in range(2):
        own.put("/settings", {"rateLimit": {"limit": 1}})
        replies = (httpx2.get(f"{mock.url}{REALTIME}", headers=bearer("df_test")) for _ in range(2))
        statuses += [reply.status_code for reply in replies]

    assert statuses == [200, 429, 200, 429]


@pytest.mark.long
def test_a_world_that_was_forgotten_is_made_again_the_same(own: Controls, mock: RunningMock) -> None:
    replies = []
    with httpx2.Client(base_url=mock.url, headers=bearer("df_demo")) as web:
        # There are more worlds here than the mock caches.
        for seed in (1, *range(100, 180), 1):
            own.put("/settings", {"seed": seed}, key="df_demo")
            replies.append(web.get("/analytics/realtime/map").content)

    assert replies[0] == replies[-1] != replies[1]


def test_a_reset_throws_the_same_coins_again() -> None:
    service = load_service(Options(now=instant_of(INSTANT)))
    first = [service.random_number() for _ in range(5)]
    service.reset()

    assert [service.random_number() for _ in range(5)] == first
