"""The part of a request's body that the journal keeps."""

import asyncio

from starlette.types import Receive, Scope

from mock_server.state.journal import LONGEST_BODY, Part

_ABOUT_BODIES = frozenset({b"content-length", b"content-encoding", b"expect", b"transfer-encoding"})
# A request whose body is later is answered all the same, since only the journal uses the body.
_PATIENCE_SECONDS = 0.5


async def receive_body(scope: Scope, receive: Receive) -> Part | None:
    """Returns the size and the first bytes of a body, or None if the request announces no body.

    Compressed bytes are not kept, since a token in them could not be masked.
    """
    headers = {name: value for name, value in scope["headers"] if name in _ABOUT_BODIES}
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return None
    announced = int(headers.get(b"content-length", b"0"))
    # A client that waits for `100 Continue` is answered without its body.
    first, is_whole = (b"", False) if b"expect" in headers else await _beginning(receive)
    body = Part(len(first) if is_whole else max(len(first), announced), first[:LONGEST_BODY])
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        body.forget()
    return body


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
