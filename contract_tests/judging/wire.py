"""The HTTP protocol of the proxy: it refuses what it cannot read only after all earlier requests."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_MOST_UNREAD = 256 * 1024
"""The largest number of bytes of a head that arrives in several pieces."""


class InOrder(HttpToolsProtocol):
    """uvicorn's protocol, except that the requests before a broken one are answered.

    A client that closes only its own side gets its answers, too (RFC 9112, 9.3.2 and 9.6).
    """

    _answered: RequestResponseCycle | None = None
    _complaint: str | None = None
    """Why the input behind the last request cannot be read; all further input is ignored then."""
    _is_in_head = False
    _unread = 0

    def data_received(self, data: bytes) -> None:
        """Parses the bytes, unless bytes before them could not be parsed."""
        if self._complaint is not None:
            return
        was_in_head = self._is_in_head
        super().data_received(data)
        self._unread = self._unread + len(data) if was_in_head and self._is_in_head else 0
        if self._unread > _MOST_UNREAD and self._complaint is None:
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """Notes that a head has begun."""
        self._is_in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Notes that the head is whole, and begins to answer."""
        self._is_in_head = False
        super().on_headers_complete()

    def send_400_response(self, msg: str) -> None:
        """Refuses what cannot be read, once all earlier requests are answered."""
        self._complaint = msg
        self._refuse(msg)

    def on_response_complete(self) -> None:
        """Goes on with the next request, or refuses what is behind the last one."""
        super().on_response_complete()
        if self._complaint is not None:
            self._refuse(self._complaint)

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio wants to know whether to go on
        """Keeps the connection of a client that has closed its side as long as an answer is owed."""
        cycle = self.cycle
        if cycle is None or cycle.response_complete or cycle.more_body:
            return False
        cycle.keep_alive = False
        return True

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def _refuse(self, complaint: str) -> None:
        if self.pipeline and self.pipeline[0][0].more_body:
            # The rest of its body is what cannot be read.
            self.pipeline.popleft()
        first = self._answered
        is_owed = first is not None and not (first.response_complete or first.more_body)
        if not (is_owed or self.pipeline or self.transport.is_closing()):
            super().send_400_response(complaint)
