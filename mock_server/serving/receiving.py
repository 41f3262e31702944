"""Reads a request's body: its beginning for the journal, or all of it for an operation that has a body."""

import asyncio

from starlette.types import Receive, Scope

from contract_tests.serving.refused import is_cut, refuse
from mock_server.errors import BODY_CUT, BODY_TOO_LARGE, ApiError
from mock_server.state.entries import LONGEST_BODY, Part

LARGEST_BODY = 256 * 1024
"""The maximum size of a body that an operation documents, in bytes."""

_ABOUT_BODIES = frozenset({b"content-length", b"expect", b"transfer-encoding"})
# The time to wait for a body that only the journal uses, in seconds. After it, the request is answered
# without its body.
_PATIENCE_SECONDS = 0.5


async def receive_body(scope: Scope, receive: Receive) -> Part | None:
    """Returns the size and the first bytes of a body, or None if the request announces no body."""
    headers = {name: value for name, value in scope["headers"] if name in _ABOUT_BODIES}
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return None
    announced = int(headers.get(b"content-length", b"0"))
    # A client that waits for `100 Continue` is answered without its body.
    first, is_whole = (b"", False) if b"expect" in headers else await _beginning(receive)
    return kept_of(scope, first, len(first) if is_whole else max(len(first), announced))


async def receive_whole_body(scope: Scope, receive: Receive) -> bytes:
    """Returns the whole body.

    If the body is too long or incomplete, it returns no bytes and refuses the request.
    """
    found, is_more = bytearray(), True
    while is_more:
        message = await receive()
        is_gone = message["type"] == "http.disconnect"
        found += message.get("body", b"")
        is_more = message.get("more_body", False)
        if is_gone or (not is_more and is_cut(scope)):
            refuse(scope, ApiError(BODY_CUT, size=len(found)))
            return b""
        if len(found) > LARGEST_BODY:
            refuse(scope, ApiError(BODY_TOO_LARGE, limit=LARGEST_BODY))
            return b""
    return bytes(found)


def kept_of(scope: Scope, body: bytes, size: int | None = None) -> Part:
    """Returns the part of a body that the journal keeps; `body` are its first bytes.

    A `size` of None means that `body` is the whole body.

    Compressed bytes are not kept, since a token in them could not be masked.
    """
    kept = Part(len(body) if size is None else size, body[:LONGEST_BODY])
    if is_compressed(scope):
        kept.forget()
    return kept


def is_compressed(scope: Scope) -> bool:
    """Returns whether a request has a body in another encoding than `identity`."""
    encodings = [value for name, value in scope["headers"] if name == b"content-encoding"]
    return any(encoding.lower() != b"identity" for encoding in encodings)


async def _beginning(receive: Receive) -> tuple[bytes, bool]:
    """Returns the beginning of the body, a little more than is kept, and whether it is the whole body."""
    found = bytearray()
    try:
        async with asyncio.timeout(_PATIENCE_SECONDS):
            while len(found) <= LONGEST_BODY:
                message = await receive()
                found += message.get("body", b"")
                if not message.get("more_body", False):
                    return bytes(found), True
    except TimeoutError:
        pass
    return bytes(found), False
