"""`datafast-mock verify`: a verdict on any server."""

import os
import sys
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import click

from contract_tests.commands.guard import guarded

_REPORTS = ("json", "junit", "markdown")
_TOKENS = ("key", "account", "website_id", "visitor_id")


@click.command(
    context_settings={"show_default": True},
    epilog="Exit codes: 0 all that was observed holds, 1 a clause is broken, 2 usage, 3 no answer, not this"
    " API or died midway, 4 credentials refused, 5 too little was seen, 130 interrupted.",
)
@click.argument("url")
@click.option("--key", envvar="DATAFAST_KEY", help="A website's key, df_….")
@click.option("--account-token", "account", envvar="DATAFAST_ACCOUNT_TOKEN", help="An account token, dft_….")
@click.option("--website-id", help="The website for the account token.")
@click.option("--visitor-id", help="A visitor whose profile is asked for, besides those on the map.")
@click.option("--credentials", metavar="FILE", help="Tokens by role; `mock` are the mock's own.")
@click.option("--revision", help="Demand one revision; by default the answers decide.")
@click.option("--only", metavar="IDS", help="Judge these clauses, such as 'MAP-*,ERR-*'.")
@click.option("--require", metavar="IDS", help="Clauses that must have been observed.")
@click.option("--strict", "is_strict", is_flag=True, help="Warnings count as broken.")
@click.option("--baseline", metavar="FILE", help="A JSON report; what is broken there does not count here.")
@click.option("--report", "reports", multiple=True, metavar="KIND=FILE", help="json, junit or markdown.")
@click.option("--timeout", default=10.0, type=click.FloatRange(0.1, 600), help="Seconds for a whole answer.")
@click.option("--pause", default=2.0, type=click.FloatRange(0, 60), help="Seconds between polls.")
@click.option("--rate-limit", "rate", type=click.FloatRange(0.01), help="Requests a second at most.")
@click.option(
    "--max-requests", "requests", default=60, type=click.IntRange(1), help="Requests in all at most."
)
@click.option("--wait", default="0s", metavar="30s", help="How long to wait for a server that is starting.")
def verify(url: str, **options: Any) -> None:
    """Judge any server that claims to speak DataFast's realtime API, clause by clause.

    URL is the API's base, such as https://example.com/api/v1.
    """
    with guarded("verify"):
        sys.exit(_verify(url, options))


def _verify(url: str, options: dict[str, Any]) -> int:
    from contract_tests.report.files import write_report
    from contract_tests.report.terminal import terminal_report
    from contract_tests.run import verify as run_plan

    reports = [_report(text) for text in options["reports"]]
    plan = _plan(url, options)
    is_shown = sys.stderr.isatty()

    def tell(sentence: str) -> None:
        click.echo(sentence, err=True)

    def progress(count: int) -> None:
        if is_shown:
            click.echo(f"\r{count} answers", err=True, nl=False)

    run = run_plan(plan, tell, progress)
    if is_shown:
        click.echo("\r\033[K", err=True, nl=False)
    # NO_COLOR: see no-color.org; otherwise click knows whether it is a terminal.
    click.echo(terminal_report(run), color=False if "NO_COLOR" in os.environ else None)
    for kind, path in reports:
        write_report(kind, path, run)
    return int(run.exit)


def _plan(url: str, options: dict[str, Any]) -> Any:
    from contract_tests.clauses import all_clauses
    from contract_tests.client import Limits
    from contract_tests.credentials import Credentials, CredentialsError, load_credentials
    from contract_tests.document import document
    from contract_tests.run import Plan, base_of

    if not url.startswith(("http://", "https://")):
        raise click.UsageError(f"{url!r} is no URL: it begins neither with http:// nor with https://")
    revisions = document()["info"]["x-revisions"]
    if options["revision"] not in (None, *revisions):
        raise click.UsageError(
            f"--revision: there is no {options['revision']!r}; known: {', '.join(revisions)}"
        )
    given = Credentials(**{name: options[name] for name in _TOKENS})
    if options["credentials"]:
        try:
            given = given.over(load_credentials(options["credentials"]))
        except CredentialsError as error:
            raise click.UsageError(f"--credentials: {error}") from None
    ids = [clause.id for clause in all_clauses()]
    required = _selected("--require", options["require"] or "", ids)
    # What is required is judged, whatever else is left out.
    only = _selected("--only", options["only"] or "*", ids) | required
    return Plan(
        base=base_of(url),
        credentials=given,
        clauses=[clause for clause in all_clauses() if clause.id in only],
        required=required,
        revision=options["revision"],
        limits=Limits(options["timeout"], options["rate"], options["requests"]),
        pause=options["pause"],
        wait=_seconds(options["wait"]),
        is_strict=options["is_strict"],
        known=_known(options["baseline"]),
    )


def _known(baseline: str | None) -> frozenset[str]:
    """The clauses that are broken in an earlier run's report."""
    from contract_tests.report.files import BaselineError, broken_in

    if baseline is None:
        return frozenset()
    try:
        return broken_in(Path(baseline))
    except BaselineError as error:
        raise click.UsageError(f"--baseline: {error}") from None


def _selected(option: str, patterns: str, ids: list[str]) -> frozenset[str]:
    """The clauses that some of the patterns, joined by commas, name."""
    chosen: set[str] = set()
    for pattern in filter(None, map(str.strip, patterns.split(","))):
        found = {clause_id for clause_id in ids if fnmatch(clause_id, pattern.upper())}
        if not found:
            raise click.UsageError(f"{option}: no clause is called {pattern!r}; see `datafast-mock explain`")
        chosen |= found
    return frozenset(chosen)


def _seconds(text: str) -> float:
    try:
        return max(float(text.removesuffix("s")), 0)
    except ValueError:
        raise click.UsageError(f"--wait: {text!r} are no seconds, such as 30s") from None


def _report(text: str) -> tuple[str, Path]:
    kind, separator, file = text.partition("=")
    if kind not in _REPORTS or not separator or not file:
        raise click.UsageError(f"--report: {text!r} is not KIND=FILE with a kind of {', '.join(_REPORTS)}")
    return kind, Path(file)
