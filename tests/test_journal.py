"""The journal: what a client sent, what decided the answer, what looks wrong."""

import json
from pathlib import Path

import httpx2
import pytest

from mock_server.journal import MOST_BYTES, MOST_REQUESTS
from tests.command import ended, serving
from tests.controls import Controls, Json
from tests.credentials import DEMO, bearer

REALTIME = "/analytics/realtime"
KNOWN = "/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"


def last(controls: Controls, key: str) -> Json:
    """The newest request of a key."""
    return controls.get("/requests", key=key)["requests"][-1]


def test_a_request_as_it_was_sent(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(label="poll", now="2026-02-06T05:27:20Z", frozen=True)
    web.get(f"{REALTIME}?a=1&a=%20b&c=", headers={**bearer(key), "X-Client": "mine/1.0"})
    row = last(controls, key)

    assert (row["operation"], row["method"], row["path"]) == ("getRealtime", "GET", f"/api/v1{REALTIME}")
    assert row["query"] == {"a": ["1", " b"], "c": [""]}
    assert row["headers"]["x-client"] == ["mine/1.0"]
    assert (row["label"], row["status"], row["decidedBy"]) == ("poll", 200, "world")
    assert row["instant"] == "2026-02-06T05:27:20.000Z"
    assert row["time"] > "2026-02-06T05:27:30"


@pytest.mark.parametrize(
    ("settings", "path", "headers", "decided"),
    [
        pytest.param({}, REALTIME, {}, "world", id="world"),
        pytest.param({}, f"{REALTIME}?fields=x", {}, "parameters", id="parameters"),
        pytest.param({}, "/visitors/11111111-1111-4111-8111-111111111111", {}, "world", id="unknown visitor"),
        pytest.param({"permissions": []}, REALTIME, {}, "permission", id="permission"),
        pytest.param({"websites": []}, REALTIME, {}, "website", id="website"),
        pytest.param({"rateLimit": {"limit": 0}}, REALTIME, {}, "rate limit", id="rate limit"),
        pytest.param(
            {"faults": [{"then": {"code": 500}}]},
            REALTIME,
            {},
            "documented example; the key's rule 0",
            id="rule",
        ),
        pytest.param(
            {}, REALTIME, {"Prefer": "code=404"}, "documented example; prefer code=404", id="Prefer"
        ),
        pytest.param(
            {},
            REALTIME,
            {"Prefer": "code=418"},
            "preferences; prefer code=418",
            id="Prefer that cannot be met",
        ),
        pytest.param({}, f"{REALTIME}?__delay=1", {}, "world; prefer delay=1", id="preference in the query"),
        pytest.param({}, "/nothing", {}, "route", id="unknown route"),
    ],
)
def test_what_decided_the_answer(
    controls: Controls, web: httpx2.Client, settings: Json, path: str, headers: dict[str, str], decided: str
) -> None:
    key = controls.mint(**settings)
    reply = web.get(path, headers={**bearer(key), **headers})
    row = last(controls, key)

    assert row["decidedBy"] == decided
    assert row["status"] == reply.status_code


def test_requests_without_a_key_are_noted_for_the_server(controls: Controls, web: httpx2.Client) -> None:
    web.get(f"{REALTIME}?nobody=1", headers=bearer("df_nobody_at_all"))
    row = controls.get("/requests", limit=1)["requests"][0]

    assert (row["status"], row["decidedBy"], row["key"]) == (401, "authentication", None)


def test_a_token_as_a_label_is_masked_wherever_it_is_shown(controls: Controls, web: httpx2.Client) -> None:
    minted = controls.post("/keys", {"label": "for df_secret\\u0020and df\\u005fsecret"})
    web.get(REALTIME, headers=bearer(minted["key"]))
    listed = [key["label"] for key in controls.get("/keys")["keys"] if key["key"] == minted["key"]]

    labels = {minted["label"], controls.get(f"/keys/{minted['key']}")["label"], *listed}
    assert labels == {last(controls, minted["key"])["label"]} == {"for df_***\\u0020and df_***"}


def test_secrets_are_masked(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    secrets = {"Cookie": "session=sesame", "Proxy-Authorization": "Basic sesame", "X-Api": f"say {key} twice"}
    secrets |= {"X-Api-Key": "sesame", "df_sesame": "1", "Prefer": "delay=0, example=df_sesame"}
    secrets |= {"Referer": "http://localhost/?a=%2Cdf_sesame&b=dft%5Fse%73ame&c=%64%66_%73esame"}
    secrets |= {"X-Next": "/to%2Fit%253Fkey%253Ddf_sesame%26u%3Ddf%255Fsesame"}
    secrets |= {"X-Context": '{"url": "/?key\\u003ddf_sesame", "text": "a\\ndf_sesame"}'}
    web.get(f"{REALTIME}?token={key}&dft_sesame=1", headers={**bearer(key), **secrets})
    web.get(f"/visitors/{key}", headers=bearer(key))
    web.get(f"{REALTIME}?of={key}", headers={"Authorization": "Bearer sesame.jwt"})
    web.get(REALTIME, headers={"Authorization": "df_sesame df_sesame"})
    web.get("/x%41df_sesame?a=%41df_sesame", headers={"Authorization": "xdf_sesame x"})
    text = json.dumps([controls.get("/requests", key=key), controls.get("/requests", limit=5)])

    assert key.removeprefix("df_") not in text
    assert "same" not in text
    assert "?a=%2Cdf_***&b=dft_***&c=df_***" in text
    assert '"authorization": ["Bearer df_***"]' in text
    assert '"authorization": ["Bearer ***"]' in text


@pytest.mark.parametrize(
    ("path", "sent", "rules"),
    [
        pytest.param(REALTIME, True, [], id="nothing"),
        pytest.param(f"{REALTIME}?fields=visitors", True, [], id="documented parameter"),
        pytest.param(f"{REALTIME}?startAt=1", True, ["undocumented-parameter"], id="undocumented parameter"),
        pytest.param(f"{REALTIME}?__delay=0", True, [], id="our own parameter"),
        pytest.param(f"{REALTIME}?fields=&fields=", True, ["repeated-parameter"], id="repeated parameter"),
        pytest.param(f"{REALTIME}?websiteId={DEMO}", True, ["needless-website-id"], id="needless website id"),
        pytest.param("/visitors/dfid_1", True, ["cookie-as-visitor-id"], id="cookie for a visitor"),
        pytest.param(f"{REALTIME}?fields=df_x", True, ["token-in-url"], id="token in the URL"),
        pytest.param("/visitors/df_x", True, ["token-in-url"], id="token in the path"),
        pytest.param("/nothing?fields=***", True, ["unknown-route"], id="unknown route"),
        pytest.param("/nothing?a=dft_x", True, ["token-in-url", "unknown-route"], id="token to nowhere"),
    ],
)
def test_lint(controls: Controls, web: httpx2.Client, path: str, sent: bool, rules: list[str]) -> None:
    key = controls.mint()
    web.get(path, headers=bearer(key) if sent else {})

    found = last(controls, key)["lint"]
    assert [finding["rule"] for finding in found] == rules
    assert all(finding["message"].endswith(".") for finding in found)


def test_lint_of_a_request_without_authorization(controls: Controls, web: httpx2.Client) -> None:
    web.get(KNOWN)
    rows = [row for row in controls.get("/requests")["requests"] if row["path"].endswith(KNOWN)]

    assert [finding["rule"] for finding in rows[-1]["lint"]] == ["no-authorization"]


def test_lint_of_polling_faster_than_the_data(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(frozen=True)
    for path in (REALTIME, f"{REALTIME}?fields=visitors", REALTIME):
        web.get(path, headers=bearer(key))
    # A world that has moved has something to tell.
    controls.put("/clock", {"advance": 1000}, key=key)
    web.get(REALTIME, headers=bearer(key))
    rows = controls.get("/requests", key=key)["requests"]

    found = [[finding["rule"] for finding in row["lint"]] for row in rows]
    assert found == [[], [], ["polling-faster-than-the-data"], []]


def test_pages(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    for number in range(5):
        web.get(f"{REALTIME}?n={number}", headers=bearer(key))
    rows = controls.get("/requests", key=key)["requests"]

    assert [row["query"]["n"] for row in rows] == [["0"], ["1"], ["2"], ["3"], ["4"]]
    assert controls.get("/requests", key=key, limit=2)["requests"] == rows[-2:]
    assert controls.get("/requests", key=key, after=rows[2]["number"])["requests"] == rows[3:]
    assert controls.get("/requests", key=key, after=rows[0]["number"], limit=2)["requests"] == rows[1:3]
    assert controls.get("/requests", key=key, after=0, limit=1)["requests"] == rows[:1]
    assert controls.ask("DELETE", "/requests", key=key).status_code == 204
    assert controls.get("/requests", key=key)["requests"] == []


@pytest.mark.parametrize(("size", "most"), [(1, MOST_REQUESTS), (20_000, MOST_BYTES // 20_000)])
def test_the_journal_of_a_key_is_bounded(
    controls: Controls, web: httpx2.Client, size: int, most: int
) -> None:
    key = controls.mint()
    for number in range(most + 5):
        web.get(f"{REALTIME}?n={number}&x={'x' * size}", headers=bearer(key))
    rows = controls.get("/requests", key=key, limit=1000)["requests"]

    assert len(rows) <= most
    assert rows[-1]["query"]["n"] == [str(most + 4)]


VERIFIED = [
    pytest.param({"operation": "getRealtime"}, 3, id="operation"),
    pytest.param({"operation": "getVisitor"}, 1, id="another operation"),
    pytest.param({"operation": "getRealtimeMap"}, 0, id="operation not called"),
    pytest.param({"method": "GET"}, 4, id="method"),
    pytest.param({"path": f"/api/v1{KNOWN}"}, 1, id="path"),
    pytest.param({"status": 400}, 1, id="status"),
    pytest.param({"query": {"fields": "visitors"}}, 1, id="parameter"),
    pytest.param({"operation": "getRealtime", "query": {"fields": None}}, 1, id="no such parameter"),
    pytest.param({"headers": {"X-CLIENT": "mine"}}, 1, id="header in any case"),
    pytest.param({"headers": {"authorization": "Bearer df_***"}}, 4, id="masked token"),
    pytest.param({"headers": {"x-client": None}}, 3, id="no such header"),
    pytest.param({}, 4, id="any"),
]


@pytest.fixture(scope="module")
def called(controls: Controls, web: httpx2.Client) -> str:
    """A key that four requests were sent with."""
    key = controls.mint()
    web.get(REALTIME, headers={**bearer(key), "X-Client": "mine"})
    web.get(f"{REALTIME}?fields=visitors", headers=bearer(key))
    web.get(f"{REALTIME}?fields=nothing", headers=bearer(key))
    web.get(KNOWN, headers=bearer(key))
    return key


@pytest.mark.parametrize(("expected", "count"), VERIFIED)
def test_verify_counts(controls: Controls, called: str, expected: Json, count: int) -> None:
    found = controls.post("/requests/verify", expected, key=called)
    exactly = {**expected, "count": {"min": count, "max": count}}
    as_number = {**expected, "count": count}

    assert (found["count"], found["verified"]) == (count, count > 0)
    assert controls.post("/requests/verify", exactly, key=called)["verified"]
    assert controls.post("/requests/verify", as_number, key=called)["verified"]
    assert not controls.post("/requests/verify", {**expected, "count": {"min": count + 1}}, key=called)[
        "verified"
    ]


def test_verify_names_the_nearest_misses(controls: Controls, called: str) -> None:
    expected = {"operation": "getRealtime", "query": {"fields": "pageviews"}}
    found = controls.post("/requests/verify", expected, key=called)

    assert not found["verified"]
    assert [near["differences"] for near in found["nearest"]] == [
        ["query 'fields' is 'nothing'"],
        ["query 'fields' is 'visitors'"],
        ["query 'fields' is not there"],
    ]
    assert found["nearest"][0]["request"]["status"] == 400


def test_verify_refuses_an_operation_that_there_is_not(controls: Controls) -> None:
    # None came, of course: that would be no news.
    reply = controls.ask("POST", "/requests/verify", {"operation": "getRealtme", "count": 0})

    assert (reply.status_code, reply.json()["member"]) == (400, "/operation")
    assert "getRealtime, getRealtimeMap, getVisitor" in reply.json()["detail"]


def test_verify_refuses_what_no_number_can_be(controls: Controls) -> None:
    reply = controls.ask("POST", "/requests/verify", {"count": {"min": 3, "max": 2}})

    assert (reply.status_code, reply.json()["member"]) == (400, "/count")


def test_reading_the_journal_is_not_in_it(controls: Controls) -> None:
    before = controls.get("/requests")["requests"]

    assert controls.get("/requests")["requests"] == before
    assert all("/__mock" not in row["path"] for row in before)


def test_the_journal_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text("{}\n")
    with serving("--journal", str(file)) as url, httpx2.Client(base_url=url) as web:
        web.get(f"/api/v1{REALTIME}", headers=bearer("df_test"))
        lines = file.read_text("utf-8").splitlines()
        listed = web.get("/__mock/requests").json()["requests"]

    assert len(lines) == 2
    assert json.loads(lines[1]) == {name: value for name, value in listed[0].items() if name != "lint"}
    assert "df_test" not in lines[1]


def test_a_full_disk_ends_the_journal_and_nothing_else(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with (
        log.open("w") as stream,
        serving("--journal", "/dev/full", stderr=stream) as url,
        httpx2.Client(base_url=url) as web,
    ):
        statuses = [web.get(f"/api/v1{REALTIME}", headers=bearer("df_test")).status_code for _ in range(2)]

    assert statuses == [200, 200]
    assert log.read_text("utf-8").count("--journal: No space left on device") == 1


def test_large_headers_are_refused_before_they_are_kept(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    reply = web.get(REALTIME, headers={**bearer(key), "X-Large": "x" * 33_000})

    assert (reply.status_code, reply.json()["error"]["code"]) == (431, 431)
    assert controls.get("/requests", key=key)["requests"] == []


def test_a_journal_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    result = ended("serve", "--journal", str(tmp_path / "no" / "where"))

    assert result.returncode == 2
    assert "--journal" in result.stderr
