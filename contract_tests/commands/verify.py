"""`datafast-mock verify`, with its options: a verdict on any server."""

import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from contract_tests.commands.guard import guarded
from contract_tests.commands.quantities import Rate, Seconds
from contract_tests.quoting import quoted

REPORTS = ("json", "junit", "markdown", "html", "sarif", "annotations")
_KINDS = f"{', '.join(REPORTS[:-1])} or {REPORTS[-1]}"


@click.command(
    short_help="Check a server's answers against the documentation.",
    context_settings={"show_default": True},
    epilog="Exit codes: 0: no clause is broken; 1: a clause is broken; 2: wrong usage; 3: no answer, not this"
    " API, or the server stopped; 4: credentials refused; 5: too little observed; 70: a bug in the kit; 74:"
    " the verdict could not be printed; 130: interrupted.",
)
@click.argument("url", required=False)
@click.option("--key", envvar="DATAFAST_KEY", help="A website's key (df_…).")
@click.option("--account-token", "account", envvar="DATAFAST_ACCOUNT_TOKEN", help="An account token (dft_…).")
@click.option("--website-id", help="The website for the account token.")
@click.option("--visitor-id", help="A visitor whose profile is requested, besides visitors on the map.")
@click.option("--credentials", metavar="FILE", help="File of tokens by role; `mock` uses the mock's own.")
@click.option("--revision", help="Judge by this revision; by default, by the one that the answers indicate.")
@click.option(
    "--only", metavar="IDS", help="Judge only these clauses, such as 'MAP-*,ERR-*'; send only what they need."
)
@click.option("--require", metavar="IDS", help="Fail if one of these clauses was not observed.")
@click.option("--strict", "is_strict", is_flag=True, help="Count warnings as broken.")
@click.option(
    "--baseline", metavar="FILE", help="An earlier JSON report; what was broken in it does not count."
)
@click.option(
    "--require-baseline",
    "is_baseline_required",
    is_flag=True,
    help="Fail if a clause that held in the baseline was not observed.",
)
@click.option(
    "--report", "reports", multiple=True, metavar="KIND=FILE", help=f"Write a report: {_KINDS}. Repeatable."
)
@click.option(
    "--explain-coverage",
    "is_coverage_explained",
    is_flag=True,
    help="Say how many clauses can be observed with these credentials, and with more; send nothing.",
)
@click.option("--har", metavar="FILE", help="Judge the recorded traffic in a HAR file; send nothing.")
@click.option("--save-har", "saved_har", metavar="FILE", help="Record the run in a HAR file, without tokens.")
@click.option(
    "--writes",
    "is_writing",
    is_flag=True,
    help="Judge the operations that write, too. The run sends goals, payments and an identity for one"
    " visitor. At the end it removes the goals and payments; the API has no way to remove the identity.",
)
@click.option("--fuzz", "is_fuzzed", is_flag=True, help="Let Schemathesis send unusual requests, too.")
@click.option(
    "--fuzz-examples",
    default=25,
    type=click.IntRange(1, 10_000),
    help="Largest number of Schemathesis test cases for each operation.",
)
@click.option(
    "--i-own-this-server",
    "is_owned",
    is_flag=True,
    help="Allow --writes and --fuzz on another machine.",
)
@click.option("--timeout", default=10.0, type=Seconds(0.1, 600), help="Seconds to wait for a whole answer.")
@click.option("--pause", default=1.25, type=Seconds(0, 60), help="Seconds between polls.")
@click.option(
    "--rate-limit",
    "rate",
    type=Rate(0.01),
    help="Largest number of requests a second, or in another time, such as 60/min.",
)
@click.option(
    "--max-requests",
    "requests",
    type=click.IntRange(1),
    show_default="as many as the clauses need",
    help="Largest number of requests in the whole run.",
)
@click.option(
    "--connect-to",
    "address",
    metavar="ADDRESS",
    help="Connect to this numeric address, whatever the URL's host resolves to, and through no proxy.",
)
@click.option(
    "--events", "is_told", is_flag=True, help="Print the run's events as lines of JSON, not the verdict."
)
@click.option(
    "--wait", default="0s", metavar="30s", help="Longest time to wait for a server that is still starting."
)
def verify(url: str | None, **options: Any) -> None:
    """Check a server's answers against the documentation of DataFast's API, clause by clause.

    URL is the API's base URL, such as https://example.com/api/v1. With --har nothing is sent; a URL then
    selects the answers of that server.
    """
    reports = [_report(text) for text in options.pop("reports")]
    if not options["is_fuzzed"] and _is_given("fuzz_examples"):
        raise click.UsageError("--fuzz-examples: it needs --fuzz")
    extra = "fuzz" if options["is_fuzzed"] else "verify"
    with guarded("verify", (options["key"], options["account"]), extra):
        from contract_tests.commands.verification import run_verify

        sys.exit(run_verify(url, reports, options))


def _is_given(name: str) -> bool:
    """Returns whether the value of a parameter of the command was given, and is not the default."""
    return click.get_current_context().get_parameter_source(name) is not ParameterSource.DEFAULT


def _report(text: str) -> tuple[str, Path]:
    kind, separator, file = text.partition("=")
    if kind not in REPORTS or not separator or not file:
        kinds = ", ".join(REPORTS)
        raise click.UsageError(
            f"--report: {quoted(text)} is not KIND=FILE, such as html=report.html, with a kind of {kinds}"
        )
    return kind, Path(file)
