"""The servers that are measured: the mock in a process of its own, and bare uvicorn beside it."""

import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from benchmarks.bare import Answer, serve_bare
from benchmarks.load import LoadError, Target

ROOT = Path(__file__).parent.parent
INSTANT = "2026-02-12T17:27:30Z"
"""The instant of the benchmarks, from which the map of `demo` has about 50 visitors for some minutes."""
BASE = "/api/v1"
REALTIME, MAP = f"{BASE}/analytics/realtime", f"{BASE}/analytics/realtime/map"
# The headers of a dashboard on another origin, so that CORS is measured, too.
_ORIGIN = {"Origin": "http://localhost:3000", "Accept": "application/json"}

LISTENING = "listening on "
"""The words before a server's address in its output."""
_START_SECONDS = 30


@contextmanager
def mock(*options: str, tree: Path = ROOT, now: str = INSTANT) -> Iterator[tuple[str, int]]:
    """Runs `datafast-mock serve` of a checkout, and yields its address and process id."""
    with _started("mock_server", "serve", "--port", "0", "--now", now, *options, tree=tree) as server:
        yield server


@contextmanager
def minimal() -> Iterator[tuple[str, int]]:
    """Runs the minimal Starlette application, and yields its address and process id."""
    with _started("benchmarks.minimal", REALTIME, LISTENING, tree=ROOT) as server:
        yield server


@contextmanager
def _started(module: str, *arguments: str, tree: Path) -> Iterator[tuple[str, int]]:
    # Bytecode is cached, as in an installed package; compiling would take most of the time of a start.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("DATAFAST_MOCK_") and name != "PYTHONDONTWRITEBYTECODE"
    }
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        cwd=tree,
        # The module is imported from this tree and not from the installed one.
        env={**kept, "PYTHONPATH": str(tree)},
    )
    try:
        assert process.stdout is not None, "started with a pipe"
        told = next((line for line in process.stdout if line.startswith(LISTENING)), None)
        if told is None:
            raise LoadError(f"{module} ended with {process.wait()} before it listened")
        yield told.removeprefix(LISTENING).strip(), process.pid
    finally:
        process.terminate()
        process.communicate(timeout=_START_SECONDS)


@contextmanager
def bare_uvicorn(answer: Answer) -> Iterator[str]:
    """Runs uvicorn with an application that always returns one answer, and yields its address."""
    with _bare(answer, reads=False) as (address, _):
        yield address


@contextmanager
def bare_reader(answer: Answer) -> Iterator[tuple[str, int]]:
    """Runs uvicorn as `bare_uvicorn` does, but reads bodies; yields its address and process id."""
    with _bare(answer, reads=True) as server:
        yield server


@contextmanager
def _bare(answer: Answer, *, reads: bool) -> Iterator[tuple[str, int]]:
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as sock:
        process = multiprocessing.get_context("spawn").Process(
            target=serve_bare, args=(answer, sock), kwargs={"reads": reads}, daemon=True
        )
        process.start()
        assert process.pid is not None, "started above"
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}", process.pid
        finally:
            process.terminate()
            process.join()


def target(server: str, path: str, site: str = "demo") -> Target:
    """Returns the target of a path of the API, with the key of a site."""
    return Target(server + path, {"Authorization": f"Bearer df_{site}", **_ORIGIN})


def captured(target: Target, body: bytes | None = None) -> Answer:
    """Returns a target's answer to a GET, or to a POST with a body. Raises LoadError if it is not a 200."""
    parts = urlsplit(target.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=_START_SECONDS)
    connection.request("GET" if body is None else "POST", parts.path, body, dict(target.headers))
    reply = connection.getresponse()
    headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in reply.getheaders()]
    answer = Answer(reply.status, headers, reply.read())
    connection.close()
    if answer.status != 200:
        raise LoadError(f"{target.url} answers {answer.status}: {answer.body[:200]!r}")
    return answer


def data_of(answer: Answer) -> Any:
    """Returns the `data` of an answer of the API."""
    return json.loads(answer.body)["data"]


def profile_path(server: str) -> str:
    """Returns the path of the profile of the newest visitor on the map of `demo`."""
    newest = data_of(captured(target(server, MAP)))["visitors"][0]
    return f"{BASE}/visitors/{newest['visitorId']}"


def resident_megabytes(pid: int) -> float:
    """Returns the resident memory of a process in MB. It works on Linux only."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


def processor_seconds(pid: int) -> float:
    """Returns the processor time of a process, in seconds. It works on Linux only."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def seconds_of_threads(pid: int) -> float:
    """Returns the processor time of a process's running threads, in seconds. It works on Linux only.

    It is precise enough for a single request; `processor_seconds` counts hundredths of a second.
    """
    threads = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(thread.read_text(encoding="ascii").split()[0]) for thread in threads) / 1e9
