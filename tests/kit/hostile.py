"""Servers that break in every way, and runs of the kit against them."""

import gzip
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache

import pytest

from contract_tests.asking.client import Client, Limits, Request
from contract_tests.asking.credentials import Credentials
from contract_tests.clauses import all_clauses
from contract_tests.document import document
from contract_tests.exchange import Exchange
from contract_tests.judging.run import Plan, Run, verify
from contract_tests.judging.verdict import Outcome
from contract_tests.masking import Mask
from contract_tests.operations import REALTIME
from tests.kit.strangers.plain import KEY, Stranger
from tests.timing import cheap

Behaviour = Callable[[socket.socket], None]
PATIENT = 60.0
"""A timeout, in seconds, for servers that complete their answers."""
SHORT = 0.5
"""A timeout, in seconds, for servers that never complete an answer."""
MIDWAY = 3.0
"""A timeout, in seconds, for servers that complete some answers, and then no more."""
MOST_STEPS = 50_000_000
"""The limit of a run's work, in steps of tests.timing. The run with most work takes half of it."""
MOST_BYTES = 200 * 1024 * 1024
REQUEST = Request(document().operations[REALTIME], KEY, frozenset())
GOOD = 9
"""The number of correct answers before a server breaks in the middle of a run."""


def sending(body: bytes, headers: str = "", status: str = "200 OK") -> Behaviour:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return lambda connection: connection.sendall(head.encode() + body)


def saying(raw: bytes) -> Behaviour:
    return lambda connection: connection.sendall(raw)


def repeating(head: bytes, part: bytes, pause: float = 0) -> Behaviour:
    """Returns a behaviour that sends a head, and then a part again and again until the client closes."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(head)
        while True:
            connection.sendall(part)
            time.sleep(pause)

    return behave


def _waiting(connection: socket.socket) -> None:
    # The client sends no more, and closes its side at the end.
    connection.recv(1)


def bombing(headers: str) -> Behaviour:
    """Returns a behaviour that sends half a gigabyte of zeros, compressed when first requested."""

    def behave(connection: socket.socket) -> None:
        sending(_bomb(), headers)(connection)

    return behave


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()


CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
LONG = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
GZIP = "Content-Encoding: gzip\r\n"
TRANSPORT = [
    pytest.param(saying(b""), "disconnected without sending a response", id="no answer"),
    pytest.param(
        saying(b"HTTP/1.1 200 OK\r\nContent-Ty"), "disconnected without", id="closed in the headers"
    ),
    pytest.param(
        saying(LONG + b'{"status"'), "without sending complete message body", id="closed in the body"
    ),
    pytest.param(saying(b"SSH-2.0-OpenSSH_9.6\r\n"), "no answer from", id="another protocol"),
    pytest.param(saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000), "no answer from", id="a long header"),
    pytest.param(
        sending(b"", "Retry-After: 0\r\n", "429 Too Many"), "still answers 429 after", id="always 429"
    ),
]
ENDLESS = [
    pytest.param(_waiting, id="silence"),
    pytest.param(repeating(LONG, b" ", 0.1), id="a dripping body"),
    pytest.param(repeating(b"", b"H", 0.1), id="dripping nonsense"),
    pytest.param(repeating(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1), id="dripping headers"),
    pytest.param(repeating(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05), id="endless hints"),
]
LARGE = [
    pytest.param(
        repeating(CHUNKED, b"10000\r\n" + b" " * 65_536 + b"\r\n"), "longer than 32 MB", id="endless body"
    ),
    pytest.param(sending(b" " * 50_000_000), "longer than 32 MB", id="50 MB"),
    pytest.param(bombing(GZIP), "longer than 32 MB", id="gzip bomb"),
    pytest.param(
        bombing("Content-Encoding: X-GZIP, identity\r\n"),
        "longer than 32 MB",
        id="a bomb under another name",
    ),
]
BODIES = [
    pytest.param(sending(b"<html></html>"), id="HTML"),
    pytest.param(sending(b"[" * 100_000), id="open brackets"),
    pytest.param(sending(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), id="100,000 levels"),
    pytest.param(sending(b'{"status": "success", "data": '), id="cut short"),
    pytest.param(sending(b'{"status": "\xff\xfe"}'), id="not in UTF-8"),
    pytest.param(sending(b"[]"), id="a list"),
    pytest.param(sending(b""), id="nothing"),
]
COUNTER = b'{"status": "success", "data": [{"visitors": 4}]}'
_RAW = zlib.compressobj(wbits=-15)
RAW_DEFLATED = _RAW.compress(COUNTER) + _RAW.flush()
CODED = [
    pytest.param("gzip", gzip.compress(COUNTER), id="gzip"),
    pytest.param("X-Gzip", gzip.compress(COUNTER), id="its old name"),
    pytest.param("gzip", gzip.compress(COUNTER[:20]) + gzip.compress(COUNTER[20:]), id="two members"),
    pytest.param("gzip", gzip.compress(COUNTER) + bytes(100), id="padded gzip"),
    pytest.param("deflate", zlib.compress(COUNTER), id="deflate"),
    pytest.param("deflate", RAW_DEFLATED, id="deflate without a header"),
    pytest.param("identity", COUNTER, id="identity"),
    pytest.param(" , identity,", COUNTER, id="a list of nothing"),
]
UNREADABLE = [
    pytest.param(
        "br", b"\x8b\x02\x80ok\x03", "coding 'br'; the request accepts gzip, deflate, or none", id="br"
    ),
    pytest.param("zstd", b"\x28\xb5\x2f\xfd", "has the content coding 'zstd'", id="zstd"),
    pytest.param("rot13", COUNTER, "has the content coding 'rot13'", id="a coding that there is not"),
    pytest.param("gzip, gzip", gzip.compress(gzip.compress(COUNTER)), "has 2 content codings", id="twice"),
    pytest.param("gzip", b"no gzip", "the body is not gzip", id="no gzip"),
    pytest.param("deflate", b"no deflate", "the body is not deflate", id="no deflate"),
    pytest.param("gzip", gzip.compress(COUNTER)[:-9], "ends early", id="gzip that is cut short"),
    pytest.param("gzip", b"\x1f", "ends early", id="a byte of gzip"),
]
# The body has 12,000 empty blocks of gzip, and the decoder is called for each block.
LAYERS = gzip.compress(gzip.compress(bytes(10) + b"\0\0\0\xff\xff" * 12_000, 0), 0)
DEPTHS = [
    pytest.param(depth, id=f"{depth} levels") for depth in (100, 400, 700, 850, 900, 930, 960, 980, 990)
]


def verified(behave: Behaviour, after: int = 0, headers: bytes = b"", timeout: float = PATIENT) -> Run:
    with serving(behave, after, headers) as base:
        return run_of(base, timeout)


def run_of(base: str, timeout: float = PATIENT, connect: Callable[..., Client] = Client) -> Run:
    """Runs the kit with a key. Asserts that it takes at most `MOST_STEPS` and no clause crashes."""
    plan = Plan(base, Credentials(KEY), all_clauses(), limits=Limits(timeout=timeout), pause=0)
    with cheap(MOST_STEPS):
        run = verify(plan, lambda _sentence: None, lambda _count: None, connect=connect)
    assert [verdict.bug for verdict in run.of(Outcome.FAILED)] == []
    return run


def asked_of(base: str) -> Exchange:
    """Returns the exchange of one request."""
    with client_of(base) as client:
        return client.ask(REQUEST)


def client_of(base: str) -> "closing[Client]":
    return closing(Client(base, Limits(timeout=PATIENT), lambda _sentence: None, Mask()))


@contextmanager
def serving(
    behave: Behaviour,
    after: int = 0,
    headers: bytes = b"",
    met: list[bytes] | None = None,
    tls: ssl.SSLContext | None = None,
) -> Iterator[str]:
    """Runs a server whose first answers are correct, and which then treats each connection with `behave`.

    `after` is the number of correct answers, which also have the given headers. The server adds each request
    that it gets to the list `met`. With `tls` it speaks TLS; the address still begins with http://.
    """
    stranger, asked = Stranger(), [] if met is None else met

    def answer(connection: socket.socket) -> None:
        with suppress(OSError), connection if tls is None else tls.wrap_socket(connection, True) as channel:
            request = channel.recv(65_536)
            asked.append(request)
            if len(asked) <= after:
                channel.sendall(good(stranger, request, headers))
            else:
                behave(channel)

    def accept(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                threading.Thread(target=answer, args=(listener.accept()[0],), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=accept, args=(listener,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/api/v1"
        finally:
            # Without this, the thread stays in `accept` and keeps the port.
            listener.shutdown(socket.SHUT_RDWR)


def good(stranger: Stranger, request: bytes, headers: bytes) -> bytes:
    """Returns the answer of a correct server to a request."""
    lines = request.decode("latin-1").split("\r\n")
    target, _, query = lines[0].split(" ")[1].removeprefix("/api/v1").partition("?")
    given = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    answer = stranger.answer(
        target,
        dict(pair.split("=", 1) for pair in query.split("&") if pair),
        {name.title(): value for name, value in given.items()},
    )
    head = f"HTTP/1.1 {answer.status} So\r\nConnection: close\r\nContent-Length: {len(answer.body)}\r\n"
    return head.encode() + headers + b"\r\n" + answer.body
