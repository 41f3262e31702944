"""Every documented error, and undocumented requests that must not break the server."""

import httpx2
import pytest

from tests.credentials import DEMO, bearer

REALTIME = "/analytics/realtime"
KNOWN_VISITOR = "/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"


def _assert_envelope(reply: httpx2.Response, status: int) -> None:
    assert reply.status_code == status, reply.text
    body = reply.json()
    assert body["status"] == "error"
    assert body["error"]["code"] == status
    assert body["error"]["message"]


@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param(None, id="none"),
        pytest.param("", id="empty"),
        pytest.param("Bearer", id="no token"),
        pytest.param("Basic ZGY6eA==", id="another scheme"),
        pytest.param("df_test", id="no scheme"),
        pytest.param("Bearer df_nobody", id="unknown"),
        pytest.param("Bearer df_test extra", id="two words"),
    ],
)
def test_without_a_known_token_401_with_the_scheme(api: httpx2.Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    reply = api.get(REALTIME, headers=headers)

    _assert_envelope(reply, 401)
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param(REALTIME + "?fields=visitors", 200, id="visitors"),
        pytest.param(REALTIME + "?fields=", 200, id="empty counts as omitted"),
        pytest.param(REALTIME + "?fields=pageviews", 400, id="another field"),
        pytest.param(REALTIME + "?fields=visitors,pageviews", 400, id="one of two"),
    ],
)
def test_fields(api: httpx2.Client, path: str, status: int) -> None:
    reply = api.get(path, headers=bearer("df_test"))

    assert reply.status_code == status


@pytest.mark.parametrize(
    ("token", "query", "status"),
    [
        pytest.param("dft_test", f"?websiteId={DEMO}", 200, id="allowed"),
        pytest.param("dft_test", "", 400, id="no websiteId"),
        pytest.param("dft_test", "?websiteId=", 400, id="empty websiteId"),
        pytest.param("dft_test", "?websiteId=dfid_12345", 400, id="tracking id"),
        pytest.param("dft_test", "?websiteId=000000000000000000000000", 404, id="unknown website"),
        pytest.param("dft_elsewhere", f"?websiteId={DEMO}", 403, id="not allowed"),
        pytest.param("dft_elsewhere", "?websiteId=665f0b3c4d2e1a0000000003", 200, id="allowed elsewhere"),
        pytest.param("dft_no_permission", f"?websiteId={DEMO}", 403, id="no permission"),
        pytest.param("dft_no_permission", "", 403, id="permission comes before websiteId"),
        pytest.param("df_suspended", "", 403, id="suspended"),
        pytest.param("df_error_500", "", 500, id="server error"),
        pytest.param("df_error_504", "", 504, id="gateway timeout"),
        pytest.param("df_test", "?websiteId=dfid_12345", 200, id="ignored with a website key"),
        pytest.param("df_test", "?timezone=Europe/Paris&startAt=2020-01-01&endAt=x", 200, id="dates ignored"),
    ],
)
def test_credential_and_website(api: httpx2.Client, token: str, query: str, status: int) -> None:
    reply = api.get(REALTIME + query, headers=bearer(token))

    if status == 200:
        assert reply.json()["status"] == "success"
    else:
        _assert_envelope(reply, status)


@pytest.mark.parametrize(
    ("visitor_id", "status"),
    [
        pytest.param("a3ab2331-989f-4cfa-91c6-2461c9e3c6bd", 200, id="known"),
        pytest.param("A3AB2331-989F-4CFA-91C6-2461C9E3C6BD", 200, id="upper case"),
        pytest.param("00000000-0000-4000-8000-000000000000", 404, id="nobody"),
        pytest.param("b07b07b0-7b07-4b07-b07b-07b07b07b07b", 400, id="bot"),
        pytest.param("a3ab2331-989f-1cfa-91c6-2461c9e3c6bd", 400, id="version 1"),
        pytest.param("{a3ab2331-989f-4cfa-91c6-2461c9e3c6bd}", 400, id="braces"),
        pytest.param("urn:uuid:a3ab2331-989f-4cfa-91c6-2461c9e3c6bd", 400, id="urn"),
        pytest.param("a3ab2331989f4cfa91c62461c9e3c6bd", 400, id="no dashes"),
        pytest.param("a3ab2331-989f-4cfa-91c6-2461c9e3c6bd%0a", 400, id="line feed"),
        pytest.param("%00", 400, id="zero byte"),
    ],
)
def test_visitor_id(api: httpx2.Client, visitor_id: str, status: int) -> None:
    reply = api.get(f"/visitors/{visitor_id}", headers=bearer("df_test"))

    assert reply.status_code == status, reply.text


def test_fourth_request_of_a_minute_is_refused_with_the_state_of_the_limit(api: httpx2.Client) -> None:
    replies = [api.get(REALTIME, headers=bearer("df_limited")) for _ in range(4)]

    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    _assert_envelope(replies[3], 429)
    assert replies[3].json()["limit"] == 3
    assert replies[3].headers["X-RateLimit-Remaining"] == "0"
    # The window is a minute of real time, which began with the first request.
    assert 1 <= int(replies[3].headers["Retry-After"]) <= 60


def test_unknown_route_404_in_the_envelope(api: httpx2.Client) -> None:
    reply = api.get("/nothing", headers=bearer("df_test"))

    _assert_envelope(reply, 404)


def test_other_method_405_names_the_allowed_ones(api: httpx2.Client) -> None:
    reply = api.post(REALTIME, headers=bearer("df_test"))

    _assert_envelope(reply, 405)
    assert set(reply.headers["Allow"].split(", ")) == {"GET", "HEAD"}
