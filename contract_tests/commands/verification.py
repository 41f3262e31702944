"""The work of `datafast-mock verify`: the run, its output and its reports."""

import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import click

from contract_tests.asking.client import Client
from contract_tests.asking.har.entries import HarError
from contract_tests.asking.har.reading import read_har
from contract_tests.asking.har.writing import write_har
from contract_tests.clauses.telling import counted
from contract_tests.commands.plan import plan_of
from contract_tests.exchange import Exchange
from contract_tests.judging.run import Exit, Plan, Run, judged, verify
from contract_tests.report.coverage import coverage_report
from contract_tests.report.events import Events
from contract_tests.report.files import write_report
from contract_tests.report.targets import TargetError, check_target
from contract_tests.report.terminal import terminal_report


def run_verify(url: str | None, reports: Sequence[tuple[str, Path]], options: Mapping[str, Any]) -> int:
    """Judges a server or recorded traffic, prints the verdict and writes the reports.

    `reports` are pairs of kind and file. Returns the exit code.
    """
    plan = plan_of(url, options)
    if options["is_coverage_explained"]:
        if reports:
            raise click.UsageError("--explain-coverage starts no run: leave --report out")
        click.echo("\n".join(coverage_report(plan.contract, plan.credentials, [c.id for c in plan.clauses])))
        return int(Exit.HOLDS)
    _check_targets(reports, options["saved_har"])
    if options["is_told"]:
        run = _told(plan, options["address"])
    else:
        run = _recorded(plan, url, options) if options["har"] else _live(plan, options["address"])
    # The files are written first, because printing fails if the reader of the output has left.
    problems = [*_write_har(options["saved_har"], run), *_write_reports(reports, run)]
    if not options["is_told"]:
        _print(run)
    if problems:
        raise click.UsageError("; ".join(problems))
    return int(run.exit)


def _print(run: Run) -> None:
    """Prints the verdict. Raises OSError if that fails and the exit code would be 0.

    A closed pipe is not a failure: its reader, such as `head`, has read enough.
    """
    try:
        # For NO_COLOR see no-color.org; if it is not set, click colors the output of a terminal.
        click.echo(terminal_report(run), color=False if os.environ.get("NO_COLOR") else None)
    except BrokenPipeError:
        # The reader has left, because it has read enough, as `head` does.
        return
    except OSError as error:
        if run.exit is Exit.HOLDS:
            raise
        _say(f"standard output cannot be written ({error.strerror})")


def _say(text: str, *, is_whole: bool = True) -> None:
    """Writes a message to standard error, if possible; `is_whole` ends the line."""
    with suppress(OSError):
        click.echo(text, err=True, nl=is_whole)


def _write_har(file: str | None, run: Run) -> Iterator[str]:
    """Writes the file of `--save-har`, if any, and yields the problem if that fails."""
    if file:
        try:
            write_har(Path(file), run.recording.exchanges)
        except OSError as error:
            yield f"--save-har: {file}: {error.strerror}"


def _write_reports(reports: Sequence[tuple[str, Path]], run: Run) -> Iterator[str]:
    """Writes the reports, and yields a problem for each that cannot be written."""
    for kind, path in reports:
        try:
            write_report(kind, path, run)
        except OSError as error:
            yield f"--report: {path}: {error.strerror}"


def _check_targets(reports: Sequence[tuple[str, Path]], saved_har: str | None) -> None:
    """Raises click.UsageError for a file that must not be written, before any request is sent."""
    targets = [("--report", kind, path) for kind, path in reports]
    if saved_har:
        targets.append(("--save-har", "har", Path(saved_har)))
    for n, (option, kind, path) in enumerate(targets):
        try:
            check_target(kind, path, [other for _, _, other in targets[:n]])
        except TargetError as error:
            raise click.UsageError(f"{option}: {path}: {error}") from None


def _live(plan: Plan, address: str | None) -> Run:
    """Sends requests to a server and judges the answers."""
    is_shown = sys.stderr.isatty()

    def progress(exchanges: Sequence[Exchange]) -> None:
        if is_shown:
            _say(f"\r{counted(len(exchanges), 'answer', 'answers')}", is_whole=False)

    run = verify(plan, _say, progress, connect=partial(Client, address=address))
    if is_shown:
        _say("\r\033[K", is_whole=False)
    return run


def _told(plan: Plan, address: str | None) -> Run:
    """Sends requests to a server, judges the answers, and prints each event as it happens."""
    events = Events(plan, click.echo)
    events.begin()
    run = verify(plan, events.note, events.answer, connect=partial(Client, address=address))
    events.end(run)
    return run


def _recorded(plan: Plan, url: str | None, options: Mapping[str, Any]) -> Run:
    """Judges the recorded traffic of a HAR file."""
    if options["saved_har"]:
        raise click.UsageError("--save-har records a run; with --har there is none")
    begun = time.monotonic()
    try:
        exchanges, left = read_har(Path(options["har"]), plan.base if url else None, plan.credentials)
    except HarError as error:
        raise click.UsageError(f"--har: {error}") from None
    if left:
        told = ", ".join(f"{count} {reason}" for reason, count in left.most_common())
        number, is_one = left.total(), left.total() == 1
        _say(f"{number} of {number + len(exchanges)} entries {'is' if is_one else 'are'} left out: {told}")
    unknown = sum(exchange.sent is None for exchange in exchanges)
    if unknown:
        told = "`startedDateTime` is not an ISO 8601 instant with an offset"
        _say(f"the time of {unknown} of {len(exchanges)} entries is unknown: {told}")
    return judged(plan, exchanges, begun)
