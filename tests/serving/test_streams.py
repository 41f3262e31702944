"""Streams of requests on one connection, which are answered in order.

The fast path and the application answer the same stream with the same bytes, in whatever pieces it arrives.
"""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.serving.pairs import MAP, REALTIME, Pair, asking
from tests.serving.wire import CHUNKED, CLOSING, PLAIN, TOKEN, UPGRADE, WAYS, statuses, told

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
