"""Bare uvicorn: the least that an ASGI server costs which answers the same bytes."""

import socket
from collections.abc import Sequence
from typing import NamedTuple

import uvicorn
from starlette.types import Receive, Scope, Send

from mock_server.serving.server import OPTIONS


class Answer(NamedTuple):
    """Status, headers and body, to the byte."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


def serve_bare(answer: Answer, sock: socket.socket) -> None:
    """Gives everybody the same answer, until the process ends. uvicorn is set up as the mock's is."""
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    end = {"type": "http.response.body", "body": answer.body}

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(start)
        await send(end)

    config = uvicorn.Config(app, http="httptools", **OPTIONS)
    uvicorn.Server(config).run(sockets=[sock])
