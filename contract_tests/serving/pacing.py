"""A fair HTTP protocol: one client that sends many requests at once does not make the others wait."""

from time import monotonic
from typing import Any

from uvicorn.protocols.http.flow_control import FlowControl

from contract_tests.serving.strict_http import Timeouts, WireProtocol

# The largest number of bytes that are parsed at a time. A few dozen plain requests take this many bytes, and
# their answers a few milliseconds.
_PIECE = 4 * 1024
# Nothing more is read while at least this many bytes wait to be parsed.
_MOST_HELD = 64 * 1024


class PacedProtocol(WireProtocol):
    """A strict protocol that lets other connections have their turn after a few of its requests.

    Bytes behind these requests are held back until the event loop has gone round, and until all requests
    before them are being answered. So neither the time nor the memory that a client takes depends on how many
    requests it sends at once.
    """

    _held = b""
    """The bytes that are received, but not parsed yet."""
    _has_completed = False
    """Whether a request was read to its end since this was last set to False."""
    _is_scheduled = False
    """Whether the event loop will go on with the held bytes."""
    _is_full = False
    """Whether reading is paused because of the held bytes."""
    _has_ended = False
    """Whether the client closed its side behind the held bytes."""

    def connection_made(self, transport: Any) -> None:
        """Begins to read from a connection."""
        super().connection_made(transport)
        self.flow = _Flow(transport, self)

    @property
    def is_full(self) -> bool:
        """Whether so many bytes wait to be parsed that no more are read."""
        return self._is_full

    def data_received(self, data: bytes) -> None:
        """Parses the bytes up to the end of a few requests, and holds the rest back."""
        if self._is_deaf:
            return
        if self._held or self.pipeline:
            self._hold(self._held + data)
        elif len(data) <= _PIECE:
            super().data_received(data)
        else:
            self._take(data)

    def on_message_complete(self) -> None:
        """Notes that a request was read to its end."""
        self._has_completed = True
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Goes on with the held bytes if no earlier request waits."""
        super().on_response_complete()
        if self._held:
            self._schedule()

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio wants to know whether to go on
        """Answers all requests of a client that has closed its side, also the held ones."""
        if self._held and not (self._is_deaf or self._owes_nothing or self.scheme == "https"):
            self._has_ended = self._is_left = True
            return True
        return super().eof_received()

    def enforce(self, timeouts: Timeouts) -> None:
        """Closes the connection of a client that is too slow; nobody waits for it while bytes are held."""
        if self._held and self._since is not None:
            self._since = monotonic()
        super().enforce(timeouts)

    def connection_lost(self, exc: Exception | None) -> None:
        """Drops the held bytes, since nobody waits for answers."""
        self._held = b""
        super().connection_lost(exc)

    def _take(self, data: bytes) -> None:
        """Parses bytes piece by piece up to the first one in which a request ends."""
        self._has_completed = False
        begin = 0
        while begin < len(data) and not (self._has_completed or self._is_deaf):
            super().data_received(data[begin : begin + _PIECE])
            begin += _PIECE
        self._hold(b"" if self._is_deaf else data[begin:])

    def _hold(self, data: bytes) -> None:
        self._held = data
        self._is_full = len(data) >= _MOST_HELD
        if self._is_full:
            self.flow.pause_reading()
        if data:
            self._schedule()

    def _schedule(self) -> None:
        """Goes on when other connections had their turn. Requests that wait are answered first."""
        if not self._is_scheduled and not self.pipeline:
            self._is_scheduled = True
            self.loop.call_soon(self._go_on)

    def _go_on(self) -> None:
        self._is_scheduled = False
        if not self._held or self.pipeline or self.transport.is_closing():
            return
        was_full, data = self._is_full, self._held
        self._held = b""
        self._take(data)
        if was_full and not self._is_full:
            self.flow.resume_reading()
        if self._has_ended and not self._held and not self.eof_received():
            self.transport.close()


class _Flow(FlowControl):
    """uvicorn's flow control, except that a full connection does not read again before it is emptier."""

    def __init__(self, transport: Any, protocol: PacedProtocol) -> None:
        super().__init__(transport)
        self._protocol = protocol

    def resume_reading(self) -> None:
        if not self._protocol.is_full:
            super().resume_reading()
