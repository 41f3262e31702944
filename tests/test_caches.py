"""The small caches of texts that clients send: no long text stays in them."""

import tracemalloc
from collections.abc import Callable

import pytest

from contract_tests.serving.heads import target_of
from mock_server.state.entries import NOBODY, Part, Request, Sent

MANY, LONG = 100, 30_000
MOST_BYTES = 1_000_000 + 32 * 3 * LONG
"""A limit that leaves room for the 32 texts of which the tokens are cached."""


def check_host(number: int) -> None:
    """Checks a head whose `Host` is long, and like no other."""
    target_of(b"GET", "1.1", b"/", [(b"host", b"%d%b" % (number, b"a" * LONG))])


def look_for_parameter(number: int) -> None:
    """Looks in a request for a masked value; the request's own value is long, and like no other."""
    sent = Sent("GET", b"/", b"a=%d%%C3%%A4%b" % (number, b"a" * LONG), b"", 0)
    request = Request(
        number=number,
        at=0,
        limit_time=0,
        instant=0,
        sent=sent,
        body=None,
        operation=None,
        caller=NOBODY,
        status=200,
        answer=Part(),
        answer_headers=b"",
        decided_by="",
        duration=0,
    )
    assert not request.has_parameter("a", "***")


@pytest.mark.parametrize("read", [check_host, pytest.param(look_for_parameter, marks=pytest.mark.long)])
def test_long_texts_are_not_kept(read: Callable[[int], None]) -> None:
    read(0)
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(MANY):
            read(number)
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert after - before < MOST_BYTES
