"""The work of `datafast-mock verify` after its options are read."""

import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from contract_tests.asking.har import HarError, read_har, write_har
from contract_tests.commands.plan import plan_of
from contract_tests.judging.run import Plan, Run, judged, verify
from contract_tests.report.files import write_report
from contract_tests.report.targets import TargetError, check_target
from contract_tests.report.terminal import terminal_report


def run_verify(url: str | None, reports: Sequence[tuple[str, Path]], options: Mapping[str, Any]) -> int:
    """Judges, prints the verdict and writes the reports (kind and file). Returns the exit code."""
    plan = plan_of(url, options)
    _check_targets(reports, options["saved_har"])
    run = _recorded(plan, url, options) if options["har"] else _live(plan, options)
    # NO_COLOR: see no-color.org; otherwise click knows whether it is a terminal.
    click.echo(terminal_report(run), color=False if os.environ.get("NO_COLOR") else None)
    for kind, path in reports:
        try:
            write_report(kind, path, run)
        except OSError as error:
            raise click.UsageError(f"--report: {path}: {error.strerror}") from None
    return int(run.exit)


def _check_targets(reports: Sequence[tuple[str, Path]], saved_har: str | None) -> None:
    """Raises click.UsageError for a file that must not be written, before anything is asked."""
    targets = [("--report", kind, path) for kind, path in reports]
    if saved_har:
        targets.append(("--save-har", "har", Path(saved_har)))
    for n, (option, kind, path) in enumerate(targets):
        try:
            check_target(kind, path, [other for _, _, other in targets[:n]])
        except TargetError as error:
            raise click.UsageError(f"{option}: {path}: {error}") from None


def _live(plan: Plan, options: Mapping[str, Any]) -> Run:
    """Judges a server by asking it."""
    is_shown = sys.stderr.isatty()

    def tell(sentence: str) -> None:
        click.echo(sentence, err=True)

    def progress(count: int) -> None:
        if is_shown:
            click.echo(f"\r{count} answers", err=True, nl=False)

    run = verify(plan, tell, progress)
    if is_shown:
        click.echo("\r\033[K", err=True, nl=False)
    if options["saved_har"]:
        write_har(Path(options["saved_har"]), run.recording.exchanges)
    return run


def _recorded(plan: Plan, url: str | None, options: Mapping[str, Any]) -> Run:
    """Judges recorded traffic."""
    if options["saved_har"]:
        raise click.UsageError("--save-har records a run; with --har there is none")
    begun = time.monotonic()
    try:
        exchanges, left = read_har(Path(options["har"]), plan.base if url else None, plan.credentials)
    except HarError as error:
        raise click.UsageError(f"--har: {error}") from None
    if left:
        told = ", ".join(f"{count} {reason}" for reason, count in left.most_common())
        click.echo(
            f"{left.total()} of {left.total() + len(exchanges)} entries are left out: {told}", err=True
        )
    unknown = sum(exchange.sent is None for exchange in exchanges)
    if unknown:
        told = "their `startedDateTime` is not an ISO 8601 instant with an offset"
        click.echo(
            f"{unknown} of {len(exchanges)} entries do not say when they were recorded: {told}", err=True
        )
    return judged(plan, exchanges, begun)
