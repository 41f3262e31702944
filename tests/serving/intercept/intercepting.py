"""The mock with its proxy, and what programs say to it."""

import os
import shlex
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import httpx2
from starlette.applications import Starlette

from mock_server.serving.intercept.certificate import certificate_for
from mock_server.serving.intercept.proxy import Interceptor
from mock_server.serving.intercept.refusals import HOST
from mock_server.serving.server import Server, bind
from tests.command import LISTENING, NOTHING, banner_of, started
from tests.credentials import bearer
from tests.instants import INSTANT

PATH = "/api/v1/analytics/realtime/map"
URL = f"https://{HOST}{PATH}"
CONNECT = f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode()
ESTABLISHED = b"HTTP/1.1 200 Connection Established\r\n\r\n"
SHORT = 0.3


class Intercepting(NamedTuple):
    """A started command: its process and the lines that it printed."""

    process: subprocess.Popen[str]
    banner: list[str]

    @property
    def environment(self) -> dict[str, str]:
        """The environment variables that a user sets by copying the printed `export` lines."""
        lines = [shlex.split(line)[1:] for line in self.banner if line.strip().startswith("export ")]
        return dict(word.split("=", 1) for line in lines for word in line)

    @property
    def authority(self) -> Path:
        """The file with the authority's certificate."""
        return Path(self.environment["SSL_CERT_FILE"])

    @property
    def url(self) -> str:
        """The mock's own address."""
        return self.banner[-1].removeprefix(LISTENING)

    @property
    def proxy(self) -> tuple[str, int]:
        """The host and port of the proxy."""
        url = httpx2.URL(self.environment["HTTPS_PROXY"])
        return url.host, url.port or 0

    def trusting(self) -> ssl.SSLContext:
        """Returns a client's TLS context that trusts only the authority."""
        return ssl.create_default_context(cafile=str(self.authority))

    def direct(self, key: str) -> bytes:
        """Returns the answer at the mock's own address for a key."""
        request = Request(self.url + PATH, headers=bearer(key))
        with urlopen(request, timeout=60) as reply:
            body: bytes = reply.read()
            return body

    def client(self) -> httpx2.Client:
        """Returns a client in this process that uses the proxy."""
        return httpx2.Client(
            base_url=f"https://{HOST}",
            proxy=self.environment["HTTPS_PROXY"],
            verify=self.trusting(),
            timeout=30,
        )


@contextmanager
def intercepting_command(*options: str, environment: Mapping[str, str] = NOTHING) -> Iterator[Intercepting]:
    """Runs `serve --intercept` in a frozen world; its standard error must be empty at the end."""
    frozen = ("--port", "0", "--now", INSTANT, "--freeze", "--intercept", *options)
    strict = {"PYTHONWARNINGS": "always::ResourceWarning", **environment}
    with started(*frozen, stderr=subprocess.PIPE, environment=strict) as process:
        yield Intercepting(process, banner_of(process))
        process.terminate()
        _, complaint = process.communicate(timeout=30)
    assert complaint == ""


@contextmanager
def proxy(seconds: float) -> Iterator[tuple[str, int]]:
    """Runs a proxy in this process, with timeouts of `seconds` and at most two connections.

    Yields its host and port.
    """
    is_ready = threading.Event()
    with (
        certificate_for(HOST, None) as certificate,
        bind("127.0.0.1", 0) as sock,
        bind("127.0.0.1", 0) as own,
    ):
        server = Server(Starlette(), is_ready.set, Interceptor(sock, certificate, seconds=seconds, most=2))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [own]})
        thread.start()
        assert is_ready.wait(60)
        yield sock.getsockname()
        server.should_exit = True
        thread.join()


def run(program: Sequence[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs a program with additional variables, and without any other proxy settings."""
    own = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return subprocess.run(
        program, env={**own, **environment}, capture_output=True, encoding="utf-8", timeout=60, check=False
    )


def said(address: tuple[str, int], *parts: bytes) -> bytes:
    """Sends bytes to the proxy, and returns its answer until it closes or accepts the connection."""
    with socket.create_connection(address, timeout=30) as sock:
        for part in parts:
            sock.sendall(part)
        return heard(sock)


def heard(sock: socket.socket) -> bytes:
    """Returns the bytes until the other side closes or accepts the connection."""
    answer = b""
    while answer != ESTABLISHED and (part := sock.recv(65_536)):
        answer += part
    return answer


def tunnel(command: Intercepting, stack: ExitStack) -> ssl.SSLSocket:
    """Returns a connection to the mock through the proxy."""
    sock = stack.enter_context(socket.create_connection(command.proxy, timeout=60))
    sock.sendall(CONNECT)
    assert heard(sock) == ESTABLISHED
    return stack.enter_context(command.trusting().wrap_socket(sock, server_hostname=HOST))


def absolute(url: str, *lines: str, method: str = "GET") -> bytes:
    """Returns a request with a whole URL as its target."""
    return "\r\n".join([f"{method} {url} HTTP/1.1", "Host: other.example", *lines, "", ""]).encode()


def statuses(sock: socket.socket, *requests: bytes) -> list[int]:
    """Returns the statuses of requests on one connection, each sent after the previous answer."""
    found = []
    for request in requests:
        sock.sendall(request)
        reply = HTTPResponse(sock)
        reply.begin()
        reply.read()
        found.append(reply.status)
    return found
