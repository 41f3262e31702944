"""`/__mock/requests/verify`: the requests that are expected, and the nearest misses."""

from contextlib import suppress

import httpx2
import pytest

from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.state.journal import KNOWN, REALTIME

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


@pytest.mark.parametrize("place", ["name", "/name~2", "/~", "x/name"])
def test_a_place_that_is_no_pointer_is_refused(controls: Controls, place: str) -> None:
    reply = controls.ask("POST", "/requests/verify", {"bodyAt": {place: "signup"}})

    assert (reply.status_code, reply.json()["member"]) == (400, "/bodyAt")
    assert reply.json()["detail"] == (
        "`/bodyAt`: as the name of a member, a JSON pointer, such as /data/count, is expected."
    )


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
