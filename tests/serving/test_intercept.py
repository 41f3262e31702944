"""`serve --intercept`: programs that call https://datafa.st reach the mock, and no other server."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from http.client import HTTPResponse
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.request import Request, urlopen

import httpx2
import pytest
from starlette.applications import Starlette

from mock_server.errors import InputError
from mock_server.serving.intercept.certificate import certificate_for
from mock_server.serving.intercept.proxy import Interceptor, intercepting
from mock_server.serving.intercept.refusals import HOST, LONGEST_HEAD
from mock_server.serving.server import Server, bind
from tests.command import LISTENING, NOTHING, banner_of, ended, started
from tests.controls import Controls
from tests.credentials import bearer
from tests.instants import INSTANT
from tests.ports import port_to_take
from tests.quick import quick
from tests.timing import assert_less
from tests.waiting import eventually

PATH = "/api/v1/analytics/realtime/map"
URL = f"https://{HOST}{PATH}"
CONNECT = f"CONNECT {HOST}:443 HTTP/1.1\r\nHost: {HOST}:443\r\n\r\n".encode()
ESTABLISHED = b"HTTP/1.1 200 Connection Established\r\n\r\n"
HELLO = bytes.fromhex("160301020001000001fc0303")
SHORT = 0.3
Done = TypeVar("Done")
NODE = Path(sys.executable).with_name("node")

URLLIB = f"""
import urllib.request
request = urllib.request.Request("{URL}", headers={{"Authorization": "Bearer df_test"}})
with urllib.request.urlopen(request) as reply:
    print(reply.read().decode(), end="")
"""
REQUESTS = f"""
import requests
print(requests.get("{URL}", headers={{"Authorization": "Bearer df_test"}}).text, end="")
"""
FETCH = f"""
fetch("{URL}", {{headers: {{Authorization: "Bearer df_test"}}}})
  .then((reply) => reply.text()).then((text) => process.stdout.write(text));
"""
HTTPS_GET = f"""
const options = {{headers: {{Authorization: "Bearer df_test"}}}};
require("node:https").get("{URL}", options, (reply) => reply.pipe(process.stdout));
"""
CURL = ("curl", "--silent", "--show-error", "--header", "Authorization: Bearer df_test")

# axios up to 1.9 sends such a request.
WHOLE_URL = (
    f"curl --silent --show-error --request-target {URL} -H 'Authorization: Bearer df_test' $HTTPS_PROXY"
)
NEEDS_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

PROGRAMS = [
    pytest.param(["sh", "-c", WHOLE_URL], id="curl, with a whole URL as the target", marks=NEEDS_CURL),
    pytest.param([sys.executable, "-c", URLLIB], id="Python, urllib"),
    pytest.param([sys.executable, "-c", REQUESTS], id="Python, requests"),
    pytest.param([sys.executable, "-c", REQUESTS.replace("requests", "httpx2")], id="Python, httpx2"),
    pytest.param([str(NODE), "-e", FETCH], id="Node, fetch"),
    pytest.param([str(NODE), "-e", HTTPS_GET], id="Node, https.get"),
    pytest.param([*CURL, URL], id="curl", marks=NEEDS_CURL),
]


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


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Environments in which one package is not installed, by the name of the package."""
    environments = {}
    for package in ("uvloop", "trustme"):
        folder = tmp_path_factory.mktemp(f"without_{package}")
        complaint = f"raise ModuleNotFoundError('no {package} here', name='{package}')\n"
        (folder / f"{package}.py").write_text(complaint, encoding="ascii")
        path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        environments[package] = {"PYTHONPATH": path}
    return environments


@pytest.fixture(scope="module", params=quick(["uvloop", "asyncio"], 1))
def command(request: pytest.FixtureRequest, without: dict[str, dict[str, str]]) -> Iterator[Intercepting]:
    """The command on both event loops that it supports."""
    environment = without["uvloop"] if request.param == "asyncio" else {}
    with intercepting_command(environment=environment) as command:
        yield command


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


@pytest.mark.parametrize("program", quick(PROGRAMS, 1))
def test_program_with_the_real_address_gets_the_mocks_answer(
    command: Intercepting, program: list[str]
) -> None:
    result = run(program, command.environment)

    assert result.stderr == ""
    assert result.stdout == command.direct("df_test").decode()
    assert json.loads(result.stdout)["status"] == "success"


def test_banner_still_ends_with_the_mocks_own_address(command: Intercepting) -> None:
    assert command.banner[-1].startswith(f"{LISTENING}http://127.0.0.1:")
    assert command.proxy[1] not in (0, httpx2.URL(command.url).port)


def test_one_tunnel_carries_many_requests_of_any_size(command: Intercepting) -> None:
    keys = ["df_test", "df_launch_day", "df_empty"]

    with command.client() as client:
        bodies = [client.get(PATH, headers=bearer(key)).content for key in keys]

    assert bodies == [command.direct(key) for key in keys]
    assert len(bodies[1]) > 1_000_000


def test_events_for_the_real_address_reach_the_mock(command: Intercepting) -> None:
    visitor = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    with Controls(command.url) as controls, command.client() as client:
        minted = controls.post("/keys", {"site": "empty"})
        event = {"websiteId": minted["trackingId"], "type": "pageview", "visitorId": visitor, "href": "/"}
        reply = client.post("/api/events", json=event)
        online = client.get("/api/v1/analytics/realtime", headers=bearer(minted["key"])).json()

    assert reply.json()["visitorId"] == visitor
    assert online["data"] == [{"visitors": 1}]


def test_request_may_come_in_one_segment_with_the_end_of_the_handshake(command: Intercepting) -> None:
    # TLS lets a client speak as soon as it has sent its part of the handshake.
    body = b"{}".ljust(100_000)
    head = f"POST /api/v1/goals HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: {len(body)}\r\n"
    received, to_send = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = command.trusting().wrap_bio(received, to_send, server_hostname=HOST)
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(CONNECT)
        heard(sock)
        with pytest.raises(ssl.SSLWantReadError):
            client.do_handshake()
        sock.sendall(to_send.read())
        _until_done(client.do_handshake, sock, received)
        client.write(f"{head}Authorization: Bearer df_test\r\n\r\n".encode() + body)
        sock.sendall(to_send.read())
        answer = _until_done(lambda: client.read(65_536), sock, received)

    assert answer.startswith(b"HTTP/1.1 400 ")


def _until_done(step: Callable[[], Done], sock: socket.socket, received: ssl.MemoryBIO) -> Done:
    """Returns what a step of TLS returns as soon as enough bytes have come for it."""
    while True:
        try:
            return step()
        except ssl.SSLWantReadError:
            received.write(sock.recv(65_536))


def test_many_tunnels_at_once(command: Intercepting) -> None:
    def ask(_number: int) -> bytes:
        with ExitStack() as stack:
            sock = tunnel(command, stack)
            sock.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode())
            return heard(sock)

    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(ask, range(60)))

    assert {answer.split(b"\r\n")[0] for answer in answers} == {b"HTTP/1.1 401 Unauthorized"}


@pytest.mark.parametrize("target", [f"{HOST}:443", "DataFa.ST:443", f"{HOST}.:443"])
def test_the_one_host_is_let_in_however_it_is_spelt(command: Intercepting, target: str) -> None:
    assert said(command.proxy, f"CONNECT {target} HTTP/1.0\r\n\r\n".encode()) == ESTABLISHED


@pytest.mark.parametrize(
    ("head", "status", "reason"),
    [
        pytest.param("CONNECT example.com:443", 403, "sent to example.com:443", id="another host"),
        pytest.param(f"CONNECT {HOST}:80", 403, f"only answers for https://{HOST}", id="another port"),
        pytest.param(f"CONNECT {HOST}", 403, f"only answers for https://{HOST}", id="no port"),
        pytest.param(
            f"CONNECT {HOST}.example.com:443", 403, f"only answers for https://{HOST}", id="same beginning"
        ),
        pytest.param(
            f"CONNECT www.{HOST}:443", 403, f"only answers for https://{HOST}", id="a name below it"
        ),
        pytest.param("GET http://example.com/a", 403, "sent to http://example.com/a.", id="URL elsewhere"),
        pytest.param(
            "POST https://example.com:443", 403, f"only answers for https://{HOST}", id="URL without a path"
        ),
        pytest.param(
            f"GET https://{HOST}.example.com/",
            403,
            f"only answers for https://{HOST}",
            id="URL, same beginning",
        ),
        pytest.param(
            f"GET https://{HOST}@example.com/",
            403,
            f"only answers for https://{HOST}",
            id="URL, host as a user",
        ),
        pytest.param(
            f"GET https://example.com/https://{HOST}/", 403, "only answers", id="URL, host in the path"
        ),
        pytest.param(
            f"GET https://{HOST}:8443/", 403, f"only answers for https://{HOST}", id="URL, another port"
        ),
        pytest.param(
            f"GET ftp://{HOST}/", 403, f"only answers for https://{HOST}", id="URL of another scheme"
        ),
        pytest.param("GET /", 400, "a whole URL, not /", id="browser"),
    ],
)
def test_all_else_is_refused_in_a_sentence(
    command: Intercepting, head: str, status: int, reason: str
) -> None:
    lines = f"{head} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n"
    answer = said(command.proxy, lines.encode()).decode()

    assert answer.startswith(f"HTTP/1.1 {status} ")
    assert "content-type: text/plain" in answer.lower()
    assert "This is the proxy of `datafast-mock serve --intercept`" in answer
    assert reason in answer


ABSOLUTE = [
    f"https://{HOST}",
    f"http://{HOST}",
    f"https://{HOST}:443",
    f"http://{HOST}:80",
    "HTTPS://DATAFA.ST",
    f"https://{HOST}.",
    f"https://someone:secret@{HOST}",
]


@pytest.mark.parametrize("origin", ABSOLUTE)
@pytest.mark.parametrize(
    ("method", "path", "lines", "body"),
    [
        pytest.param("GET", PATH, "Authorization: Bearer df_test\r\n", "", id="map"),
        pytest.param("GET", f"{PATH}?fields=no", "Authorization: Bearer df_test\r\n", "", id="query"),
        pytest.param("GET", PATH, "", "", id="no key"),
        pytest.param("HEAD", PATH, "Authorization: Bearer df_test\r\n", "", id="HEAD"),
        pytest.param("OPTIONS", PATH, "Origin: http://a.test\r\n", "", id="OPTIONS"),
        pytest.param("POST", PATH, "Content-Length: 4\r\n", '{"": ', id="POST with a body"),
        pytest.param("GET", PATH, "Prefer: fault=truncate, site=shop\r\n", "", id="fault"),
        pytest.param("GET", "/nowhere", "Authorization: Bearer df_test\r\n", "", id="404"),
        pytest.param("GET", "", "", "", id="no path"),
    ],
)
def test_absolute_target_is_answered_as_at_the_mocks_own_address(
    command: Intercepting, origin: str, method: str, path: str, lines: str, body: str
) -> None:
    rest = f" HTTP/1.1\r\nHost: {HOST}\r\n{lines}Connection: close\r\n\r\n{body}"
    own = httpx2.URL(command.url)

    answer = said(command.proxy, f"{method} {origin}{path}{rest}".encode())

    assert answer == said((own.host, own.port or 0), f"{method} {path or '/'}{rest}".encode())
    assert answer.startswith(b"HTTP/1.1 ")


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


def test_each_absolute_target_on_a_connection_is_judged_by_its_own_host(command: Intercepting) -> None:
    key = "Authorization: Bearer df_test"
    requests = [
        absolute(URL, key),
        absolute(f"http://example.com{PATH}", key, "Content-Length: 2\r\n\r\n{}", method="POST")[:-4],
        absolute(URL),
        absolute(URL, key),
        CONNECT,
    ]
    with socket.create_connection(command.proxy, timeout=30) as sock:
        found = statuses(sock, *requests)

        assert sock.recv(1) == b""
    assert found == [200, 403, 401, 200, 400]


def test_absolute_targets_in_one_segment_are_answered_in_order(command: Intercepting) -> None:
    segment = b"".join(
        [
            absolute(URL, "Authorization: Bearer df_test"),
            absolute("http://example.com/"),
            absolute(URL, "Connection: close"),
        ]
    )

    answer = said(command.proxy, segment)

    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"403", b"401"]


def test_absolute_target_may_come_in_pieces(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in absolute(URL, "Connection: close"):
            sock.sendall(bytes([byte]))

        assert heard(sock).startswith(b"HTTP/1.1 401 ")


@pytest.mark.parametrize(
    ("fault", "seconds", "heard_of_it"),
    [("reset", 30, "Connection reset"), ("empty", 30, ""), ("hang", SHORT, "timed out")],
)
def test_fault_of_an_absolute_target_is_that_of_its_connection(
    command: Intercepting, fault: str, seconds: float, heard_of_it: str
) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(absolute(URL, "Authorization: Bearer df_test", f"Prefer: fault={fault}"))
        sock.settimeout(seconds)
        try:
            found = sock.recv(1).decode()
        except OSError as error:
            found = str(error)

    assert heard_of_it in found
    assert bool(found) == bool(heard_of_it)


def test_absolute_target_is_in_the_journal_without_the_headers_for_the_proxy(command: Intercepting) -> None:
    with Controls(command.url) as controls, socket.create_connection(command.proxy, timeout=30) as sock:
        key = controls.mint()
        statuses(
            sock,
            absolute(f"{URL}?a=b", f"Authorization: Bearer {key}", "Proxy-Authorization: Basic c2VjcmV0"),
        )
        (entry,) = controls.get("/requests", key=key)["requests"]

    assert entry["path"] == PATH
    assert entry["query"] == {"a": ["b"]}
    assert "c2VjcmV0" not in json.dumps(entry)
    assert "other.example" not in json.dumps(entry)


@pytest.mark.parametrize("host", [HOST, "localhost"])
@pytest.mark.parametrize(
    "path",
    ["/__mock", "/__mock/keys", "/__mock/keys/", "/__mock/keys?limit=1", "/%5F_mock/keys", "/__mock//"],
)
def test_controls_are_not_reached_through_the_proxy(command: Intercepting, host: str, path: str) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode()
    with ExitStack() as stack:
        sock = tunnel(command, stack)
        sock.sendall(request)
        answers = [heard(sock), said(command.proxy, request.replace(b"GET ", b"GET https://datafa.st"))]

    for answer in answers:
        assert answer.startswith(b"HTTP/1.1 403 ")
        assert b"cannot be used through the proxy" in answer


@pytest.mark.parametrize("program", [PROGRAMS[1], PROGRAMS[-1]])
def test_program_is_refused_another_host(command: Intercepting, program: list[str]) -> None:
    elsewhere = [word.replace(HOST, "datafast.example") for word in program]

    result = run(elsewhere, command.environment)

    assert result.stdout == ""
    assert result.returncode != 0
    assert "403" in result.stderr


def test_nothing_is_sent_to_a_refused_host(command: Intercepting) -> None:
    with socket.create_server(("127.0.0.1", 0)) as elsewhere:
        elsewhere.setblocking(False)
        port = elsewhere.getsockname()[1]
        answer = said(command.proxy, f"CONNECT 127.0.0.1:{port} HTTP/1.1\r\n\r\n".encode())

        with pytest.raises(BlockingIOError):
            elsewhere.accept()

    assert answer.startswith(b"HTTP/1.1 403 ")


def test_program_that_does_not_know_the_authority_refuses_the_certificate(command: Intercepting) -> None:
    only_proxy = {"HTTPS_PROXY": command.environment["HTTPS_PROXY"]}

    result = run([sys.executable, "-c", URLLIB], only_proxy)

    assert result.stdout == ""
    assert "CERTIFICATE_VERIFY_FAILED" in result.stderr


def test_authority_vouches_for_no_other_name(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(CONNECT)
        heard(sock)

        with pytest.raises(ssl.SSLCertVerificationError, match="Hostname mismatch"):
            command.trusting().wrap_socket(sock, server_hostname="example.com")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([b"\0" * 100], id="zeros"),
        pytest.param([HELLO], id="TLS to the proxy itself"),
        pytest.param([b"hello\r\n"], id="no request line"),
        pytest.param([b"CONNECT datafa.st:443 HTTP/1.1\n\n"], id="bare line feeds"),
        pytest.param([b"CONNECT datafa.st:443 SPDY/3\r\n\r\n"], id="another protocol"),
    ],
)
def test_garbage_is_closed_at_once_and_quietly(command: Intercepting, parts: list[bytes]) -> None:
    assert said(command.proxy, *parts) == b""
    # This proxy would wait for the rest of a head for longer than `said` waits for an answer.
    with proxy(3600) as address:
        assert said(address, *parts) == b""


@pytest.mark.parametrize(
    ("head", "status"),
    [
        pytest.param(b"CONNECT " + b"a" * LONGEST_HEAD, 431, id="endless line"),
        pytest.param(CONNECT[:-2] + b"A: b\r\n" * 3000, 431, id="endless head"),
        pytest.param(CONNECT[:-2] + b"A: b\r\n" * 3000 + b"\r\n", 431, id="too long, and complete"),
        pytest.param(CONNECT + HELLO, 400, id="TLS before the answer"),
    ],
)
def test_head_that_cannot_be_used_is_answered(command: Intercepting, head: bytes, status: int) -> None:
    assert said(command.proxy, head).startswith(f"HTTP/1.1 {status} ".encode())


def test_head_may_come_in_pieces(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in CONNECT:
            sock.sendall(bytes([byte]))

        assert heard(sock) == ESTABLISHED


def test_bytes_inside_the_tunnel_that_are_not_tls_end_it(command: Intercepting) -> None:
    with socket.create_connection(command.proxy, timeout=30) as sock:
        sock.sendall(CONNECT)
        heard(sock)
        sock.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())

        assert not heard(sock).startswith(b"HTTP")


@pytest.mark.parametrize(
    "beginning",
    [
        pytest.param(b"", id="silent"),
        pytest.param(b"CONNECT datafa.st", id="slow head"),
        pytest.param(CONNECT, id="no TLS after the answer"),
    ],
)
def test_client_that_keeps_it_waiting_is_cut(beginning: bytes) -> None:
    with proxy(SHORT) as address:
        began = time.monotonic()
        with socket.create_connection(address, timeout=30) as sock:
            sock.sendall(beginning)
            answer = _until_cut(sock)

    assert answer in (b"", ESTABLISHED)
    assert time.monotonic() - began > SHORT / 2


def _until_cut(sock: socket.socket) -> bytes:
    """Returns the bytes until the other side closes or resets the connection."""
    answer = b""
    try:
        while part := sock.recv(65_536):
            answer += part
    except ConnectionResetError:
        pass
    return answer


@pytest.mark.parametrize(
    "path", ["//__mock/keys", "/x/../__mock/keys", "/__MOCK/keys", "/__mock%2Fkeys", "*"]
)
def test_paths_that_resemble_the_controls_do_not_reach_them(command: Intercepting, path: str) -> None:
    request = f"GET https://{HOST}{path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode()

    answer = said(command.proxy, request)

    assert re.match(rb"HTTP/1\.1 4\d\d ", answer)
    assert b"df_demo" not in answer


@pytest.mark.parametrize("beginning", [b"", absolute(URL)[:-2]], ids=["silent", "inside"])
def test_there_is_room_again_when_others_have_left(beginning: bytes) -> None:
    with proxy(60) as address:
        with socket.create_connection(address) as one, socket.create_connection(address) as other:
            one.sendall(beginning)
            other.sendall(beginning)
            refused = said(address, CONNECT)

        assert refused.startswith(b"HTTP/1.1 503 ")
        eventually(lambda: said(address, CONNECT) == ESTABLISHED)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("loop", quick(["uvloop", "asyncio"], 1))
def test_sigterm_ends_it_at_once_whatever_is_open(without: dict[str, dict[str, str]], loop: str) -> None:
    # A connection that is not closed at once is cut after a second, or after the proxy's timeout.
    assert_less(lambda: _seconds_to_end(without["uvloop"] if loop == "asyncio" else {}), 2)


def _seconds_to_end(environment: Mapping[str, str]) -> float:
    """Returns how long a mock takes to end while connections are open; asserts that it ends well."""
    with ExitStack() as stack:
        command = stack.enter_context(intercepting_command(environment=environment))
        folder = command.authority.parent
        tunnel(command, stack)
        asked = tunnel(command, stack)
        asked.sendall(f"GET {PATH} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
        asked.recv(10)
        for beginning in (b"", b"CONNECT ", CONNECT, absolute(URL), absolute(URL)[:-2], b"GET "):
            stack.enter_context(socket.create_connection(command.proxy)).sendall(beginning)
        sent = time.monotonic()
        command.process.send_signal(signal.SIGTERM)
        code = command.process.wait(60)
        took = time.monotonic() - sent

    assert code == 0
    assert not folder.exists()
    return took


def test_authority_is_in_a_folder_of_ones_own(command: Intercepting) -> None:
    assert [file.name for file in command.authority.parent.iterdir()] == ["ca.pem"]
    assert "PRIVATE" not in command.authority.read_text(encoding="ascii")
    assert sys.platform == "win32" or command.authority.parent.stat().st_mode & 0o777 == 0o700


# Prints the modes of the files during the loading of a key and after it, under an umask of 0.
MODES = f"""
import os, ssl, sys
from pathlib import Path
from mock_server.serving.intercept.certificate import certificate_for

load = ssl.SSLContext.load_cert_chain
def watched(self, path, *further):
    print(oct(Path(path).stat().st_mode & 0o777), oct(Path(path).parent.stat().st_mode & 0o777))
    load(self, path, *further)
    folders.append(Path(path).parent)

folders = []
ssl.SSLContext.load_cert_chain = watched
os.umask(0)
with certificate_for("{HOST}", Path(sys.argv[1])):
    print([file for folder in folders for file in folder.iterdir()])
print([folder for folder in folders if folder.exists()])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such modes")
def test_no_other_user_reads_the_key_or_writes_the_certificate_whatever_the_umask(tmp_path: Path) -> None:
    file = tmp_path / "ca.pem"

    result = run([sys.executable, "-c", MODES, str(file)], {})

    assert (result.stdout.splitlines(), result.stderr) == (["0o600 0o700", "[]", "[]"], "")
    assert file.stat().st_mode & 0o777 == 0o644


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such files")
@pytest.mark.parametrize("name", ["pipe", "/dev/zero", "/dev/null", "link"])
def test_pipe_or_device_is_refused_as_the_authoritys_file_at_once(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")

    with (
        pytest.raises(InputError, match="datafast-mock did not write it"),
        certificate_for(HOST, tmp_path / name),
    ):
        pass


def test_authority_is_made_anew_in_the_chosen_file_and_stays_there(tmp_path: Path) -> None:
    file = tmp_path / "it's the CA.pem"
    made = []
    for _ in range(2):
        with certificate_for(HOST, file) as certificate:
            made.append(file.read_bytes())

    assert certificate.file == file
    assert made[0] != made[1] == file.read_bytes()


@pytest.mark.parametrize("name", ["theirs.pem", ".", "nowhere/ca.pem"])
def test_file_that_cannot_be_the_authoritys_is_refused_and_left_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "theirs.pem").write_text("precious", encoding="ascii")

    with pytest.raises(InputError, match="--intercept-ca"), certificate_for(HOST, tmp_path / name):
        pass
    assert [file.read_text(encoding="ascii") for file in tmp_path.iterdir()] == ["precious"]


@pytest.mark.long
def test_chosen_port_and_file_are_used(tmp_path: Path) -> None:
    file = tmp_path / "its ca.pem"
    with port_to_take() as port:
        options = ("--intercept-port", str(port), "--intercept-ca", str(file))
        with intercepting_command(*options) as command, command.client() as client:
            status = client.get(PATH, headers=bearer("df_test")).status_code

    assert (status, command.proxy[1], command.authority) == (200, port, file)
    assert file.exists()


def test_taken_port_is_reported_with_its_option() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]

        with (
            pytest.raises(InputError, match=r"^--intercept-port: cannot listen on 127\.0\.0\.1:\d+"),
            intercepting("127.0.0.1", port, None),
        ):
            pass


@pytest.mark.long
def test_options_of_the_proxy_without_the_proxy_are_refused() -> None:
    result = ended("serve", "--port", "0", "--intercept-port", "0", "--intercept-ca", "ca.pem")

    assert (result.returncode, result.stdout) == (2, "")
    assert "need --intercept" in result.stderr


@pytest.mark.long
def test_missing_package_is_named_with_the_extra_to_install(without: dict[str, dict[str, str]]) -> None:
    result = ended("serve", "--port", "0", "--intercept", environment=without["trustme"])

    assert (result.returncode, result.stdout) == (2, "")
    assert (
        result.stderr
        == "datafast-mock: --intercept: no trustme here: pip install 'datafast-mock[intercept]'\n"
    )


@pytest.mark.long
def test_without_intercept_no_package_is_needed_for_it(without: dict[str, dict[str, str]]) -> None:
    with started("--port", "0", environment=without["trustme"]) as process:
        banner = banner_of(process)

    assert "HTTPS_PROXY" not in "\n".join(banner)
