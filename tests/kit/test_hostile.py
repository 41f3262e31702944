"""Servers that are broken below HTTP: each run ends soon, with little memory and one sentence."""

import gzip
import socket
import ssl
import time
import tracemalloc
from functools import partial

import pytest
import trustme

from contract_tests.asking.client import Client, StoppedError
from contract_tests.judging.run import Exit
from contract_tests.judging.verdict import Outcome
from tests.command import ended
from tests.kit.hostile import (
    BODIES,
    CODED,
    COUNTER,
    DEPTHS,
    ENDLESS,
    GOOD,
    GZIP,
    LARGE,
    LAYERS,
    MIDWAY,
    MOST_BYTES,
    PATIENT,
    REQUEST,
    SHORT,
    TRANSPORT,
    UNREADABLE,
    Behaviour,
    asked_of,
    client_of,
    repeating,
    run_of,
    saying,
    sending,
    serving,
    verified,
)
from tests.kit.nobody import nobody
from tests.kit.strangers.plain import KEY
from tests.quick import quick
from tests.timing import assert_less


@pytest.mark.parametrize(("behave", "words"), quick(TRANSPORT, 3))
def test_a_broken_connection_stops_the_run(behave: Behaviour, words: str) -> None:
    run = verified(behave)

    assert (run.exit, run.recording.exchanges) == (Exit.STOPPED, [])
    assert words in str(run.stopped)


@pytest.mark.parametrize(("behave", "words"), quick(TRANSPORT, 2))
def test_a_connection_that_breaks_midway_leaves_a_partial_verdict(behave: Behaviour, words: str) -> None:
    run = verified(behave, after=GOOD)

    assert (run.exit, len(run.recording.exchanges)) == (Exit.STOPPED, GOOD)
    assert words in str(run.stopped)
    assert len(run.of(Outcome.HOLDS)) > 20


@pytest.mark.parametrize("behave", quick(ENDLESS, 2))
def test_an_answer_without_an_end_stops_the_run(behave: Behaviour) -> None:
    run = verified(behave, timeout=SHORT)

    assert (run.exit, run.recording.exchanges) == (Exit.STOPPED, [])
    assert f"no complete answer within {SHORT:g} s" in str(run.stopped)


@pytest.mark.long
def test_an_answer_without_an_end_from_a_given_address_stops_the_run() -> None:
    with serving(repeating(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.1)) as base:
        named = base.replace("127.0.0.1", "nowhere.invalid")
        run = run_of(named, SHORT, connect=partial(Client, address="127.0.0.1"))

    assert f"no complete answer within {SHORT:g} s" in str(run.stopped)


@pytest.mark.long
@pytest.mark.parametrize("behave", ENDLESS[::4])
def test_an_answer_without_an_end_midway_leaves_a_partial_verdict(behave: Behaviour) -> None:
    run = verified(behave, after=GOOD, timeout=MIDWAY)

    assert (run.exit, len(run.recording.exchanges)) == (Exit.STOPPED, GOOD)
    assert f"no complete answer within {MIDWAY:g} s" in str(run.stopped)
    assert len(run.of(Outcome.HOLDS)) > 20


@pytest.mark.parametrize(("behave", "words"), quick(LARGE, 1))
@pytest.mark.parametrize(
    "after", [pytest.param(0, id="at once"), pytest.param(GOOD, id="midway", marks=pytest.mark.long)]
)
def test_what_is_too_large_is_not_read(behave: Behaviour, words: str, after: int) -> None:
    tracemalloc.start()
    try:
        run = verified(behave, after=after)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert run.exit is Exit.STOPPED
    assert words in str(run.stopped)
    assert most < MOST_BYTES


@pytest.mark.long
def test_the_longest_answer_is_read_as_often_as_all_answers_may_be_long() -> None:
    longest = 32 * 1024 * 1024
    with serving(sending(gzip.compress(bytes(longest), 1), GZIP)) as base, client_of(base) as client:
        sizes = [len(client.ask(REQUEST).body) for _ in range(4)]
        with pytest.raises(StoppedError, match="the answers together are larger than 128 MB"):
            client.ask(REQUEST)
    with (
        serving(sending(gzip.compress(bytes(longest + 1), 1), GZIP)) as base,
        pytest.raises(StoppedError, match="an answer is longer than 32 MB"),
    ):
        asked_of(base)

    assert sizes == [longest] * 4


@pytest.mark.parametrize("behave", quick(BODIES, 3))
def test_what_is_no_object_of_json_is_not_this_api(behave: Behaviour) -> None:
    run = verified(behave)

    assert run.exit is Exit.STOPPED
    assert "this is not the API's base: " in str(run.stopped)


def test_json_that_is_no_object_is_told_apart_from_another_media_type() -> None:
    run = verified(sending(b"[]"))

    assert str(run.stopped).endswith("answers 200 with application/json, but the body is not a JSON object")


@pytest.mark.parametrize(
    "status", ["500 Internal Server Error", "502 Bad Gateway", "503 Service Unavailable"]
)
def test_a_gateway_whose_server_is_down_is_not_taken_for_a_wrong_address(status: str) -> None:
    run = verified(sending(b"<h1>Sorry</h1>", status=status))

    assert run.exit is Exit.STOPPED
    assert f"answers {status[:3]} with application/json: the server fails, or a gateway" in str(run.stopped)
    assert "not the API's base" not in str(run.stopped)


@pytest.mark.parametrize("behave", quick(BODIES, 2))
def test_what_is_no_object_of_json_midway_is_accused(behave: Behaviour) -> None:
    run = verified(behave, after=GOOD)

    assert run.exit is Exit.BROKEN
    assert "ENV-06" in [verdict.clause.id for verdict in run.of(Outcome.BROKEN)]


@pytest.mark.parametrize(("coding", "body"), CODED)
@pytest.mark.parametrize("size", [pytest.param(1, id="byte by byte"), pytest.param(10_000, id="at once")])
def test_one_content_coding_is_decoded(coding: str, body: bytes, size: int) -> None:
    def behave(connection: socket.socket) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nTransfer-Encoding: chunked\r\n\r\n"
        parts = [body[n : n + size] for n in range(0, len(body), size)]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in [*parts, b""])
        connection.sendall(head.encode() + chunks)

    with serving(behave) as base:
        exchange = asked_of(base)

    assert (exchange.body, exchange.unreadable) == (COUNTER, None)


@pytest.mark.parametrize(("coding", "body", "words"), quick(UNREADABLE, 1))
def test_what_cannot_be_decoded_is_no_readable_body(coding: str, body: bytes, words: str) -> None:
    coded = sending(body, f"Content-Encoding: {coding}\r\n")
    at_once, midway = verified(coded), verified(coded, after=GOOD)

    assert at_once.exit is Exit.STOPPED
    assert "cannot be read: " in str(at_once.stopped)
    assert words in str(at_once.stopped)
    told = next(verdict for verdict in midway.of(Outcome.BROKEN) if verdict.clause.id == "ENV-06")
    assert words in told.violations[0].problem


def test_codings_upon_each_other_are_not_decoded() -> None:
    run = verified(sending(LAYERS, "Content-Encoding: gzip\r\nContent-Encoding: gzip, gzip\r\n"))

    assert "has 3 content codings" in str(run.stopped)


@pytest.mark.long
def test_a_body_of_many_members_is_left_in_time() -> None:
    assert_less(lambda: _work_on_members(timeout=0.03) / _work_on_members(timeout=PATIENT), 0.5)


def _work_on_members(timeout: float) -> float:
    """Returns the processor time of a run whose first answer consists of many gzip members, in s."""
    with serving(sending(gzip.compress(b"") * 300_000, GZIP)) as base:
        begun = time.thread_time()
        run = run_of(base, timeout)
        took = time.thread_time() - begun

    assert run.exit is Exit.STOPPED
    return took


def test_what_is_decoded_is_what_is_asked_for() -> None:
    met: list[bytes] = []
    with serving(sending(COUNTER), met=met) as base:
        asked_of(base)

    assert b"\r\nAccept-Encoding: gzip, deflate\r\n" in met[0]


@pytest.mark.parametrize("depth", quick(DEPTHS, 1))
@pytest.mark.parametrize("member", ["data", "status"])
def test_deep_values_are_judged(depth: int, member: str) -> None:
    body = f'{{"{member}": {"[" * depth}{"]" * depth}}}'.encode()
    run = verified(sending(body), after=GOOD)

    assert run.exit is Exit.BROKEN


def test_redirects_are_not_followed() -> None:
    met: list[bytes] = []
    with serving(saying(b""), met=met) as other:
        moved = sending(b"", f"Location: {other}/analytics/realtime\r\n", "307 Temporary Redirect")
        at_once, midway = verified(moved), verified(moved, after=GOOD)

    assert at_once.exit is Exit.STOPPED
    assert f"redirects to {other}/analytics/realtime; redirects are not followed" in str(at_once.stopped)
    assert midway.exit is Exit.BROKEN
    assert met == []


def test_strange_headers_are_no_fault() -> None:
    strange = b"Date: Fri, 06 Feb 2026000000000000000000 05:27:30 GMT\r\nAge: " + b"9" * 6000 + b"\r\n"
    run = verified(saying(b""), after=1000, headers=strange)

    assert (run.exit, run.of(Outcome.BROKEN)) == (Exit.HOLDS, [])


def test_a_server_that_is_down() -> None:
    with nobody() as address:
        run = run_of(f"{address}/api/v1")

    assert run.exit is Exit.STOPPED
    assert str(run.stopped) == f"no answer from {address}/api/v1/analytics/realtime: Connection refused"


def test_what_a_library_says_has_no_full_stop_of_its_own() -> None:
    run = verified(saying(b""))

    assert str(run.stopped).endswith("/analytics/realtime: Server disconnected without sending a response")


def test_a_plain_server_that_is_asked_for_tls() -> None:
    with serving(sending(b"{}")) as base:
        run = run_of(base.replace("http://", "https://"))

    assert run.exit is Exit.STOPPED
    assert "no answer from https://" in str(run.stopped)
    assert "no HTTPS at this port, so the URL may have to begin with http://" in str(run.stopped)


def test_a_server_whose_certificate_nobody_signed() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert("localhost").configure_cert(context)
    with serving(sending(b"{}"), tls=context) as base:
        run = run_of(base.replace("http://127.0.0.1", "https://localhost"))

    assert run.exit is Exit.STOPPED
    assert "certificate verify failed: " in str(run.stopped)
    assert "set the environment variable SSL_CERT_FILE" in str(run.stopped)


@pytest.mark.parametrize(
    ("behave", "timeout", "words"),
    quick(
        [
            pytest.param(TRANSPORT[2].values[0], 60, TRANSPORT[2].values[1], id="closed in the body"),
            pytest.param(ENDLESS[1].values[0], 1, "no complete answer within 1 s", id="a dripping body"),
            pytest.param(LARGE[2].values[0], 60, LARGE[2].values[1], id="gzip bomb"),
        ],
        1,
    ),
)
def test_the_command_says_it_in_one_sentence(behave: Behaviour, timeout: int, words: str) -> None:
    with serving(behave) as base:
        result = ended("verify", base, "--key", KEY, "--timeout", str(timeout))

    assert (result.returncode, result.stderr) == (3, "")
    assert "No verdict: " in result.stdout
    assert words in result.stdout
