"""`datafast-mock mutate`: the proxy changes nothing but the fault, and forwards only what it should."""

import gzip
import json
import re
import select
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from contract_tests.asking.address import is_loopback, is_loopback_host
from tests.command import address_of, ended, started
from tests.hearing import heard
from tests.quick import quick
from tests.waiting import eventually

_MAP = b'{"status":"success","data":{"count":1,"visitors":[{"visitorId":"a"}]}}'
_PATH = "/api/v1/analytics/realtime/map"
_GZIP = b"Content-Encoding: gzip\r\n"
_JSON = b"Content-Type: application/json\r\n"


class Reply(NamedTuple):
    """An answer: the status, all header lines in lower case, and the body."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def named(self, name: str) -> list[str]:
        """Returns the values of all headers with a name."""
        return [value for told, value in self.headers if told == name]


class Upstream:
    """A server that answers every request with the same bytes, and keeps the requests."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.asked: list[bytes] = []

    def serve(self, listener: socket.socket) -> None:
        """Answers requests until the listener is closed."""
        with suppress(OSError):
            while True:
                connection = listener.accept()[0]
                with connection, suppress(OSError):
                    self.asked.append(_whole(connection))
                    connection.sendall(self.answer)


def _whole(connection: socket.socket) -> bytes:
    """Reads a request with its body."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65_536)
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-le")]
    while len(body) < int(lengths[0] if lengths else 0):
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body


@contextmanager
def _mutated(answer: bytes, fault: str = "count always 1", path: str = "") -> Iterator[tuple[int, Upstream]]:
    """Starts a proxy before an upstream with a given answer; yields the proxy's port and the upstream."""
    upstream = Upstream(answer)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=upstream.serve, args=(listener,), daemon=True).start()
        address = f"http://127.0.0.1:{listener.getsockname()[1]}{path}"
        with started(fault, "--upstream", address, "--port", "0", command="mutate") as process:
            yield int(address_of(process).partition("127.0.0.1:")[2].partition("/")[0]), upstream
        listener.shutdown(socket.SHUT_RDWR)


def test_a_port_that_is_taken_is_told_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        result = ended("mutate", "count always 1", "--port", str(port))

    told = f"cannot listen on 127.0.0.1:{port} (Address already in use); `--port 0` takes a free port"
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"datafast-mock: --port: {told}\n"


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1"])
def test_a_host_that_is_no_address_of_this_machine_is_told_in_one_line(host: str) -> None:
    result = ended("mutate", "count always 1", "--port", "0", "--host", host)

    assert result.returncode == 2
    assert result.stderr.startswith(f"datafast-mock: --host: '{host}' is not an address of this machine")
    assert result.stderr.count("\n") == 1


def _answer(body: bytes, headers: bytes = _JSON, status: bytes = b"200 OK") -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return b"HTTP/1.1 " + status + b"\r\n" + headers + length + b"Connection: close\r\n\r\n" + body


def _ask(port: int, request: bytes) -> Reply:
    """Sends bytes, and returns the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        data = b""
        while part := connection.recv(65_536):
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = [(line.partition(":")[0].lower(), line.partition(":")[2].strip()) for line in lines]
    return Reply(int(first.split()[1]), headers, body)


def _get(path: str = _PATH, headers: str = "", method: str = "GET", host: str = "127.0.0.1") -> bytes:
    lines = f"{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n"
    return lines.encode("latin-1")


@pytest.fixture(scope="module")
def proxy() -> Iterator[tuple[int, Upstream]]:
    """Yields a proxy's port and its upstream, which answers with a map; a test may change the answer."""
    with _mutated(_answer(_MAP.replace(b'"count":1', b'"count":7'))) as both:
        yield both


# --- which requests are forwarded ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:1", "app.localhost", "[::1]:80", "127.1", "LOCALHOST"]
)
def test_a_loopback_host_is_answered(proxy: tuple[int, Upstream], host: str) -> None:
    reply = _ask(proxy[0], _get(host=host))

    assert (reply.status, json.loads(reply.body)["data"]["count"]) == (200, 1)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        pytest.param(_get(host="evil.example"), 403, id="a name of somebody else's"),
        pytest.param(_get(host="127.0.0.1.evil.example"), 403, id="a name that begins like ours"),
        pytest.param(_get(host="x@127.0.0.1"), 400, id="a user before it"),
        pytest.param(_get(host="127.0.0.1#"), 400, id="a fragment behind it"),
        pytest.param(_get(host="10.0.0.1"), 403, id="another machine"),
        pytest.param(_get(host=""), 403, id="an empty one"),
        pytest.param(_get(headers="Host: evil.example\r\n"), 400, id="two of them"),
        pytest.param(f"GET {_PATH} HTTP/1.0\r\n\r\n".encode(), 403, id="none"),
        pytest.param(_get("/__mock/keys"), 404, id="the controls"),
        pytest.param(_get("/"), 404, id="the root"),
        pytest.param(_get("/api/v10/x"), 404, id="a path that begins like the base"),
        pytest.param(_get("/api/v1/../../__mock/keys"), 404, id="upwards"),
        pytest.param(_get("/api/v1/%2e%2E/%2e./__mock/keys"), 404, id="upwards, encoded"),
        pytest.param(_get("/api/v1/..%2f..%5c__mock/keys"), 404, id="upwards with encoded slashes"),
        pytest.param(_get("/api/v1/.\\..\\__mock"), 404, id="upwards with backslashes"),
        pytest.param(_get("//api/v1/analytics"), 404, id="two slashes"),
    ],
)
def test_nothing_else_is_passed_on(proxy: tuple[int, Upstream], request_: bytes, status: int) -> None:
    before = len(proxy[1].asked)
    reply = _ask(proxy[0], request_)

    assert (reply.status, len(proxy[1].asked)) == (status, before)
    assert json.loads(reply.body)["detail"].endswith(".")


@pytest.mark.long
def test_the_base_is_the_upstreams() -> None:
    with _mutated(_answer(_MAP), path="/stats/v2/") as (port, upstream):
        passed = _ask(port, _get("/stats/v2/analytics/realtime/map?websiteId=a%2Fb&x"))
        refused = _ask(port, _get())

    assert (passed.status, refused.status) == (200, 404)
    assert [head.split(b"\r\n")[0] for head in upstream.asked] == [
        b"GET /stats/v2/analytics/realtime/map?websiteId=a%2Fb&x HTTP/1.1"
    ]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("127.1", True),
        ("0x7f.1", True),
        ("2130706433", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("localhost.", True),
        ("a.localhost", True),
        ("", False),
        ("0.0.0.0", False),
        ("128.1", False),
        ("::", False),
        ("notlocalhost", False),
        ("localhost.example", False),
        ("127.0.0.1.example", False),
        ("999.1", False),
    ],
)
def test_loopback(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(
    "header", ["127.0.0.1:x", "127.0.0.1/x", "127.0.0.1 ", "127.0.0.1:80:80", "[::1", "a b"]
)
def test_no_host(header: str) -> None:
    assert not is_loopback_host(header)


# --- how they are forwarded ---------------------------------------------------------------------------------


@pytest.mark.long
def test_header_bytes_are_passed_on_as_they_are() -> None:
    answer = _answer(_MAP, _JSON + b"X-Back: caf\xe9 \xff\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\n")
    with _mutated(answer) as (port, upstream):
        reply = _ask(port, _get(headers="X: caf\xe9\r\nx: two\r\nCookie: a=\xfc\r\n"))

    asked = upstream.asked[0].lower()
    assert reply.status == 200
    assert reply.named("x-back") == ["caf\xe9 \xff"]
    assert reply.named("set-cookie") == ["a=1", "b=2"]
    assert b"\r\nx: caf\xe9\r\n" in asked
    assert b"\r\nx: two\r\n" in asked
    assert b"\r\ncookie: a=\xfc\r\n" in asked


@pytest.mark.long
def test_headers_of_a_connection_stay_there() -> None:
    hop = (
        b"Keep-Alive: timeout=9\r\nConnection: X-Own\r\nX-Own: 1\r\nUpgrade: h2c\r\nProxy-Authenticate: x\r\n"
    )
    with _mutated(_answer(_MAP, _JSON + hop)) as (port, upstream):
        sent = "Connection: X-Mine\r\nX-Mine: 1\r\nTE: trailers\r\nProxy-Connection: x\r\nKeep-Alive: 5\r\n"
        reply = _ask(port, _get(headers=sent + "X-Other: 1\r\n"))

    asked = upstream.asked[0].lower()
    assert not any(name in asked for name in (b"x-mine", b"te:", b"proxy-", b"keep-alive: 5"))
    assert b"x-other: 1" in asked
    names = {name for name, _ in reply.headers}
    assert not names & {"keep-alive", "x-own", "upgrade", "trailer"}


@pytest.mark.long
@pytest.mark.parametrize(
    ("query", "payments"),
    [
        pytest.param("?filter_country=is%3AFrance%2CJapan", 9, id="the query of the fault"),
        pytest.param("", 1, id="another one"),
    ],
)
def test_a_fault_of_some_queries_is_planted_there_only(query: str, payments: int) -> None:
    body = b'{"status":"success","data":[{"visitors":4,"sessions":5,"revenue":1,"payments":1}]}'
    with _mutated(_answer(body), "a filter that adds payments") as (port, _):
        reply = _ask(port, _get(f"/api/v1/analytics/overview{query}"))

    assert json.loads(reply.body)["data"][0]["payments"] == payments


@pytest.mark.long
def test_a_fault_about_visitors_of_the_map_is_planted_for_them_only() -> None:
    shown, other = "A3AB2331-989f-4cfa-91c6-2461c9e3c6bd", "00000000-989f-4cfa-91c6-2461c9e3c6bd"
    body = _MAP.replace(b'"a"', f'"{shown}"'.encode())
    with _mutated(_answer(body), "visitors of the map, 418") as (port, _):
        asked = [_get(f"/api/v1/visitors/{visitor_id}") for visitor_id in (shown.lower(), shown, other)]
        before = [_ask(port, request).status for request in asked]
        _ask(port, _get())
        after = [_ask(port, request).status for request in asked]

    assert (before, after) == ([200] * 3, [418, 418, 200])


@pytest.mark.long
def test_head_is_a_get_without_the_body() -> None:
    with _mutated(_answer(_MAP.replace(b'"count":1', b'"count": 10000'))) as (port, _):
        whole, head = _ask(port, _get()), _ask(port, _get(method="HEAD"))

    assert head.body == b""
    assert (head.status, head.headers) == (whole.status, whole.headers)
    assert whole.named("content-length") == [str(len(whole.body))]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param("Content-Length: 11\r\n\r\nhello world", id="with a length"),
        pytest.param("Transfer-Encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n", id="in chunks"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "QUERY"])
def test_bodies_are_passed_on(proxy: tuple[int, Upstream], method: str, headers: str) -> None:
    reply = _ask(proxy[0], _get(method=method, headers=headers))

    asked = proxy[1].asked[-1]
    assert asked.startswith(f"{method} {_PATH} HTTP/1.1\r\n".encode())
    assert asked.endswith(b"\r\n\r\nhello world")
    # Only answers to requests that read get the fault.
    assert json.loads(reply.body)["data"]["count"] == 7


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            + b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in (_MAP[:9], _MAP[9:], b"")),
            id="in chunks",
        ),
        pytest.param(
            b"HTTP/1.0 200 OK\r\n\r\n" + _MAP, id="until the connection ends", marks=pytest.mark.long
        ),
        pytest.param(
            _answer(gzip.compress(_MAP), _GZIP), id="packed without being asked", marks=pytest.mark.long
        ),
    ],
)
def test_any_framing_is_read(answer: bytes) -> None:
    with _mutated(answer, "map in a list") as (port, upstream):
        reply = _ask(port, _get(headers="Accept-Encoding: br\r\n"))

    assert json.loads(reply.body)["data"] == [json.loads(_MAP)["data"]]
    assert reply.named("content-encoding") == reply.named("transfer-encoding") == []
    assert b"\r\naccept-encoding: identity\r\n" in upstream.asked[0].lower()


@pytest.mark.long
def test_a_coding_that_nobody_asked_for_is_passed_on_unread() -> None:
    with _mutated(_answer(b"\x8bbr", b"Content-Encoding: br\r\n")) as (port, _):
        reply = _ask(port, _get())

    assert (reply.status, reply.body, reply.named("content-encoding")) == (200, b"\x8bbr", ["br"])


@pytest.mark.parametrize(
    ("answer", "words"),
    quick(
        [
            pytest.param(b"SSH-2.0\r\n", "There is no answer from http://127.0.0.1:", id="no HTTP"),
            pytest.param(
                _answer(gzip.compress(bytes(40_000_000)), b"Content-Encoding: gzip\r\n"),
                "longer than 32 MB",
                id="a bomb",
            ),
        ],
        1,
    ),
)
def test_what_is_no_answer_is_a_bad_gateway(answer: bytes, words: str) -> None:
    with _mutated(answer) as (port, _):
        reply = _ask(port, _get())

    assert reply.status == 502
    assert words in json.loads(reply.body)["detail"]


@pytest.mark.long
def test_an_empty_answer_stays_empty() -> None:
    with _mutated(b"HTTP/1.1 304 Not Modified\r\nETag: x\r\nConnection: close\r\n\r\n") as (port, _):
        reply = _ask(port, _get(headers="If-None-Match: x\r\n"))

    assert (reply.status, reply.body, reply.named("etag"), reply.named("content-length")) == (
        304,
        b"",
        ["x"],
        [],
    )


def test_a_url_with_a_user_is_refused() -> None:
    result = ended("mutate", "count-always-1", "--upstream", "http://me:hunter2@127.0.0.1:1")

    assert result.returncode == 2
    assert "--upstream: 'http://***@127.0.0.1:1' contains a user" in result.stderr


@pytest.mark.long
@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_an_offer_of_another_protocol_is_ignored_in_silence(tmp_path: Path, protocol: str) -> None:
    stderr = tmp_path / "stderr"
    # Nothing listens there.
    options = ("count always 1", "--upstream", "http://127.0.0.1:1", "--port", "0")
    offer = f"{_get().decode().strip()}\r\nUpgrade: {protocol}\r\n\r\n".replace(": close", ": Upgrade")

    with stderr.open("w") as told, started(*options, command="mutate", stderr=told) as process:
        port = urlsplit(address_of(process)).port
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            connection.sendall(offer.encode())
            first = connection.recv(65_536)
            connection.sendall(_get())
            rest = b"".join(iter(lambda: connection.recv(65_536), b""))
        noted = stderr.read_text()

    assert first.startswith(b"HTTP/1.1 502 ")
    assert b"HTTP/1.1 502 " in rest
    assert noted == ""


def _statuses(port: int, sent: bytes, *, is_over: bool = False) -> list[int]:
    """Sends bytes, closes the client's side if it is over, and returns the statuses of all answers."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(sent)
        if is_over:
            connection.shutdown(socket.SHUT_WR)
        return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", _rest(connection))]


_KEPT = _get().replace(b"Connection: close\r\n", b"")
_HALF = (
    b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n" % _PATH.encode()
)


@pytest.mark.parametrize(
    ("sent", "statuses"),
    [
        pytest.param(b"garbage\r\n\r\n", [400], id="alone"),
        pytest.param(_KEPT + b"garbage\r\n\r\n", [200, 400], id="behind a request"),
        pytest.param(_KEPT * 3 + b"garbage\r\n\r\n", [200, 200, 200, 400], id="behind three"),
        pytest.param(_KEPT * 2 + _HALF + b"garbage\r\n", [200, 200, 400], id="within a body"),
        pytest.param(_HALF + b"garbage\r\n", [400], id="within the first body"),
        pytest.param(_get() + b"garbage\r\n\r\n", [200], id="behind the last request"),
        pytest.param(_KEPT + b"GET / HTTP/1.1\r\nX: " + b"x" * 600_000, [200, 431], id="a long head"),
    ],
)
def test_what_cannot_be_read_is_refused_in_its_turn(
    proxy: tuple[int, Upstream], sent: bytes, statuses: list[int]
) -> None:
    assert _statuses(proxy[0], sent) == statuses


@pytest.mark.parametrize("count", [1, 2])
def test_a_client_that_closed_its_side_is_answered(proxy: tuple[int, Upstream], count: int) -> None:
    assert _statuses(proxy[0], _KEPT * count, is_over=True) == [200] * count


def test_half_a_request_is_not_passed_on(proxy: tuple[int, Upstream]) -> None:
    port, upstream = proxy
    before = len(upstream.asked)

    assert _statuses(port, _HALF, is_over=True) == [400]

    # An answer shows that the server has also seen the end of the connection before.
    assert _statuses(port, _get()) == [200]
    assert len(upstream.asked) == before + 1


_OFFER = b"Connection: Upgrade\r\nUpgrade: h2c\r\n"


@pytest.mark.parametrize(
    ("framing", "body"),
    [
        pytest.param(b"", b"", id="no body"),
        pytest.param(b"Content-Length: 3\r\n", b"abc", id="length"),
        pytest.param(
            b"Transfer-Encoding: chunked\r\n", b"3\r\nabc\r\n0\r\nX-Trailer: x\r\n\r\n", id="chunks"
        ),
    ],
)
@pytest.mark.parametrize("is_apart", [False, True], ids=["at once", "in pieces"])
def test_a_request_that_offers_an_upgrade_is_passed_on_whole_and_the_next_one_too(
    proxy: tuple[int, Upstream], framing: bytes, body: bytes, is_apart: bool
) -> None:
    port, upstream = proxy
    before = len(upstream.asked)
    first = b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\n%b%b\r\n" % (_PATH.encode(), _OFFER, framing)
    pieces = [first, body, _get()] if is_apart else [first + body + _get()]

    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
        answer = _rest(connection)

    assert answer.count(b"HTTP/1.1 200 ") == 2
    posted, _ = upstream.asked[before:]
    assert posted.partition(b"\r\n\r\n")[2] == (b"abc" if body else b"")
    assert b"x-trailer" not in posted.lower()


@pytest.mark.long
@pytest.mark.parametrize("beginning", [b"3\r\nabc\r\n0\r\n", b"3;"], ids=["trailers", "extension of a chunk"])
def test_endless_lines_are_refused(proxy: tuple[int, Upstream], beginning: bytes) -> None:
    head = b"POST %b HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n" % _PATH.encode()
    line = b"X-Trailer: x\r\n" if beginning.endswith(b"\n") else b"a=b;"

    with socket.create_connection(("127.0.0.1", proxy[0]), timeout=60) as connection:
        connection.sendall(head + beginning)
        for _ in range(1_000):
            connection.sendall(line * 5_000)
            if select.select([connection], [], [], 0)[0]:
                break
        answer = connection.recv(65_536)

    assert answer.startswith(b"HTTP/1.1 431 ")


def _rest(connection: socket.socket) -> bytes:
    """Reads until the server closes the connection."""
    data = b""
    while part := connection.recv(65_536):
        data += part
    return data


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("is_sent_twice", "name"), list(product([True, False], ["SIGTERM", "SIGINT", "SIGHUP"]))
)
def test_a_signal_ends_it_quietly_while_the_upstream_does_not_answer(name: str, is_sent_twice: bool) -> None:
    number = signal.Signals[name]
    with (
        heard(number),
        socket.create_server(("127.0.0.1", 0)) as silent,
        started(
            *("count always 1", "--upstream", f"http://127.0.0.1:{silent.getsockname()[1]}", "--port", "0"),
            command="mutate",
            stderr=subprocess.PIPE,
        ) as process,
    ):
        address = urlsplit(address_of(process))
        with socket.create_connection((address.hostname, address.port), timeout=60) as client:
            client.sendall(_get())
            with silent.accept()[0] as asked:
                asked.recv(65_536)
                process.send_signal(number)
                if is_sent_twice:
                    eventually(lambda: not _is_listening(address.port))
                    process.send_signal(number)
                _, complaint = process.communicate(timeout=20)

    assert (process.returncode, complaint) == (130, "\nInterrupted.\n")


def _is_listening(port: int | None) -> bool:
    """Returns whether a port of this machine accepts connections."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0
