"""The HTTP protocol of the proxy: it refuses what it cannot read only after all earlier requests."""

from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

# The largest number of bytes without the end of a head, a part of a body, or the end of a request.
_MOST_UNREAD = 256 * 1024
_FRAMING = (b"content-length", b"transfer-encoding")


class InOrder(HttpToolsProtocol):
    """uvicorn's protocol, except that the requests before a broken one are answered.

    A client that closes only its own side gets its answers, too (RFC 9112, 9.3.2 and 9.6). An offer to
    upgrade to another protocol is ignored, and trailers are not taken for headers (RFC 9110, 7.8 and 6.5.1).
    """

    _answered: RequestResponseCycle | None = None
    _complaint: str | None = None
    """Why the input behind the last request cannot be read; all further input is ignored then."""
    _is_again = False
    """Whether the parser reads a head for the second time."""
    _has_read = False
    _unread = 0

    def data_received(self, data: bytes) -> None:
        """Parses the bytes, unless bytes before them could not be parsed."""
        if self._complaint is not None:
            return
        self._unset_keepalive_if_required()
        self._has_read = False
        rest: bytes | memoryview = data
        try:
            while rest:
                try:
                    self.parser.feed_data(rest)
                    break
                except HttpParserUpgrade as offer:
                    # Java's client offers HTTP/2 with every request.
                    rest = memoryview(rest)[offer.args[0] :]
                    if self.cycle.more_body:
                        self._read_body()
        except HttpParserError:
            self.send_400_response("This is not a valid HTTP/1.1 request.")
            return
        self._unread = 0 if self._has_read else self._unread + len(data)
        if self._unread > _MOST_UNREAD:
            self.send_400_response("The headers are too long.")

    def on_message_begin(self) -> None:
        """Begins a request."""
        if not self._is_again:
            super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begins to answer."""
        if not self._is_again:
            super().on_headers_complete()
        self._has_read = True
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Adds a part to the body."""
        self._has_read = True
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Ends a request, unless only its head is read because it offers an upgrade."""
        self._has_read = True
        if not self.parser.should_upgrade() or not self._framing:
            super().on_message_complete()

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

    @property
    def _framing(self) -> list[tuple[bytes, bytes]]:
        return [header for header in self.scope["headers"] if header[0] in _FRAMING]

    def _read_body(self) -> None:
        """Parses the body after a head that offers an upgrade, since the parser stops at such a head."""
        head = b"".join(b"%b: %b\r\n" % header for header in self._framing)
        self.parser = HttpRequestParser(self)
        self._is_again = True
        try:
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % head)
        finally:
            self._is_again = False

    def _refuse(self, complaint: str) -> None:
        if self.pipeline and self.pipeline[0][0].more_body:
            # The rest of its body is what cannot be read.
            self.pipeline.popleft()
        first = self._answered
        is_owed = first is not None and not (first.response_complete or first.more_body)
        if not (is_owed or self.pipeline or self.transport.is_closing()):
            super().send_400_response(complaint)
