"""uvicorn's HTTP protocol: strict about what HTTP asks of clients, with answers in order, bounded in time."""

from dataclasses import dataclass
from typing import Any, cast

from httptools import HttpParserCallbackError, HttpParserError, HttpParserUpgrade, HttpRequestParser
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mock_server.errors import HEADERS_TOO_LARGE, MALFORMED, REQUEST_TIMEOUT, ApiError
from mock_server.serving.connection import Connection, attach, cut, refuse
from mock_server.serving.heads import LONGEST_HEADERS, LONGEST_URL, check_length, target_of

_GOODBYE_SECONDS = 0.05
# A client that still sends would meet an RST, and perhaps before the answer that says why.
_LINGER_SECONDS = 1.0
# No head that is short enough takes as many bytes, whatever its lines are; nor what stands between chunks.
_MOST_UNREAD = 256 * 1024
_SHORT = min(LONGEST_URL, LONGEST_HEADERS)
# What is kept of a head that is too long.
_KEPT_URL = 1_000
_KEPT_HEADER = 500
_KEPT_HEADERS = 50
_FRAMING = (b"content-length", b"transfer-encoding")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a client may take, in seconds; then its connection is closed."""

    idle: float = 75
    """Without a request, from the first one on or after another."""
    request: float = 30
    """From the first byte of a request to its last."""


PATIENCE = Patience()
"""Those who poll once a minute keep their connection."""


class WireProtocol(HttpToolsProtocol):
    """uvicorn's. What cannot be understood is refused in its turn, and nothing behind it is heard."""

    _answered: RequestResponseCycle | None = None
    _is_between = True
    """Whether the next byte begins a request."""
    _is_in_head = False
    _is_short = False
    """Whether no head that ends now can be too long."""
    _is_again = False
    """Whether what is parsed is a head that was parsed before."""
    _is_deaf = False
    """Whether nothing that comes is heard any more."""
    _is_over = False
    """Whether the last answer is said."""
    _is_left = False
    """Whether the client has said its last word."""
    _owes_nothing = False
    _unread = 0
    """Bytes of a head, or between parts of a body, that came in pieces of their own."""
    _since: float | None = None
    """Since when something is to come from the client, in the loop's seconds; None where it is our turn."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._since = self.loop.time()
        self._out = _Lingering(self)

    def data_received(self, data: bytes) -> None:
        """Has it parsed, past each offer of another protocol."""
        if self._is_deaf:
            return
        self._unset_keepalive_if_required()
        began = self._since
        # Most heads come whole, and are not to be measured line by line.
        self._is_short = self._is_between and len(data) < _SHORT
        rest: bytes | memoryview = data
        try:
            while rest:
                try:
                    self.parser.feed_data(rest)
                    break
                except HttpParserUpgrade as offer:
                    # Java's client offers HTTP/2 with every request; what is not taken changes nothing.
                    rest = memoryview(rest)[offer.args[0] :]
                    if not self._is_between:
                        self._read_body()
        except HttpParserError as error:
            if not self._is_deaf:
                self._turn_down(ApiError(MALFORMED, problem=_problem_of(error)))
            return
        if self._is_between:
            if self._since is None and self.timeout_keep_alive_task is None and self._is_idle:
                # Nothing but line ends, which may stand before a request.
                self._since = self.loop.time()
        elif self._since == began:
            self._count(len(data))

    def on_message_begin(self) -> None:
        """Gives the request its connection."""
        if self._is_again:
            return
        if self.cycle is not None and not self.cycle.keep_alive:
            self._is_deaf = True
            raise _DeafError
        self._is_between, self._is_in_head, self._unread = False, True, 0
        self._since = self.loop.time()
        super().on_message_begin()
        attach(cast(Scope, self.scope), cast(Connection, self))

    def on_headers_complete(self) -> None:
        """Begins to answer, where the head is right."""
        if self._is_again:
            self.headers = []
            return
        self._is_in_head, self._unread = False, 0
        try:
            if not self._is_short:
                check_length(self.url, self.headers)
            self.url = target_of(
                self.parser.get_method(), self.parser.get_http_version(), self.url, self.headers
            )
        except ApiError as error:
            self._turn_down(error)
            raise _DeafError from None
        super().on_headers_complete()
        if not self.cycle.keep_alive:
            self.cycle.transport = cast(Any, self._out)
        # What comes behind a body is no header of the request (RFC 9110, 6.5.1).
        self.headers = []

    def on_body(self, body: bytes) -> None:
        """Passes it on."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Notes that what comes next is another request."""
        if self.parser.should_upgrade() and any(name in _FRAMING for name, _ in self.scope["headers"]):
            # Of its head alone; its body is still to be read.
            return
        self._is_between, self._since = True, None
        super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override] # asyncio wants to know whether to go on
        """Answers what is still to be answered to a client that says no more; inside TLS that cannot be.

        A request whose body never came whole is answered, too: nothing depends on it but the journal.
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
        """Nothing will be, however long the client waits: it can only leave."""
        self._owes_nothing = True
        if self._is_left:
            self.transport.close()

    def hurry(self, patience: Patience) -> None:
        """Ends the connection of a client that has taken too long, when all before is answered."""
        if self._since is None:
            return
        if self.flow.read_paused:
            # It is not the client who keeps us waiting.
            self._since = self.loop.time()
        waited = self.loop.time() - self._since
        if self._is_between:
            if waited > patience.idle:
                self.transport.close()
        elif waited > patience.request:
            self._turn_down(ApiError(REQUEST_TIMEOUT, seconds=patience.request))

    def linger(self) -> None:
        """Ends the connection, and reads on for a while what nobody hears (RFC 9112, 9.6)."""
        self._is_deaf = self._is_over = True
        if self.transport.can_write_eof() and not self._is_left and not self.transport.is_closing():
            self.transport.write_eof()
            self.loop.call_later(_LINGER_SECONDS, self.transport.close)
        else:
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Tells the request that is being answered, too, when others wait behind it."""
        if self._answered is not None:
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Ends an idle connection at once inside TLS too, where closing waits for the client's goodbye."""
        super().shutdown()
        if self.scheme == "https" and (self.cycle is None or self.cycle.response_complete):
            self.loop.call_later(_GOODBYE_SECONDS, self.transport.abort)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self._is_over or (self._answered is not None and self.transport.is_closing()):
            # Nobody reads what comes behind the last answer; uvicorn drops what waits in its pipeline, too.
            return
        self._answered = cycle
        self._begin(cycle, app)

    def _begin(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Begins to answer a request whose turn it is."""
        super()._start_asgi_task(cycle, app)

    @property
    def _is_idle(self) -> bool:
        return not self.pipeline and (self.cycle is None or self.cycle.response_complete)

    def _count(self, length: int) -> None:
        """Bounds what is kept of a request that goes on and on."""
        self._unread += length
        try:
            if self._is_in_head and self._unread > _MOST_UNREAD:
                check_length(self.url, self.headers)
            elif not self._is_in_head:
                # Those behind a body.
                check_length(b"", self.headers)
        except ApiError as error:
            self._turn_down(error)
            return
        if self._unread > _MOST_UNREAD:
            self._turn_down(ApiError(HEADERS_TOO_LARGE, limit=LONGEST_HEADERS))

    def _read_body(self) -> None:
        """Goes on behind a head that offers another protocol, which to the parser has no body of HTTP."""
        framing = [header for header in cast(Scope, self.scope)["headers"] if header[0] in _FRAMING]
        self.parser = HttpRequestParser(self)
        self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
        self._is_again = True
        try:
            head = b"".join(b"%b: %b\r\n" % header for header in framing)
            self.parser.feed_data(b"POST / HTTP/1.1\r\n%b\r\n" % head)
        finally:
            self._is_again = False

    def _turn_down(self, error: ApiError) -> None:
        """Has a request refused in its turn, and hears nothing more."""
        self._is_deaf, self._since = True, None
        cycle, scope = self.cycle, cast(Scope, self.scope)
        refuse(scope, error)
        if cycle is not None and cycle.scope is self.scope:
            # It went wrong behind its head, and may be answered already.
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
        # It is nobody's to be routed by.
        scope["raw_path"], scope["path"], scope["method"] = raw_path, "", method
        self.cycle.keep_alive = self.cycle.more_body = False
        self.cycle.transport = cast(Any, self._out)

    def _readable(self, error: ApiError) -> tuple[bytes, str]:
        """Target and method of a request that is refused, as far as they are known, in bounds."""
        if error.kind in (MALFORMED, REQUEST_TIMEOUT):
            # How much of it was understood depends on how it was cut into pieces.
            self.headers.clear()
            return b"", "GET"
        small = [one for one in self.headers if len(one[0]) + len(one[1]) <= _KEPT_HEADER]
        self.headers[:] = small[:_KEPT_HEADERS]
        return self.url[:_KEPT_URL], self.parser.get_method().decode("ascii")


class _DeafError(Exception):
    """Stops the parser: nothing of what comes is heard any more."""


class _Lingering:
    """The transport of an answer behind which a client may still be sending."""

    def __init__(self, protocol: WireProtocol) -> None:
        self._protocol = protocol

    def write(self, data: bytes) -> None:
        self._protocol.transport.write(data)

    def is_closing(self) -> bool:
        return self._protocol.transport.is_closing()

    def close(self) -> None:
        self._protocol.linger()


def _problem_of(error: HttpParserError) -> str:
    """What the parser says, as the end of a sentence."""
    cause = error.__context__ if isinstance(error, HttpParserCallbackError) else error
    told = str(cause) if isinstance(cause, HttpParserError) else ""
    return told.rstrip(".").lower()[:100] or "it cannot be parsed"
