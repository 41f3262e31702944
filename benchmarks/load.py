"""The load generators (wrk, oha and our own client), and the readers of their output."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from benchmarks.client import answer_times
from benchmarks.figures import percentile

CONNECTIONS = 32
# The first map of many visitors may take long.
_PATIENCE_SECONDS = 20
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}


class LoadError(Exception):
    """An error for wrong answers of a server; its text describes them."""


@dataclass(frozen=True, slots=True)
class Target:
    """The request that is repeated: a URL, and headers."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Sample(NamedTuple):
    """The result of a round: answers per second, the 99th percentile in ms, and the number of answers."""

    rate: float
    p99: float
    answers: int


class Generator(Protocol):
    """A load generator, which sends requests on 32 connections that stay open."""

    name: str
    """The name with the version."""

    def measure(self, target: Target, seconds: float) -> Sample:
        """Runs one round. Raises LoadError if any answer was not successful."""
        ...


def generator() -> Generator:
    """Returns the best load generator that is installed."""
    if shutil.which("wrk"):
        return Wrk()
    return Oha() if shutil.which("oha") else Fallback()


class Wrk:
    """The load generator `wrk`, with one thread, as the server has one."""

    def __init__(self) -> None:
        # wrk prints its version only with its usage, and exits with 1.
        told = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
        self.name = " ".join((told.stdout + told.stderr).split()[:2])

    def measure(self, target: Target, seconds: float) -> Sample:
        """Runs one round; wrk takes whole seconds."""
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(round(seconds), 1)}s", "--latency"]
        options.append(f"--timeout={_PATIENCE_SECONDS}s")
        return wrk_sample(_output(["wrk", *options, *_headers(target), target.url]))


class Oha:
    """The load generator `oha`, which writes JSON."""

    def __init__(self) -> None:
        self.name = _output(["oha", "--version"]).strip()

    def measure(self, target: Target, seconds: float) -> Sample:
        """Runs one round."""
        options = ["--no-tui", "--output-format=json", f"-c{CONNECTIONS}", f"-z{seconds:g}s"]
        return oha_sample(_output(["oha", *options, *_headers(target), target.url]))


class Fallback:
    """Our own client. It is slower than the servers, so all ratios that it measures are too close to 1."""

    name = "the Python client of benchmarks/client.py (neither wrk nor oha is installed)"

    def measure(self, target: Target, seconds: float) -> Sample:
        """Runs one round."""
        try:
            taken = answer_times(target.url, target.headers, CONNECTIONS, seconds)
        except (OSError, EOFError, ValueError) as error:
            raise LoadError(f"{target.url}: {error}") from None
        return Sample(len(taken) / seconds, percentile(taken, 99) * 1000, len(taken))


def wrk_sample(output: str) -> Sample:
    """Reads wrk's output. Raises LoadError for a status other than 2xx or 3xx, or a lost connection."""
    for trouble in ("Non-2xx or 3xx responses", "Socket errors", "unable to connect"):
        if trouble in output:
            raise LoadError(next(line.strip() for line in output.splitlines() if trouble in line))
    rate = re.search(r"^Requests/sec:\s+([\d.]+)$", output, re.MULTILINE)
    p99 = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s|m) *$", output, re.MULTILINE)
    answers = re.search(r"^\s+(\d+) requests in ", output, re.MULTILINE)
    if rate is None or p99 is None or answers is None:
        raise LoadError(f"wrk said nothing that can be read: {output[-300:]!r}")
    return Sample(float(rate[1]), float(p99[1]) * _MILLISECONDS[p99[2]], int(answers[1]))


def oha_sample(output: str) -> Sample:
    """Reads oha's JSON. Raises LoadError for a status other than 200, or a lost connection."""
    told = json.loads(output)
    statuses: dict[str, int] = told["statusCodeDistribution"]
    # A request that is unanswered at the end of the round is not an error of the server.
    errors = {what: n for what, n in told["errorDistribution"].items() if "deadline" not in what}
    if errors or set(statuses) != {"200"}:
        raise LoadError(f"statuses {statuses}, errors {errors}")
    summary = told["summary"]
    return Sample(summary["requestsPerSec"], told["latencyPercentiles"]["p99"] * 1000, sum(statuses.values()))


def _headers(target: Target) -> list[str]:
    return [part for name, value in target.headers.items() for part in ("-H", f"{name}: {value}")]


def _output(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise LoadError(f"{command[0]} ended with {done.returncode}: {(done.stderr or done.stdout)[-300:]}")
    return done.stdout
