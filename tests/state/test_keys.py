"""Keys with their own state, which other keys do not affect."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest

from mock_server.problems import ProblemError
from mock_server.state.accounts import load_accounts
from mock_server.state.credentials import Credential
from mock_server.state.keys import IDLE_SECONDS, MOST_KEYS, Keys
from mock_server.testing import RunningMock, running
from mock_server.world.site_files import SITES, load_sites
from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.instants import INSTANT

REALTIME = "/analytics/realtime"
MAP = "/analytics/realtime/map"
SITES_BY_NUMBER = ("demo", "shop", "quiet", "no_revenue", "edge_cases")


def test_a_minted_key_tells_all_that_holds_for_it(controls: Controls, turned: RunningMock) -> None:
    settings = {"site": "shop", "seed": 7, "revision": "2026-06", "now": "2026-02-06T06:27:20+01:00"}
    settings |= {"speed": 60, "frozen": True, "label": "a test", "faults": [{"then": {"delay": [1, 2]}}]}
    reply = controls.ask("POST", "/keys", {**settings, "rateLimit": {"limit": 5}})
    key = reply.json()["key"]

    assert reply.status_code == 201
    assert key.startswith("df_")
    assert len(key) > 20
    assert (
        reply.json()
        == controls.get(f"/keys/{key}")
        == {
            "key": key,
            "url": turned.url,
            "label": "a test",
            "account": reply.json()["account"],
            "site": "shop",
            "websiteId": "665f0b3c4d2e1a0000000003",
            "trackingId": reply.json()["trackingId"],
            "seed": 7,
            "revision": "2026-06",
            "now": "2026-02-06T05:27:20.000Z",
            "speed": 60.0,
            "frozen": True,
            "rateLimit": {"limit": 5, "window": 60, "resetUnit": "ms"},
            "faults": [{"then": {"delay": [1, 2]}}],
            "permissions": None,
            "websites": None,
        }
    )


def test_a_key_without_settings_is_as_the_server(controls: Controls) -> None:
    state = controls.get(f"/keys/{controls.mint(frozen=True)}")

    assert (state["site"], state["seed"], state["revision"], state["rateLimit"]) == (
        "demo",
        42,
        "2026-02",
        None,
    )


def test_settings_show_in_the_answers(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(site="shop", revision="2026-06", now="2026-02-06T05:27:20Z", frozen=True, seed=7)
    same, other = (
        controls.mint(site="shop", now="2026-02-06T05:27:20Z", frozen=True, seed=n) for n in (7, 8)
    )
    first, second, third = (web.get(MAP, headers=bearer(token)) for token in (key, same, other))

    assert first.headers["Date"] == "Fri, 06 Feb 2026 05:27:20 GMT"
    assert isinstance(first.json()["data"]["visitors"][0]["system"]["browser"], str)
    ids = [[row["visitorId"] for row in reply.json()["data"]["visitors"]] for reply in (first, second, third)]
    assert ids[0] == ids[1]
    assert not set(ids[0]) & set(ids[2])


@pytest.mark.parametrize(
    ("settings", "query", "status"),
    [
        pytest.param({"permissions": ["analytics:read"]}, "665f0b3c4d2e1a0012345678", 200, id="may read"),
        pytest.param({"permissions": ["payments:read"]}, "665f0b3c4d2e1a0012345678", 403, id="may not read"),
        pytest.param({"permissions": []}, "665f0b3c4d2e1a0012345678", 403, id="may nothing"),
        pytest.param({"websites": ["shop"]}, "665f0b3c4d2e1a0012345678", 403, id="another website"),
        pytest.param({"websites": ["demo"]}, "665f0b3c4d2e1a0012345678", 200, id="this website"),
        pytest.param({"websites": []}, "", 400, id="no website named"),
    ],
)
def test_account_tokens(
    controls: Controls, web: httpx2.Client, settings: Json, query: str, status: int
) -> None:
    key = controls.mint(**settings)

    assert key.startswith("dft_")
    assert web.get(REALTIME, params={"websiteId": query}, headers=bearer(key)).status_code == status


def test_a_key_of_ones_own_name(controls: Controls, web: httpx2.Client) -> None:
    assert controls.mint(key="df_chosen", site="empty") == "df_chosen"
    assert web.get(REALTIME, headers=bearer("df_chosen")).json()["data"] == [{"visitors": 0}]
    taken = controls.ask("POST", "/keys", {"key": "df_chosen"})
    shipped = controls.ask("POST", "/keys", {"key": "df_test"})
    assert (taken.status_code, shipped.status_code) == (409, 409)
    assert taken.json()["detail"] == "This key exists already: DELETE it first, or choose another one."
    assert shipped.json()["detail"].startswith("This key comes with the mock: choose another one")


def test_a_key_that_is_forgotten_is_unknown(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()

    assert web.get(REALTIME, headers=bearer(key)).status_code == 200
    assert controls.ask("DELETE", f"/keys/{key}").status_code == 204
    assert web.get(REALTIME, headers=bearer(key)).status_code == 401
    assert controls.ask("DELETE", f"/keys/{key}").status_code == 404
    assert controls.ask("GET", f"/keys/{key}").status_code == 404
    assert controls.ask("GET", "/clock", key=key).status_code == 404
    assert controls.ask("GET", "/requests", key=key).status_code == 404


def test_shipped_keys_stay(controls: Controls) -> None:
    assert controls.ask("DELETE", "/keys/df_test").status_code == 400


@pytest.mark.parametrize(
    ("body", "member"),
    [
        pytest.param({"site": "nowhere"}, "/site", id="unknown site"),
        pytest.param({"site": 1}, "/site", id="site of another type"),
        pytest.param({"revision": "2020"}, "/revision", id="unknown revision"),
        pytest.param({"seed": 1.5}, "/seed", id="seed with a fraction"),
        pytest.param({"now": "soon"}, "/now", id="no instant"),
        pytest.param({"now": "0001-01-01"}, "/now", id="instant before all years"),
        pytest.param({"speed": 0}, "/speed", id="no speed"),
        pytest.param({"speed": 1e9}, "/speed", id="too fast"),
        pytest.param({"rateLimit": {"limit": -1}}, "/rateLimit/limit", id="less than no request"),
        pytest.param({"rateLimit": {}}, "/rateLimit/limit", id="limit without a limit"),
        pytest.param({"faults": [{"when": {}}]}, "/faults/0/then", id="rule without an action"),
        pytest.param({"faults": [{"then": {"fault": "fire"}}]}, "/faults/0/then/fault", id="unknown fault"),
        pytest.param({"faults": [{"then": {"delay": 60_001}}]}, "/faults/0/then/delay", id="long delay"),
        pytest.param({"faults": [{"then": {"delay": [2, 1]}}]}, "/faults/0/then", id="delay backwards"),
        pytest.param({"faults": [{"then": {"share": 0.5}}]}, "/faults/0/then", id="share without a fault"),
        pytest.param({"faults": [{"then": {}, "probability": 2}]}, "/faults/0/probability", id="too likely"),
        pytest.param({"faults": [{"then": {}}] * 101}, "/faults", id="too many rules"),
        pytest.param({"permissions": ["everything"]}, "/permissions/0", id="unknown permission"),
        pytest.param({"account": "nobody"}, "/account", id="unknown account"),
        pytest.param({"websites": ["demo", "nowhere"]}, "/websites/1", id="unknown website"),
        pytest.param({"websites": ["demo"], "site": "demo"}, "/site", id="account token with a site"),
        pytest.param({"key": "secret"}, "/key", id="no form of a key"),
        pytest.param({"key": "df_x", "permissions": []}, "/key", id="website key with permissions"),
        pytest.param({"key": "df_x\n"}, "/key", id="key with a line feed"),
        pytest.param({"seed": 2**63}, "/seed", id="large seed"),
        pytest.param({"faults": [{"then": {}, "seed": 10**30}]}, "/faults/0/seed", id="large seed of a rule"),
        pytest.param({"label": "x" * 201}, "/label", id="long label"),
        pytest.param({"colour": "red"}, "/colour", id="unknown member"),
    ],
)
def test_malformed_settings_are_refused_by_member(controls: Controls, body: Json, member: str) -> None:
    reply = controls.ask("POST", "/keys", body)

    assert reply.status_code == 400
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply.json()["member"] == member
    assert reply.json()["detail"]


@pytest.mark.parametrize(
    ("rule", "listed"),
    [
        pytest.param({"when": {"operation": "getNothing"}, "then": {}}, "operations", id="unknown operation"),
        pytest.param({"then": {"code": 418}}, "codes", id="undocumented code"),
        pytest.param({"then": {"example": "nothing"}}, "examples", id="unknown example"),
    ],
)
def test_a_rule_that_can_never_apply_is_refused_with_the_list(
    controls: Controls, rule: Json, listed: str
) -> None:
    key = controls.mint(faults=[{"then": {"delay": 0}}])
    reply = controls.ask("PUT", "/settings", {"faults": [{"then": {}}, rule]}, key=key)

    assert reply.status_code == 400
    assert reply.json()["rule"] == 1
    assert len(reply.json()[listed]) > 1
    # Nothing has changed.
    assert controls.get("/settings", key=key)["faults"] == [{"then": {"delay": 0}}]


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_an_account_token_gets_no_site_of_its_own_later(controls: Controls, method: str) -> None:
    token = controls.mint(websites=["demo"])
    reply = controls.ask(method, "/settings", {"site": "demo"}, key=token)

    assert (reply.status_code, reply.json()["member"]) == (400, "/site")
    assert controls.get("/settings", key=token)["site"] is None


@pytest.fixture(scope="module")
def crowd() -> Iterator[RunningMock]:
    with running(now="2026-02-06T05:27:20Z", speed=0) as mock:
        yield mock


@pytest.mark.long
def test_two_hundred_keys_at_once_do_not_touch_each_other(crowd: RunningMock) -> None:
    with Controls(crowd.server) as controls, httpx2.Client(base_url=crowd.url) as web:
        keys = [_mint(controls, number) for number in range(200)]
        with ThreadPoolExecutor(16) as pool:
            seen = list(pool.map(lambda number: _life(controls, web, keys[number], number), range(200)))
        alone = [_life(controls, web, _mint(controls, number), number) for number in range(0, 200, 10)]

        assert seen[::10] == alone
        # The shipped keys are not affected.
        assert controls.get("/requests", key="df_test")["requests"] == []
        assert controls.get("/clock") == {"now": "2026-02-06T05:27:20.000Z", "speed": 1.0, "frozen": True}


def _mint(controls: Controls, number: int) -> str:
    """Mints a key whose settings depend on a number."""
    rules = [{"then": {"code": 500}, "times": number % 2}]
    limit = {"limit": 2 + number % 3}
    site = SITES_BY_NUMBER[number % 5]
    return controls.mint(site=site, seed=number % 3, label=str(number), rateLimit=limit, faults=rules)


def _life(controls: Controls, web: httpx2.Client, key: str, number: int) -> tuple[str, bytes]:
    """Uses a key, checks its statuses and its journal, and returns the date and an answer."""
    controls.put("/clock", {"advance": 60_000 * number}, key=key)
    limit = 2 + number % 3
    replies = [web.get(REALTIME, headers=bearer(key)) for _ in range(limit + 1)]

    expected = [500 if number % 2 else 200, *[200] * (limit - 1), 429]
    assert [reply.status_code for reply in replies] == expected
    journal = controls.get("/requests", key=key)["requests"]
    assert [(row["label"], row["status"]) for row in journal] == [
        (str(number), status) for status in expected
    ]
    dates = {reply.headers["Date"] for reply in replies}
    assert len(dates) == 1
    return dates.pop(), replies[1].content


@pytest.mark.long
def test_two_hundred_accounts_at_once_never_see_what_another_one_wrote(crowd: RunningMock) -> None:
    with Controls(crowd.server) as controls, httpx2.Client(base_url=crowd.url) as web:
        keys = [controls.mint(site="demo") for _ in range(200)]
        active = web.get(MAP, headers=bearer("df_test")).json()["data"]["visitors"]
        visitor = next(v["visitorId"] for v in active if not v["isCustomer"])
        with ThreadPoolExecutor(16) as pool:
            written = list(pool.map(lambda n: _written(web, keys[n], visitor, n), range(200)))
            seen = list(pool.map(lambda key: _seen(web, key, visitor), keys))

        assert written == [[200] * 3] * 200
        own = [(f"user-{n}", f"goal_{n}", n + 0.5) for n in range(200)]
        assert seen == own
        # The account of the shipped keys has none of these facts.
        assert web.get(MAP, headers=bearer("df_test")).json()["data"]["visitors"] == active


def _written(web: httpx2.Client, key: str, visitor: str, number: int) -> list[int]:
    """Writes a goal, a payment and an identity that depend on a number, and returns the statuses."""
    named = {"datafast_visitor_id": visitor}
    payment = {"amount": number + 0.5, "currency": "USD", "transaction_id": "the same for all"}
    bodies = {
        "/goals": {**named, "name": f"goal_{number}"},
        "/payments": {**named, **payment},
        "/identify": {**named, "user_id": f"user-{number}"},
    }
    return [web.post(path, json=body, headers=bearer(key)).status_code for path, body in bodies.items()]


def _seen(web: httpx2.Client, key: str, visitor: str) -> tuple[str, str, float]:
    """Returns the user id, the goal and the amount that a key's account wrote about a visitor."""
    profile = web.get(f"/visitors/{visitor}", headers=bearer(key)).json()["data"]
    goals = [goal for goal in profile["activity"]["completedGoals"] if goal["name"].startswith("goal_")]
    (paid,) = web.get(MAP, headers=bearer(key)).json()["data"]["recentPayments"][:1]
    assert len(goals) == 1
    return profile["profile"]["userId"], goals[0]["name"], paid["amount"]


def test_all_keys_are_listed_shipped_ones_first(controls: Controls) -> None:
    key = controls.mint(site="shop", label="checkout test")
    token = controls.mint(websites=["demo", "quiet"])
    listed = controls.get("/keys")["keys"]
    by_key = {row["key"]: row for row in listed}

    assert listed[0] == {
        "key": "df_test",
        "label": "",
        "description": "The server's website",
        "account": "demo",
        "site": "demo",
        "websites": None,
        "minted": False,
    }
    assert by_key["df_launch_day"]["description"] == "Launch day, about 5,000 visitors online."
    assert by_key["df_launch_day"]["site"] == "launch_day"
    assert (by_key["dft_test"]["site"], by_key["dft_test"]["websites"]) == (None, [])
    assert by_key["dft_elsewhere"]["websites"] == ["shop", "quiet"]
    minted = {"key": key, "label": "checkout test", "description": "", "site": "shop", "websites": None}
    assert by_key[key] == {**minted, "account": by_key[key]["account"], "minted": True}
    assert by_key[token]["websites"] == ["demo", "quiet"]
    # Minted keys are listed after the shipped ones.
    assert [row["minted"] for row in listed] == sorted(row["minted"] for row in listed)


def test_a_listed_key_names_the_site_that_it_answers_for_now(controls: Controls) -> None:
    key = controls.mint(site="shop")
    controls.patch("/settings", {"site": "quiet"}, key=key)
    by_key = {row["key"]: row["site"] for row in controls.get("/keys")["keys"]}

    assert by_key[key] == "quiet"


def test_a_deleted_key_is_no_longer_listed(controls: Controls) -> None:
    key = controls.mint()
    before = [row["key"] for row in controls.get("/keys")["keys"]]
    controls.ask("DELETE", f"/keys/{key}")
    after = [row["key"] for row in controls.get("/keys")["keys"]]

    assert key in before
    assert key not in after


def test_listing_does_not_count_as_using_a_key_and_idle_ones_are_left_out() -> None:
    seconds = 0.0
    keys = Keys({}, load_accounts(load_sites((SITES,))), allow_any=False, seconds=lambda: seconds)
    keys.mint(Credential(token="df_idle"), keys.new_account(), "")

    seconds = IDLE_SECONDS
    assert [key.credential.token for key in keys.all()] == ["df_idle"]
    seconds = IDLE_SECONDS + 1
    assert list(keys.all()) == []


def test_idle_keys_are_forgotten_and_their_number_is_bounded() -> None:
    seconds = 0.0
    keys = Keys({}, load_accounts(load_sites((SITES,))), allow_any=False, seconds=lambda: seconds)
    for number in range(MOST_KEYS):
        keys.mint(Credential(token=f"df_{number}"), keys.new_account(), "")
    with pytest.raises(ProblemError) as refused:
        keys.mint(Credential(token="df_one_more"), keys.new_account(), "")
    assert refused.value.status == 409

    seconds = IDLE_SECONDS - 1
    assert keys.find("df_1") is not None
    seconds = IDLE_SECONDS + 1
    assert keys.find("df_0") is None
    assert keys.find("df_1") is not None
    keys.mint(Credential(token="df_one_more"), keys.new_account(), "")
    assert len(list(keys.all())) == 2


def test_any_key_has_a_state_as_well() -> None:
    with (
        running(any_key=True, now=INSTANT) as mock,
        Controls(mock.server) as controls,
        httpx2.Client(base_url=mock.url) as web,
    ):
        web.get(REALTIME, headers=bearer("df_whatever"))
        controls.put("/settings", {"site": "empty"}, key="df_whatever")

        assert len(controls.get("/requests", key="df_whatever")["requests"]) == 1
        assert controls.get("/keys")["keys"][-1]["key"] == "df_whatever"
        reply = web.get(REALTIME, headers=bearer("df_whatever"))
        assert reply.json()["data"] == [{"visitors": 0}]
        # A key that is minted with this name has a new state, and is removed completely.
        controls.mint(key="df_whatever")
        controls.ask("DELETE", "/keys/df_whatever")
        assert controls.ask("GET", "/keys/df_whatever").status_code == 404
