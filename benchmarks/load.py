"""The load generator: wrk, else oha, else a client of our own, and what each of them says."""

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
# A first map of many visitors may take its time.
_PATIENCE_SECONDS = 20
_MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}


class LoadError(Exception):
    """The server did not answer as it should; the text says what it did."""


@dataclass(frozen=True, slots=True)
class Target:
    """What is asked, over and over: a URL with the headers of each request."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)


class Sample(NamedTuple):
    """One round: answers a second, what 99 of 100 answers stayed below in ms, and how many answers."""

    rate: float
    p99: float
    answers: int


class Generator(Protocol):
    """Asks one target on 32 connections that are kept open."""

    name: str
    """With its version."""

    def measure(self, target: Target, seconds: float) -> Sample:
        """One round. Raises LoadError where anything but successful answers came."""
        ...


def generator() -> Generator:
    """The best one that is installed."""
    if shutil.which("wrk"):
        return Wrk()
    return Oha() if shutil.which("oha") else Fallback()


class Wrk:
    """`wrk` with one thread: there is one for the server as well."""

    def __init__(self) -> None:
        # It has no option for its version alone, tells it with its usage, and ends with 1.
        told = subprocess.run(["wrk", "--version"], capture_output=True, text=True, check=False)
        self.name = " ".join((told.stdout + told.stderr).split()[:2])

    def measure(self, target: Target, seconds: float) -> Sample:
        """One round of whole seconds."""
        options = ["-t1", f"-c{CONNECTIONS}", f"-d{max(round(seconds), 1)}s", "--latency"]
        options.append(f"--timeout={_PATIENCE_SECONDS}s")
        return wrk_sample(_output(["wrk", *options, *_headers(target), target.url]))


class Oha:
    """`oha`, which tells what it saw as JSON."""

    def __init__(self) -> None:
        self.name = _output(["oha", "--version"]).strip()

    def measure(self, target: Target, seconds: float) -> Sample:
        """One round."""
        options = ["--no-tui", "--output-format=json", f"-c{CONNECTIONS}", f"-z{seconds:g}s"]
        return oha_sample(_output(["oha", *options, *_headers(target), target.url]))


class Fallback:
    """Our own client, which is slower than what it measures: ratios come out nearer to 1 than they are."""

    name = "the Python client of benchmarks/client.py (neither wrk nor oha is installed)"

    def measure(self, target: Target, seconds: float) -> Sample:
        """One round."""
        try:
            taken = answer_times(target.url, target.headers, CONNECTIONS, seconds)
        except (OSError, EOFError, ValueError) as error:
            raise LoadError(f"{target.url}: {error}") from None
        return Sample(len(taken) / seconds, percentile(taken, 99) * 1000, len(taken))


def wrk_sample(output: str) -> Sample:
    """What wrk printed. Raises LoadError for other statuses than 2xx and 3xx, and for lost connections."""
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
    """What oha printed as JSON. Raises LoadError for other statuses than 200, and for lost connections."""
    told = json.loads(output)
    statuses: dict[str, int] = told["statusCodeDistribution"]
    # What is under way when the time is over is no fault of the server's.
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
