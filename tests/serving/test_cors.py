"""Pages of other origins: preflights, and what they may read."""

import httpx2
import pytest

from mock_server.testing import running
from tests.credentials import bearer
from tests.instants import DATE, INSTANT
from tests.serving.addresses import ANSWERS, KNOWN_VISITOR, MAP, REALTIME, listed

ORIGINS = ["http://localhost:5173", "null"]
LIMITS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}


@pytest.mark.parametrize("path", [REALTIME, MAP, KNOWN_VISITOR, "/openapi.json"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_preflight_allows_get_with_authorization(root: httpx2.Client, origin: str, path: str) -> None:
    reply = root.options(path, headers=_preflight(origin))

    assert reply.is_success
    assert reply.headers["Access-Control-Allow-Origin"] in ("*", origin)
    assert "get" in listed(reply.headers["Access-Control-Allow-Methods"])
    assert "authorization" in listed(reply.headers["Access-Control-Allow-Headers"])
    assert reply.headers.get_list("Date") == [DATE]


@pytest.mark.parametrize("origin", ORIGINS)
def test_preflight_allows_further_headers_of_clients(root: httpx2.Client, origin: str) -> None:
    asked = "authorization,content-type,prefer"

    reply = root.options(REALTIME, headers=_preflight(origin, asked))

    assert reply.is_success
    assert listed(reply.headers["Access-Control-Allow-Headers"]) >= listed(asked)


@pytest.mark.parametrize("origin", ORIGINS)
def test_preflight_allows_a_public_page_to_ask_the_local_network(root: httpx2.Client, origin: str) -> None:
    headers = {**_preflight(origin), "Access-Control-Request-Private-Network": "true"}

    reply = root.options(REALTIME, headers=headers)

    assert reply.is_success
    assert reply.headers["Access-Control-Allow-Private-Network"] == "true"


def _preflight(origin: str, asked: str = "authorization") -> dict[str, str]:
    """Returns the headers of a browser's preflight for a GET with these headers."""
    return {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": asked,
    }


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize(("method", "path", "token", "status"), ANSWERS)
def test_page_of_any_origin_may_read_the_answer(
    root: httpx2.Client, method: str, path: str, token: str, status: int, origin: str
) -> None:
    reply = root.request(method, path, headers={**bearer(token), "Origin": origin})

    assert reply.status_code == status
    assert reply.headers["Access-Control-Allow-Origin"] in ("*", origin)
    assert listed(reply.headers["Access-Control-Expose-Headers"]) >= {
        "date",
        "retry-after",
        "www-authenticate",
        *(name.lower() for name in LIMITS),
    }


def test_page_may_read_the_state_of_the_limit() -> None:
    headers = {**bearer("df_limited"), "Origin": ORIGINS[0]}

    with running(now=INSTANT, speed=0) as mock, httpx2.Client(base_url=mock.url) as api:
        replies = [api.get("/analytics/realtime", headers=headers) for _ in range(4)]

    assert [reply.status_code for reply in replies] == [200, 200, 200, 429]
    assert replies[0].headers.keys() >= {name.lower() for name in LIMITS}
    assert replies[3].headers.keys() >= {"retry-after", *(name.lower() for name in LIMITS)}
    assert replies[3].headers["Access-Control-Allow-Origin"] in ("*", ORIGINS[0])
