"""The command in unusual surroundings: closed or full streams, and variables that others set."""

import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from tests.command import COMMAND, LISTENING, address_of, ended, started
from tests.credentials import bearer
from tests.ports import port_to_take
from tests.quick import quick

REALTIME = "/api/v1/analytics/realtime"
STREAMS = [">&-", "2>&-", ">&- 2>&- <&-", ">/dev/full", "2>/dev/full", ">/dev/full 2>/dev/full"]


@contextmanager
def redirected(*arguments: str, streams: str) -> Iterator[subprocess.Popen[str]]:
    """Starts the command through a shell with redirections."""
    line = f"exec {shlex.join([str(COMMAND), *arguments])} {streams}"
    process = subprocess.Popen(
        ["sh", "-c", line], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    )
    try:
        yield process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def answer_at(url: str) -> httpx2.Response:
    """Returns the answer of a mock that may still be starting."""
    deadline = time.monotonic() + 60
    while True:
        try:
            return httpx2.get(f"{url}{REALTIME}", headers=bearer("df_test"), timeout=60)
        except httpx2.TransportError:
            assert time.monotonic() < deadline, f"nobody answers at {url}"
            time.sleep(0.05)


@pytest.mark.parametrize("streams", quick(STREAMS, 1))
def test_it_serves_whatever_becomes_of_its_streams(streams: str) -> None:
    with port_to_take() as port:
        arguments = ["serve", "--port", str(port), "--log", "requests"]
        with redirected(*arguments, streams=streams) as process:
            replies = [answer_at(f"http://127.0.0.1:{port}") for _ in range(2)]
            process.terminate()
            _, errors = process.communicate(timeout=60)

    assert [reply.status_code for reply in replies] == [200, 200]
    assert process.returncode == 0
    assert "Traceback" not in errors


@pytest.mark.long
def test_where_it_cannot_say_where_it_listens_the_errors_say_it() -> None:
    with redirected("serve", "--port", "0", streams=">/dev/full") as process:
        assert process.stderr is not None, "a pipe"
        line = process.stderr.readline()
        reply = answer_at(line.strip().rpartition(" ")[2])

    assert line.startswith("datafast-mock: standard output cannot be written (No space left on device)")
    assert reply.status_code == 200


@pytest.mark.parametrize("arguments", quick(["spec", "--help"], 1))
@pytest.mark.parametrize(
    ("streams", "status", "errors"),
    [
        pytest.param(">&-", 0, "", id="closed"),
        pytest.param(
            ">/dev/full",
            74,
            "datafast-mock: standard output cannot be written (No space left on device)\n",
            id="full",
        ),
        pytest.param(">/dev/full 2>&-", 74, "", id="full, errors closed"),
        pytest.param("2>&-", 0, "", id="errors closed"),
    ],
)
def test_unprintable_characters_are_reported_in_one_line(
    arguments: str, streams: str, status: int, errors: str
) -> None:
    with redirected(*arguments.split(), streams=streams) as process:
        told = process.communicate(timeout=60)[1]

    assert (process.returncode, told) == (status, errors)


@pytest.mark.parametrize("name", quick(["PORT", "HOST", "JOURNAL", "INTERCEPT_PORT"], 1))
def test_variables_that_kubernetes_injects_are_no_options(name: str, tmp_path: Path) -> None:
    injected = {
        f"DATAFAST_MOCK_{name}": "tcp://10.43.0.7:8484",
        "DATAFAST_MOCK_SERVICE_HOST": "10.43.0.7",
        "DATAFAST_MOCK_SERVICE_PORT": "8484",
        "DATAFAST_MOCK_PORT_8484_TCP": "tcp://10.43.0.7:8484",
    }
    options, port = ((), "8484") if name == "PORT" else (("--port", "0"), "")
    log = tmp_path / "stderr"
    with log.open("w") as errors, started(*options, stderr=errors, environment=injected) as process:
        assert process.stdout is not None
        told = next((line for line in process.stdout if line.startswith(LISTENING)), None)

    # If another program has the usual port, the error shows that the mock has tried it, which is enough.
    taken = "datafast-mock: --port: cannot listen on 127.0.0.1:8484 ("
    begins = f"{LISTENING}http://127.0.0.1:{port}" if told or not port else taken
    assert (told or log.read_text("utf-8")).startswith(begins)


def test_the_health_check_ignores_them_too() -> None:
    result = ended("health", environment={"DATAFAST_MOCK_PORT": "tcp://10.43.0.7:8484"})

    assert result.returncode in (0, 1)
    assert "8484" in result.stderr or result.returncode == 0


@pytest.mark.long
def test_an_origin_from_the_environment_is_an_option() -> None:
    origin = "http://localhost:6006"
    with started("--port", "0", environment={"DATAFAST_MOCK_CONTROL_ORIGIN": origin}) as process:
        reply = httpx2.get(f"{address_of(process)}/__mock/clock", headers={"Origin": origin})

    assert reply.headers["Access-Control-Allow-Origin"] == origin
