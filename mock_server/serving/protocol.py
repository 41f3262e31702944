"""The server's HTTP protocol: it can break connections on purpose, and answer without the application."""

import socket
import struct
from typing import Any, Protocol, cast

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from contract_tests.serving.pacing import PacedProtocol
from contract_tests.serving.refused import is_cut, refusal_of
from mock_server.serving.connection import attach


class FastPath(Protocol):
    """A fast path, which returns the head and the body of an answer; None if the application must answer."""

    def again(self, raw: bytes) -> tuple[bytes, bytes] | None:
        """Answers a request if an earlier one had the same bytes, or a head with the same bytes."""
        ...

    def answer(self, scope: Scope, raw: bytes | None) -> tuple[bytes, bytes] | None:
        """Answers a parsed request.

        `raw` holds all of its bytes, or is None if it did not arrive alone and in one piece.
        """
        ...

    def is_write(self, scope: Scope) -> bool:
        """Returns whether a parsed request may be answered by `write`."""
        ...

    def write(self, scope: Scope, content: bytes, raw: bytes | None) -> tuple[bytes, bytes] | None:
        """Answers a parsed request with its whole body; `raw` is as for `answer`."""
        ...


class HttpProtocol(PacedProtocol):
    """An HTTP protocol that lets faults break the connection, and that tries a fast path first."""

    _is_waiting = False
    _raw: bytes | None = None
    """The bytes that are being parsed; None if they do not begin with a request."""

    def __init__(self, *arguments: Any, fast_path: FastPath | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._fast_path = fast_path

    def data_received(self, data: bytes) -> None:
        """Answers a request at once if an earlier one had the same bytes, and parses any other."""
        if self._fast_path is None or self._is_deaf or self._held:
            super().data_received(data)
            return
        is_free = self.cycle is None or self.cycle.response_complete
        if self._is_between and is_free and not self.pipeline and not self.flow.write_paused:
            answer = self._fast_path.again(data)
            if answer is not None:
                self._since = None
                self._unset_keepalive_if_required()
                self._write(*answer, b"\r\n")
                self.on_response_complete()
                return
        self._raw = data if self._is_between else None
        super().data_received(data)
        self._raw = None

    def on_message_begin(self) -> None:
        """Attaches the connection to the request."""
        super().on_message_begin()
        if not self._is_again:
            attach(cast(Scope, self.scope), self)

    def reset(self) -> None:
        """Closes the connection with an RST."""
        if self.transport.is_closing():
            # The client has left already, and the socket may be gone.
            return
        linger_not = struct.pack("ii", 1, 0)
        self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_not)
        self.transport.abort()

    def close(self) -> None:
        """Closes the connection once everything is sent."""
        self.transport.close()

    def wait_on_purpose(self) -> None:
        """Marks the answer as delayed on purpose, so that the server does not wait for it when it stops."""
        self._is_waiting = True

    def give_up(self) -> None:
        """Aborts the connection if its answer is delayed on purpose or its request is half sent."""
        cycle = self.cycle
        is_half_sent = cycle is not None and cycle.more_body and not cycle.response_started
        if self._is_waiting or (is_half_sent and not self.pipeline and cycle is self._answered):
            self.transport.abort()

    def on_response_complete(self) -> None:
        """Marks the answer as no longer delayed, because it is written."""
        self._is_waiting = False
        super().on_response_complete()

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        answer, scope = None, cast(Scope, cycle.scope)
        raw = self._raw if cycle.keep_alive else None
        if self._fast_path is not None and self._may_be_fast(scope):
            if self._fast_path.is_write(scope):
                # The body usually comes with the head, and is parsed before the event loop makes this call.
                self.loop.call_soon(self._begin_write, self._fast_path, cycle, app, raw)
                return
            is_one = raw is not None and _is_one_head(raw)
            answer = self._fast_path.answer(scope, raw if is_one else None)
        if answer is None:
            super()._begin(cycle, app)
        else:
            self._finish(cycle, *answer)

    def _begin_write(
        self, fast_path: FastPath, cycle: RequestResponseCycle, app: Any, raw: bytes | None
    ) -> None:
        """Answers a request that writes if its body has come; otherwise the application answers it."""
        answer, scope = None, cast(Scope, cycle.scope)
        is_here = not (cycle.more_body or cycle.disconnected or is_cut(scope))
        if is_here and self._may_be_fast(scope) and not self.transport.is_closing():
            answer = fast_path.write(scope, bytes(cycle.body), raw)
        if answer is None:
            super()._begin(cycle, app)
        else:
            self._finish(cycle, *answer)

    def _may_be_fast(self, scope: Scope) -> bool:
        return refusal_of(scope) is None and not self.pipeline and not self.flow.write_paused

    def _finish(self, cycle: RequestResponseCycle, head: bytes, body: bytes) -> None:
        """Sends an answer of the fast path, and ends the request."""
        self._write(head, body, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.linger()
        cycle.on_response()

    def _write(self, head: bytes, body: bytes, end: bytes) -> None:
        """Writes an answer with the same bytes as uvicorn would; `end` completes the head."""
        self.transport.writelines((head + end, body))


def _is_one_head(data: bytes) -> bool:
    """Returns whether the bytes are the head of one request and nothing else."""
    end = b"\r\n\r\n"
    return data.endswith(end) and data.index(end) == len(data) - len(end)
