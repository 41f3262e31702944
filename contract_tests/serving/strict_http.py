"""A strict HTTP protocol: it refuses requests that break HTTP's rules, answers in order and sets timeouts."""

from dataclasses import dataclass
from time import monotonic
from typing import Any, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from contract_tests.serving.errors import HEADERS_TOO_LARGE, MALFORMED, REQUEST_TIMEOUT, HttpError
from contract_tests.serving.heads import LONGEST_HEADERS, LONGEST_URL, check_framing, check_length, target_of
from contract_tests.serving.refused import Scope, cut, refuse

_GOODBYE_SECONDS = 0.05
# The time for which a closed connection still reads. Otherwise a client that is sending could get an RST
# instead of the answer.
_LINGER_SECONDS = 1.0
# The largest number of unparsed bytes. No valid head has more, and neither have the lines between two chunks.
_MOST_UNREAD = 256 * 1024
_SHORT = min(LONGEST_URL, LONGEST_HEADERS)
# The lengths to which the journal cuts the parts of a head that is too long.
_KEPT_URL = 1_000
_KEPT_HEADER = 500
_KEPT_HEADERS = 50
_FRAMING = (b"content-length", b"transfer-encoding")
# The parser obeys these headers among trailers, too: it would ignore the requests behind them.
_CLOSING = (b"connection", b"proxy-connection")
# The first byte of a TLS handshake (RFC 8446, 5.1), which no HTTP request begins with.
_HANDSHAKE = b"\x16"
_TLS = "it begins like a TLS handshake, but this address has no TLS: use http:// instead of https://"
# The parser's words for what clients often do wrong, and clearer ones.
_CLEARER = {
    "pause on pri/upgrade": "it begins like HTTP/2, but this server speaks HTTP/1.1 only",
    "invalid method encountered": "its method is unknown (methods are written in capital letters)",
    "expected http/, rtsp/ or ice/": "no HTTP/1.1 follows its target (a blank in a URL is written %20)",
}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """The timeouts for a client, in seconds; after them its connection is closed."""

    idle: float = 75
    """The longest time without a request."""
    request: float = 30
    """The longest time from the first byte of a request to its last."""


TIMEOUTS = Timeouts()
"""The timeouts of the server; a client that polls once a minute keeps its connection."""


class WireProtocol(HttpToolsProtocol):
    """uvicorn's protocol, except that an invalid request gets an answer and ends the connection."""

    _answered: RequestResponseCycle | None = None
    _is_between = True
    """Whether the next byte begins a request."""
    _is_in_head = False
    _is_short = False
    """Whether so few bytes arrived that no head in them can be too long."""
    _is_again = False
    """Whether the parser reads a head for the second time."""
    _is_deaf = False
    """Whether all further input is ignored."""
    _is_over = False
    """Whether the last answer is sent."""
    _is_left = False
    """Whether the client has closed its side."""
    _owes_nothing = False
    _unread = 0
    """The number of bytes received so far in an unfinished head, or between two parts of a body."""
    _since: float | None = None
    """The time at which the server began to wait for the client; None if it does not.

    The loop's own clock may be some milliseconds behind, so a client would have less time than it is told.
    """

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._since = monotonic()
        self._out = _Lingering(self)

    def data_received(self, data: bytes) -> None:
        """Parses the bytes, and ignores each offer to upgrade to another protocol."""
        if self._is_deaf:
            return
        self._unset_keepalive_if_required()
        began = self._since
        is_handshake = self._is_between and data.startswith(_HANDSHAKE)
        # Most heads arrive whole, and need not be measured line by line.
        self._is_short = self._is_between and len(data) < _SHORT
        rest: bytes | memoryview = data
        try:
            while rest:
                try:
                    self.parser.feed_data(rest)
                    break
                except HttpParserUpgrade as offer:
                    # Java's client offers HTTP/2 with every request; a server may ignore that.
                    rest = memoryview(rest)[offer.args[0] :]
                    if not self._is_between:
                        self._read_body()
        except HttpParserError as error:
            if not self._is_deaf:
                self._turn_down(HttpError(MALFORMED, problem=_TLS if is_handshake else _problem_of(error)))
            return
        if self._is_between:
            if self._since is None and self.timeout_keep_alive_task is None and self._is_idle:
                # Only line ends came, which may stand before a request.
                self._since = monotonic()
        elif self._since == began:
            self._count(len(data))

    def on_message_begin(self) -> None:
        """Begins a request, whose time is limited."""
        if self._is_again:
            return
        if self.cycle is not None and not self.cycle.keep_alive:
            self._is_deaf = True
            raise _DeafError
        self._is_between, self._is_in_head, self._unread = False, True, 0
        self._since = monotonic()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Begins to answer if the head is valid, and refuses the request otherwise."""
        if self._is_again:
            self.headers = []
            return
        self._is_in_head, self._unread = False, 0
        try:
            if not self._is_short:
                check_length(self.url, self.headers)
            version = self.parser.get_http_version()
            check_framing(version, self.headers)
            self.url = target_of(self.parser.get_method(), version, self.url, self.headers)
        except HttpError as error:
            self._turn_down(error)
            raise _DeafError from None
        super().on_headers_complete()
        if not self.cycle.keep_alive:
            self.cycle.transport = cast(Any, self._out)
        # Fields after a body are trailers and not headers of the request (RFC 9110, 6.5.1).
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Passes a part of the body on to uvicorn."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Notes that the next byte begins another request."""
        if self.parser.should_upgrade() and any(name in _FRAMING for name, _ in self.scope["headers"]):
            # Only the head is complete; the body is still to be read.
            return
        if any(name in _CLOSING for name, _ in self.headers):
            self._turn_down(HttpError(MALFORMED, problem="a Connection header is among its trailers"))
            raise _DeafError
        self._is_between, self._since = True, None
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio wants to know whether to go on
        """Answers the open requests of a client that has closed its side, except inside TLS.

        A request with an incomplete body is answered, too. The answer is an error if the operation reads the
        body.
        """
        self._is_left = True
        cycle = self.cycle
        if cycle is None or cycle.response_complete or self.scheme == "https" or self._owes_nothing:
            return False
        self._is_deaf = True
        cycle.keep_alive = False
        if cycle.more_body:
            cut(cast(Scope, cycle.scope))
            cycle.more_body = False
            cycle.message_event.set()
        return True

    def owe_nothing(self) -> None:
        """Marks the request as never answered. The connection is closed when the client closes its side."""
        self._owes_nothing = True
        if self._is_left:
            self.transport.close()

    def enforce(self, timeouts: Timeouts) -> None:
        """Closes the connection of a client that is too slow, once earlier requests are answered."""
        if self._since is None:
            return
        if self.flow.read_paused:
            # The server has paused reading, so the client is not to blame.
            self._since = monotonic()
        waited = monotonic() - self._since
        if self._is_between:
            if waited > timeouts.idle:
                self.transport.close()
        elif waited > timeouts.request:
            self._turn_down(HttpError(REQUEST_TIMEOUT, seconds=timeouts.request))

    def linger(self) -> None:
        """Closes the connection after a while, in which input is read and ignored (RFC 9112, 9.6)."""
        self._is_deaf = self._is_over = True
        if self.transport.can_write_eof() and not self._is_left and not self.transport.is_closing():
            self.transport.write_eof()
            self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Marks the request that is being answered as disconnected, even if others wait behind it."""
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Closes an idle connection at once, also inside TLS, without waiting for the client to close it."""
        super().shutdown()
        if self.scheme == "https" and (self.cycle is None or self.cycle.response_complete):
            self.loop.call_later(_GOODBYE_SECONDS, self.transport.abort)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._is_over or (self._answered is not None and self.transport.is_closing()):
            # No client reads beyond the last answer; uvicorn drops waiting requests of its pipeline, too.
            return
        self._answered = cycle
        self._begin(cycle, app)

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begins to answer a request, once all earlier ones are answered."""
        super()._start_asgi_task(cycle, app)

    @property
    def _is_idle(self) -> bool:
        return not self.pipeline and (self.cycle is None or self.cycle.response_complete)

    def _count(self, length: int) -> None:
        """Counts received bytes that are no part of a body, and refuses the request if there are too many."""
        self._unread += length
        try:
            if self._is_in_head and self._unread > _MOST_UNREAD:
                check_length(self.url, self.headers)
            elif not self._is_in_head:
                # The headers here are trailers.
                check_length(b"", self.headers)
        except HttpError as error:
            self._turn_down(error)
            return
        if self._unread > _MOST_UNREAD:
            self._turn_down(HttpError(HEADERS_TOO_LARGE, limit=LONGEST_HEADERS))

    def _read_body(self) -> None:
        """Parses the body after a head that offers an upgrade, since the parser stops at such a head."""
        framing = [header for header in cast(Scope, self.scope)["headers"] if header[0] in _FRAMING]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._is_again = True
        try:
            head = b"".join(b"%b: %b\r\n" % header for header in framing)
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % head)
        finally:
            self._is_again = False

    def _turn_down(self, error: HttpError) -> None:
        """Refuses a request once earlier ones are answered, and ignores all further input."""
        self._is_deaf, self._since = True, None
        cycle, scope = self.cycle, cast(Scope, self.scope)
        refuse(scope, error)
        if cycle is not None and cycle.scope is self.scope:
            # The error came after the head, and the request may be answered already.
            cycle.more_body = cycle.keep_alive = False
            cycle.transport = cast(Any, self._out)
            cycle.message_event.set()
            if cycle.response_complete:
                self.linger()
            return
        url, method = self._readable(error)
        self.url = b"/"
        app, self.app = self.app, self.config.loaded_app
        try:
            super().on_headers_complete()
        finally:
            self.app = app
        raw_path, _, scope["query_string"] = url.partition(b"?")
        # A refused request is not routed, so its path stays empty.
        scope["raw_path"], scope["path"], scope["method"] = raw_path, "", method
        self.cycle.keep_alive = self.cycle.more_body = False
        self.cycle.transport = cast(Any, self._out)

    def _readable(self, error: HttpError) -> tuple[bytes, str]:
        """Returns the target and the method of a refused request, cut to the limits; empty if unknown."""
        if error.kind in (MALFORMED, REQUEST_TIMEOUT):
            # How much of the head was parsed depends on the pieces in which the request arrived.
            self.headers.clear()
            return b"", "GET"
        small = [one for one in self.headers if len(one[0]) + len(one[1]) <= _KEPT_HEADER]
        self.headers[:] = small[:_KEPT_HEADERS]
        return self.url[:_KEPT_URL], self.parser.get_method().decode("ascii")


class _DeafError(Exception):
    """An exception that stops the parser when all further input is ignored."""


class _Lingering:
    """A transport that calls `linger` when it is closed, since the client may still be sending."""

    def __init__(self, protocol: WireProtocol) -> None:
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        self._protocol.linger()


def _problem_of(error: HttpParserError) -> str:
    """Returns the problem that the parser met, as the end of a sentence."""
    cause = error.__context__ if isinstance(error, HttpParserCallbackError) else error
    text = str(cause) if isinstance(cause, HttpParserError) else ""
    told = text.rstrip(".").lower()[:100]
    return _CLEARER.get(told, told) or "it cannot be parsed"
