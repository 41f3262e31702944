"""Faults, as Python's and Node's clients meet them."""

import http.client
import json
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest

from mock_server.faults.amounts import FAULTS
from mock_server.testing import RunningMock
from tests.command import address_of, serving, started
from tests.credentials import bearer
from tests.node import NODE
from tests.timing import assert_less
from tests.waiting import eventually

REALTIME = "/analytics/realtime"
PATH = f"/api/v1{REALTIME}"
VARIANTS = (
    "truncate:0",
    "drip:200",
    "wrong-type:/data/0/visitors",
    "missing:/data/0/visitors",
    "delay=200",
    "delay=200..210",
)

PATIENCE = {"hang": 0.5}
"""The seconds for which a client waits for a fault that never ends."""

Met = dict[str, Any]
Ask = Callable[[str], http.client.HTTPResponse]


@pytest.fixture(scope="module")
def by_node(turned: RunningMock) -> Met:
    """The error or answer that Node's fetch gets, by fault."""
    script = Path(__file__).with_name("faults.mjs")
    command = [str(NODE), str(script), f"{turned.url}{REALTIME}", *FAULTS, *VARIANTS]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    met: Met = json.loads(result.stdout)
    return met


@pytest.fixture
def by_python(turned: RunningMock) -> Iterator[Ask]:
    """A function that requests a fault with the standard library's client."""
    with ExitStack() as stack:

        def ask(fault: str) -> http.client.HTTPResponse:
            connection = http.client.HTTPConnection(
                urlsplit(turned.url).netloc, timeout=PATIENCE.get(fault, 60)
            )
            stack.enter_context(closing(connection))
            headers = {**bearer("df_demo"), "Prefer": f"fault={fault}"}
            connection.request("GET", f"/api/v1{REALTIME}", headers=headers)
            return stack.enter_context(connection.getresponse())

        yield ask


@pytest.mark.parametrize(
    ("fault", "error", "code"),
    [
        pytest.param("reset", ConnectionResetError, "ECONNRESET", id="reset"),
        pytest.param("empty", http.client.RemoteDisconnected, "UND_ERR_SOCKET", id="empty"),
        pytest.param("hang", TimeoutError, "TimeoutError", id="hang"),
    ],
)
def test_no_answer(by_python: Ask, by_node: Met, fault: str, error: type[Exception], code: str) -> None:
    with pytest.raises(error):
        by_python(fault)

    assert by_node[fault]["failed"]
    assert by_node[fault]["error"] == code
    assert "status" not in by_node[fault]


def test_reset_is_a_reset_on_the_wire(turned: RunningMock) -> None:
    host, port = urlsplit(turned.url).netloc.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(b"GET /api/v1/analytics/realtime?__fault=reset HTTP/1.1\r\nHost: x\r\n\r\n")
        with pytest.raises(ConnectionResetError):
            connection.recv(1)
        error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    # `recv` has reported the reset; a normal close would have given b"".
    assert error == 0


@pytest.mark.parametrize(("fault", "share"), [("truncate", 0.5), ("truncate:0", 0)])
def test_truncated_body(by_python: Ask, by_node: Met, fault: str, share: float) -> None:
    reply = by_python(fault)
    length = int(reply.headers["Content-Length"])
    with pytest.raises(http.client.IncompleteRead) as broken:
        reply.read()

    assert len(broken.value.partial) == int(length * share)
    assert by_node[fault]["status"] == 200
    assert by_node[fault]["failed"]


def test_malformed_json(by_python: Ask, by_node: Met) -> None:
    body = by_python("malformed").read()

    with pytest.raises(json.JSONDecodeError):
        json.loads(body)
    assert by_node["malformed"]["error"] == "SyntaxError"
    assert by_node["malformed"]["length"] == len(body)


def test_wrong_content_type(by_python: Ask, by_node: Met) -> None:
    reply = by_python("content-type")

    assert reply.headers["Content-Type"] == by_node["content-type"]["type"] == "text/html; charset=utf-8"
    assert json.loads(reply.read())["status"] == "success"


@pytest.mark.parametrize(
    ("fault", "data"),
    [
        pytest.param("wrong-type", {}, id="data of another type"),
        pytest.param("missing", None, id="no data"),
        pytest.param(
            "wrong-type:/data/0/visitors", [{"visitors": "wrong type"}], id="a member of another type"
        ),
        pytest.param("missing:/data/0/visitors", [{}], id="a member that is missing"),
    ],
)
def test_wrong_member(by_python: Ask, by_node: Met, fault: str, data: object) -> None:
    assert json.loads(by_python(fault).read()).get("data") == data
    assert by_node[fault]["data"] == data


def test_drip(by_node: Met, web: httpx2.Client) -> None:
    begun = time.perf_counter()
    with web.stream("GET", REALTIME, headers={**bearer("df_demo"), "Prefer": "fault=drip:300"}) as reply:
        parts = [(time.perf_counter() - begun, part) for part in reply.iter_raw()]

    assert parts[-1][0] >= 0.29
    assert len(parts) > 5
    assert json.loads(b"".join(part for _, part in parts))["status"] == "success"
    assert by_node["drip:200"]["ms"] >= 190
    assert not by_node["drip:200"]["failed"]


@pytest.mark.parametrize("delay", ["delay=200", "delay=200..210"])
def test_delay(by_node: Met, web: httpx2.Client, delay: str) -> None:
    begun = time.perf_counter()
    reply = web.get(REALTIME, headers={**bearer("df_demo"), "Prefer": delay})

    assert reply.json()["status"] == "success"
    assert time.perf_counter() - begun >= 0.2
    assert by_node[delay]["status"] == 200
    assert by_node[delay]["ms"] >= 190


def test_every_fault_is_tried(by_node: Met) -> None:
    assert set(FAULTS) <= by_node.keys()


@pytest.mark.parametrize("fault", FAULTS)
def test_the_server_is_well_afterwards(turned: RunningMock, fault: str) -> None:
    with httpx2.Client(base_url=turned.url, headers=bearer("df_demo")) as client:
        prefer = {"Prefer": f"fault={fault}, delay=1"}
        with suppress(httpx2.TransportError):
            client.get(REALTIME, headers=prefer, timeout=PATIENCE.get(fault, 60))

        assert client.get(REALTIME).json()["status"] == "success"


def test_faults_sit_on_errors_as_well(web: httpx2.Client) -> None:
    reply = web.get(REALTIME, headers={"Prefer": "code=404, fault=wrong-type:/error/code"})

    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "wrong type")


def test_a_client_that_leaves_a_hanging_answer_leaves_nothing(turned: RunningMock) -> None:
    host, port = urlsplit(turned.url).netloc.split(":")
    for _ in range(20):
        with socket.create_connection((host, int(port))) as connection:
            request = b"GET /api/v1/analytics/realtime?__fault=hang HTTP/1.1\r\nHost: x\r\n\r\n"
            # The second request is not answered, because the answer to the first one hangs.
            connection.sendall(request * 2)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    assert httpx2.get(f"{turned.url}{REALTIME}", headers=bearer("df_demo")).status_code == 200


@pytest.mark.long
def test_faults_of_a_body_leave_an_answer_without_one_whole(tmp_path: Path) -> None:
    document = tmp_path / "more.yaml"
    document.write_text(
        "openapi: 3.1.0\ninfo: {title: T, version: '1'}\nservers: [{url: /api/v1}]\n"
        "paths: {/ours: {delete: {operationId: deleteOurs, responses: {'204': {description: Gone}}}}}\n"
    )
    with serving("--openapi", str(document)) as url, httpx2.Client(base_url=f"{url}/api/v1") as web:
        refused = web.delete("/ours", headers={**bearer("df_test"), "Prefer": "fault=malformed"})
        plain = web.delete("/ours", headers=bearer("df_test"))

    assert (refused.status_code, plain.status_code) == (400, 204)
    assert "no body" in refused.json()["detail"]


@pytest.mark.long
def test_sigterm_ends_late_and_hanging_answers_at_once_and_quietly(tmp_path: Path) -> None:
    # Answers that are not ended at once are cut after a second.
    assert_less(lambda: _seconds_to_end(tmp_path / "stderr"), 0.9)


def _seconds_to_end(log: Path) -> float:
    """Returns how long a mock with late and hanging answers takes to end; asserts that it ends quietly."""
    with log.open("w") as stream, started("--port", "0", stderr=stream) as process, ExitStack() as stack:
        address = address_of(process)
        host, port = urlsplit(address).netloc.split(":")
        for action in ("__fault=hang", "__delay=30000", "__fault=drip:30000", "__fault=reset&__delay=30000"):
            connection = stack.enter_context(socket.create_connection((host, int(port))))
            connection.sendall(f"GET {PATH}?{action} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        gone = socket.create_connection((host, int(port)))
        gone.sendall(f"GET {PATH}?__fault=reset&__delay=200 HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        gone.close()
        eventually(lambda: _ended_of(address) == [False] * 4 + [True])
        begun = time.perf_counter()
        process.terminate()
        code = process.wait(timeout=60)
        took = time.perf_counter() - begun

    assert (code, log.read_text("utf-8")) == (0, "")
    return took


def _ended_of(server: str) -> list[bool]:
    """Returns, for each request without a key, whether its answer has ended."""
    rows = httpx2.get(f"{server}/__mock/requests").json()["requests"]
    return [row["duration"] is not None for row in rows]


@pytest.mark.parametrize("fault", ["missing", "wrong-type"])
@pytest.mark.parametrize(
    ("pointer", "words"),
    [
        pytest.param("/data/1", "its members are: 1 item", id="behind the end of a list"),
        pytest.param("/data/-", "its members are: 1 item", id="the item after the last"),
        pytest.param("/data/-1", "its members are: 1 item", id="before its beginning"),
        pytest.param("/data/²", "its members are: 1 item", id="no index"),
        pytest.param("/data/00", "its members are: 1 item", id="an index with a leading zero"),
        pytest.param("/data/0/visitors/x", "its members are: no members", id="below a number"),
        pytest.param("/status/0", "its members are: no members", id="below a text"),
        pytest.param("/status/x/y", "its members are: no members", id="far below a text"),
        pytest.param("/nothing", "its members are: status, data", id="no member"),
        pytest.param("/data/0/nothing", "its members are: visitors", id="no member of an item"),
    ],
)
def test_a_pointer_without_a_member_is_reported(
    turned: RunningMock, fault: str, pointer: str, words: str
) -> None:
    asked = {"__fault": f"{fault}:{pointer}"}
    reply = httpx2.get(f"{turned.url}{REALTIME}", headers=bearer("df_demo"), params=asked)

    assert reply.status_code == 400
    assert words in reply.json()["detail"]


def test_a_fault_without_an_implementation_fails_at_import() -> None:
    program = (
        "from mock_server.faults import amounts; "
        "amounts.FAULTS += ('quake',); "
        "import mock_server.serving.sending"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert result.returncode == 1
    assert "a fault without an implementation" in result.stderr
