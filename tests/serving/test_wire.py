"""The rules of HTTP/1.1 for a server, to the byte: hosts, codings, targets and lengths of requests.

The fast path and the application refuse the same requests with the same bytes.
"""

import json

import pytest

from tests.quick import quick
from tests.serving.pairs import (
    REALTIME,
    Pair,
    asking,
)
from tests.serving.wire import CHUNKED, GOALS, PLAIN, TOKEN, UPGRADE, WAYS, noted, statuses, told

HOSTS = [
    pytest.param([], id="none"),
    pytest.param(["Host: localhost", "Host: localhost"], id="twice the same"),
    pytest.param(["Host: 127.0.0.1", "host: evil.example"], id="two"),
    pytest.param(["Host: a, b"], id="list"),
    pytest.param(["Host: a b"], id="blank inside"),
    pytest.param(["Host: x@127.0.0.1"], id="user"),
    pytest.param(["Host: 127.0.0.1#"], id="fragment"),
    pytest.param(["Host: 127.0.0.1/x"], id="path"),
    pytest.param(["Host: 127.0.0.1?x"], id="query"),
    pytest.param(["Host: http://127.0.0.1"], id="URL"),
    pytest.param(["Host: 127.0.0.1:x"], id="port that is none"),
    pytest.param(["Host: ::1"], id="bare IPv6 address"),
    pytest.param(["Host: [::1"], id="half an IPv6 address"),
    pytest.param(["Host: a%zz"], id="half an escape"),
    pytest.param(["Host: é"], id="beyond ASCII"),
]


@pytest.mark.parametrize("hosts", quick(HOSTS, 5))
@pytest.mark.parametrize("path", [REALTIME, "/__mock/keys", "/docs", "/nothing"])
@pytest.mark.parametrize("way", WAYS)
def test_a_request_without_one_good_host_is_refused(
    pair: Pair, way: str, path: str, hosts: list[str]
) -> None:
    answer = told(getattr(pair, way), "\r\n".join([f"GET {path} HTTP/1.1", *hosts, TOKEN, "", ""]) + PLAIN)

    # The following bytes are not answered, since another server may have read them as part of the request.
    assert statuses(answer) == [400]
    assert b'"status":"error"' in answer
    assert b"\r\nconnection: close\r\n" in answer


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param(["Host:"], id="empty"),
        pytest.param(["Host: localhost:8484"], id="port"),
        pytest.param(["Host: [::1]:8484"], id="IPv6 address"),
        pytest.param(["Host: [fe80::1%25eth0]"], id="zone"),
        pytest.param(["HOST: \t data_fa.st.  "], id="blanks around it"),
        pytest.param(["Host: a%20b"], id="escape"),
    ],
)
@pytest.mark.parametrize("way", WAYS)
def test_any_host_that_may_be_one_is_served(pair: Pair, way: str, hosts: list[str]) -> None:
    answer = told(getattr(pair, way), "\r\n".join([f"GET {REALTIME} HTTP/1.1", *hosts, TOKEN, "", ""]))

    assert statuses(answer) == [200]


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("count", [0, 1, 2])
def test_http_1_0_may_have_no_host(pair: Pair, way: str, count: int) -> None:
    lines = [f"GET {REALTIME} HTTP/1.0", *["Host: localhost"] * count, TOKEN, "", ""]

    assert statuses(told(getattr(pair, way), "\r\n".join(lines))) == [200 if count < 2 else 400]


CODINGS = [
    pytest.param(("1.1", ["chunked"], 200), id="chunks"),
    pytest.param(("1.1", ["\tCHUNKED "], 200), id="capital letters and blanks"),
    pytest.param(("1.1", [" , chunked"], 200), id="an empty element"),
    pytest.param(("1.1", ["gzip, chunked"], 501), id="another coding below"),
    pytest.param(("1.1", ["gzip;q=1,chunked"], 501), id="a coding with a parameter below"),
    pytest.param(("1.1", ["identity, chunked"], 501), id="identity, which is no coding since RFC 7230"),
    pytest.param(("1.1", ["deflate", "Chunked"], 501), id="another coding in a header of its own"),
    pytest.param(("1.1", ["xchunked, chunked"], 501), id="a name that ends alike"),
    pytest.param(("1.1", ["gzip"], 400), id="another coding alone"),
    pytest.param(("1.1", ["identity"], 400), id="identity alone"),
    pytest.param(("1.1", ["chunked, gzip"], 400), id="another coding above"),
    pytest.param(("1.1", ["chunked", "gzip"], 400), id="another coding above, in a header of its own"),
    pytest.param(("1.1", ["chunked, chunked"], 400), id="chunks of chunks"),
    pytest.param(("1.1", ["chunked", "chunked"], 400), id="doubled header"),
    pytest.param(("1.1", ["chunked;a=b"], 400), id="chunks with a parameter"),
    pytest.param(("1.1", [""], 400), id="empty"),
    pytest.param(("1.1", ["gzip, chunked\r\nContent-Length: 3"], 400), id="a length, too"),
    pytest.param(("1.1", ["identity\r\nContent-Length: 3"], 400), id="identity and a length"),
    pytest.param(("1.0", ["chunked"], 400), id="chunks of HTTP/1.0"),
    pytest.param(("1.0", ["gzip, chunked"], 400), id="another coding of HTTP/1.0"),
]


@pytest.mark.parametrize("case", quick(CODINGS, 4))
@pytest.mark.parametrize("offers", [(), UPGRADE], ids=["plain", "upgrade"])
@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("way", WAYS)
def test_no_transfer_coding_but_chunked_is_read(
    pair: Pair, way: str, method: str, offers: tuple[str, ...], case: tuple[str, list[str], int]
) -> None:
    version, values, status = case
    headers = [f"Transfer-Encoding: {value}" for value in values]
    sent = asking(
        REALTIME if method == "GET" else GOALS, TOKEN, *headers, *offers, method=method, version=version
    )

    answer = told(getattr(pair, way), sent + "2\r\n{}\r\n0\r\n\r\n" + PLAIN)

    # A body whose end is unknown hides where the next request begins.
    assert statuses(answer) == ([status] if status != 200 else [200 if method == "GET" else 400, 200])
    assert status == 200 or answer.count(b"\r\nconnection: close\r\n") == 1
    assert status != 501 or b"only 'chunked' is" in answer


@pytest.mark.parametrize("name", ["Connection", "Proxy-Connection", "Content-Length", "Transfer-Encoding"])
@pytest.mark.parametrize("way", WAYS)
def test_a_trailer_about_the_connection_is_refused(pair: Pair, way: str, name: str) -> None:
    sent = asking(REALTIME, TOKEN, CHUNKED, method="POST") + f"0\r\n{name}: close\r\n\r\n"

    assert statuses(told(getattr(pair, way), sent + PLAIN, is_over=False)) == [400]


def test_a_page_may_read_why_its_request_was_refused(pair: Pair) -> None:
    preflight = "OPTIONS / HTTP/1.1\r\nOrigin: http://a\r\nAccess-Control-Request-Method: GET\r\n\r\n"

    answer = told(pair.fast, preflight)

    assert statuses(answer) == [400]
    assert b"access-control-allow-origin: *\r\n" in answer


MISTAKES = [
    pytest.param("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "use http:// instead of https://", id="TLS"),
    pytest.param("\x16", "use http:// instead of https://", id="first byte of TLS"),
    pytest.param("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "this server speaks HTTP/1.1 only", id="HTTP/2"),
    pytest.param(PLAIN.lower(), "methods are written in capital letters", id="method in lower case"),
    pytest.param(asking("/pages/a b"), "a blank in a URL is written %20", id="blank in the path"),
]


@pytest.mark.parametrize(("sent", "told_is"), MISTAKES)
@pytest.mark.parametrize("earlier", ["", PLAIN], ids=["at once", "behind a good request"])
@pytest.mark.parametrize("way", WAYS)
def test_what_a_client_did_wrong_is_told(pair: Pair, way: str, earlier: str, sent: str, told_is: str) -> None:
    *_, answer = told(getattr(pair, way), *filter(None, [earlier, sent])).split(b"\r\n\r\n")

    error = json.loads(answer)["error"]
    assert error["code"] == 400
    assert told_is in error["message"]


def test_refused_requests_are_in_the_journal(pair: Pair) -> None:
    told(pair.fast, f"GET {REALTIME}?a=b HTTP/1.1\r\n{TOKEN}\r\n\r\n")

    row = noted(pair.fast)
    assert (row["status"], row["decidedBy"], row["keyName"]) == (400, "request", "df_test")
    assert (row["path"], row["query"]) == (REALTIME, {"a": ["b"]})
    # Nothing looked at its path, so nothing is known about it.
    assert row["lint"] == []


TARGETS = [
    pytest.param("GET", "http://127.0.0.1:1", 200, id="no path"),
    pytest.param("GET", "http://127.0.0.1:1?a=b", 200, id="query behind the host"),
    pytest.param("HEAD", "http://localhost", 200, id="HEAD without a path"),
    pytest.param("GET", f"HTTP://localhost{REALTIME}", 200, id="capital letters"),
    pytest.param("GET", f"https://user:pw@datafa.st:443{REALTIME}?a=http://b/c", 200, id="user and port"),
    pytest.param("GET", "http://localhost/nothing", 404, id="unknown path"),
    pytest.param("GET", "http:///x", 400, id="no host"),
    pytest.param("GET", "http://:80/x", 404, id="port alone"),
    pytest.param("GET", "http://a,b/x", 400, id="two hosts"),
    pytest.param("GET", f"ftp://localhost{REALTIME}", 400, id="another scheme"),
    pytest.param("GET", "localhost:80", 400, id="authority"),
    pytest.param("GET", "localhost", 400, id="name"),
    pytest.param("GET", "*", 400, id="asterisk of another method"),
    pytest.param("OPTIONS", "*", 204, id="asterisk"),
    pytest.param("OPTIONS", "http://localhost:1", 204, id="asterisk through a proxy"),
    pytest.param("OPTIONS", f"http://localhost{REALTIME}", 204, id="OPTIONS of a path"),
    pytest.param("OPTIONS", "**", 400, id="two asterisks"),
    pytest.param("CONNECT", "localhost:80", 400, id="CONNECT"),
    pytest.param("CONNECT", "localhost", 400, id="CONNECT without a port"),
    pytest.param("CONNECT", "*", 400, id="CONNECT to anywhere"),
]


@pytest.mark.parametrize(("method", "target", "status"), TARGETS)
@pytest.mark.parametrize("way", WAYS)
def test_targets(pair: Pair, way: str, method: str, target: str, status: int) -> None:
    answer = told(getattr(pair, way), asking(target, TOKEN, method=method))

    assert statuses(answer) == [status]
    assert status != 400 or b'"status":"error"' in answer
    assert status != 204 or b"\r\nallow: " in answer


@pytest.mark.parametrize("query", ["", "?a=b"])
def test_a_url_without_a_path_is_that_of_the_root(pair: Pair, query: str) -> None:
    targets = [f"/{query}", f"http://mock{query}", f"http://mock/{query}"]
    answers = {told(pair.fast, asking(target, "Connection: close"), is_over=False) for target in targets}

    [answer] = answers
    assert statuses(answer) == [200]


def test_the_host_of_a_url_counts_and_not_the_header(pair: Pair) -> None:
    rebound = "GET http://evil.example/__mock/keys HTTP/1.1\r\nHost: localhost\r\n\r\n"
    proxied = "GET http://localhost/__mock/keys HTTP/1.1\r\nHost: evil.example\r\n\r\n"

    assert statuses(told(pair.fast, rebound)) == [403]
    assert statuses(told(pair.fast, proxied)) == [200]


LONG = [
    pytest.param(("/" + "x" * 32_768, "A: b"), 414, id="path just too long"),
    pytest.param(("/?" + "x" * 65_600, "A: b"), 414, id="query beyond 16 bits"),
    pytest.param(("/" + "x" * 3_000_000, "A: b"), 414, id="endless path"),
    pytest.param(("http://" + "x" * 70_000 + "/", "A: b"), 414, id="endless host"),
    pytest.param(("/", "A: " + "b" * 32_768), 431, id="header just too long"),
    pytest.param(("/", "A: " + "b" * 65_600), 431, id="header beyond 16 bits"),
    pytest.param(("/", "A: " + "b" * 3_000_000), 431, id="endless header"),
    pytest.param(("/", "A" * 3_000_000 + ": b"), 431, id="endless name"),
    pytest.param(("/", "\r\n".join(["A: b"] * 100_000)), 431, id="endless headers"),
]


@pytest.mark.parametrize(("request_", "status"), quick(LONG, 6))
@pytest.mark.parametrize("size", [1 << 30, 30_000], ids=["at once", "in pieces"])
@pytest.mark.parametrize("is_whole", [True, False], ids=["whole", "without an end"])
@pytest.mark.parametrize("way", WAYS)
def test_too_long_requests_are_refused_alike(
    pair: Pair, way: str, *, is_whole: bool, size: int, request_: tuple[str, str], status: int
) -> None:
    data = asking(request_[0], TOKEN, "Origin: http://a", request_[1])
    if not is_whole:
        data = data[:-3]
        status = status if len(data) > 500_000 else 0
    pieces = [data[start : start + size] for start in range(0, len(data), size)]

    answer = told(getattr(pair, way), *pieces, is_apart=False)

    assert statuses(answer) == ([status] if status else [])
    assert not status or (b'"status":"error"' in answer and b"\r\nconnection: close\r\n" in answer)


def test_too_long_requests_are_in_the_journal_with_their_beginning(pair: Pair) -> None:
    told(pair.fast, asking("/api/v1/" + "x" * 65_600, TOKEN, "X: " + "y" * 600))

    row = noted(pair.fast)
    assert (row["status"], row["decidedBy"], row["keyName"]) == (414, "request", "df_test")
    assert row["path"] == ("/api/v1/" + "x" * 1_000)[:1_000]
    assert "x" not in row["headers"]


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "deflate", "gzip, gzip", "identity", "nonsense"])
@pytest.mark.parametrize("path", [REALTIME, "/__mock/keys", "/docs", "/nothing"])
def test_codings_break_nothing(pair: Pair, path: str, coding: str) -> None:
    body = "\x1f\x8b\x00(\xb5/\xfd"
    headers = (
        f"Accept-Encoding: {coding}",
        f"Content-Encoding: {coding}",
        f"Content-Length: {len(body)}",
        "Content-Type: application/json",
    )
    request_ = asking(path, TOKEN, *headers, method="POST").replace("Host: mock", "Host: localhost") + body

    answer = told(pair.fast, request_ + PLAIN)

    [first, second] = statuses(answer)
    assert 400 <= first < 500
    assert second == 200
    assert b"content-encoding" not in answer.lower()
