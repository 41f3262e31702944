"""The test for plain requests, which the fast path may answer, and the heads of their answers."""

from collections.abc import Collection
from functools import lru_cache
from typing import NamedTuple

from mock_server.faults.prefer import QUERY_PREFIX
from mock_server.instants import date_header
from mock_server.service import Service
from mock_server.serving.replies import EXPOSED_HEADERS, JSON
from mock_server.state.journal import answer_headers_of
from mock_server.state.keys import Key

PREFERENCE = QUERY_PREFIX.encode()
"""The text that every query with a preference contains."""
DECISIVE = frozenset({b"prefer", b"expect", b"upgrade", b"transfer-encoding", b"range"})
"""The headers that may change the answer, or how the body is sent."""
OK = 200
"""The status of the answers of the fast path."""
HEADERS = answer_headers_of([(b"content-type", JSON.encode())])
"""The headers of an answer, as the journal keeps them."""

# The limits of a plain request, which are below those at which a request is refused as too large.
_MOST_HEADERS = 50
_LONGEST_HEADER = 500
_CROSS_ORIGIN = (
    f"access-control-allow-origin: *\r\naccess-control-expose-headers: {', '.join(EXPOSED_HEADERS)}\r\n"
).encode()


class Answer(NamedTuple):
    """The bytes of an answer: its head, without the empty line at the end, and its body."""

    head: bytes
    body: bytes


def sender_of(
    service: Service, headers: list[tuple[bytes, bytes]], decisive: Collection[bytes]
) -> tuple[Key, bool] | None:
    """Returns the key, and whether the request has an `Origin`.

    Returns None if one of the `decisive` headers or the settings of the key require a decision by `stages`.
    """
    authorization, is_cross_origin = None, False
    if len(headers) > _MOST_HEADERS:
        return None
    for name, value in headers:
        if name in decisive or len(name) + len(value) > _LONGEST_HEADER:
            return None
        if name == b"authorization":
            if authorization is not None:
                return None
            authorization = value.decode("latin-1")
        elif name == b"origin":
            is_cross_origin = True
    if service.common.settings.rules:
        return None
    key = service.keys.named(authorization)
    if key is None or key.settings.rules or service.limiter_of(key) is not None:
        return None
    return key, is_cross_origin


@lru_cache(64)
def head_of(length: int, instant: int, *, is_cross_origin: bool) -> bytes:
    """Returns the head of a successful answer, with the headers in the same order as the application's."""
    return (
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\ncontent-type: %s\r\ndate: %s\r\n%s"
        b"vary: Origin\r\ncache-control: no-store\r\n"
    ) % (length, JSON.encode(), date_header(instant), _CROSS_ORIGIN if is_cross_origin else b"")
