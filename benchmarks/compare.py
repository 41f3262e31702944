"""The command `make bench-compare BASE=…`, which compares the present checkout with another commit.

Both of them run with this environment's Python and packages, and are measured in turns.
"""

import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from benchmarks import page
from benchmarks.figures import Row, ratios
from benchmarks.load import Generator, Target, generator
from benchmarks.plan import Plan, say
from benchmarks.servers import (
    MAP,
    REALTIME,
    ROOT,
    captured,
    mock,
    processor_seconds,
    profile_path,
    resident_megabytes,
    target,
)
from benchmarks.table import table

_NOW, _BASE = "now", "base"
# The compared paths; None means the profile of a visitor on the map.
_PATHS = {"realtime": REALTIME, "map of 50 visitors": MAP, "visitor profile": None}


def compared(plan: Plan, base: Path, now: Path = ROOT) -> Iterator[Row]:
    """Yields, for each path, the answers of the present tree as a share of the base's.

    The answers are those of one second of processor time, which other programs disturb less than a second
    of real time.
    """
    with ExitStack() as stack:
        servers = {name: stack.enter_context(mock(tree=tree)) for name, tree in ((_NOW, now), (_BASE, base))}
        for what, path in _PATHS.items():
            say(f"{what}: {plan.rounds} rounds of {plan.seconds:g} s of each, in turns")
            rates = plan.in_turns(
                {
                    name: partial(_rate, plan.generator, _target(server, path), pid)
                    for name, (server, pid) in servers.items()
                }
            )
            ours, theirs = rates[_NOW], rates[_BASE]
            beside = f"{median(ours):,.0f} of {median(theirs):,.0f} answers in a second of processor time"
            yield Row(f"{what}, now ÷ base", ratios(ours, theirs), "×", beside=beside)


def _rate(generator: Generator, target: Target, pid: int, seconds: float) -> float:
    """Returns how many answers a server sends in one second of its processor time."""
    begin = processor_seconds(pid)
    answers = generator.measure(target, seconds).answers
    return answers / (processor_seconds(pid) - begin)


def started(plan: Plan, base: Path, now: Path = ROOT) -> Iterator[Row]:
    """Yields the time until the first answer and the memory at rest, each as a share of the base's figure."""
    say(f"start: {plan.rounds} of each, in turns")
    # The first start of each tree compiles bytecode, and is not measured.
    both = [(_start(now), _start(base)) for _ in range(plan.rounds + 1)][1:]
    for n, (what, unit) in enumerate((("ready", "s"), ("resident at rest", "MB"))):
        ours, theirs = [one[n] for one, _ in both], [other[n] for _, other in both]
        beside = f"{median(ours):.3g} of {median(theirs):.3g} {unit}"
        yield Row(f"{what}, now ÷ base", ratios(ours, theirs), "×", beside=beside)


def _start(tree: Path) -> tuple[float, float]:
    """Starts the mock. Returns the seconds until its first answer, and its memory then, in megabytes."""
    begin = time.perf_counter()
    with mock(tree=tree) as (server, pid):
        captured(target(server, REALTIME))
        return time.perf_counter() - begin, resident_megabytes(pid)


def _target(server: str, path: str | None) -> Target:
    return target(server, path or profile_path(server))


@contextmanager
def checkout(commit: str) -> Iterator[Path]:
    """Checks a commit out into a temporary folder. Raises click.UsageError for an unknown commit."""
    with TemporaryDirectory() as folder:
        tree = Path(folder) / "base"
        added = _git("worktree", "add", "--detach", str(tree), commit)
        if added.returncode:
            raise click.UsageError(f"BASE={commit}: {added.stderr.strip()}")
        try:
            yield tree
        finally:
            _git("worktree", "remove", "--force", str(tree))


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)


@click.command(context_settings={"show_default": True})
@click.argument("base")
@click.option("--rounds", default=9, help="Rounds of each commit, in turns.")
@click.option("--seconds", default=2.0, help="Of each round.")
def main(*, base: str, rounds: int, seconds: float) -> None:
    """Compare the present tree with the commit BASE."""
    plan = Plan(generator(), rounds, seconds)
    machine = page.machine()
    with checkout(base) as tree:
        rows = [*compared(plan, tree), *started(plan, tree)]
    click.echo(f"{table(rows)}\n\n{' '.join(page.notes(plan, machine))}")


if __name__ == "__main__":
    main()
