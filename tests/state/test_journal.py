"""The journal: the requests of a client, their answers, and the stages that decided these."""

import base64
import json
import socket
import struct
from contextlib import suppress
from urllib.parse import urlsplit

import httpx2
import pytest

from mock_server.state.entries import LONGEST_ANSWER, LONGEST_BODY
from mock_server.state.journal import MOST_BYTES, MOST_REQUESTS
from mock_server.testing import RunningMock, running
from tests.controls import Controls, Json
from tests.credentials import DEMO, bearer
from tests.instants import INSTANT
from tests.quick import quick
from tests.state.journal import REALTIME, last
from tests.waiting import eventually


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


def test_large_headers_are_refused_before_they_are_kept(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    reply = web.get(REALTIME, headers={**bearer(key), "X-Large": "x" * 33_000})

    row = last(controls, key)

    assert (reply.status_code, reply.json()["error"]["code"]) == (431, 431)
    assert (row["status"], row["decidedBy"], row["path"]) == (431, "request", "/api/v1" + REALTIME)
    assert "x-large" not in row["headers"]
