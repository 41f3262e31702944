"""The Containerfile, as far as it can be run without a container engine: line by line."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import threading
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

import pytest

from contract_tests.quoting import quoted
from mock_server.testing import RunningMock
from tests.command import LISTENING, NOTHING, ended
from tests.credentials import bearer
from tests.ports import port_of_nobody
from tests.quick import quick

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "Containerfile").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "container.md").read_text(encoding="utf-8")
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
ENVIRONMENT = dict(word.split("=", 1) for word in re.findall(r"^ENV (.*)$", TEXT, re.MULTILINE)[0].split())
PROGRAM, *HEALTH = json.loads(re.findall(r"^HEALTHCHECK .* CMD (\[.*\])$", TEXT, re.MULTILINE)[0])

# Kubernetes sets these variables in all pods if a Service has the name datafast-mock.
KUBERNETES = {
    "DATAFAST_MOCK_SERVICE_HOST": "10.43.0.7",
    "DATAFAST_MOCK_SERVICE_PORT": "8484",
    "DATAFAST_MOCK_PORT": "tcp://10.43.0.7:8484",
    "DATAFAST_MOCK_PORT_8484_TCP": "tcp://10.43.0.7:8484",
    "DATAFAST_MOCK_PORT_8484_TCP_ADDR": "10.43.0.7",
}


class Image(NamedTuple):
    """The contents of the image: the installed command, started as the Containerfile says."""

    programs: Path

    @contextmanager
    def running(self, *command: str, environment: Mapping[str, str] = NOTHING) -> Iterator[str]:
        """Runs the container for the length of the block, and yields its address."""
        entry = json.loads(re.findall(r"^ENTRYPOINT (.*)$", TEXT, re.MULTILINE)[0])
        usual = json.loads(re.findall(r"^CMD (.*)$", TEXT, re.MULTILINE)[0])
        process = subprocess.Popen(
            [self.programs / entry[0], *entry[1:], *(command or usual)],
            env={"PATH": os.environ["PATH"], **ENVIRONMENT, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None, "started with a pipe"
            yield next(line for line in process.stdout if line.startswith(LISTENING)).split()[-1]
        finally:
            process.terminate()
            process.communicate(timeout=60)


def health_of(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Runs the health check of the Containerfile with the command of this environment."""
    assert PROGRAM == "datafast-mock"
    return ended(*HEALTH, environment={**ENVIRONMENT, **environment})


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    """An environment in which the first stage has installed the files of the build context."""
    folder = tmp_path_factory.mktemp("image")
    source = folder / "source"
    shutil.copytree(ROOT, source, ignore=_left_out)
    venv.create(folder / "installed", with_pip=True)
    (line,) = re.findall(r"^RUN (pip install .*)$", TEXT, re.MULTILINE)
    python = folder / "installed" / "bin" / "python"
    command = shlex.split(line.replace("/installed", str(folder / "installed")))
    result = subprocess.run([python, "-m", *command], cwd=source, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return Image(folder / "installed" / "bin")


def _left_out(folder: str, names: list[str]) -> list[str]:
    """Returns the names that .dockerignore excludes: all but its exceptions, and caches anywhere."""
    if Path(folder) != ROOT:
        return fnmatch.filter(names, "__pycache__")
    return [name for name in names if f"!{name}" not in IGNORED]


def test_nothing_is_let_into_the_build_that_is_not_there() -> None:
    let_in = [line.removeprefix("!") for line in IGNORED if line.startswith("!")]

    assert "*" in IGNORED
    assert [name for name in let_in if not (ROOT / name).exists()] == []


@pytest.mark.long
def test_image_serves_and_has_only_what_it_needs(image: Image) -> None:
    port = "18484"
    with image.running("serve", "--port", "0", environment={"DATAFAST_MOCK_PORT": port}) as url:
        with urlopen(Request(f"{url}/api/v1/analytics/realtime", headers=bearer("df_test"))) as reply:
            status = reply.status
        healthy = health_of({"DATAFAST_MOCK_PORT": url.rpartition(":")[2]})

    assert status == 200
    assert (healthy.returncode, healthy.stdout) == (0, "up\n")
    assert not (image.programs / "pytest").exists()


@pytest.mark.parametrize("timeout", ["5", "5s", "5000ms"])
def test_the_time_of_a_health_check_may_have_a_unit(mock: RunningMock, timeout: str) -> None:
    result = ended("health", "--port", mock.server.rpartition(":")[2], "--timeout", timeout)

    assert (result.returncode, result.stdout) == (0, "up\n")


def test_health_check_is_fulfilled_by_a_mock(mock: RunningMock) -> None:
    port = mock.server.rpartition(":")[2]

    result = health_of({"DATAFAST_MOCK_PORT": port, "HTTP_PROXY": "http://127.0.0.1:1"})

    assert (result.returncode, result.stdout, result.stderr) == (0, "up\n", "")


def test_health_check_reads_no_address_of_kubernetes_as_a_port() -> None:
    result = ended(*HEALTH, environment={**ENVIRONMENT, **KUBERNETES, "DATAFAST_MOCK_HOST": "127.0.0.255"})

    # Nothing listens on the default port.
    assert (result.returncode, result.stdout) == (1, "")
    assert "no mock answers at 127.0.0.255:8484" in result.stderr


@pytest.mark.parametrize("host", ["x y", "127.0.0.1\n", "a..b", f"{'a' * 64}.example"])
def test_health_check_says_what_is_no_host(host: str) -> None:
    result = ended("health", "--host", host)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{quoted(host)} is not a host, such as 127.0.0.1\n"


@pytest.mark.parametrize("seconds", ["nan", "-1", "0", "inf", "soon"])
def test_health_check_waits_for_a_time(seconds: str) -> None:
    result = ended("health", "--timeout", seconds)

    assert (result.returncode, result.stdout) == (2, "")
    assert f"'{seconds}' is not a number of seconds above 0" in result.stderr


@pytest.mark.long
def test_image_serves_in_spite_of_kubernetes(image: Image) -> None:
    with image.running("serve", "--port", "0", environment=KUBERNETES) as url:
        assert health_of({"DATAFAST_MOCK_PORT": url.rpartition(":")[2]}).returncode == 0


def test_health_check_fails_with_a_message_if_nothing_listens() -> None:
    with port_of_nobody() as port:
        result = health_of({"DATAFAST_MOCK_PORT": str(port)})

    assert (result.returncode, result.stdout) == (1, "")
    assert f"no mock answers at 0.0.0.0:{port} (Connection refused)" in result.stderr


@pytest.mark.parametrize(
    "reply",
    quick(
        [
            pytest.param(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", id="another server"),
            pytest.param(b'HTTP/1.1 503 Busy\r\nContent-Length: 15\r\n\r\n{"status":"ok"}', id="a failure"),
            pytest.param(b"SSH-2.0-x\r\n", id="no HTTP"),
            pytest.param(b"", id="closed at once"),
        ],
        2,
    ),
)
def test_health_check_fails_where_another_listens(reply: bytes) -> None:
    def answer() -> None:
        connection, _ = server.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer)
        thread.start()
        result = health_of({"DATAFAST_MOCK_PORT": str(server.getsockname()[1])})
        thread.join(10)

    assert (result.returncode, result.stdout) == (1, "")
    assert len(result.stderr.splitlines()) == 1


def test_health_check_does_not_wait_for_ever() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        result = health_of({"DATAFAST_MOCK_PORT": str(port), "DATAFAST_MOCK_TIMEOUT": "0.2"})

    assert (result.returncode, result.stdout) == (1, "")
    assert "timed out" in result.stderr
