"""The command `make bench-peers`, which compares the mock with other mock servers and with nginx."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import click

from benchmarks import page, peers
from benchmarks.figures import Bound, Gap, Line, Row, ambition, at_least, ratios
from benchmarks.load import LoadError, Sample, generator
from benchmarks.plan import Plan, say
from benchmarks.servers import MAP, REALTIME, captured, mock, target

SECTION = "make bench-peers"
_OURS = "mock"
_PATHS = {REALTIME: "realtime", MAP: "map of 50 visitors"}


@dataclass(frozen=True, slots=True)
class Duel:
    """A comparison with a peer on one path. The bounds are shares of the peer's rate; () means no bound."""

    peer: str
    command: peers.Command
    path: str
    bounds: Sequence[Bound]


DUELS = (
    Duel("Prism, static, silent", peers.prism_static, REALTIME, (at_least(4), ambition(12))),
    Duel("Prism, dynamic, silent", peers.prism_dynamic, REALTIME, (at_least(20),)),
    Duel("Scalar", peers.scalar, REALTIME, ()),
    Duel("nginx, static file", peers.nginx, REALTIME, (ambition(1),)),
    Duel("nginx, static file", peers.nginx, MAP, (ambition(0.85),)),
)


def fight(plan: Plan, duels: Sequence[Duel] = DUELS) -> Iterator[Line]:
    """Yields the lines of all duels. Duels on one path share their rounds. A failed peer's line says why."""
    for path in dict.fromkeys(duel.path for duel in duels):
        yield from _on_path(plan, path, [duel for duel in duels if duel.path == path])


def _on_path(plan: Plan, path: str, duels: Sequence[Duel]) -> Iterator[Line]:
    gaps: dict[str, str] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        server, _ = stack.enter_context(mock())
        targets = {_OURS: target(server, path)}
        # If root starts nginx, it reads files as another user, who needs access to the folder.
        folder.chmod(0o755)
        body = captured(targets[_OURS]).body
        for duel in duels:
            say(f"{_PATHS[path]}: {duel.peer} starts")
            try:
                asked = stack.enter_context(peers.serving(duel.command, path, body, folder))
                plan.generator.measure(asked, plan.warm)
            except (peers.PeerError, LoadError) as error:
                gaps[duel.peer] = str(error)
            else:
                targets[duel.peer] = asked
        say(f"{_PATHS[path]}: {plan.rounds} rounds of {plan.seconds:g} s of {', '.join(targets)}, in turns")
        samples = plan.interleaved(targets)
    for duel in duels:
        what = f"{_PATHS[path]} ÷ {duel.peer}"
        if duel.peer in gaps:
            yield Gap(what, gaps[duel.peer])
        else:
            yield from _rows(duel, what, samples)


def _rows(duel: Duel, what: str, samples: Mapping[str, Sequence[Sample]]) -> Iterator[Row]:
    """Yields a row for each bound, or one row without a bound if there are none."""
    ours, theirs = ([sample.rate for sample in samples[name]] for name in (_OURS, duel.peer))
    beside = f"{median(ours):,.0f} of {median(theirs):,.0f} answers/s"
    for bound in duel.bounds or (None,):
        named = f"{what} (ambition)" if bound is not None and bound.is_ambition else what
        yield Row(named, ratios(ours, theirs), "×", bound, beside)


@click.command(context_settings={"show_default": True})
@click.option("--rounds", default=5, help="Rounds of each server, in turns.")
@click.option("--seconds", default=3.0, help="Of each round.")
@click.option("--dry", is_flag=True, help="Write nothing.")
def main(*, rounds: int, seconds: float, dry: bool) -> None:
    """Measure the mock against its peers."""
    plan = Plan(generator(), rounds, seconds)
    machine = page.machine()
    text = page.section(list(fight(plan)), page.notes(plan, machine, *peers.versions()))
    click.echo(text)
    if not dry:
        page.write_section(SECTION, text)


if __name__ == "__main__":
    main()
