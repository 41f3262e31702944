"""uvicorn's HTTP protocol, which can break a connection on purpose and answer without the application."""

import socket
import struct
from typing import Any, Protocol, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mock_server.serving.connection import refusal_of
from mock_server.serving.strict_http import WireProtocol


class AtOnce(Protocol):
    """Gives head and body of an answer that needs no application; None where it does."""

    def again(self, raw: bytes) -> tuple[bytes, bytes] | None:
        """To a request that came before in the same bytes."""
        ...

    def answer(self, scope: Scope, raw: bytes | None) -> tuple[bytes, bytes] | None:
        """To any request; `raw` is all of it, None where it did not come alone and in one piece."""
        ...


class HttpProtocol(WireProtocol):
    """With the connection of each request for faults, and with answers that need no application."""

    _is_waiting = False
    _raw: bytes | None = None
    """What is being parsed, if that is one whole request."""

    def __init__(self, *arguments: Any, at_once: AtOnce | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._at_once = at_once

    def data_received(self, data: bytes) -> None:
        """Answers a request that is known, and has all others parsed."""
        if self._at_once is None or self._is_deaf:
            super().data_received(data)
            return
        is_free = self.cycle is None or self.cycle.response_complete
        if self._is_between and is_free and not self.pipeline and not self.flow.write_paused:
            answer = self._at_once.again(data)
            if answer is not None:
                self._since = None
                self._unset_keepalive_if_required()
                self._write(*answer, b"\r\n")
                self.on_response_complete()
                return
        self._raw = data if self._is_between and _is_one_request(data) else None
        super().data_received(data)
        self._raw = None

    def reset(self) -> None:
        """Ends the connection with an RST."""
        if self.transport.is_closing():
            # The client has left before; the socket may be gone.
            return
        linger_not = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        self.transport.abort()

    def close(self) -> None:
        """Ends the connection when all is sent."""
        self.transport.close()

    def wait_on_purpose(self) -> None:
        """From now on nothing is owed to the client: the end of the server is the end of the request."""
        self._is_waiting = True

    def give_up(self) -> None:
        """Ends the connection of a request that is late, slow or unanswered on purpose, or half sent."""
        cycle = self.cycle
        is_half_sent = cycle is not None and cycle.more_body and not cycle.response_started
        if self._is_waiting or (is_half_sent and not self.pipeline and cycle is self._answered):
            self.transport.abort()

    def on_response_complete(self) -> None:
        """From now on what was written is owed to the client."""
        self._is_waiting = False
        super().on_response_complete()

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        answer = None
        if self._at_once is not None and not self.pipeline and not self.flow.write_paused:
            scope = cast(Scope, cycle.scope)
            if refusal_of(scope) is None:
                answer = self._at_once.answer(scope, self._raw if cycle.keep_alive else None)
        if answer is None:
            super()._begin(cycle, app)
            return
        self._write(*answer, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.linger()
        cycle.on_response()

    def _write(self, head: bytes, body: bytes, end: bytes) -> None:
        """Writes as uvicorn would have written what an application sends; `end` closes the head."""
        self.transport.writelines((head + end, body))


def _is_one_request(data: bytes) -> bool:
    """Whether bytes that begin a request are its head and nothing else."""
    end = b"\r\n\r\n"
    return data.endswith(end) and data.index(end) == len(data) - len(end)
