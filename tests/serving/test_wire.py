"""The rules of HTTP/1.1 for a server, to the byte: its refusals, the order of answers, and its timeouts.

The fast path and the application answer the same stream with the same bytes, in whatever pieces it arrives.
"""

import json
import re
import select
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contract_tests.serving.strict_http import Timeouts
from mock_server.app import make_app
from mock_server.serving.fast import FastAnswers
from mock_server.serving.server import Server
from tests.command import address_of, started
from tests.controls import Controls, Json
from tests.quick import quick
from tests.serving.test_fast import (
    MAP,
    REALTIME,
    Counting,
    Pair,
    asking,
    connected,
    served,
    service,
    wait_until_read,
)
from tests.timing import assert_once

TOKEN = "Authorization: Bearer df_test"
GOALS = "/api/v1/goals"
PLAIN = asking(REALTIME, TOKEN)
CLOSING = asking(REALTIME, TOKEN, "Connection: close")
UPGRADE = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAEAAEAAAAIAAAAB")
CHUNKED = "Transfer-Encoding: chunked"
STATUS = re.compile(rb"HTTP/1\.1 (\d{3}) ")
WAYS = ["fast", "usual"]


@pytest.fixture(scope="module")
def pair() -> Iterator[Pair]:
    """Two servers of one world, one with the fast path and one without."""
    one, other = service(), service()
    counts = Counting(one)
    with (
        served(Server(make_app(one), lambda: None, fast_path=counts)) as fast,
        served(Server(make_app(other), lambda: None)) as usual,
    ):
        yield Pair(fast, usual, counts)


def told(server: str, *pieces: str, is_over: bool = True, is_apart: bool = True) -> bytes:
    """Returns all bytes that a server sends to a client that sends pieces.

    With `is_over`, the client then closes its side; otherwise its last request must close the connection.
    With `is_apart`, it sends each piece only after the server has read the previous one.
    """
    with connected(server) as sock:
        # A server may close the connection before all bytes are sent.
        with suppress(OSError):
            for number, piece in enumerate(pieces):
                if number and is_apart:
                    wait_until_read(server)
                sock.sendall(piece.encode("latin-1"))
            if is_over:
                sock.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: sock.recv(1 << 16), b""))


def statuses(answer: bytes) -> list[int]:
    """Returns the statuses of consecutive answers."""
    return [int(status) for status in STATUS.findall(answer)]


def noted(server: str) -> Json:
    """Returns the newest request in all journals."""
    with Controls(server) as controls:
        return controls.get("/requests", limit=1)["requests"][-1]


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


@pytest.mark.parametrize("hosts", HOSTS)
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


@pytest.mark.parametrize("case", CODINGS)
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


@pytest.mark.parametrize(("request_", "status"), LONG)
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


GOOD = [
    PLAIN,
    asking(MAP, "Authorization: Bearer df_demo", "Origin: http://a"),
    asking(REALTIME, TOKEN, method="HEAD"),
    asking(REALTIME),
    asking(REALTIME, TOKEN, method="OPTIONS"),
    asking("*", method="OPTIONS"),
    asking(f"http://mock{REALTIME}?a=b", TOKEN),
    asking("/nothing", TOKEN),
    "\r\n" + PLAIN,
    asking(REALTIME, TOKEN, "Content-Length: 3") + "abc",
    asking(REALTIME, TOKEN, "Content-Length: 3", method="POST") + "abc",
    asking(REALTIME, TOKEN, "Content-Length: 0", method="POST"),
    asking(REALTIME, TOKEN, CHUNKED, method="POST") + "3;x=y\r\nabc\r\n0\r\nHost: z\r\nX: y\r\n\r\n",
    asking(REALTIME, CHUNKED, method="POST") + f"0\r\n{TOKEN}\r\n\r\n",
    asking(REALTIME, TOKEN, "Content-Length: 3", "Expect: 100-continue", method="PUT") + "abc",
    asking(REALTIME, TOKEN, *UPGRADE),
    asking(REALTIME, TOKEN, *UPGRADE, method="HEAD"),
    asking(REALTIME, TOKEN, *UPGRADE, "Content-Length: 3", method="POST") + "abc",
    asking(REALTIME, TOKEN, *UPGRADE, "Content-Length: 0", method="POST"),
    asking(REALTIME, TOKEN, *UPGRADE, CHUNKED, method="POST") + "3\r\nabc\r\n0\r\n\r\n",
]
LAST = [
    CLOSING,
    asking(REALTIME, TOKEN, version="1.0"),
    asking(REALTIME, TOKEN, "Connection: keep-alive", version="1.0"),
    f"GET {REALTIME} HTTP/1.0\r\n{TOKEN}\r\n\r\n",
    asking(REALTIME, TOKEN, "Connection: close, Upgrade", "Upgrade: h2c"),
]
BROKEN = [
    "\x00",
    "XXXX\r\n\r\n",
    "GET / HTTP/9.9\r\n\r\n",
    asking("/a\x00b", TOKEN),
    asking("x:", TOKEN),
    asking(REALTIME, TOKEN, "no colon"),
    asking(REALTIME, TOKEN, "Origin: http://a", "A: \x00"),
    asking(REALTIME, TOKEN, "Content-Length: x", method="HEAD"),
    asking(REALTIME, TOKEN, "Content-Length: 1", CHUNKED, method="POST"),
    f"GET {REALTIME} HTTP/1.1\r\n{TOKEN}\r\n\r\n",
    f"HEAD {REALTIME} HTTP/1.1\r\nHost: a\r\nHost: b\r\nOrigin: http://a\r\n\r\n",
    asking("a:80", method="CONNECT") + "abc",
    asking("/" + "x" * 40_000, TOKEN, "Origin: http://a"),
    asking(REALTIME, TOKEN, "X: " + "y" * 40_000),
    asking(REALTIME, TOKEN, CHUNKED, method="POST") + "zz\r\n",
    asking(REALTIME, TOKEN, "Transfer-Encoding: gzip, chunked", method="POST") + "0\r\n\r\n",
    asking(REALTIME, TOKEN, CHUNKED, version="1.0", method="POST") + "0\r\n\r\n",
    asking(REALTIME, TOKEN, CHUNKED, method="POST") + "0\r\nConnection: close\r\n\r\n",
    asking(REALTIME, TOKEN, *UPGRADE, CHUNKED, method="POST") + "3\r\nabcdef",
]


@st.composite
def streams(draw: st.DrawFn) -> list[str]:
    """Draws the bytes that a client sends, in pieces."""
    requests = draw(st.lists(st.sampled_from(GOOD), max_size=5))
    requests += draw(st.lists(st.sampled_from([*LAST, *BROKEN]), max_size=2))
    requests += draw(st.lists(st.sampled_from(GOOD), max_size=2))
    whole = "".join(requests)
    cuts = sorted(draw(st.sets(st.integers(1, max(1, len(whole) - 1)), max_size=4)))
    return [whole[start:end] for start, end in zip([0, *cuts], [*cuts, None], strict=True)]


@settings(max_examples=min(settings().max_examples, 1_500))
@given(pieces=streams())
@example(pieces=[PLAIN, "\x00"])
@example(pieces=[PLAIN + BROKEN[9] + PLAIN])
@example(pieces=[GOOD[17] + GOOD[19], PLAIN])
def test_a_stream_is_answered_alike_whatever_the_way_and_the_pieces(pair: Pair, pieces: list[str]) -> None:
    pair.counts.forget()
    # A last request closes the connection: if the client closed its side, the answers would depend on timing.
    whole = "".join([*pieces, CLOSING])
    usual = told(pair.usual, whole, is_over=False)

    assert told(pair.fast, whole, is_over=False) == usual
    assert told(pair.fast, *pieces, CLOSING, is_over=False) == usual
    assert told(pair.usual, *pieces, CLOSING, is_over=False) == usual


@pytest.mark.parametrize("request_", GOOD, ids=range(len(GOOD)))
@pytest.mark.parametrize("way", WAYS)
def test_behind_a_good_request_another_is_answered(pair: Pair, way: str, request_: str) -> None:
    assert len(statuses(told(getattr(pair, way), request_ + PLAIN))) == 2


@pytest.mark.parametrize("request_", [*LAST, *BROKEN], ids=range(len(LAST) + len(BROKEN)))
@pytest.mark.parametrize("way", WAYS)
def test_behind_the_last_and_behind_a_broken_request_nothing_is_answered(
    pair: Pair, way: str, request_: str
) -> None:
    found = statuses(told(getattr(pair, way), PLAIN + request_ + PLAIN))

    assert found[0] == 200
    assert len(found) == 2
    assert (found[1] == 200) == (request_ in LAST)


def test_an_offer_of_another_protocol_takes_no_body_from_a_control(pair: Pair) -> None:
    body = '{"label": "mine"}'
    headers = ("Content-Type: application/json", f"Content-Length: {len(body)}", *UPGRADE)
    request_ = asking("/__mock/keys", *headers, method="POST").replace("Host: mock", "Host: localhost")

    answer = told(pair.fast, request_, body)

    assert statuses(answer) == [201]
    assert b'"label":"mine"' in answer


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        pytest.param("Content-Length: 100", "{}", id="length"),
        pytest.param(CHUNKED, "2\r\n{}\r\n", id="chunks"),
        pytest.param(CHUNKED, "2\r\n{}\r\n0\r\nX: y", id="trailer"),
    ],
)
def test_a_control_is_not_carried_out_by_half_a_request(pair: Pair, framing: str, body: str) -> None:
    head = asking("/__mock/keys", "Content-Type: application/json", framing, method="POST")
    whole = asking("/__mock/keys", "Content-Type: application/json", "Content-Length: 2", method="POST")
    local = (whole + "{}" + head + body).replace("Host: mock", "Host: localhost")

    assert statuses(told(pair.fast, local)) == [201, 400]


SLOW = asking(REALTIME, TOKEN, "Prefer: delay=300")


@pytest.mark.parametrize(
    ("sent", "expected"),
    quick(
        [
            pytest.param(SLOW, [200], id="one"),
            pytest.param(SLOW + PLAIN + SLOW + PLAIN, [200] * 4, id="several"),
            pytest.param(PLAIN + SLOW + PLAIN[:20], [200] * 2, id="half of another behind it"),
            pytest.param(SLOW + "\x00", [200, 400], id="garbage behind it"),
            pytest.param(asking(REALTIME, TOKEN, "Prefer: fault=hang"), [], id="one that is never answered"),
        ],
        3,
    ),
)
@pytest.mark.parametrize("way", WAYS)
def test_a_client_that_closed_its_side_is_answered(
    pair: Pair, way: str, sent: str, expected: list[int]
) -> None:
    assert statuses(told(getattr(pair, way), sent)) == expected


@pytest.fixture(scope="module")
def hasty() -> Iterator[str]:
    """A server with short timeouts."""
    timeouts = Timeouts(idle=0.6, request=0.3)
    one = service()
    with served(Server(make_app(one), lambda: None, fast_path=FastAnswers(one), timeouts=timeouts)) as server:
        yield server


@pytest.mark.parametrize(
    ("pieces", "count", "least"),
    quick(
        [
            pytest.param([], 0, 0.6, id="nothing"),
            pytest.param(["\r\n"], 0, 0.6, id="a line end"),
            pytest.param([PLAIN, PLAIN], 2, 0.6, id="known requests"),
            pytest.param([PLAIN, "\r\n"], 1, 0.6, id="a line end behind a request"),
            pytest.param(["G"], 1, 0.3, id="one byte"),
            pytest.param([PLAIN[:30], PLAIN[30:-2]], 1, 0.3, id="half a head"),
            pytest.param([PLAIN, PLAIN, PLAIN[:-2]], 3, 0.3, id="half a head behind requests"),
            pytest.param([asking(REALTIME, TOKEN, "Content-Length: 9")], 1, 0.3, id="no body"),
            pytest.param(
                [
                    asking("/__mock/keys", "Content-Type: application/json", CHUNKED, method="POST").replace(
                        "Host: mock", "Host: localhost"
                    )
                ],
                1,
                0.3,
                id="no body to a control",
            ),
        ],
        4,
    ),
)
def test_an_idle_connection_is_closed_after_the_timeout(
    hasty: str, pieces: list[str], count: int, least: float
) -> None:
    # On a busy machine the connection may be closed before the last piece.
    assert_once(lambda: _count_until_the_end(hasty, pieces, least), count)


def _count_until_the_end(server: str, pieces: list[str], least: float) -> int:
    """Returns the number of answers on a connection until the server closes it; asserts how long it waits."""
    answer = b""
    begin = time.monotonic()
    with connected(server) as sock, suppress(ConnectionError):
        for piece in pieces:
            sock.sendall(piece.encode())
            wait_until_read(server)
        answer = b"".join(iter(lambda: sock.recv(1 << 16), b""))
    assert time.monotonic() - begin > least - 0.1
    return len(statuses(answer))


def test_one_byte_after_another_is_too_slow(hasty: str) -> None:
    with connected(hasty) as sock:
        for byte in PLAIN[:-1]:
            sock.sendall(byte.encode())
            if select.select([sock], [], [], 0.02)[0]:
                break
        answer = sock.recv(1 << 16)

    assert statuses(answer) == [408]


def test_a_slow_request_gets_408_after_the_earlier_answers(hasty: str) -> None:
    with connected(hasty) as sock:
        sock.sendall((asking(REALTIME, TOKEN, "Prefer: delay=800") + PLAIN + PLAIN[:30]).encode())
        answer = b"".join(iter(lambda: sock.recv(1 << 16), b""))

    assert statuses(answer) == [200, 200, 408]


def test_a_client_that_polls_once_a_minute_keeps_its_connection() -> None:
    assert 65 <= Timeouts().idle <= 75


LEAVING = [
    pytest.param(b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ", id="head"),
    pytest.param(
        b"POST /__mock/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\n\r\n{",
        id="body of a control",
    ),
    pytest.param(
        b"POST /__mock/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
        id="chunk of a control",
    ),
    pytest.param(
        b"POST /__mock/keys HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        b"Content-Length: 100\r\nExpect: 100-continue\r\n\r\n",
        id="control that waits to be asked",
    ),
    pytest.param(
        b"POST %b HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{" % REALTIME.encode(), id="body"
    ),
    pytest.param(SLOW.replace("300", "60000").encode(), id="late answer"),
    pytest.param(asking("/openapi.json?revision=all").encode() * 100, id="answers that nobody reads"),
    pytest.param(asking("/__mock/requests?format=har").encode() * 3, id="answers of a control"),
]


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple["subprocess.Popen[str]", Path]]:
    """The running command, and the file of its standard error."""
    stderr = tmp_path_factory.mktemp("wire") / "stderr"
    with stderr.open("w") as stream, started("--port", "0", stderr=stream) as found:
        yield found, stderr


@pytest.fixture(scope="module")
def address(process: tuple["subprocess.Popen[str]", Path]) -> str:
    """The address of the running command."""
    return address_of(process[0])


@pytest.mark.parametrize("sent", LEAVING)
@pytest.mark.parametrize("linger", [None, 0], ids=["close", "reset"])
def test_a_client_that_leaves_is_nothing_to_tell(
    process: tuple["subprocess.Popen[str]", Path], address: str, linger: int | None, sent: bytes
) -> None:
    with connected(address) as sock:
        if linger is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, linger))
        sock.sendall(sent)
        wait_until_read(address)

    assert statuses(told(address, CLOSING)) == [200]
    assert process[1].read_text() == ""


# This must be the last test of the process.
def test_sigterm_ends_it_in_silence_whatever_is_half_done(
    process: tuple["subprocess.Popen[str]", Path], address: str
) -> None:
    server, stderr = process
    with ExitStack() as stack:
        for parameter in LEAVING:
            stack.enter_context(connected(address)).sendall(parameter.values[0])  # type: ignore[arg-type] # bytes
        wait_until_read(address)
        server.terminate()
        # The late answer would take a minute.
        code = server.wait(30)

    assert code == 0
    assert stderr.read_text() == ""


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
