"""Paths: unknown ones, slashes, escapes, and those that are too long."""

import httpx2
import pytest

from tests.credentials import bearer
from tests.quick import quick
from tests.serving.addresses import BASE, KNOWN_VISITOR, MAP, REALTIME, assert_envelope

# httptools stores the target's length in 16 bits; a longer one never arrives.
LONGEST_TARGET = 65_535
UNKNOWN = [
    "/console",
    "/console/",
    "/console/nothing.js",
    "/favicon.ico",
    "/robots.txt",
    "/api",
    "/api/v1",
    "/api/v1/",
    "/api/v1/nothing",
    "/api/v1/analytics",
    "/api/v1/analytics/realtime/map/more",
    "/api/v1/visitor",
    "/api/v1/visitor/",
    "/api/v1/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd/more",
    "/api/v2/analytics/realtime",
    "/analytics/realtime",
    "/API/V1/ANALYTICS/REALTIME",
    "/openapi",
    # A line feed is not part of a route, although `$` in a regular expression matches before one.
    "/api/v1/analytics/realtime%0a",
    "/api/v1/analytics/realtime/map%0a",
    "/openapi.yaml%0a",
]


@pytest.mark.parametrize("token", ["df_test", "df_nobody"])
@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_route_answers_404_whatever_the_token(root: httpx2.Client, path: str, token: str) -> None:
    reply = root.get(path, headers=bearer(token))

    assert_envelope(reply, 404)


@pytest.mark.parametrize(
    "path",
    quick(
        [
            REALTIME,
            MAP,
            KNOWN_VISITOR,
            f"{BASE}/visitors/00000000-0000-4000-8000-000000000000",
            f"{BASE}/analytics/overview",
            "/__mock/sites",
            "/openapi.json",
            "/docs",
        ],
        4,
    ),
)
@pytest.mark.parametrize("token", ["df_test", "df_nobody", "dft_test"])
def test_a_slash_at_the_end_changes_no_answer(root: httpx2.Client, path: str, token: str) -> None:
    plain, slashed = (root.get(f"{path}{end}?a=b%20c", headers=bearer(token)) for end in ("", "/"))

    assert slashed.status_code == plain.status_code
    assert slashed.content == plain.content
    assert slashed.headers == plain.headers


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        pytest.param("HEAD", {}, 200, id="HEAD"),
        pytest.param("POST", {}, 405, id="another method"),
        pytest.param("OPTIONS", {}, 204, id="OPTIONS"),
        pytest.param("GET", {"Prefer": "code=404"}, 404, id="a preference"),
        pytest.param("GET", {"Authorization": ""}, 401, id="no token"),
        pytest.param("GET", {"Origin": "null"}, 200, id="a page of another origin"),
    ],
)
def test_a_slash_at_the_end_is_met_by_all_requests(
    root: httpx2.Client, method: str, headers: dict[str, str], status: int
) -> None:
    replies = [
        root.request(method, f"{REALTIME}{end}", headers={**bearer("df_test"), **headers})
        for end in ("", "/")
    ]

    assert [reply.status_code for reply in replies] == [status, status]
    assert replies[0].headers == replies[1].headers


@pytest.mark.parametrize(
    "path",
    [
        f"{REALTIME}//",
        f"{BASE}//analytics/realtime",
        f"/{REALTIME}",
        f"{REALTIME}/%2F",
        f"{REALTIME}%2F",
        "/__mock//health",
    ],
)
def test_other_slashes_lead_nowhere(root: httpx2.Client, path: str) -> None:
    reply = root.send(
        root.build_request("GET", str(root.base_url).rstrip("/") + path, headers=bearer("df_test"))
    )

    assert reply.status_code == 404
    assert "Location" not in reply.headers


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd", id="as documented"),
        pytest.param("/visitors/a3ab2331%2D989f%2d4cfa-91c6-2461c9e3c6bd", id="dashes"),
        pytest.param("/visitors/%61%33ab2331-989f-4cfa-91c6-2461c9e3c6b%64", id="letters and digits"),
        pytest.param("/%76isitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd", id="resource"),
    ],
)
def test_percent_encoding_changes_nothing(root: httpx2.Client, path: str) -> None:
    plain = root.get(KNOWN_VISITOR, headers=bearer("df_test"))
    reply = root.get(BASE + path, headers=bearer("df_test"))

    assert reply.status_code == 200
    assert reply.json() == plain.json()


@pytest.mark.parametrize("origin", [pytest.param(None, id="no page"), pytest.param("null", id="a page")])
def test_endless_url_answers_414_that_any_page_may_read(root: httpx2.Client, origin: str | None) -> None:
    path = REALTIME + "?a="
    path += "x" * (LONGEST_TARGET - len(path))

    reply = root.get(path, headers={**bearer("df_test"), **({"Origin": origin} if origin else {})})

    assert_envelope(reply, 414)
    assert reply.headers.get("Access-Control-Allow-Origin") == ("*" if origin else None)


@pytest.mark.parametrize(
    "path", ["/api%2Fv1/analytics/realtime", "/api/v1/analytics%2frealtime", "/__mock%2Fhealth"]
)
def test_an_unknown_path_is_named_as_it_was_sent(root: httpx2.Client, path: str) -> None:
    reply = root.get(path, headers=bearer("df_test"))

    assert reply.status_code == 404
    assert f" at {path}" in reply.text
