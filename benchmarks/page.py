"""The page docs/benchmarks.md, of which each command writes one section."""

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
    """Returns the text of a section: the table, and notes on the machine and the tools."""
    return "\n\n".join((table(lines), summary(lines), " ".join(notes)))


def write_section(name: str, text: str, page: Path = PAGE) -> None:
    """Writes a command's section into the page."""
    page.write_text(with_section(page.read_text(encoding="utf-8"), name, text), encoding="utf-8")


def with_section(page: str, name: str, text: str) -> str:
    """Returns the page with a new text between a section's marks. Raises ValueError if a mark is missing."""
    begin, end = f"<!-- {name}: begin -->\n", f"<!-- {name}: end -->"
    before, found, rest = page.partition(begin)
    _, ended, after = rest.partition(end)
    if not found or not ended:
        raise ValueError(f"the page has no {begin.strip()} … {end}")
    return f"{before}{begin}\n{text}\n\n{end}{after}"


def machine() -> str:
    """Describes the machine in a sentence, without its name."""
    load = os.getloadavg()[0]
    return f"{_model()}, {os.cpu_count()} cores, {platform.system()}; load {load:.1f} before the run."


def notes(plan: Plan, machine: str, *others: str) -> list[str]:
    """Returns the sentences below a table: date, machine, versions (with `others`) and durations."""
    rounds = f"{plan.rounds} interleaved rounds of {plan.seconds:g} s on {CONNECTIONS} connections."
    return [f"{datetime.now(UTC):%Y-%m-%d}.", machine, _versions(plan.generator.name, *others), rounds]


def _versions(generator: str, *others: str) -> str:
    packages = [f"{name} {version(name)}" for name in _PACKAGES]
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{', '.join((python, *packages, *others))}; load by {generator}."


def _model() -> str:
    """Returns the processor's name, which Linux has in a file; on other systems its architecture."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return platform.machine()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())
