"""Servers that are broken below HTTP: each run ends soon, with little memory and one sentence."""

import gzip
import socket
import ssl
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache, partial

import pytest
import trustme

from contract_tests.asking.client import Client, Limits, Request, StoppedError
from contract_tests.asking.credentials import Credentials
from contract_tests.clauses import all_clauses
from contract_tests.document import document
from contract_tests.exchange import Exchange
from contract_tests.judging.run import Exit, Plan, Run, verify
from contract_tests.judging.verdict import Outcome
from contract_tests.masking import Mask
from contract_tests.operations import REALTIME
from tests.command import ended
from tests.kit.nobody import nobody
from tests.kit.strangers.plain import KEY, Stranger
from tests.quick import quick
from tests.timing import assert_less, cheap

Behaviour = Callable[[socket.socket], None]

_PATIENT = 60.0
"""A timeout, in seconds, for servers that complete their answers."""
_SHORT = 0.5
"""A timeout, in seconds, for servers that never complete an answer."""
_MIDWAY = 3.0
"""A timeout, in seconds, for servers that complete some answers, and then no more."""
_MOST_STEPS = 50_000_000
"""The limit of a run's work, in steps of tests.timing. The run with most work takes half of it."""
_MOST_BYTES = 200 * 1024 * 1024
_REQUEST = Request(document().operations[REALTIME], KEY, frozenset())
_GOOD = 9
"""The number of correct answers before a server breaks in the middle of a run."""


# -- how servers break ---------------------------------------------------------------------------------


def _sending(body: bytes, headers: str = "", status: str = "200 OK") -> Behaviour:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
    )
    return lambda connection: connection.sendall(head.encode() + body)


def _saying(raw: bytes) -> Behaviour:
    return lambda connection: connection.sendall(raw)


def _repeating(head: bytes, part: bytes, pause: float = 0) -> Behaviour:
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


def _bombing(headers: str) -> Behaviour:
    """Returns a behaviour that sends half a gigabyte of zeros, compressed when first requested."""

    def behave(connection: socket.socket) -> None:
        _sending(_bomb(), headers)(connection)

    return behave


@cache
def _bomb() -> bytes:
    packer = zlib.compressobj(1, wbits=31)
    return b"".join(packer.compress(bytes(1 << 20)) for _ in range(512)) + packer.flush()


_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
_LONG = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n"
_GZIP = "Content-Encoding: gzip\r\n"

_TRANSPORT = [
    pytest.param(_saying(b""), "disconnected without sending a response", id="no answer"),
    pytest.param(
        _saying(b"HTTP/1.1 200 OK\r\nContent-Ty"), "disconnected without", id="closed in the headers"
    ),
    pytest.param(
        _saying(_LONG + b'{"status"'), "without sending complete message body", id="closed in the body"
    ),
    pytest.param(_saying(b"SSH-2.0-OpenSSH_9.6\r\n"), "no answer from", id="another protocol"),
    pytest.param(_saying(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 500_000), "no answer from", id="a long header"),
    pytest.param(
        _sending(b"", "Retry-After: 0\r\n", "429 Too Many"), "still answers 429 after", id="always 429"
    ),
]
_ENDLESS = [
    pytest.param(_waiting, id="silence"),
    pytest.param(_repeating(_LONG, b" ", 0.1), id="a dripping body"),
    pytest.param(_repeating(b"", b"H", 0.1), id="dripping nonsense"),
    pytest.param(_repeating(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1), id="dripping headers"),
    pytest.param(_repeating(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 0.05), id="endless hints"),
]
_LARGE = [
    pytest.param(
        _repeating(_CHUNKED, b"10000\r\n" + b" " * 65_536 + b"\r\n"), "longer than 32 MB", id="endless body"
    ),
    pytest.param(_sending(b" " * 50_000_000), "longer than 32 MB", id="50 MB"),
    pytest.param(_bombing(_GZIP), "longer than 32 MB", id="gzip bomb"),
    pytest.param(
        _bombing("Content-Encoding: X-GZIP, identity\r\n"),
        "longer than 32 MB",
        id="a bomb under another name",
    ),
]
_BODIES = [
    pytest.param(_sending(b"<html></html>"), id="HTML"),
    pytest.param(_sending(b"[" * 100_000), id="open brackets"),
    pytest.param(_sending(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), id="100,000 levels"),
    pytest.param(_sending(b'{"status": "success", "data": '), id="cut short"),
    pytest.param(_sending(b'{"status": "\xff\xfe"}'), id="not in UTF-8"),
    pytest.param(_sending(b"[]"), id="a list"),
    pytest.param(_sending(b""), id="nothing"),
]
_REALTIME = b'{"status": "success", "data": [{"visitors": 4}]}'
_RAW = zlib.compressobj(wbits=-15)
_RAW_DEFLATED = _RAW.compress(_REALTIME) + _RAW.flush()
_CODED = [
    pytest.param("gzip", gzip.compress(_REALTIME), id="gzip"),
    pytest.param("X-Gzip", gzip.compress(_REALTIME), id="its old name"),
    pytest.param("gzip", gzip.compress(_REALTIME[:20]) + gzip.compress(_REALTIME[20:]), id="two members"),
    pytest.param("gzip", gzip.compress(_REALTIME) + bytes(100), id="padded gzip"),
    pytest.param("deflate", zlib.compress(_REALTIME), id="deflate"),
    pytest.param("deflate", _RAW_DEFLATED, id="deflate without a header"),
    pytest.param("identity", _REALTIME, id="identity"),
    pytest.param(" , identity,", _REALTIME, id="a list of nothing"),
]
_UNREADABLE = [
    pytest.param(
        "br", b"\x8b\x02\x80ok\x03", "coding 'br'; the request accepts gzip, deflate, or none", id="br"
    ),
    pytest.param("zstd", b"\x28\xb5\x2f\xfd", "has the content coding 'zstd'", id="zstd"),
    pytest.param("rot13", _REALTIME, "has the content coding 'rot13'", id="a coding that there is not"),
    pytest.param("gzip, gzip", gzip.compress(gzip.compress(_REALTIME)), "has 2 content codings", id="twice"),
    pytest.param("gzip", b"no gzip", "the body is not gzip", id="no gzip"),
    pytest.param("deflate", b"no deflate", "the body is not deflate", id="no deflate"),
    pytest.param("gzip", gzip.compress(_REALTIME)[:-9], "ends early", id="gzip that is cut short"),
    pytest.param("gzip", b"\x1f", "ends early", id="a byte of gzip"),
]
# The body has 12,000 empty blocks of gzip, and the decoder is called for each block.
_LAYERS = gzip.compress(gzip.compress(bytes(10) + b"\0\0\0\xff\xff" * 12_000, 0), 0)
_DEPTHS = [
    pytest.param(depth, id=f"{depth} levels") for depth in (100, 400, 700, 850, 900, 930, 960, 980, 990)
]


# -- how the kit reacts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("behave", "words"), _TRANSPORT)
def test_a_broken_connection_stops_the_run(behave: Behaviour, words: str) -> None:
    run = _verified(behave)

    assert (run.exit, run.recording.exchanges) == (Exit.STOPPED, [])
    assert words in str(run.stopped)


@pytest.mark.parametrize(("behave", "words"), _TRANSPORT)
def test_a_connection_that_breaks_midway_leaves_a_partial_verdict(behave: Behaviour, words: str) -> None:
    run = _verified(behave, after=_GOOD)

    assert (run.exit, len(run.recording.exchanges)) == (Exit.STOPPED, _GOOD)
    assert words in str(run.stopped)
    assert len(run.of(Outcome.HOLDS)) > 20


@pytest.mark.parametrize("behave", quick(_ENDLESS, 2))
def test_an_answer_without_an_end_stops_the_run(behave: Behaviour) -> None:
    run = _verified(behave, timeout=_SHORT)

    assert (run.exit, run.recording.exchanges) == (Exit.STOPPED, [])
    assert f"no complete answer within {_SHORT:g} s" in str(run.stopped)


@pytest.mark.long
def test_an_answer_without_an_end_from_a_given_address_stops_the_run() -> None:
    with _serving(_repeating(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1)) as base:
        named = base.replace("127.0.0.1", "nowhere.invalid")
        run = _run(named, _SHORT, connect=partial(Client, address="127.0.0.1"))

    assert f"no complete answer within {_SHORT:g} s" in str(run.stopped)


@pytest.mark.long
@pytest.mark.parametrize("behave", _ENDLESS[::4])
def test_an_answer_without_an_end_midway_leaves_a_partial_verdict(behave: Behaviour) -> None:
    run = _verified(behave, after=_GOOD, timeout=_MIDWAY)

    assert (run.exit, len(run.recording.exchanges)) == (Exit.STOPPED, _GOOD)
    assert f"no complete answer within {_MIDWAY:g} s" in str(run.stopped)
    assert len(run.of(Outcome.HOLDS)) > 20


@pytest.mark.parametrize(("behave", "words"), quick(_LARGE, 1))
@pytest.mark.parametrize("after", [pytest.param(0, id="at once"), pytest.param(_GOOD, id="midway")])
def test_what_is_too_large_is_not_read(behave: Behaviour, words: str, after: int) -> None:
    tracemalloc.start()
    try:
        run = _verified(behave, after=after)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert run.exit is Exit.STOPPED
    assert words in str(run.stopped)
    assert most < _MOST_BYTES


@pytest.mark.long
def test_the_longest_answer_is_read_as_often_as_all_answers_may_be_long() -> None:
    longest = 32 * 1024 * 1024
    with _serving(_sending(gzip.compress(bytes(longest), 1), _GZIP)) as base, _client(base) as client:
        sizes = [len(client.ask(_REQUEST).body) for _ in range(4)]
        with pytest.raises(StoppedError, match="the answers together are larger than 128 MB"):
            client.ask(_REQUEST)
    with (
        _serving(_sending(gzip.compress(bytes(longest + 1), 1), _GZIP)) as base,
        pytest.raises(StoppedError, match="an answer is longer than 32 MB"),
    ):
        _asked(base)

    assert sizes == [longest] * 4


@pytest.mark.parametrize("behave", _BODIES)
def test_what_is_no_object_of_json_is_not_this_api(behave: Behaviour) -> None:
    run = _verified(behave)

    assert run.exit is Exit.STOPPED
    assert "this is not the API's base: " in str(run.stopped)


def test_json_that_is_no_object_is_told_apart_from_another_media_type() -> None:
    run = _verified(_sending(b"[]"))

    assert str(run.stopped).endswith("answers 200 with application/json, but the body is not a JSON object")


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"]
)
def test_a_gateway_whose_server_is_down_is_not_taken_for_a_wrong_address(status: str) -> None:
    run = _verified(_sending(b"<h1>Sorry</h1>", status=status))

    assert run.exit is Exit.STOPPED
    assert f"answers {status[:3]} with application/json: the server fails, or a gateway" in str(run.stopped)
    assert "not the API's base" not in str(run.stopped)


@pytest.mark.parametrize("behave", quick(_BODIES, 2))
def test_what_is_no_object_of_json_midway_is_accused(behave: Behaviour) -> None:
    run = _verified(behave, after=_GOOD)

    assert run.exit is Exit.BROKEN
    assert "ENV-06" in [verdict.clause.id for verdict in run.of(Outcome.BROKEN)]


@pytest.mark.parametrize(("coding", "body"), _CODED)
@pytest.mark.parametrize("size", [pytest.param(1, id="byte by byte"), pytest.param(10_000, id="at once")])
def test_one_content_coding_is_decoded(coding: str, body: bytes, size: int) -> None:
    def behave(connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n"
        parts = [body[n : n + size] for n in range(0, len(body), size)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
        connection.sendall(head.encode() + chunks)

    with _serving(behave) as base:
        exchange = _asked(base)

    assert (exchange.body, exchange.unreadable) == (_REALTIME, None)


@pytest.mark.parametrize(("coding", "body", "words"), quick(_UNREADABLE, 2))
def test_what_cannot_be_decoded_is_no_readable_body(coding: str, body: bytes, words: str) -> None:
    coded = _sending(body, f"Content-Encoding: {coding}\r\n")
    at_once, midway = _verified(coded), _verified(coded, after=_GOOD)

    assert at_once.exit is Exit.STOPPED
    assert "cannot be read: " in str(at_once.stopped)
    assert words in str(at_once.stopped)
    told = next(verdict for verdict in midway.of(Outcome.BROKEN) if verdict.clause.id == "ENV-06")
    assert words in told.violations[0].problem


def test_codings_upon_each_other_are_not_decoded() -> None:
    run = _verified(_sending(_LAYERS, "Content-Encoding: gzip\r\nContent-Encoding: gzip, gzip\r\n"))

    assert "has 3 content codings" in str(run.stopped)


@pytest.mark.long
def test_a_body_of_many_members_is_left_in_time() -> None:
    assert_less(lambda: _work_on_members(timeout=0.03) / _work_on_members(timeout=_PATIENT), 0.5)


def _work_on_members(timeout: float) -> float:
    """Returns the processor time of a run whose first answer consists of many gzip members, in s."""
    with _serving(_sending(gzip.compress(b"") * 300_000, _GZIP)) as base:
        begun = time.thread_time()
        run = _run(base, timeout)
        took = time.thread_time() - begun

    assert run.exit is Exit.STOPPED
    return took


def test_what_is_decoded_is_what_is_asked_for() -> None:
    met: list[bytes] = []
    with _serving(_sending(_REALTIME), met=met) as base:
        _asked(base)

    assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in met[0]


@pytest.mark.parametrize("depth", quick(_DEPTHS, 2))
@pytest.mark.parametrize("member", ["data", "status"])
def test_deep_values_are_judged(depth: int, member: str) -> None:
    body = f'{{"{member}": {"[" * depth}{"]" * depth}}}'.encode()
    run = _verified(_sending(body), after=_GOOD)

    assert run.exit is Exit.BROKEN


def test_redirects_are_not_followed() -> None:
    met: list[bytes] = []
    with _serving(_saying(b""), met=met) as other:
        moved = _sending(b"", f"Location: {other}/analytics/realtime\r\n", "307 Temporary Redirect")
        at_once, midway = _verified(moved), _verified(moved, after=_GOOD)

    assert at_once.exit is Exit.STOPPED
    assert f"redirects to {other}/analytics/realtime; redirects are not followed" in str(at_once.stopped)
    assert midway.exit is Exit.BROKEN
    assert met == []


def test_strange_headers_are_no_fault() -> None:
    strange = b"Date: Fri, 06 Feb 2026000000000000000000 05:27:30 GMT\r\nAge: " + b"9" * 6000 + b"\r\n"
    run = _verified(_saying(b""), after=1000, headers=strange)

    assert (run.exit, run.of(Outcome.BROKEN)) == (Exit.HOLDS, [])


def test_a_server_that_is_down() -> None:
    with nobody() as address:
        run = _run(f"{address}/api/v1")

    assert run.exit is Exit.STOPPED
    assert str(run.stopped) == f"no answer from {address}/api/v1/analytics/realtime: Connection refused"


def test_what_a_library_says_has_no_full_stop_of_its_own() -> None:
    run = _verified(_saying(b""))

    assert str(run.stopped).endswith("/analytics/realtime: Server disconnected without sending a response")


def test_a_plain_server_that_is_asked_for_tls() -> None:
    with _serving(_sending(b"{}")) as base:
        run = _run(base.replace("http://", "https://"))

    assert run.exit is Exit.STOPPED
    assert "no answer from https://" in str(run.stopped)
    assert "no HTTPS at this port, so the URL may have to begin with http://" in str(run.stopped)


def test_a_server_whose_certificate_nobody_signed() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with _serving(_sending(b"{}"), tls=context) as base:
        run = _run(base.replace("http://127.0.0.1", "https://localhost"))

    assert run.exit is Exit.STOPPED
    assert "certificate verify failed: " in str(run.stopped)
    assert "set the environment variable SSL_CERT_FILE" in str(run.stopped)


@pytest.mark.parametrize(
    ("behave", "timeout", "words"),
    quick(
        [
            pytest.param(_TRANSPORT[2].values[0], 60, _TRANSPORT[2].values[1], id="closed in the body"),
            pytest.param(_ENDLESS[1].values[0], 1, "no complete answer within 1 s", id="a dripping body"),
            pytest.param(_LARGE[2].values[0], 60, _LARGE[2].values[1], id="gzip bomb"),
        ],
        1,
    ),
)
def test_the_command_says_it_in_one_sentence(behave: Behaviour, timeout: int, words: str) -> None:
    with _serving(behave) as base:
        result = ended("verify", base, "--key", KEY, "--timeout", str(timeout))

    assert (result.returncode, result.stderr) == (3, "")
    assert "No verdict: " in result.stdout
    assert words in result.stdout


def _verified(behave: Behaviour, after: int = 0, headers: bytes = b"", timeout: float = _PATIENT) -> Run:
    with _serving(behave, after, headers) as base:
        return _run(base, timeout)


def _run(base: str, timeout: float = _PATIENT, connect: Callable[..., Client] = Client) -> Run:
    """Runs the kit with a key. Asserts that it takes at most `_MOST_STEPS` and no clause crashes."""
    plan = Plan(base, Credentials(KEY), all_clauses(), limits=Limits(timeout=timeout), pause=0)
    with cheap(_MOST_STEPS):
        run = verify(plan, lambda _sentence: None, lambda _count: None, connect=connect)
    assert [verdict.bug for verdict in run.of(Outcome.FAILED)] == []
    return run


def _asked(base: str) -> Exchange:
    """Returns the exchange of one request."""
    with _client(base) as client:
        return client.ask(_REQUEST)


def _client(base: str) -> "closing[Client]":
    return closing(Client(base, Limits(timeout=_PATIENT), lambda _sentence: None, Mask()))


@contextmanager
def _serving(
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
                channel.sendall(_good(stranger, request, headers))
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


def _good(stranger: Stranger, request: bytes, headers: bytes) -> bytes:
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
