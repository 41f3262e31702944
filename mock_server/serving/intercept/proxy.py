"""A proxy that answers for DataFast's own address, within TLS or without; nothing else goes through."""

import asyncio
import re
import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mock_server.serving.intercept.certificate import Vouched, vouch_for
from mock_server.serving.intercept.proxied import Forwarded, Proxied
from mock_server.serving.intercept.refusals import (
    END,
    FULL,
    HOST,
    LONGEST_HEAD,
    TOO_EARLY,
    TOO_LONG,
    Refusal,
    refusal_of,
)
from mock_server.serving.protocol import HttpProtocol
from mock_server.serving.server import bind, url_of

_SECONDS = 10.0
_GOODBYE_SECONDS = 0.05
# Half of the files that a process may have open on most systems.
_MOST = 500
# The first is OpenSSL's own; curl, Python's requests and Node each look at another one before it or instead.
_TRUSTING = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_CONNECT = re.compile(rb"CONNECT ([!-~]+) HTTP/1\.[01]\r\n")
_ANOTHER_METHOD = re.compile(rb"(?!CONNECT )[A-Z-]+ ")
_ESTABLISHED = b"HTTP/1.1 200 Connection Established" + END


class Interceptor:
    """Listens beside uvicorn and gives it what is said inside the tunnels, and what is asked without one.

    The connection itself is handed over: there is no second one to the mock, no bytes are copied to and fro,
    and nothing here could connect to anywhere.
    """

    def __init__(
        self, sock: socket.socket, vouched: Vouched, *, seconds: float = _SECONDS, most: int = _MOST
    ) -> None:
        """`sock` listens already. A client has `seconds` for its request, and as long again for TLS.

        There are `most` connections at a time; who comes then is told so.
        """
        self.seconds = seconds
        self._sock = sock
        self._vouched = vouched
        self._most = most
        self._is_closing = False
        self._outside: set[asyncio.Transport] = set()
        self._inside: set[asyncio.Protocol] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def lines(self) -> list[str]:
        """What people have to do so that their programs come here, as lines to copy."""
        file = shlex.quote(str(self._vouched.file))
        trusted = " ".join(f"{name}={file}" for name in _TRUSTING)
        return [
            f"Programs that call https://{HOST} come here with",
            # Node reads HTTPS_PROXY only if it is told so (22.21, 24.5 and newer).
            f"  export HTTPS_PROXY={url_of(self._sock)} NODE_USE_ENV_PROXY=1",
            f"  export {trusted}",
        ]

    async def listen(self, speak: Callable[..., HttpProtocol]) -> asyncio.Server:
        """Starts to listen. `speak` makes the protocols that are spoken behind the door."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(lambda: _Door(self, speak), sock=self._sock, backlog=self._most)

    def close(self) -> None:
        """Cuts the connections that are not inside yet, and any that are still to come."""
        self._is_closing = True
        for transport in self._outside:
            transport.abort()

    def admit(self, transport: asyncio.Transport) -> bool:
        """Whether there is room for a connection; it is counted until it is gone."""
        self._outside.add(transport)
        if self._is_closing:
            transport.abort()
        return len(self._outside) + len(self._inside) <= self._most

    def leave(self, transport: asyncio.Transport) -> None:
        """A connection is gone before it was let in."""
        self._outside.discard(transport)

    def forward(
        self, transport: asyncio.Transport, speak: Callable[..., HttpProtocol], received: bytes
    ) -> None:
        """Gives a connection away with what came on it, which is HTTP."""
        http = speak(Forwarded, when_lost=self._inside.discard)
        self._outside.discard(transport)
        self._inside.add(http)
        transport.set_protocol(http)
        http.connection_made(transport)
        http.data_received(received)

    def let_in(self, transport: asyncio.Transport, http: asyncio.Protocol) -> None:
        """Begins TLS on a connection, and behind it `http`."""
        task = asyncio.create_task(self._open_tunnel(transport, http))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_tunnel(self, transport: asyncio.Transport, http: asyncio.Protocol) -> None:
        if transport.is_closing():
            # It could not even be answered; start_tls would wait for its handshake.
            return
        tunnel = _Tunnel(self._inside.discard)
        try:
            inside = await asyncio.get_running_loop().start_tls(
                transport, tunnel, self._vouched.context, server_side=True, ssl_handshake_timeout=self.seconds
            )
        except OSError:
            # The client distrusts the certificate, does not speak TLS, is too slow, or has left.
            return
        finally:
            self._outside.discard(transport)
        if inside is None or transport.is_closing():
            # The client has left meanwhile; uvloop and asyncio tell it in different ways.
            return
        self._inside.add(tunnel)
        tunnel.connect(http, inside)


class _Door(asyncio.Protocol):
    """A connection until it is known what is asked: the right CONNECT is let in, another turned away."""

    _transport: asyncio.Transport
    _timer: asyncio.TimerHandle

    def __init__(self, interceptor: Interceptor, speak: Callable[..., HttpProtocol]) -> None:
        self._interceptor = interceptor
        self._speak = speak
        self._received = bytearray()
        self._is_turned_away = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # it is TCP
        self._transport = transport
        self._wait(self._interceptor.seconds)
        if not self._interceptor.admit(transport):
            self._turn_away(FULL)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - it does not matter why
        self._timer.cancel()
        self._interceptor.leave(self._transport)

    def data_received(self, data: bytes) -> None:
        if self._is_turned_away:
            return
        self._received += data
        if _ANOTHER_METHOD.match(self._received):
            self._timer.cancel()
            self._interceptor.forward(self._transport, self._speak, bytes(self._received))
            return
        request = _CONNECT.match(self._received)
        head, end, rest = self._received.partition(END)
        if request is None and self._is_garbage():
            self._transport.close()
        elif len(head) > LONGEST_HEAD:
            self._turn_away(TOO_LONG)
        elif request is not None and end:
            self._decide(refusal_of(request[1].decode("ascii")) or (TOO_EARLY if rest else None))

    def _is_garbage(self) -> bool:
        """Whether what has come cannot become a request, such as TLS: nothing is waited for then."""
        return b"\n" in self._received or not self._received[:1].isupper()

    def _decide(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            self._turn_away(refusal)
            return
        self._timer.cancel()
        # What comes next is for TLS.
        self._transport.pause_reading()
        self._transport.write(_ESTABLISHED)
        self._interceptor.let_in(self._transport, self._speak(Proxied))

    def _turn_away(self, refusal: Refusal) -> None:
        self._is_turned_away = True
        self._transport.write(refusal.reply())
        self._timer.cancel()
        # Were it closed before all is read that the client sends, the answer could be lost to a reset.
        self._wait(_GOODBYE_SECONDS)

    def _wait(self, seconds: float) -> None:
        """Closes the connection after that time, unless the timer is stopped."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.close)


class _Tunnel(asyncio.Protocol):
    """What is said inside of TLS. It may begin before `start_tls` returns, and is kept until then."""

    def __init__(self, when_lost: Callable[["_Tunnel"], None]) -> None:
        self._when_lost = when_lost
        self._early = bytearray()
        self._http: asyncio.Protocol | None = None

    def connect(self, http: asyncio.Protocol, transport: asyncio.Transport) -> None:
        """From now on `http` listens, and gets what came before."""
        self._http = http
        http.connection_made(transport)
        if self._early:
            http.data_received(bytes(self._early))
            self._early.clear()

    def data_received(self, data: bytes) -> None:
        if self._http is None:
            self._early += data
        else:
            self._http.data_received(data)

    def pause_writing(self) -> None:
        if self._http is not None:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        if self._http is not None:
            self._http.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        self._when_lost(self)
        if self._http is not None:
            self._http.connection_lost(exc)


@contextmanager
def intercepting(host: str, port: int | None, ca_file: Path | None) -> Iterator[Interceptor]:
    """A proxy for the length of the block, to be given to a Server.

    None takes a free port; `ca_file` is as in `vouch_for`. Raises InputError for an address
    or a file that cannot be used.
    """
    with vouch_for(HOST, ca_file) as vouched:
        sock = bind(host, port or 0, option="--intercept-port")
        with sock:
            yield Interceptor(sock, vouched)
