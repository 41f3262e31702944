"""The journal: the requests of a client, the stages that decided their answers, and findings."""

import base64
import json
import shutil
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from mock_server.state.entries import LONGEST_ANSWER, LONGEST_BODY
from mock_server.state.journal import MOST_BYTES, MOST_REQUESTS
from mock_server.testing import RunningMock, running
from tests.command import ended, serving
from tests.controls import Controls, Json
from tests.credentials import DEMO, bearer
from tests.instants import INSTANT
from tests.quick import quick
from tests.waiting import eventually

REALTIME = "/analytics/realtime"
KNOWN = "/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"


def last(controls: Controls, key: str) -> Json:
    """Returns the newest request of a key."""
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


def test_the_answer_of_a_request(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    replies = [web.get(path, headers=bearer(key)) for path in (REALTIME, f"{REALTIME}/map", "/visitors/x")]
    replies.append(web.head(f"{REALTIME}/map", headers=bearer(key)))
    rows = controls.get("/requests", key=key)["requests"]

    assert [row["status"] for row in rows] == [reply.status_code for reply in replies]
    assert [row["responseBody"]["size"] for row in rows] == [len(reply.content) for reply in replies]
    told = [reply.content[:LONGEST_ANSWER].decode(errors="ignore") for reply in replies]
    assert [row["responseBody"]["text"] for row in rows] == told
    assert [row["responseBody"]["cut"] for row in rows] == [False, True, False, False]
    assert all(row["responseHeaders"] == {"content-type": ["application/json"]} for row in rows)
    assert all(0 < row["duration"] < 10_000 for row in rows)
    assert [row["requestBody"] for row in rows] == [None] * 4


def test_the_headers_of_an_answer_that_are_its_own(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(rateLimit={"limit": 0})
    reply = web.get(REALTIME, headers=bearer(key))
    headers = last(controls, key)["responseHeaders"]

    assert headers["retry-after"] == [reply.headers["Retry-After"]]
    assert headers["x-ratelimit-limit"] == ["0"]


@pytest.mark.parametrize(
    ("prefer", "status", "share"),
    [
        pytest.param("fault=reset", None, 0, id="reset"),
        pytest.param("fault=empty", None, 0, id="empty"),
        pytest.param("fault=truncate:0.25", 200, 0.25, id="truncate"),
        pytest.param("fault=drip:100", 200, 1, id="drip"),
        pytest.param("delay=60", 200, 1, id="delay"),
    ],
)
def test_a_cut_answer_is_noted_as_it_was_sent(
    controls: Controls, web: httpx2.Client, prefer: str, status: int | None, share: float
) -> None:
    key = controls.mint(frozen=True)
    whole = web.get(f"{REALTIME}/map", headers=bearer(key)).content
    with suppress(httpx2.HTTPError):
        web.get(f"{REALTIME}/map", headers={**bearer(key), "Prefer": prefer})
    row = last(controls, key)

    sent = int(len(whole) * share)
    assert (row["status"], row["responseBody"]["size"]) == (status, sent)
    assert row["responseBody"]["text"] == whole[:sent][:LONGEST_ANSWER].decode()
    assert row["duration"] > (50 if share == 1 else 0)


def test_a_client_that_leaves_got_nothing(turned: RunningMock, controls: Controls) -> None:
    key = controls.mint()
    address = urlsplit(turned.server)
    with socket.create_connection((address.hostname, address.port), timeout=60) as sock:
        head = f"GET /api/v1{REALTIME} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {key}\r\n"
        sock.sendall(f"{head}Prefer: delay=5000\r\n\r\n".encode())
        # The request is in the journal while it waits; its answer is added when it is sent.
        eventually(lambda: bool(controls.get("/requests", key=key)["requests"]))
        # With a linger of 0 s, closing sends a reset. Otherwise the server could not know that nobody reads.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    eventually(lambda: last(controls, key)["duration"] is not None)
    row = last(controls, key)
    assert (row["status"], row["responseBody"]["size"]) == (None, 0)
    assert 0 < row["duration"] < 5_000


def test_damage_is_noted_as_it_was_sent(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    reply = web.get(REALTIME, headers={**bearer(key), "Prefer": "fault=malformed"})

    assert last(controls, key)["responseBody"]["text"] == reply.text


BODIES = [
    pytest.param(b'{"a": 1}', {}, '{"a": 1}', None, id="text"),
    pytest.param(b"", {}, "", None, id="empty"),
    pytest.param("é".encode() * 3_000, {}, "é" * (LONGEST_BODY // 2), None, id="cut"),
    pytest.param(b"x" + "é".encode() * 3_000, {}, "x" + "é" * (LONGEST_BODY // 2 - 1), None, id="cut in two"),
    pytest.param(b"\xff\x00", {}, "/wA=", "base64", id="no text"),
    pytest.param(
        b"\xffdf_secret", {}, base64.b64encode(b"\xffdf_***").decode(), "base64", id="token in bytes"
    ),
    pytest.param(b'{"k": "df\\u005fsecret"}', {}, '{"k": "df_***"}', None, id="escaped token"),
    pytest.param(b"k=df%5Fsecret&a=1", {}, "k=df_***&a=1", None, id="token in a form"),
    pytest.param(b'"Basic ZGZfc2VjcmV0Og=="', {}, '"Basic df_***Og=="', None, id="token in base64"),
    pytest.param(b"6466745f736563726574", {}, "dft_***", None, id="token in hexadecimal"),
    pytest.param(b"\x1f\x8bx", {"Content-Encoding": "gzip"}, None, None, id="compressed"),
]


@pytest.mark.parametrize(("body", "headers", "text", "encoding"), BODIES)
def test_the_body_of_a_request(
    controls: Controls,
    web: httpx2.Client,
    body: bytes,
    headers: dict[str, str],
    text: str | None,
    encoding: str | None,
) -> None:
    key = controls.mint()
    statuses = [
        web.post(REALTIME, content=content, headers={**bearer(key), **headers}).status_code
        for content in (body, iter([body[:3], body[3:]]))
    ]
    whole, chunked = [row["requestBody"] for row in controls.get("/requests", key=key)["requests"]]

    assert statuses == [405, 405]
    is_cut = len(body) > LONGEST_BODY or text is None
    assert whole == {"size": len(body), "text": text, "encoding": encoding, "cut": is_cut}
    # The total size of a chunked body is not known.
    assert min(LONGEST_BODY + 1, len(body)) <= chunked.pop("size") <= len(body)
    assert chunked == {"text": text, "encoding": encoding, "cut": is_cut}


def test_the_body_for_an_operation_is_kept_too(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    web.request("GET", REALTIME, content=b"df_secret wants it", headers=bearer(key))

    assert last(controls, key)["requestBody"]["text"] == "df_*** wants it"


def test_a_client_that_does_not_send_its_body_is_answered(controls: Controls, turned: RunningMock) -> None:
    key = controls.mint()
    host, port = turned.server.removeprefix("http://").split(":")
    head = f"GET /api/v1{REALTIME} HTTP/1.1\r\nHost: mock\r\nAuthorization: Bearer {key}\r\n"
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(f"{head}Content-Length: 9\r\n\r\nabc".encode())
        answer = connection.recv(1 << 16)

    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert last(controls, key)["requestBody"] == {"size": 9, "text": "abc", "encoding": None, "cut": True}


@pytest.mark.parametrize(
    ("settings", "token", "name"),
    [
        pytest.param(None, "df_demo", "df_demo", id="shipped"),
        pytest.param(None, "dft_test", "dft_test", id="shipped account token"),
        pytest.param({"label": "checkout"}, "", "checkout", id="label"),
        pytest.param({}, "", "df_***", id="minted without a label"),
        pytest.param({"permissions": ["*"]}, "", "dft_***", id="account token without a label"),
        pytest.param(None, "df_stranger_1", None, id="no key"),
    ],
)
def test_a_key_has_a_name(
    controls: Controls, web: httpx2.Client, settings: Json, token: str, name: str | None
) -> None:
    sent = token if settings is None else controls.mint(**settings)
    web.get(f"{REALTIME}?websiteId={DEMO}", headers=bearer(sent))
    row = controls.get("/requests", limit=1)["requests"][0]

    assert row["keyName"] == name
    assert "stranger" not in json.dumps(row)


def test_a_stranger_s_token_is_masked_where_any_key_will_do() -> None:
    with running(any_key=True, now=INSTANT) as mock, Controls(mock.server) as anyones:
        httpx2.get(mock.url + REALTIME, headers=bearer("df_stranger"))

        assert anyones.get("/requests")["requests"][0]["keyName"] == "df_***"


def test_older_bodies_are_dropped_first(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    for _ in range(100):
        web.post(REALTIME, content=b"x" * LONGEST_BODY, headers=bearer(key))
    rows = controls.get("/requests", key=key, limit=1000)["requests"]

    kept = [row["requestBody"]["text"] is not None for row in rows]
    assert len(rows) == 100
    assert kept == sorted(kept)
    assert 40 < sum(kept) < MOST_BYTES / LONGEST_BODY
    assert all(row["requestBody"]["size"] == LONGEST_BODY for row in rows)
    assert all(row["responseBody"]["cut"] != kept for row, kept in zip(rows, kept, strict=True))


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
def test_the_stage_that_decided_the_answer(
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
    secrets = {
        "Cookie": "session=sesame",
        "X-Auth-Token": "sesame",
        "Api-Key": "sesame",
        "Proxy-Authorization": "Basic sesame",
        "X-Api": f"say {key} twice",
    }
    secrets |= {"X-Api-Key": "sesame", "df_sesame": "1", "Prefer": "delay=0, example=df_sesame"}
    secrets |= {"Referer": "http://localhost/?a=%2Cdf_sesame&b=dft%5Fse%73ame&c=%64%66_%73esame"}
    secrets |= {"X-Next": "/to%2Fit%253Fkey%253Ddf_sesame%26u%3Ddf%255Fsesame"}
    secrets |= {"X-Context": '{"url": "/?key\\u003ddf_sesame", "text": "a\\ndf_sesame"}'}
    web.get(f"{REALTIME}?token={key}&dft_sesame=1", headers={**bearer(key), **secrets})
    web.get(f"/visitors/{key}", headers=bearer(key))
    web.get(f"{REALTIME}?of={key}", headers={"Authorization": "Bearer sesame.jwt"})
    web.get(REALTIME, headers={"Authorization": "df_sesame df_sesame"})
    web.get("/x%41df_sesame?a=%41df_sesame", headers={"Authorization": "xdf_sesame x"})
    web.get(f"{REALTIME}?fields=%41df_sesame", headers=bearer(key))
    web.get(f"{REALTIME}?__example=%41df_sesame", headers=bearer(key))
    basic = base64.b64encode(b"df_sesame:").decode()
    credentials = [f"Basic {basic}", "df_sesame", "sesame", f"Bearer  {key}", 'Digest username="df_sesame"']
    for n, authorization in enumerate(credentials):
        web.get(f"{REALTIME}?n={n}", headers={"Authorization": authorization})
    text = json.dumps([controls.get("/requests", key=key), controls.get("/requests", limit=12)])

    assert basic not in text
    assert key.removeprefix("df_") not in text
    assert "sesame" not in text
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
        pytest.param(f"{REALTIME}/", True, ["slash-at-the-end"], id="slash at the end"),
        pytest.param(
            "/visitors/dfid_1/",
            True,
            ["slash-at-the-end", "cookie-as-visitor-id"],
            id="cookie, slash at the end",
        ),
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
    # At another instant a repeated request is no longer a finding.
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


@pytest.mark.parametrize(("size", "most"), quick([(1, MOST_REQUESTS), (20_000, MOST_BYTES // 20_000)], 1))
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
    """A key with which four requests were sent."""
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


@pytest.mark.parametrize(
    ("sent", "expected", "difference"),
    [
        pytest.param(b'{"a": 1, "b": [true]}', {"a": 1}, None, id="some members"),
        pytest.param(b'{"a": {"b": 1, "c": 2}}', {"a": {"b": 1}}, None, id="some members within"),
        pytest.param(b"[1, 2]", [1, 2], None, id="a list"),
        pytest.param(b"null", None, None, id="null"),
        pytest.param(b'{"a": 1}', {"a": True}, """body is '{"a": 1}'""", id="a number is no boolean"),
        pytest.param(b"[true]", [1], "body is '[true]'", id="a boolean is no number"),
        pytest.param(b"[1, 2]", [1], "body is '[1, 2]'", id="more items"),
        pytest.param(b'{"a": 1}', {"b": 1}, """body is '{"a": 1}'""", id="another member"),
        pytest.param(b'{"a": "df_secret"}', {"b": 1}, """body is '{"a": "df_***"}'""", id="token"),
        pytest.param(b"a=1", {"a": "1"}, "body is 'a=1'", id="no JSON"),
        pytest.param(b"[" * 3_000, [], f"body is {'[' * 1_000!r}", id="a deep one"),
        pytest.param(b'"' + b"x" * 5_000 + b'"', "x", "body is kept only in part", id="too large a one"),
        pytest.param(None, {}, "body is missing", id="none"),
    ],
)
def test_verify_expects_a_body(
    controls: Controls, web: httpx2.Client, sent: bytes | None, expected: Json, difference: str | None
) -> None:
    key = controls.mint()
    web.request("GET", REALTIME, content=sent, headers=bearer(key))
    found = controls.post("/requests/verify", {"body": expected}, key=key)

    assert found["verified"] == (difference is None)
    told = [] if difference is None else [[difference]]
    assert [near["differences"] for near in found["nearest"]] == told


BODY = b'{"name": "signup", "metadata": {"plan": "pro", "a/b": [1, {"c": null}]}, "token": "df_secret"}'


@pytest.mark.parametrize(
    ("sent", "expected", "differences"),
    [
        pytest.param(b'{"b": [{}], "a": 1.0}', {"exactBody": {"a": 1, "b": [{}]}}, [], id="exact"),
        pytest.param(b"null", {"exactBody": None}, [], id="exactly null"),
        pytest.param(
            b'{"a": {"b": 1}}',
            {"exactBody": {"a": {}}},
            ["""body is '{"a": {"b": 1}}'"""],
            id="one more",
        ),
        pytest.param(b'{"a": 1}', {"exactBody": {"a": True}}, ["""body is '{"a": 1}'"""], id="exact type"),
        pytest.param(None, {"exactBody": {}}, ["body is missing"], id="exact, no body"),
        pytest.param(BODY, {"bodyAt": {"/metadata/plan": "pro"}}, [], id="at a place"),
        pytest.param(BODY, {"bodyAt": {"/metadata/a~1b/1/c": None}}, [], id="at an escaped place"),
        pytest.param(BODY, {"bodyAt": {"/metadata": {"plan": "pro"}}}, [], id="some members at a place"),
        pytest.param(BODY, {"bodyAt": {"": {"name": "signup"}}}, [], id="at the whole"),
        pytest.param(
            BODY,
            {"bodyAt": {"/name": "login", "/metadata/plan": "pro", "/metadata/a~1b/2": 1}},
            ["body at '/name' is \"signup\"", "body has nothing at '/metadata/a~1b/2'"],
            id="two of three places",
        ),
        pytest.param(
            BODY,
            {"bodyAt": {"/token": "df_other"}},
            ["body at '/token' is \"df_***\""],
            id="token",
        ),
        pytest.param(b"a=1", {"bodyAt": {"/a": 1}}, ["body is 'a=1'"], id="a place, no JSON"),
        pytest.param(None, {"bodyAt": {"/a": 1}}, ["body is missing"], id="a place, no body"),
        pytest.param(
            BODY,
            {"body": {"name": "signup"}, "bodyAt": {"/metadata/plan": "free"}},
            ["body at '/metadata/plan' is \"pro\""],
            id="two ways at once",
        ),
    ],
)
def test_verify_expects_a_body_exactly_or_by_places(
    controls: Controls, web: httpx2.Client, sent: bytes | None, expected: Json, differences: list[str]
) -> None:
    key = controls.mint()
    web.request("GET", REALTIME, content=sent, headers=bearer(key))
    found = controls.post("/requests/verify", expected, key=key)

    assert found["verified"] == (not differences)
    assert [near["differences"] for near in found["nearest"]] == ([differences] if differences else [])


def test_a_place_that_is_no_pointer_is_refused(controls: Controls) -> None:
    reply = controls.ask("POST", "/requests/verify", {"bodyAt": {"name": "signup"}})

    assert (reply.status_code, reply.json()["member"]) == (400, "/bodyAt")
    assert reply.json()["detail"].startswith("`/bodyAt`: ")


@pytest.mark.parametrize(
    ("expected", "is_met"),
    [
        pytest.param({"query": {"tägs": "a b"}}, True, id="escaped in both"),
        pytest.param({"query": {"tägs": "a+b"}}, False, id="a plus is a blank"),
        pytest.param({"query": {"token": "df_***"}}, True, id="token as it is shown"),
        pytest.param({"query": {"token": "df_secret"}}, True, id="token as it was sent"),
        pytest.param({"query": {"toke": None, "oken": None}}, True, id="no part of a name"),
        pytest.param({"query": {"token": None}}, False, id="there after all"),
        pytest.param({"query": {"blank": ""}}, True, id="empty value"),
        pytest.param({"path": "/api/v1/a b+ü"}, True, id="escaped path"),
        pytest.param({"path": "/api/v1/a%20b+%C3%BC"}, False, id="path as it was written"),
        pytest.param({"headers": {"X-Token": "***"}}, True, id="header that is never shown"),
        pytest.param({"headers": {"X-Mine": "1 df_***"}}, True, id="header with a token, as shown"),
    ],
)
def test_verify_compares_the_sent_bytes(
    controls: Controls, web: httpx2.Client, expected: Json, is_met: bool
) -> None:
    key = controls.mint()
    query = "t%C3%A4gs=a%20b&t%c3%a4gs=a+b&&token=df%5Fsecret&blank"
    web.get(f"/a%20b+%C3%BC?{query}", headers={**bearer(key), "X-Token": "1", "X-Mine": "1 df_secret"})

    assert controls.post("/requests/verify", expected, key=key)["verified"] == is_met


def test_verify_tells_requests_without_an_answer(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    with suppress(httpx2.HTTPError):
        web.get(REALTIME, headers={**bearer(key), "Prefer": "fault=reset"})

    assert controls.post("/requests/verify", {"status": None}, key=key)["verified"]
    assert not controls.post("/requests/verify", {"status": 200}, key=key)["verified"]


@pytest.mark.parametrize(
    ("expected", "difference"),
    [
        ({"operation": "getRealtimeMap"}, "operation is 'getVisitor'"),
        ({"method": "POST"}, "method is 'GET'"),
        ({"status": 404}, "status is 200"),
        ({"path": "/api/v1/visitors"}, f"path is '/api/v1{KNOWN}'"),
    ],
)
def test_verify_says_what_a_near_miss_has_instead(
    controls: Controls, called: str, expected: Json, difference: str
) -> None:
    found = controls.post("/requests/verify", expected, key=called)

    assert found["nearest"][0]["differences"] == [difference]


def test_verify_names_the_nearest_misses(controls: Controls, called: str) -> None:
    expected = {"operation": "getRealtime", "query": {"fields": "pageviews"}}
    found = controls.post("/requests/verify", expected, key=called)

    assert not found["verified"]
    assert [near["differences"] for near in found["nearest"]] == [
        ["query 'fields' is 'nothing'"],
        ["query 'fields' is 'visitors'"],
        ["query 'fields' is missing"],
    ]
    assert found["nearest"][0]["request"]["status"] == 400


def test_verify_refuses_an_unknown_operation(controls: Controls) -> None:
    # No request matches a misspelt operation, so without the refusal a count of 0 would seem to be right.
    reply = controls.ask("POST", "/requests/verify", {"operation": "getRealtme", "count": 0})

    assert (reply.status_code, reply.json()["member"]) == (400, "/operation")
    assert "known: getRealtime, getRealtimeMap, getOverview, " in reply.json()["detail"]


def test_verify_refuses_an_impossible_count(controls: Controls) -> None:
    reply = controls.ask("POST", "/requests/verify", {"count": {"min": 3, "max": 2}})

    assert (reply.status_code, reply.json()["member"]) == (400, "/count")


def test_without_a_key_everything_is_about_the_requests_of_all_clients() -> None:
    with running(now=INSTANT) as mock, Controls(mock.server) as controls:
        keys = [controls.mint(rateLimit={"limit": 0, "window": window}) for window in (60, 3600)]
        for key in (*keys, "df_stranger", *keys):
            httpx2.get(f"{mock.url}{REALTIME}?odd=1", headers=bearer(key))
        rows = controls.get("/requests")["requests"]
        verified = controls.post("/requests/verify", {"status": 429, "count": 4})
        retries = controls.get("/requests/retries")["retries"]
        controls.ask("DELETE", "/requests")
        left = controls.get("/requests")["requests"]

    assert [row["status"] for row in rows] == [429, 429, 401, 429, 429]
    assert ["undocumented-parameter" in json.dumps(row["lint"]) for row in rows] == [True] * 5
    assert verified["verified"]
    assert [retry["waited"] is None for retry in retries] == [False, True] * 2
    assert left == []


def test_reading_the_journal_is_not_in_it(controls: Controls) -> None:
    before = controls.get("/requests")["requests"]

    assert controls.get("/requests")["requests"] == before
    # Another test may have sent requests that break HTTP's rules, which are noted wherever they go.
    assert [row["path"] for row in before if row["path"].startswith("/__mock/requests")] == []


def test_the_journal_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text("{}\n")
    with serving("--journal", str(file)) as url, httpx2.Client(base_url=url) as web:
        web.get(f"/api/v1{REALTIME}", headers=bearer("df_test"))
        lines = file.read_text("utf-8").splitlines()
        listed = web.get("/__mock/requests").json()["requests"]

    assert len(lines) == 2
    assert json.loads(lines[1]) == {name: value for name, value in listed[0].items() if name != "lint"}
    assert "Bearer df_***" in lines[1]


def test_a_full_disk_ends_the_journal_and_nothing_else(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with (
        log.open("w") as stream,
        serving("--journal", "/dev/full", stderr=stream) as url,
        httpx2.Client(base_url=url) as web,
    ):
        statuses = [web.get(f"/api/v1{REALTIME}", headers=bearer("df_test")).status_code for _ in range(2)]

    assert statuses == [200, 200]
    assert (
        log.read_text("utf-8").count("--journal: /dev/full cannot be written (No space left on device)") == 1
    )


def test_findings_about_one_request_are_bounded(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    web.get(REALTIME + "?" + "&".join(f"a{n}" for n in range(500)), headers=bearer(key))

    assert len(last(controls, key)["lint"]) == 20


def test_large_headers_are_refused_before_they_are_kept(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    reply = web.get(REALTIME, headers={**bearer(key), "X-Large": "x" * 33_000})

    row = last(controls, key)

    assert (reply.status_code, reply.json()["error"]["code"]) == (431, 431)
    assert (row["status"], row["decidedBy"], row["path"]) == (431, "request", "/api/v1" + REALTIME)
    assert "x-large" not in row["headers"]


def test_a_journal_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    result = ended("serve", "--journal", str(tmp_path / "no" / "where"))

    assert result.returncode == 2
    assert "--journal" in result.stderr


def _moved(file: Path) -> None:
    file.rename(file.with_suffix(".1"))


def _replaced(file: Path) -> None:
    _moved(file)
    file.touch()


def _truncated(file: Path) -> None:
    file.with_suffix(".1").write_bytes(file.read_bytes())
    file.write_bytes(b"")


@pytest.mark.long
@pytest.mark.parametrize("rotate", [_moved, _replaced, _truncated])
def test_a_journal_on_disk_may_be_rotated(tmp_path: Path, rotate: Callable[[Path], None]) -> None:
    file = tmp_path / "journal.log"
    with serving("--journal", str(file)) as url, httpx2.Client(base_url=f"{url}/api/v1") as web:
        web.get(REALTIME, headers=bearer("df_demo"))
        rotate(file)
        web.get(KNOWN, headers=bearer("df_demo"))
        web.get("/nothing", headers=bearer("df_demo"))

    older, newer = (
        [json.loads(line)["path"].removeprefix("/api/v1") for line in one.read_text("utf-8").splitlines()]
        for one in (file.with_suffix(".1"), file)
    )
    assert (older, newer) == ([REALTIME], [KNOWN, "/nothing"])


@pytest.mark.long
def test_a_journal_whose_folder_is_gone_ends_with_a_word(tmp_path: Path) -> None:
    folder, errors = tmp_path / "logs", tmp_path / "errors"
    folder.mkdir()
    with (
        errors.open("w") as stream,
        serving("--journal", str(folder / "journal.log"), stderr=stream) as url,
        httpx2.Client(base_url=f"{url}/api/v1") as web,
    ):
        shutil.rmtree(folder)
        replies = [web.get(REALTIME, headers=bearer("df_demo")) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert (
        errors.read_text("utf-8").count("cannot be written (No such file or directory); later requests") == 1
    )
