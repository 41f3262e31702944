"""uvicorn around the application: a socket bound before anything else, and a word when it is ready."""

import asyncio
import socket
import struct
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, cast

import uvicorn
from starlette.types import ASGIApp, Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from mock_server.connection import attach
from mock_server.errors import InputError

_BACKLOG = 2048
_GOODBYE_SECONDS = 0.05
OPTIONS: Mapping[str, Any] = {
    "loop": "auto",
    "ws": "none",
    "lifespan": "off",
    "log_level": "warning",
    "access_log": False,
    # The world's own instant is the date; see mock_server.middleware.
    "date_header": False,
    "server_header": False,
    "proxy_headers": False,
    "backlog": _BACKLOG,
}
"""How uvicorn is set up; the benchmarks' bare uvicorn is so as well."""


def bind(host: str, port: int, *, option: str = "--port") -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises InputError where it cannot be had.

    `option` is where the port was given.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise InputError("--host", f"{host!r} is no address of this machine ({error})") from None
    sock = socket.socket(family, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        # From now on nobody else can have the port.
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        raise InputError(
            option, f"{host}:{port} cannot be listened on ({error.strerror}); `{option} 0` takes a free port"
        ) from None
    return sock


def url_of(sock: socket.socket) -> str:
    """The address that a bound socket is reached at, such as `http://127.0.0.1:8484`."""
    host, port = sock.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Listener(Protocol):
    """Listens beside the server, and lets it answer what comes in there."""

    async def listen(self, http: Callable[[], asyncio.Protocol]) -> asyncio.Server:
        """Starts; `http` makes the protocol that answers a connection."""
        ...

    def close(self) -> None:
        """Ends the connections that no protocol has yet."""


class AtOnce(Protocol):
    """Gives head and body of an answer that needs no application; None where it does."""

    def again(self, raw: bytes) -> tuple[bytes, bytes] | None:
        """To a request that came before in the same bytes."""
        ...

    def answer(self, scope: Scope, raw: bytes | None) -> tuple[bytes, bytes] | None:
        """To any request; `raw` is all of it, None where it did not come alone and in one piece."""
        ...


# What answering at once needs of uvicorn's protocol; where one is gone, all goes the usual way.
_NEEDED = {
    "cycle",
    "flow",
    "pipeline",
    "on_response_complete",
    "_start_asgi_task",
    "_unset_keepalive_if_required",
}


class _Protocol(HttpToolsProtocol):
    """uvicorn's protocol, with a way to break a connection on purpose, and less noise about clients."""

    _answered: RequestResponseCycle | None = None
    _is_waiting = False
    _is_between = True
    """Whether the next byte begins a request."""
    _raw: bytes | None = None
    """What is being parsed, if that is one whole request."""

    def __init__(self, *arguments: Any, at_once: AtOnce | None = None, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._at_once = at_once if all(hasattr(self, name) for name in _NEEDED) else None

    def data_received(self, data: bytes) -> None:
        """Answers a request that is known, and has all others parsed."""
        if self._at_once is None:
            super().data_received(data)
            return
        is_free = self.cycle is None or self.cycle.response_complete
        if self._is_between and is_free and not self.pipeline and not self.flow.write_paused:
            answer = self._at_once.again(data)
            if answer is not None:
                self._unset_keepalive_if_required()
                self._write(*answer, b"\r\n")
                self.on_response_complete()
                return
        self._raw = data if self._is_between and _is_one_request(data) else None
        super().data_received(data)
        self._raw = None

    def on_message_begin(self) -> None:
        self._is_between = False
        super().on_message_begin()
        attach(cast(Scope, self.scope), self)

    def on_message_complete(self) -> None:
        self._is_between = True
        super().on_message_complete()

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
        """Ends the connection of a request that is late, slow or unanswered on purpose."""
        if self._is_waiting:
            self.transport.abort()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._answered = cycle
        self._is_waiting = False
        answer = None
        if self._at_once is not None and not self.pipeline and not self.flow.write_paused:
            answer = self._at_once.answer(cast(Scope, cycle.scope), self._raw if cycle.keep_alive else None)
        if answer is None:
            super()._start_asgi_task(cycle, app)
            return
        self._write(*answer, b"\r\n" if cycle.keep_alive else b"connection: close\r\n\r\n")
        cycle.response_started = cycle.response_complete = True
        if not cycle.keep_alive:
            self.transport.close()
        cycle.on_response()

    def _write(self, head: bytes, body: bytes, end: bytes) -> None:
        """Writes as uvicorn would have written what an application sends; `end` closes the head."""
        self.transport.writelines((head + end, body))

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

    def _unsupported_upgrade_warning(self) -> None:
        """Java's client offers HTTP/2 with every request: that is nothing to tell."""


class Server(uvicorn.Server):
    """A uvicorn server that tells when it accepts connections."""

    def __init__(
        self,
        app: ASGIApp,
        when_ready: Callable[[], None],
        beside: Listener | None = None,
        at_once: AtOnce | None = None,
    ) -> None:
        """`when_ready` is called once, from the server's thread; with `beside` None nothing else listens.

        `at_once` is asked before the application; None leaves all to it.
        """
        self._protocol = cast(type[_Protocol], partial(_Protocol, at_once=at_once))
        super().__init__(uvicorn.Config(app, http=self._protocol, timeout_graceful_shutdown=1, **OPTIONS))
        self._when_ready = when_ready
        self._beside = beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, then says so."""
        await super().startup(sockets=sockets)
        if self._beside is not None:
            # uvicorn closes all of its servers in the end.
            self.servers.append(await self._beside.listen(self._http))
        self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends what is open, and within the second what is being answered."""
        if self._beside is not None:
            self._beside.close()
        for connection in list(self.server_state.connections):
            if isinstance(connection, _Protocol):
                connection.give_up()
        await super().shutdown(sockets=sockets)

    def _http(self) -> asyncio.Protocol:
        """The usual protocol, for a connection that uvicorn has not accepted itself."""
        return self._protocol(self.config, self.server_state, self.lifespan.state)


def _is_one_request(data: bytes) -> bool:
    """Whether bytes that begin a request are its head and nothing else."""
    end = b"\r\n\r\n"
    return data.endswith(end) and data.index(end) == len(data) - len(end)
