"""uvicorn around the application: a socket bound before anything else, and a word when it is ready."""

import asyncio
import errno
import socket
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol, cast

import uvicorn
from starlette.types import ASGIApp

from mock_server.errors import InputError
from mock_server.serving.protocol import AtOnce, HttpProtocol
from mock_server.serving.strict_http import PATIENCE, Patience

_BACKLOG = 2048
_GRACE_SECONDS = 1
OPTIONS: Mapping[str, Any] = {
    "loop": "auto",
    "ws": "none",
    "lifespan": "off",
    "log_level": "warning",
    "access_log": False,
    # The world's own instant is the date; see mock_server.serving.middleware.
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
    family, address = _resolved(host, port)
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind(address)
        # From now on nobody else can have the port.
        sock.listen(_BACKLOG)
    except OSError as error:
        sock.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise InputError("--host", f"{host!r} is no address of this machine") from None
        raise InputError(
            option, f"{host}:{port} cannot be listened on ({error.strerror}); `{option} 0` takes a free port"
        ) from None
    return sock


def address_of(host: str) -> str:
    """The numeric address that a host stands for where it is listened on. Raises InputError."""
    return str(_resolved(host, 0)[1][0])


def _resolved(host: str, port: int) -> tuple[socket.AddressFamily, Any]:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise InputError("--host", f"{host!r} is no address of this machine ({error})") from None
    return family, address


def url_of(sock: socket.socket) -> str:
    """The address that a bound socket is reached at, such as `http://127.0.0.1:8484`."""
    host, port = sock.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Listener(Protocol):
    """Listens beside the server, and lets it answer what comes in there."""

    async def listen(self, speak: Callable[..., HttpProtocol]) -> asyncio.Server:
        """Starts; `speak` makes a connection's protocol of its class and that one's further arguments."""
        ...

    def close(self) -> None:
        """Ends the connections that no protocol has yet."""


class Server(uvicorn.Server):
    """A uvicorn server that tells when it accepts connections."""

    def __init__(
        self,
        app: ASGIApp,
        when_ready: Callable[[], None],
        beside: Listener | None = None,
        at_once: AtOnce | None = None,
        patience: Patience = PATIENCE,
    ) -> None:
        """`when_ready` is called once, from the server's thread; with `beside` None nothing else listens.

        `at_once` is asked before the application; None leaves all to it.
        """
        self._at_once = at_once
        self._patience = patience
        protocol = cast(type[HttpProtocol], partial(HttpProtocol, at_once=at_once))
        config = uvicorn.Config(
            app,
            http=protocol,
            timeout_keep_alive=cast(int, patience.idle),
            # By then none is left: see `shutdown`.
            timeout_graceful_shutdown=_GRACE_SECONDS + 1,
            **OPTIONS,
        )
        super().__init__(config)
        self._when_ready = when_ready
        self._beside = beside

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, then says so."""
        await super().startup(sockets=sockets)
        if self._beside is not None:
            # uvicorn closes all of its servers in the end.
            self.servers.append(await self._beside.listen(self._speak))
        self._when_ready()

    async def on_tick(self, counter: int) -> bool:
        """Looks after clients that take too long, as often as uvicorn looks whether it is to end."""
        for connection in self._connections:
            connection.hurry(self._patience)
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends what is open, and within the second what is being answered."""
        if self._beside is not None:
            self._beside.close()
        for connection in self._connections:
            connection.give_up()
        end = asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._cut)
        await super().shutdown(sockets=sockets)
        end.cancel()

    @property
    def _connections(self) -> list[HttpProtocol]:
        found = self.server_state.connections
        return [connection for connection in found if isinstance(connection, HttpProtocol)]

    def _cut(self) -> None:
        """Ends what is left; were the requests cancelled instead, uvicorn would show a traceback of each."""
        for connection in self._connections:
            connection.transport.abort()

    def _speak(self, protocol: Callable[..., HttpProtocol], **further: Any) -> HttpProtocol:
        """A protocol for a connection that uvicorn has not accepted itself."""
        arguments = (self.config, self.server_state, self.lifespan.state)
        return protocol(*arguments, at_once=self._at_once, **further)
