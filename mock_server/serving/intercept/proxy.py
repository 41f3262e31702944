"""The proxy that answers requests for DataFast's own address, with TLS or without, and forwards nothing."""

import asyncio
import re
import shlex
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from mock_server.serving.intercept.certificate import HostCertificate, certificate_for
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
# Half of the number of files that a process may have open on most systems.
_MOST = 500
# The variables that name the certificate: the first is OpenSSL's; curl, Python's requests and Node each read
# another one.
_TRUSTING = ("SSL_CERT_FILE", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "NODE_EXTRA_CA_CERTS")
_CONNECT = re.compile(rb"CONNECT ([!-~]+) HTTP/1\.[01]\r\n")
_ANOTHER_METHOD = re.compile(rb"(?!CONNECT )[A-Z-]+ ")
_ESTABLISHED = b"HTTP/1.1 200 Connection Established" + END


class Interceptor:
    """A listener beside uvicorn for the clients of the proxy.

    It hands each accepted connection, or the TLS tunnel inside it, over to uvicorn's protocol. So it opens no
    second connection to the mock, copies no bytes and cannot reach any other server.
    """

    def __init__(
        self,
        sock: socket.socket,
        certificate: HostCertificate,
        *,
        seconds: float = _SECONDS,
        most: int = _MOST,
    ) -> None:
        """`sock` listens already. A client has `seconds` for its request, and as long again for TLS.

        At most `most` connections are open at a time; a further one gets status 503.
        """
        self.seconds = seconds
        self._sock = sock
        self._certificate = certificate
        self._most = most
        self._is_closing = False
        self._outside: set[asyncio.Transport] = set()
        self._inside: set[asyncio.Protocol] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def lines(self) -> list[str]:
        """Returns lines for a shell: the environment variables with which programs use this proxy."""
        file = shlex.quote(str(self._certificate.file))
        trusted = " ".join(f"{name}={file}" for name in _TRUSTING)
        return [
            f"Programs that call https://{HOST} reach this mock with",
            # Node reads HTTPS_PROXY only with this setting (22.21, 24.5 and newer).
            f"  export HTTPS_PROXY={url_of(self._sock)} NODE_USE_ENV_PROXY=1",
            f"  export {trusted}",
        ]

    async def listen(self, speak: Callable[..., HttpProtocol]) -> asyncio.Server:
        """Starts to listen. `speak` makes the protocols of accepted connections."""
        loop = asyncio.get_running_loop()
        return await loop.create_server(
            lambda: _NewConnection(self, speak), sock=self._sock, backlog=self._most
        )

    def close(self) -> None:
        """Aborts the connections that are not accepted yet, and all later ones."""
        self._is_closing = True
        for transport in self._outside:
            transport.abort()

    def admit(self, transport: asyncio.Transport) -> bool:
        """Counts a connection until it is closed, and returns whether there is room for it."""
        self._outside.add(transport)
        if self._is_closing:
            transport.abort()
        return len(self._outside) + len(self._inside) <= self._most

    def leave(self, transport: asyncio.Transport) -> None:
        """Notes that a connection was closed before it was accepted."""
        self._outside.discard(transport)

    def forward(
        self, transport: asyncio.Transport, speak: Callable[..., HttpProtocol], received: bytes
    ) -> None:
        """Hands a connection over to a `Forwarded`.

        `received` are the bytes of the request that were read already.
        """
        http = speak(Forwarded, when_lost=self._inside.discard)
        self._outside.discard(transport)
        self._inside.add(http)
        transport.set_protocol(http)
        http.connection_made(transport)
        http.data_received(received)

    def let_in(self, transport: asyncio.Transport, http: asyncio.Protocol) -> None:
        """Begins TLS on a connection, and lets the protocol `http` speak inside it."""
        task = asyncio.create_task(self._open_tunnel(transport, http))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_tunnel(self, transport: asyncio.Transport, http: asyncio.Protocol) -> None:
        if transport.is_closing():
            # The client has left already; start_tls would wait for its handshake.
            return
        tunnel = _Tunnel(self._inside.discard)
        try:
            inside = await asyncio.get_running_loop().start_tls(
                transport,
                tunnel,
                self._certificate.context,
                server_side=True,
                ssl_handshake_timeout=self.seconds,
            )
        except OSError:
            # The client distrusts the certificate, does not speak TLS, is too slow, or has left.
            return
        finally:
            self._outside.discard(transport)
        if inside is None or transport.is_closing():
            # The client has left meanwhile. uvloop and asyncio report that in different ways.
            return
        self._inside.add(tunnel)
        tunnel.connect(http, inside)


class _NewConnection(asyncio.Protocol):
    """A new connection until its first request is read.

    A CONNECT to DataFast's host begins a tunnel, a request with another method goes to the mock, and anything
    else is refused.
    """

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
        """Returns whether the bytes so far cannot begin a request, for example because they are TLS."""
        return b"\n" in self._received or not self._received[:1].isupper()

    def _decide(self, refusal: Refusal | None) -> None:
        if refusal is not None:
            self._turn_away(refusal)
            return
        self._timer.cancel()
        # The next bytes are for TLS.
        self._transport.pause_reading()
        self._transport.write(_ESTABLISHED)
        self._interceptor.let_in(self._transport, self._speak(Proxied))

    def _turn_away(self, refusal: Refusal) -> None:
        self._is_turned_away = True
        self._transport.write(refusal.reply())
        self._timer.cancel()
        # If the connection were closed with unread input, the client could get a reset instead of the answer.
        self._wait(_GOODBYE_SECONDS)

    def _wait(self, seconds: float) -> None:
        """Closes the connection after some seconds, unless the timer is cancelled."""
        self._timer = asyncio.get_running_loop().call_later(seconds, self._transport.close)


class _Tunnel(asyncio.Protocol):
    """The protocol inside TLS. Bytes that arrive before `start_tls` returns are kept until then."""

    def __init__(self, when_lost: Callable[["_Tunnel"], None]) -> None:
        self._when_lost = when_lost
        self._early = bytearray()
        self._http: asyncio.Protocol | None = None

    def connect(self, http: asyncio.Protocol, transport: asyncio.Transport) -> None:
        """Passes all input to `http` from now on, and the kept bytes first."""
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
    """Makes a proxy for the length of the block, to be given to a Server.

    A `port` of None takes a free one. The authority's certificate is written to `ca_file`; None means a
    temporary file. Raises InputError for an address or a file that cannot be used.
    """
    with certificate_for(HOST, ca_file) as certificate:
        sock = bind(host, port or 0, option="--intercept-port")
        with sock:
            yield Interceptor(sock, certificate)
