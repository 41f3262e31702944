"""The mock as an HTTP server: methods, CORS, headers, unknown routes, and routes outside the API."""

import re
import shlex
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_server import __version__
from mock_server.contract.document import REVISIONS
from mock_server.testing import RunningMock, running
from mock_server.world.world import WORLD_VERSION
from tests.credentials import DEMO, bearer
from tests.instants import DATE, INSTANT
from tests.quick import quick

BASE = "/api/v1"
REALTIME = f"{BASE}/analytics/realtime"
MAP = f"{REALTIME}/map"
KNOWN_VISITOR = f"{BASE}/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
ORIGINS = ["http://localhost:5173", "null"]
LIMITS = {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"}
# httptools stores the target's length in 16 bits; a longer one never arrives.
LONGEST_TARGET = 65_535

CURL_LINES = [
    pytest.param(
        'curl -X GET "https://datafa.st/api/v1/analytics/realtime" -H "Authorization: Bearer df_xxx"',
        id="realtime",
    ),
    pytest.param(
        'curl -X GET "https://datafa.st/api/v1/analytics/realtime/map" -H "Authorization: Bearer df_xxx"',
        id="map",
    ),
]
"""Every distinct `curl` command of the documentation's pages, each in one line."""

ANSWERS = [
    pytest.param("GET", REALTIME, "df_test", 200, id="realtime"),
    pytest.param("GET", MAP, "df_test", 200, id="map"),
    pytest.param("GET", KNOWN_VISITOR, "df_test", 200, id="visitor"),
    pytest.param("GET", "/openapi.json", "df_test", 200, id="document"),
    pytest.param("GET", REALTIME + "?fields=pageviews", "df_test", 400, id="bad request"),
    pytest.param("GET", REALTIME, "df_nobody", 401, id="unauthorized"),
    pytest.param("GET", REALTIME, "df_suspended", 403, id="suspended"),
    pytest.param("GET", "/nothing", "df_test", 404, id="unknown route"),
    pytest.param("POST", REALTIME, "df_test", 405, id="method not allowed"),
    pytest.param("GET", REALTIME, "df_error_500", 500, id="server error"),
    pytest.param("GET", REALTIME, "df_error_504", 504, id="gateway timeout"),
]

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


@pytest.fixture(scope="module")
def root(mock: RunningMock) -> Iterator[httpx2.Client]:
    """A client of the whole server, not only of the API."""
    with httpx2.Client(base_url=mock.url.removesuffix(BASE)) as client:
        yield client


def _assert_envelope(reply: httpx2.Response, status: int) -> None:
    assert reply.status_code == status, reply.text
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.json()["status"] == "error"
    assert reply.json()["error"]["code"] == status
    assert reply.json()["error"]["message"]


def _listed(header: str) -> set[str]:
    """Returns the members of a list-valued header, in lower case."""
    return {member.strip().lower() for member in header.split(",")}


@pytest.mark.parametrize(("method", "path", "token", "status"), ANSWERS)
def test_answer_is_uncached_json_dated_by_the_world(
    root: httpx2.Client, method: str, path: str, token: str, status: int
) -> None:
    reply = root.request(method, path, headers=bearer(token))

    assert reply.status_code == status
    assert reply.headers.get_list("Date") == [DATE]
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert "Server" not in reply.headers


@pytest.mark.parametrize(
    ("path", "token"),
    [
        pytest.param(REALTIME, "df_test", id="realtime"),
        pytest.param(MAP, "df_test", id="map"),
        pytest.param(KNOWN_VISITOR, "df_test", id="visitor"),
        pytest.param(REALTIME + "?fields=pageviews", "df_test", id="bad request"),
        pytest.param(REALTIME, "df_nobody", id="unauthorized"),
        pytest.param("/nothing", "df_test", id="unknown route"),
        pytest.param(REALTIME + "/", "df_test", id="redirection"),
        pytest.param("/__mock/sites", "df_test", id="sites"),
        pytest.param("/openapi.yaml", "df_test", id="document"),
    ],
)
def test_head_answers_as_get_without_the_body(root: httpx2.Client, path: str, token: str) -> None:
    get = root.get(path, headers=bearer(token))
    head = root.head(path, headers=bearer(token))

    assert head.status_code == get.status_code
    assert head.headers == get.headers
    assert head.headers["Content-Length"] == str(len(get.content))
    assert head.content == b""


@pytest.mark.parametrize("path", [REALTIME, MAP, KNOWN_VISITOR, "/openapi.yaml"])
def test_options_answers_204_with_the_allowed_methods(root: httpx2.Client, path: str) -> None:
    reply = root.options(path)

    assert reply.status_code == 204
    assert reply.headers["Allow"] == "GET, HEAD"
    assert reply.content == b""
    assert reply.headers.get_list("Date") == [DATE]


def test_options_of_an_unknown_route_answers_404(root: httpx2.Client) -> None:
    reply = root.options("/nothing")

    _assert_envelope(reply, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", [REALTIME, MAP, KNOWN_VISITOR, "/openapi.json"])
def test_other_method_answers_405_with_the_allowed_ones(root: httpx2.Client, path: str, method: str) -> None:
    reply = root.request(method, path, headers=bearer("df_test"))

    _assert_envelope(reply, 405)
    assert _listed(reply.headers["Allow"]) == {"get", "head"}


@pytest.mark.parametrize("path", [REALTIME, MAP, KNOWN_VISITOR, "/openapi.json"])
@pytest.mark.parametrize("origin", ORIGINS)
def test_preflight_allows_get_with_authorization(root: httpx2.Client, origin: str, path: str) -> None:
    reply = root.options(path, headers=_preflight(origin))

    assert reply.is_success
    assert reply.headers["Access-Control-Allow-Origin"] in ("*", origin)
    assert "get" in _listed(reply.headers["Access-Control-Allow-Methods"])
    assert "authorization" in _listed(reply.headers["Access-Control-Allow-Headers"])
    assert reply.headers.get_list("Date") == [DATE]


@pytest.mark.parametrize("origin", ORIGINS)
def test_preflight_allows_further_headers_of_clients(root: httpx2.Client, origin: str) -> None:
    asked = "authorization,content-type,prefer"

    reply = root.options(REALTIME, headers=_preflight(origin, asked))

    assert reply.is_success
    assert _listed(reply.headers["Access-Control-Allow-Headers"]) >= _listed(asked)


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
    assert _listed(reply.headers["Access-Control-Expose-Headers"]) >= {
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


@pytest.mark.parametrize("token", ["df_test", "df_nobody"])
@pytest.mark.parametrize("path", UNKNOWN)
def test_unknown_route_answers_404_whatever_the_token(root: httpx2.Client, path: str, token: str) -> None:
    reply = root.get(path, headers=bearer(token))

    _assert_envelope(reply, 404)


@pytest.mark.parametrize(
    "path",
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

    _assert_envelope(reply, 414)
    assert reply.headers.get("Access-Control-Allow-Origin") == ("*" if origin else None)


@pytest.mark.parametrize("line", CURL_LINES)
def test_documented_curl_answers_200(root: httpx2.Client, line: str) -> None:
    _, _, method, url, _, header = shlex.split(line)
    name, _, value = header.partition(": ")

    reply = root.request(method, urlsplit(url).path, headers={name: value})

    assert reply.status_code == 200
    assert reply.json()["status"] == "success"


def test_documented_visitor_answers_200(root: httpx2.Client) -> None:
    reply = root.get(KNOWN_VISITOR, headers=bearer("df_test"))

    assert reply.status_code == 200
    assert reply.json()["data"]["visitorId"] == KNOWN_VISITOR.rpartition("/")[2]


@pytest.mark.parametrize(
    "query",
    [
        "timezone=Europe/Paris",
        "timezone=Asia%2FKolkata&startAt=2026-01-01&endAt=2026-02-01",
        "startAt=nonsense&endAt=",
        "limit=-1&offset=abc&page=0",
        "_=1770355650123",
        f"websiteId={DEMO}",
        "websiteId=dfid_12345",
        "websiteId=",
        "filter_country=US&filter_device=is%3Amobile",
        "a&b=&=c&&&=&a=1&a=2",
        "%",
        "%zz=%zz",
        "%ff=%c3%28&%00=%00",
        "Fields=pageviews&FIELDS=x&fields[]=y&field=z",
    ],
)
@pytest.mark.parametrize("path", [REALTIME, MAP, KNOWN_VISITOR])
def test_superfluous_parameters_are_ignored(root: httpx2.Client, path: str, query: str) -> None:
    plain = root.get(path, headers=bearer("df_test"))
    reply = root.get(f"{path}?{query}", headers=bearer("df_test"))

    assert reply.status_code == 200
    assert reply.content == plain.content


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Content-Type": "application/json"}, id="Content-Type"),
        pytest.param({"Content-Type": "nonsense"}, id="bad Content-Type"),
        pytest.param({"Accept": "text/html"}, id="Accept: text/html"),
        pytest.param({"Accept": "nonsense;q=x"}, id="bad Accept"),
        pytest.param({"Accept-Encoding": "br, zstd"}, id="Accept-Encoding"),
        pytest.param({"If-None-Match": "*"}, id="If-None-Match"),
        pytest.param({"If-Modified-Since": DATE}, id="If-Modified-Since"),
        pytest.param({"If-Match": '"x"'}, id="If-Match"),
        pytest.param({"Range": "bytes=0-1"}, id="Range"),
        pytest.param({"Expect": "100-continue"}, id="Expect"),
        pytest.param({"Cookie": "datafast_visitor_id=a3ab2331; =; x"}, id="Cookie"),
        pytest.param({"X-HTTP-Method-Override": "DELETE"}, id="X-HTTP-Method-Override"),
        pytest.param({"X-Forwarded-Host": "elsewhere", "X-Forwarded-Proto": "x"}, id="X-Forwarded"),
        pytest.param({"Host": "datafa.st"}, id="Host"),
        pytest.param({"Sec-Fetch-Mode": "cors", "Sec-Fetch-Site": "cross-site"}, id="Sec-Fetch"),
    ],
)
@pytest.mark.parametrize("path", [REALTIME, KNOWN_VISITOR])
def test_superfluous_headers_are_ignored(root: httpx2.Client, path: str, headers: dict[str, str]) -> None:
    plain = root.get(path, headers=bearer("df_test"))
    reply = root.get(path, headers={**bearer("df_test"), **headers})

    assert reply.status_code == 200
    assert reply.content == plain.content
    assert reply.headers == plain.headers


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "])
def test_scheme_is_read_in_any_case(root: httpx2.Client, scheme: str) -> None:
    reply = root.get(REALTIME, headers={"authorization": f"{scheme} df_test"})

    assert reply.status_code == 200


def test_body_of_a_get_is_ignored(root: httpx2.Client) -> None:
    reply = root.request("GET", REALTIME, headers=bearer("df_test"), json={"fields": ["pageviews"]})

    assert reply.status_code == 200


@pytest.mark.parametrize("size", [2, 100_000])
def test_body_that_nobody_reads_is_waited_for_until_it_is_whole(root: httpx2.Client, size: int) -> None:
    times = []
    for _ in range(4):
        begun = time.monotonic()
        root.request("GET", REALTIME, headers=bearer("df_test"), content=b" " * size)
        times.append(time.monotonic() - begun)

    # A body that does not come is waited for half a second.
    assert min(times) < 0.4


def test_health_tells_version_seed_revision_and_instant(root: httpx2.Client) -> None:
    reply = root.get("/__mock/health")

    assert reply.status_code == 200
    assert reply.json() == {
        "status": "ok",
        "version": __version__,
        "worldVersion": WORLD_VERSION,
        "seed": 42,
        "revision": "2026-02",
        "instant": f"{INSTANT[:-1]}.000Z",
    }


def test_sites_name_the_default_one_with_key_and_website_id(root: httpx2.Client) -> None:
    sites = root.get("/__mock/sites").json()["sites"]

    demo = next(site for site in sites if site["name"] == "demo")
    assert (demo["websiteId"], demo["key"]) == (DEMO, "df_demo")
    assert all(re.fullmatch("[0-9a-f]{24}", site["websiteId"]) for site in sites)
    assert len({site["websiteId"] for site in sites}) == len(sites) >= 7


def test_sites_tell_what_their_first_plan_costs(root: httpx2.Client) -> None:
    prices = {site["name"]: site["price"] for site in root.get("/__mock/sites").json()["sites"]}

    assert prices["demo"] == {"amount": 19.0, "currency": "USD"}
    assert prices["shop"]["currency"] == "JPY"
    assert (prices["empty"], prices["no_revenue"]) == (None, None)


def test_key_and_website_id_of_each_site_lead_to_the_same_site(root: httpx2.Client) -> None:
    sites = root.get("/__mock/sites").json()["sites"]

    by_key = [root.get(REALTIME, headers=bearer(site["key"])) for site in sites]
    by_id = [
        root.get(f"{REALTIME}?websiteId={site['websiteId']}", headers=bearer("dft_test")) for site in sites
    ]

    assert {reply.status_code for reply in by_key} == {200}
    assert [reply.content for reply in by_id] == [reply.content for reply in by_key]


def test_each_member_of_a_cast_has_a_profile(root: httpx2.Client) -> None:
    sites = root.get("/__mock/sites").json()["sites"]
    members = [(site["key"], visitor_id) for site in sites for visitor_id in site["cast"].values()]

    replies = [root.get(f"{BASE}/visitors/{visitor_id}", headers=bearer(key)) for key, visitor_id in members]

    assert members
    assert {reply.status_code for reply in replies} == {200}


def test_document_is_of_the_running_revision_unless_asked(root: httpx2.Client) -> None:
    reply = root.get("/openapi.json")

    assert reply.json() == _document(root, REVISIONS[0])
    assert reply.json() != _document(root, REVISIONS[1])


@pytest.mark.parametrize("revision", quick(["all", *REVISIONS], 1))
def test_served_document_is_valid_and_names_this_server_first(root: httpx2.Client, revision: str) -> None:
    document = _document(root, revision)

    OpenAPIV31SpecValidator(document).validate()
    here = document["servers"][0]["url"]
    assert root.get(f"{here}/analytics/realtime", headers=bearer("df_test")).status_code == 200


@pytest.mark.parametrize("revision", [*REVISIONS, "all"])
def test_document_is_the_same_as_json_and_as_yaml(root: httpx2.Client, revision: str) -> None:
    reply = root.get(f"/openapi.yaml?revision={revision}")

    assert reply.headers["Content-Type"].partition(";")[0] == "application/yaml"
    assert yaml.load(reply.text, yaml.CSafeLoader) == _document(root, revision)


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("revision", ["2026-03", "", "ALL", "2026-02%00", "%ff"])
def test_unknown_revision_answers_400_naming_the_known(root: httpx2.Client, form: str, revision: str) -> None:
    reply = root.get(f"/openapi.{form}?revision={revision}")

    assert reply.status_code == 400
    assert all(known in reply.text for known in REVISIONS)


def _document(root: httpx2.Client, revision: str) -> Any:
    reply = root.get(f"/openapi.json?revision={revision}")
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.mark.parametrize(
    "path", ["/api%2Fv1/analytics/realtime", "/api/v1/analytics%2frealtime", "/__mock%2Fhealth"]
)
def test_an_unknown_path_is_named_as_it_was_sent(root: httpx2.Client, path: str) -> None:
    reply = root.get(path, headers=bearer("df_test"))

    assert reply.status_code == 404
    assert f" at {path}" in reply.text
