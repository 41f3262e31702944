"""The command `make bench`, which writes the answers to all questions into a table in docs/benchmarks.md."""

from collections.abc import Callable, Iterator, Mapping

import click

from benchmarks import page
from benchmarks.figures import Gap, Line, Row
from benchmarks.kit import kit
from benchmarks.large_document import large_document
from benchmarks.load import LoadError, generator
from benchmarks.plan import Plan
from benchmarks.polling import polling
from benchmarks.reports import reports
from benchmarks.start import start
from benchmarks.throughput import throughput
from benchmarks.ticks import ticks
from benchmarks.writes import writes

QUESTIONS: Mapping[str, Callable[[Plan], Iterator[Row]]] = {
    "throughput": throughput,
    "ticks": ticks,
    "start": start,
    "document": large_document,
    "reports": reports,
    "writes": writes,
    "polling": polling,
    "kit": kit,
}


def answers(name: str, plan: Plan) -> Iterator[Line]:
    """Yields the lines of a question; if a server fails, the last line says why."""
    try:
        yield from QUESTIONS[name](plan)
    except LoadError as error:
        yield Gap(name, str(error))


@click.command(context_settings={"show_default": True})
@click.option("--rounds", default=5, help="Rounds of each server, in turns.")
@click.option("--seconds", default=3.0, help="Of each round.")
@click.option("--hour", default=100.0, help="Real seconds of the simulated hour of polling.")
@click.option("--only", multiple=True, type=click.Choice(list(QUESTIONS)), help="Write nothing. Repeatable.")
def main(*, rounds: int, seconds: float, hour: float, only: tuple[str, ...]) -> None:
    """Measure the mock against its budget."""
    plan = Plan(generator(), rounds, seconds, hour)
    machine = page.machine()
    lines = [line for name in only or QUESTIONS for line in answers(name, plan)]
    text = page.section(lines, page.notes(plan, machine))
    click.echo(text)
    if not only:
        page.write_section("make bench", text)


if __name__ == "__main__":
    main()
