"""The body of a request, as far as it is kept."""

import asyncio

from starlette.types import Receive, Scope

from mock_server.state.journal import LONGEST_BODY, Part

_ABOUT_BODIES = frozenset({b"content-length", b"content-encoding", b"expect", b"transfer-encoding"})
# Who has not sent it by then is answered all the same, as nothing depends on it.
_PATIENCE_SECONDS = 0.5


async def receive_body(scope: Scope, receive: Receive) -> Part | None:
    """The size and the first bytes of a body; None where none is announced.

    The bytes of a compressed one are not kept: nobody would see whether there is a token in them.
    """
    headers = {name: value for name, value in scope["headers"] if name in _ABOUT_BODIES}
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        return None
    announced = int(headers.get(b"content-length", b"0"))
    # Who waits to be asked for the body can be answered without it.
    first, is_whole = (b"", False) if b"expect" in headers else await _beginning(receive)
    body = Part(len(first) if is_whole else max(len(first), announced), first[:LONGEST_BODY])
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        body.forget()
    return body


async def _beginning(receive: Receive) -> tuple[bytes, bool]:
    """What comes until there is more than is kept, and whether nothing comes behind it."""
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
