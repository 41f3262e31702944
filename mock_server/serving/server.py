"""The uvicorn server around the application: it binds its socket early and reports when it is ready."""

import asyncio
import socket
from collections.abc import Callable
from functools import partial
from typing import Any, Protocol

from starlette.types import ASGIApp

from contract_tests.listening import ListenError, listen, numeric
from contract_tests.serving.server import StrictServer
from contract_tests.serving.strict_http import TIMEOUTS, Timeouts
from mock_server.errors import InputError
from mock_server.serving.protocol import FastPath, HttpProtocol

_GRACE_SECONDS = 1
# The longest time for which the server waits for a request whose connection is cut. A report is made in a
# thread, which stops after its present step; the process would have to wait for the thread anyway.
_LONGEST_STEP_SECONDS = 60


def bind(host: str, port: int, *, option: str = "--port") -> socket.socket:
    """Returns a listening socket; port 0 takes a free one.

    Raises InputError if it cannot listen there; `option` is the option that gave the port.
    """
    try:
        return listen(host, port, option)
    except ListenError as error:
        raise InputError(error.option, error.problem) from None


def address_of(host: str) -> str:
    """Returns the numeric address to listen on for a host. Raises InputError if there is none."""
    try:
        return numeric(host)
    except ListenError as error:
        raise InputError(error.option, error.problem) from None


def url_of(sock: socket.socket) -> str:
    """Returns the URL at which clients reach a bound socket, such as `http://127.0.0.1:8484`."""
    host, port = sock.getsockname()[:2]
    if host in ("0.0.0.0", "::"):  # noqa: S104 - compared, not bound
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Listener(Protocol):
    """A second listening socket, whose connections the server answers."""

    async def listen(self, speak: Callable[..., HttpProtocol]) -> asyncio.Server:
        """Starts to listen. `speak` gets a protocol class and its arguments, and makes the protocol."""
        ...

    def close(self) -> None:
        """Closes the connections that were not yet handed to a protocol."""


class Server(StrictServer[HttpProtocol]):
    """A uvicorn server that reports when it accepts connections."""

    def __init__(
        self,
        app: ASGIApp,
        when_ready: Callable[[], None],
        beside: Listener | None = None,
        fast_path: FastPath | None = None,
        timeouts: Timeouts = TIMEOUTS,
        when_cut: Callable[[], None] = lambda: None,
    ) -> None:
        """The server calls `when_ready` once, in its own thread.

        It tries `fast_path` before the application; None sends every request to the application. `beside` is
        a second listener, or None. `when_cut` is called when the server stops and has cut the connections
        whose answers are unfinished.
        """
        self._fast_path = fast_path
        super().__init__(
            app,
            partial(HttpProtocol, fast_path=fast_path),
            timeouts,
            timeout_graceful_shutdown=_GRACE_SECONDS + _LONGEST_STEP_SECONDS,
        )
        self._when_ready = when_ready
        self._beside = beside
        self._when_cut = when_cut

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Starts to listen, then calls `when_ready`."""
        await super().startup(sockets=sockets)
        if self._beside is not None:
            # uvicorn closes each of its servers when it stops.
            self.servers.append(await self._beside.listen(self._speak))
        self._when_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Closes idle connections at once, and connections with an unfinished answer after a second.

        A second interrupt closes them at once, too.
        """
        if self._beside is not None:
            self._beside.close()
        for connection in self.open_connections:
            connection.give_up()
        end = asyncio.get_running_loop().call_later(_GRACE_SECONDS, self._cut)
        await super().shutdown(sockets=sockets)
        end.cancel()
        if self.server_state.tasks:
            # A second interrupt has ended the waiting, and Python would cancel these requests.
            self._cut()
            await asyncio.wait(self.server_state.tasks, timeout=_LONGEST_STEP_SECONDS)

    def _cut(self) -> None:
        """Aborts the open connections, and tells so."""
        self.abort()
        self._when_cut()

    def _speak(self, protocol: Callable[..., HttpProtocol], **further: Any) -> HttpProtocol:
        """Makes the protocol for a connection that uvicorn did not accept itself."""
        arguments = (self.config, self.server_state, self.lifespan.state)
        return protocol(*arguments, fast_path=self._fast_path, **further)
