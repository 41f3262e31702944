"""The mock as an HTTP server: methods, headers, and requests that clients send in their own ways."""

import shlex
import time
from urllib.parse import urlsplit

import httpx2
import pytest

from tests.credentials import DEMO, bearer
from tests.instants import DATE
from tests.serving.addresses import ANSWERS, KNOWN_VISITOR, MAP, REALTIME, assert_envelope, listed

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

    assert_envelope(reply, 404)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"])
@pytest.mark.parametrize("path", [REALTIME, MAP, KNOWN_VISITOR, "/openapi.json"])
def test_other_method_answers_405_with_the_allowed_ones(root: httpx2.Client, path: str, method: str) -> None:
    reply = root.request(method, path, headers=bearer("df_test"))

    assert_envelope(reply, 405)
    assert listed(reply.headers["Allow"]) == {"get", "head"}


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
