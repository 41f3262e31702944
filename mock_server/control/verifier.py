"""The runs of `datafast-mock verify` for the console, each in a process of its own, one at a time."""

import atexit
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from threading import Thread, Timer
from weakref import finalize

import msgspec

from mock_server.instants import iso_of
from mock_server.problems import ProblemError
from mock_server.state.clock import wall_time

PACKAGES = ("harfile", "httpx2", "jsonschema")
"""The packages of the extra `verify`."""
EXTRA = "datafast-mock[verify]"
REPORTS: Mapping[str, tuple[str, str]] = {
    "html": ("text/html; charset=utf-8", "html"),
    "json": ("application/json", "json"),
    "junit": ("application/xml", "xml"),
    "markdown": ("text/markdown; charset=utf-8", "md"),
    "sarif": ("application/sarif+json", "sarif"),
}
"""The kinds of reports that a run writes, each with its media type and the suffix of its file."""

LONGEST_SECONDS = 900
"""The seconds after which a run is interrupted."""
_MOST_BYTES = 16 * 1024 * 1024
# The time that an interrupted run has to remove what it has written.
_CLEANING_SECONDS = 20
# The time that a run has for the same when the mock itself ends. A container is killed after ten seconds.
_LAST_SECONDS = 8
# The longest message of the command that is passed on, in bytes.
_LONGEST_TEXT = 2_000
_TOKENS = ("DATAFAST_KEY", "DATAFAST_ACCOUNT_TOKEN")


class Verification:
    """A run of the command: its events so far, and its reports once it has ended."""

    def __init__(self, url: str, arguments: Sequence[str], tokens: Mapping[str, str]) -> None:
        """Starts the run. `tokens` are environment variables, so that no list of processes shows them."""
        self.url = url
        self.started = iso_of(wall_time())
        self.events: list[bytes] = []
        """The events so far, as lines of JSON; the last one is `end` or `failed`."""
        self.exit_code: int | None = None
        """The exit code of the command; None as long as it runs."""
        self.is_cancelled = False
        self._begun = time.monotonic()
        self._size = 0
        self._folder = Path(mkdtemp(prefix="datafast-mock-verify-"))
        finalize(self, rmtree, self._folder, ignore_errors=True)
        self._errors = self._folder / "errors.txt"
        reports = (f"--report={kind}={self._file(kind)}" for kind in REPORTS)
        with self._errors.open("wb") as errors:
            self._process = subprocess.Popen(  # noqa: S603 - our own command; the arguments are checked
                # -P: no file of the current folder is imported in place of a package.
                [sys.executable, "-P", "-m", "mock_server", "verify", *arguments, *reports],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=_environment(tokens),
            )
        atexit.register(self._end_with_the_mock)
        self._end = Timer(LONGEST_SECONDS, self.stop)
        self._end.daemon = True
        self._end.start()
        Thread(target=self._follow, name="datafast-mock verify", daemon=True).start()

    def stop(self) -> None:
        """Interrupts the run, so that it removes what it wrote; kills it if that takes too long."""
        if self.exit_code is not None:
            return
        self.is_cancelled = True
        self._process.terminate()
        kill = Timer(_CLEANING_SECONDS, self._process.kill)
        kill.daemon = True
        kill.start()

    def _end_with_the_mock(self) -> None:
        """Interrupts the run, so that it removes what it wrote, and waits for a few seconds at most.

        No thread can be started at the end of the process, so this does not use a timer. A further signal
        ends the waiting.
        """
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired, SystemExit, KeyboardInterrupt):
            self._process.wait(_LAST_SECONDS)
        self._process.kill()

    @property
    def reports(self) -> list[str]:
        """The kinds of the reports that the run has written; none as long as it runs."""
        return [] if self.exit_code is None else [kind for kind in REPORTS if self._file(kind).exists()]

    def report(self, kind: str) -> bytes:
        """Returns the report of a kind, which is one of `reports`."""
        return self._file(kind).read_bytes()

    def _file(self, kind: str) -> Path:
        return self._folder / f"report.{REPORTS[kind][1]}"

    def _follow(self) -> None:
        """Reads the events until the process ends, and sets the exit code."""
        assert self._process.stdout is not None, "started with a pipe"
        with self._process.stdout as lines:
            for line in lines:
                self._size += len(line)
                if self._size > _MOST_BYTES:
                    self._process.kill()
                    break
                self.events.append(line)
        code = self._process.wait()
        self._end.cancel()
        atexit.unregister(self._end_with_the_mock)
        if not self.events or not self.events[-1].startswith(b'{"event":"end"'):
            failure = {"event": "failed", "exitCode": code, "text": self._complaint()}
            self.events.append(msgspec.json.encode(failure) + b"\n")
        # A reader that sees the code has seen all events.
        self.exit_code = code

    def _complaint(self) -> str:
        """Returns the last text on the command's standard error, or why the mock stopped the command."""
        if self._size > _MOST_BYTES:
            return f"The run printed more than {_MOST_BYTES >> 20} MiB, and was stopped."
        if self.is_cancelled:
            taken = time.monotonic() - self._begun
            is_late = taken >= LONGEST_SECONDS
            return f"The run took longer than {LONGEST_SECONDS} s." if is_late else "The run was cancelled."
        text = self._errors.read_bytes()[-_LONGEST_TEXT:].decode("utf-8", "replace").strip()
        return text.removeprefix("datafast-mock: ") or "The run ended without a message."


class Verifier:
    """Keeps the latest run, and starts the next one."""

    def __init__(self) -> None:
        """Begins without a run."""
        self.latest: Verification | None = None

    @property
    def is_running(self) -> bool:
        """Whether the latest run has not ended."""
        return self.latest is not None and self.latest.exit_code is None

    def start(self, url: str, arguments: Sequence[str], tokens: Mapping[str, str]) -> Verification:
        """Starts a run. Raises ProblemError if another one has not ended, or if it cannot be started."""
        if missing_packages():
            raise ProblemError(501, f"Verifying needs more packages: pip install '{EXTRA}'")
        if self.is_running:
            raise ProblemError(409, "A verification is running already; wait until it ends, or cancel it.")
        try:
            self.latest = Verification(url, arguments, tokens)
        except OSError as error:
            # There may be no folder for temporary files, or no more processes.
            raise ProblemError(500, f"The run cannot be started ({error.strerror}).") from None
        return self.latest


def missing_packages() -> list[str]:
    """Returns the packages of the extra that are not installed."""
    return [name for name in PACKAGES if find_spec(name) is None]


def _environment(tokens: Mapping[str, str]) -> dict[str, str]:
    """Returns the mock's environment variables with the run's tokens, but without the mock's own settings."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in _TOKENS and not name.startswith("DATAFAST_MOCK_")
    }
    return {**kept, "PYTHONUTF8": "1", **tokens}
