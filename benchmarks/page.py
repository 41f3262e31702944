"""docs/benchmarks.md: each command writes its own section, and leaves all else as it is."""

import os
import platform
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from benchmarks.figures import Line
from benchmarks.load import CONNECTIONS
from benchmarks.plan import Plan
from benchmarks.servers import ROOT
from benchmarks.table import summary, table

PAGE = ROOT / "docs" / "benchmarks.md"
_PACKAGES = ("uvicorn", "uvloop", "httptools", "starlette", "msgspec")


def section(lines: Sequence[Line], notes: Iterable[str]) -> str:
    """What was found, on which machine, with what."""
    return "\n\n".join((table(lines), summary(lines), " ".join(notes)))


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Puts a command's text in its place on the page."""
    page.write_text(with_section(page.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def with_section(page: str, name: str, text: str) -> str:
    """The page with another text between a section's marks. Raises ValueError where they are missing."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"the page has no {begin.strip()} … {end}")
    return f"{before}{begin}\n{text}\n\n{end}{after}"


def machine() -> str:
    """The machine in a sentence, without its name."""
    load = os.getloadavg()[0]
    return f"{_model()}, {os.cpu_count()} cores, {platform.system()}; load {load:.1f} before the run."


def notes(plan: Plan, machine: str, *others: str) -> list[str]:
    """The sentences below a table: when, on what, with which versions, how long. `others` are versions."""
    rounds = f"{plan.rounds} interleaved rounds of {plan.seconds:g} s on {CONNECTIONS} connections."
    return [f"{datetime.now(UTC):%Y-%m-%d}.", machine, _versions(plan.generator.name, *others), rounds]


def _versions(generator: str, *others: str) -> str:
    packages = [f"{name} {version(name)}" for name in _PACKAGES]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{', '.join((python, *packages, *others))}; load by {generator}."


def _model() -> str:
    """The processor's name. Linux tells it in a file, others tell its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
