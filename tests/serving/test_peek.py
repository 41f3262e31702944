"""`Prefer: peek`: a peek gets the answer of the next request; it changes nothing, and is not counted."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.instants import instant_of
from mock_server.options import Options
from mock_server.service import load_service
from mock_server.state.accounts import load_accounts
from mock_server.state.credentials import Credential
from mock_server.state.keys import IDLE_SECONDS, Keys
from mock_server.testing import running
from mock_server.world.site_files import SITES, load_sites
from tests.command import address_of, serving, started
from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.instants import INSTANT

BASE = "/api/v1"
REALTIME = "/analytics/realtime"
PEEK = {"Prefer": "peek"}
APPLIED = "Preference-Applied"
START = {"now": "2026-02-06T05:27:20Z", "frozen": True}
FAIL = {"then": {"code": 500}}
RULES = {
    "times": {**FAIL, "times": 2},
    "after": {**FAIL, "after": 1, "times": 2},
    "probability": {**FAIL, "probability": 0.5, "seed": 3},
    "example": {"then": {"example": "empty"}, "probability": 0.3},
}
OWN_DOCUMENT = """
openapi: 3.1.0
info: {title: Our own, version: "1"}
servers: [{url: "https://own.example/api/v1"}]
paths:
  /goals:
    get:
      operationId: listGoals
      responses:
        "200": {description: Goals., content: {application/json: {example: {data: [signup]}}}}
        "500": {description: Broken., content: {application/json: {example: {error: broken}}}}
"""


def peek(web: httpx2.Client, key: str, path: str = REALTIME) -> httpx2.Response:
    return web.get(path, headers={**bearer(key), **PEEK})


def statuses(web: httpx2.Client, key: str, times: int) -> list[int]:
    return [web.get(REALTIME, headers=bearer(key)).status_code for _ in range(times)]


def told(reply: httpx2.Response) -> tuple[int, bytes, dict[str, str]]:
    """Returns an answer without the header that marks a peek."""
    headers = {name: value for name, value in reply.headers.items() if name.lower() != APPLIED.lower()}
    return reply.status_code, reply.content, headers


@pytest.mark.parametrize(
    ("key", "path"),
    [
        pytest.param({}, REALTIME, id="world"),
        pytest.param({}, f"{REALTIME}?fields=nothing", id="parameters"),
        pytest.param({"permissions": []}, REALTIME, id="permission"),
        pytest.param({"rateLimit": {"limit": 3}}, REALTIME, id="limited"),
        pytest.param({"rateLimit": {"limit": 0}}, REALTIME, id="429"),
        pytest.param({"faults": [RULES["times"]]}, REALTIME, id="rule"),
        pytest.param({"faults": [{"then": {"code": 429}}]}, REALTIME, id="rule of a 429"),
        pytest.param({"faults": [{"then": {"fault": "malformed"}}]}, REALTIME, id="rule of a fault"),
        pytest.param({}, "/nothing", id="unknown route"),
    ],
)
def test_a_peek_is_answered_as_the_next_request_and_noted_nowhere(
    controls: Controls, web: httpx2.Client, key: Json, path: str
) -> None:
    token = controls.mint(**key, **START)
    peeked = peek(web, token, path)
    journal = controls.get("/requests", key=token)["requests"]
    reply = web.get(path, headers=bearer(token))

    assert told(peeked) == told(reply)
    assert journal == []
    assert peeked.headers[APPLIED] == "peek"
    assert APPLIED not in reply.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", REALTIME, 401), ("GET", "/nothing", 404), ("POST", REALTIME, 405)],
)
def test_without_a_key_it_is_noted_nowhere_either(
    controls: Controls, web: httpx2.Client, method: str, path: str, status: int
) -> None:
    before = controls.get("/requests")["requests"]
    reply = web.request(method, path, headers=PEEK)

    assert (reply.status_code, reply.headers[APPLIED]) == (status, "peek")
    assert controls.get("/requests")["requests"] == before


def test_peeks_are_not_counted_against_the_limit(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(rateLimit={"limit": 3}, **START)
    peeks = [peek(web, key) for _ in range(10)]
    real = statuses(web, key, 4)
    last = peek(web, key)

    assert {(reply.status_code, reply.headers["X-RateLimit-Remaining"]) for reply in peeks} == {(200, "2")}
    assert real == [200, 200, 200, 429]
    assert (last.status_code, last.headers["Retry-After"], last.headers[APPLIED]) == (429, "40", "peek")


def test_a_peek_between_two_changes_of_the_limit_does_not_count_it_anew(
    controls: Controls, web: httpx2.Client
) -> None:
    key = controls.mint(rateLimit={"limit": 2}, **START)
    before = statuses(web, key, 1)
    controls.patch("/settings", {"rateLimit": {"limit": 9}}, key=key)
    peek(web, key)
    controls.patch("/settings", {"rateLimit": {"limit": 2}}, key=key)

    assert before + statuses(web, key, 2) == [200, 200, 429]


def test_a_peek_meets_a_rule_until_real_requests_have_used_it_up(
    controls: Controls, web: httpx2.Client
) -> None:
    key = controls.mint(faults=[RULES["times"]])
    seen = []
    for _ in range(3):
        seen.append([peek(web, key).status_code for _ in range(3)])
        statuses(web, key, 1)

    assert seen == [[500] * 3, [500] * 3, [200] * 3]
    assert controls.get("/settings", key=key)["counts"] == [{"matched": 3, "applied": 2}]


@given(
    rules=st.lists(st.sampled_from(list(RULES.values())), max_size=3),
    limit=st.none() | st.builds(lambda limit: {"limit": limit}, st.integers(0, 6)),
    peeks=st.lists(st.integers(0, 3), min_size=1, max_size=6),
)
@settings(max_examples=30)
def test_peeks_in_between_foretell_and_change_nothing(
    controls: Controls, web: httpx2.Client, rules: Json, limit: Json, peeks: list[int]
) -> None:
    watched, alone = (controls.mint(faults=rules, rateLimit=limit, **START) for _ in range(2))
    foretold, met = [], []
    for times in peeks:
        foretold.append({told(peek(web, watched))[:2] for _ in range(times)})
        met.append(told(web.get(REALTIME, headers=bearer(watched)))[:2])
    undisturbed = [told(web.get(REALTIME, headers=bearer(alone)))[:2] for _ in peeks]
    noted = controls.get("/requests", key=watched)["requests"]
    for key in (watched, alone):
        controls.ask("DELETE", f"/keys/{key}")

    assert met == undisturbed
    assert all(seen <= {answer} for seen, answer in zip(foretold, met, strict=True))
    assert len(noted) == len(peeks)


def test_a_peek_meets_faults_of_the_socket_too(controls: Controls, web: httpx2.Client) -> None:
    reset = controls.mint(faults=[{"then": {"fault": "reset"}, "times": 1}])
    late = controls.mint(faults=[{"then": {"delay": 200}}])

    for _ in range(2):
        with pytest.raises(httpx2.TransportError):
            peek(web, reset)
    begun = time.perf_counter()
    assert peek(web, late).status_code == 200
    assert time.perf_counter() - begun >= 0.2


@pytest.mark.parametrize(
    ("prefer", "status", "applied"),
    [
        pytest.param("peek, code=404", 404, "code=404, peek", id="code"),
        pytest.param("site=empty, peek", 200, "site=empty, peek", id="site, which meets no rule"),
        pytest.param("peek, respond-async", 500, "peek", id="what is unknown, which meets rules"),
        pytest.param("Peek=1; now", 500, "peek", id="a value and a parameter"),
        pytest.param("peek, code=418", 400, "peek", id="what is not there"),
        pytest.param("peek, code=many", 400, "peek", id="what is not understood"),
        pytest.param("peek=false", 400, "peek", id="a value that it does not take"),
    ],
)
def test_beside_other_preferences(
    controls: Controls, web: httpx2.Client, prefer: str, status: int, applied: str
) -> None:
    key = controls.mint(faults=[FAIL], rateLimit={"limit": 5}, **START)
    reply = web.get(REALTIME, headers={**bearer(key), "Prefer": prefer})
    after = web.get(REALTIME, headers=bearer(key))

    assert (reply.status_code, reply.headers[APPLIED]) == (status, applied)
    assert after.headers["X-RateLimit-Remaining"] == "4"
    assert [row["decidedBy"] for row in controls.get("/requests", key=key)["requests"]] == [
        "documented example; the key's rule 0"
    ]


@pytest.mark.parametrize("query", ["__peek", "__peek=", "__peek=true", "a=b&__PEEK=1"])
def test_the_query_does_the_same(controls: Controls, web: httpx2.Client, query: str) -> None:
    key = controls.mint(faults=[RULES["times"]])
    reply = web.get(f"{REALTIME}?{query}", headers=bearer(key))

    assert reply.status_code == 500
    # The header is missing, because the preference was in the query.
    assert APPLIED not in reply.headers
    assert controls.get("/requests", key=key)["requests"] == []
    assert controls.get("/settings", key=key)["counts"] == [{"matched": 0, "applied": 0}]


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A mock with a further document and a journal on disk: its address, and the journal's file."""
    folder = tmp_path_factory.mktemp("extended")
    (folder / "own.yaml").write_text(OWN_DOCUMENT, encoding="utf-8")
    journal = folder / "journal.jsonl"
    with serving("--openapi", str(folder / "own.yaml"), "--journal", str(journal)) as url:
        yield url, journal


@pytest.mark.long
@pytest.mark.parametrize("path", ["/goals", REALTIME, "/nothing"])
def test_the_servers_rules_and_the_journals_on_disk_see_no_peek(
    extended: tuple[str, Path], path: str
) -> None:
    url, journal = extended
    before = journal.read_bytes()
    with Controls(url) as controls, httpx2.Client(base_url=url + BASE) as web:
        controls.put("/settings", {"faults": [{**FAIL, "times": 1}]})
        replies = [peek(web, "df_test", path) for _ in range(2)]
        counts = controls.get("/settings")["counts"]

    assert [reply.status_code for reply in replies] == [404 if path == "/nothing" else 500] * 2
    assert {reply.headers[APPLIED] for reply in replies} == {"peek"}
    assert counts == [{"matched": 0, "applied": 0}]
    assert journal.read_bytes() == before


@pytest.mark.long
def test_the_request_log_has_no_line_of_a_peek() -> None:
    with started("--port", "0", "--log", "requests", stderr=subprocess.PIPE) as process:
        url = address_of(process)
        for path in (f"{BASE}{REALTIME}", "/nothing", "/__mock/requests", "/openapi.json"):
            httpx2.get(f"{url}{path}", headers={"Prefer": "respond-async, peek"})
        httpx2.get(f"{url}{BASE}{REALTIME}?__peek=")
        httpx2.get(f"{url}/__mock/health", headers={"Prefer": "respond-async"})
        process.terminate()
        _, log = process.communicate(timeout=30)

    assert [line.split()[1:3] for line in log.splitlines()] == [["GET", "/__mock/health"]]


def test_a_peek_does_not_count_as_using_a_minted_key() -> None:
    seconds = 0.0
    keys = Keys({}, load_accounts(load_sites((SITES,))), allow_any=False, seconds=lambda: seconds)
    keys.mint(Credential(token="df_watched"), keys.new_account(), "")

    seconds = IDLE_SECONDS
    assert keys.shadow_of("Bearer df_watched") is not None
    seconds = IDLE_SECONDS + 1
    assert keys.shadow_of("Bearer df_watched") is None
    assert keys.named("Bearer df_watched") is None


def test_with_any_key_a_peek_makes_none() -> None:
    with (
        running(any_key=True, now=INSTANT) as mock,
        Controls(mock.server) as controls,
        httpx2.Client(base_url=mock.url) as web,
    ):
        assert peek(web, "df_whatever").status_code == 200
        assert peek(web, "no key").status_code == 401
        assert controls.ask("GET", "/keys/df_whatever").status_code == 404
        statuses(web, "df_whatever", 1)
        assert peek(web, "df_whatever").status_code == 200
        assert len(controls.get("/requests", key="df_whatever")["requests"]) == 1


def test_a_shadow_throws_the_next_coin_and_leaves_it() -> None:
    service = load_service(Options(now=instant_of(INSTANT)))
    foreseen = [service.shadow().random_number() for _ in range(3)]

    assert foreseen == [service.random_number()] * 3
    assert service.shadow().random_number() != foreseen[0]
