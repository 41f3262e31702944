"""The sending of answers: at once, late, slowly or broken.

Two tables have the effects of the faults: on the answer, and on the socket.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from itertools import pairwise

from msgspec import UNSET
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from mock_server.faults.action import Action
from mock_server.faults.amounts import FAULTS
from mock_server.faults.body import OTHER_TYPE, UnfitError, changed, malformed
from mock_server.serving.connection import connection_of
from mock_server.state.bodies import LONGEST_WHOLE
from mock_server.state.entries import Request

_DRIPS = 20
# The connection is closed after this time; no client waits longer.
_HANG_SECONDS = 600


def with_fault(reply: Response, action: Action) -> Response:
    """Applies the fault to the body or content type of an answer. Raises UnfitError if it does not fit."""
    alter = None if action.fault is UNSET else _ALTERATIONS.get(action.fault)
    return reply if alter is None else alter(reply, action)


class Sending:
    """A `send` that records the sent status and bytes in the journal."""

    def __init__(self, send: Send, request: Request, ended: Callable[[], None]) -> None:
        """`ended` is called once, before the client can see the end of the answer."""
        self._send = send
        self._request = request
        self._ended = ended
        self.body = bytearray()
        """The bytes of the body that were sent so far, up to LONGEST_WHOLE."""
        self._is_over = False

    async def __call__(self, message: Message) -> None:
        """Sends a message, and records its status or its part of the body."""
        if message["type"] == "http.response.start":
            self._request.status = message["status"]
        else:
            if self._request.sent.method != "HEAD":
                self._add(message.get("body", b""))
            if not message.get("more_body", False):
                self.end()
        await self._send(message)

    def _add(self, body: bytes) -> None:
        self._request.answer.add(body)
        if len(self.body) + len(body) <= LONGEST_WHOLE:
            self.body += body

    def end(self) -> None:
        """Records that nothing more is sent."""
        if not self._is_over:
            self._is_over = True
            self._ended()


async def send_reply(
    reply: Response, action: Action, random_number: float, scope: Scope, receive: Receive, sending: Sending
) -> None:
    """Sends an answer with the delay and the fault of an action.

    `random_number` is in [0, 1), and decides the delay if that is random.
    """
    connection_of(scope).wait_on_purpose()
    try:
        if await _slept(_delay(action, random_number) / 1000, receive):
            way = _whole if action.fault is UNSET else _WAYS.get(action.fault, _whole)
            await way(reply, action, scope, receive, sending)
    finally:
        sending.end()


def _changed(reply: Response, action: Action) -> Response:
    return _with_body(reply, changed(bytes(reply.body), action))


def _malformed(reply: Response, _action: Action) -> Response:
    return _with_body(reply, malformed(_body_of(reply)))


def _of_other_type(reply: Response, _action: Action) -> Response:
    _body_of(reply)
    reply.headers["Content-Type"] = OTHER_TYPE
    return reply


def _body_of(reply: Response) -> bytes:
    """Returns the body of an answer. Raises UnfitError if it is empty."""
    if not reply.body:
        raise UnfitError("this answer has no body")
    return bytes(reply.body)


def _with_body(reply: Response, body: bytes) -> Response:
    reply.body = body
    reply.headers["Content-Length"] = str(len(body))
    return reply


def _delay(action: Action, random_number: float) -> float:
    least, most = action.delays
    return least + (most - least) * random_number


async def _whole(reply: Response, _action: Action, scope: Scope, receive: Receive, sending: Sending) -> None:
    await reply(scope, receive, sending)


async def _reset(_reply: Response, _action: Action, scope: Scope, receive: Receive, sending: Sending) -> None:
    sending.end()
    connection_of(scope).reset()
    await _disconnected(receive)


async def _empty(_reply: Response, _action: Action, scope: Scope, receive: Receive, sending: Sending) -> None:
    sending.end()
    connection_of(scope).close()
    await _disconnected(receive)


async def _hang(_reply: Response, _action: Action, scope: Scope, receive: Receive, sending: Sending) -> None:
    connection_of(scope).owe_nothing()
    if await _slept(_HANG_SECONDS, receive):
        sending.end()
        connection_of(scope).close()
        await _disconnected(receive)


async def _truncate(
    reply: Response, action: Action, scope: Scope, receive: Receive, sending: Sending
) -> None:
    await _start(reply, sending)
    await sending(_body(bytes(reply.body)[: int(len(reply.body) * action.sent_share)], is_last=False))
    sending.end()
    connection_of(scope).close()
    await _disconnected(receive)


async def _drip(reply: Response, action: Action, scope: Scope, receive: Receive, sending: Sending) -> None:
    """Sends the body in twenty pieces, the last one at the end of the duration."""
    if scope["method"] == "HEAD":
        await reply(scope, receive, sending)
        return
    body = bytes(reply.body)
    await _start(reply, sending)
    ends = [len(body) * n // _DRIPS for n in range(_DRIPS + 1)]
    for n, (begin, end) in enumerate(pairwise(ends), 1):
        if not await _slept(action.drip_time / 1000 / _DRIPS, receive):
            return
        await sending(_body(body[begin:end], is_last=n == _DRIPS))


async def _start(reply: Response, sending: Sending) -> None:
    await sending({"type": "http.response.start", "status": reply.status_code, "headers": reply.raw_headers})


def _body(part: bytes, *, is_last: bool) -> dict[str, object]:
    return {"type": "http.response.body", "body": part, "more_body": not is_last}


async def _slept(seconds: float, receive: Receive) -> bool:
    """Waits for some seconds. Returns False if the connection is closed before they are over."""
    try:
        await asyncio.wait_for(_disconnected(receive), seconds)
    except TimeoutError:
        return True
    return False


async def _disconnected(receive: Receive) -> None:
    """Waits until the connection is closed, so that uvicorn does not send an answer of its own."""
    while (await receive())["type"] != "http.disconnect":
        pass


_ALTERATIONS: Mapping[str, Callable[[Response, Action], Response]] = {
    "malformed": _malformed,
    "content-type": _of_other_type,
    "wrong-type": _changed,
    "missing": _changed,
}
_WAYS: Mapping[str, Callable[[Response, Action, Scope, Receive, Sending], Awaitable[None]]] = {
    "reset": _reset,
    "empty": _empty,
    "truncate": _truncate,
    "drip": _drip,
    "hang": _hang,
}
assert set(FAULTS) == {*_ALTERATIONS, *_WAYS}, "a fault without an implementation would be ignored silently"
