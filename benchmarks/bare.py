"""Serves one fixed answer with uvicorn and no framework: the baseline for the mock's speed."""

import socket
from collections.abc import Sequence
from typing import NamedTuple

import uvicorn
from starlette.types import Receive, Scope, Send

from contract_tests.serving.server import OPTIONS


class Answer(NamedTuple):
    """The status, headers and body of an answer, with exactly the bytes that a server sent."""

    status: int
    headers: Sequence[tuple[bytes, bytes]]
    body: bytes


def serve_bare(answer: Answer, sock: socket.socket, *, reads: bool = False) -> None:
    """Sends the same answer to every request until the process ends. uvicorn has the mock's options.

    With `reads`, the request's body is read first.
    """
    start = {"type": "http.response.start", "status": answer.status, "headers": answer.headers}
    end = {"type": "http.response.body", "body": answer.body}

    async def app(_scope: Scope, receive: Receive, send: Send) -> None:
        while reads and (await receive()).get("more_body"):
            pass
        await send(start)
        await send(end)

    config = uvicorn.Config(app, http="httptools", **OPTIONS)
    uvicorn.Server(config).run(sockets=[sock])
