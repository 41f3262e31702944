"""How the options of `datafast-mock verify` become a plan, and what is wrong with them."""

from collections.abc import Mapping
from fnmatch import fnmatch
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from contract_tests.clauses import all_clauses
from contract_tests.client import Limits
from contract_tests.credentials import Credentials, CredentialsError, load_credentials
from contract_tests.document import document
from contract_tests.fuzzing import is_loopback
from contract_tests.report.files import BaselineError, broken_in
from contract_tests.run import Plan, base_of

_TOKENS = ("key", "account", "website_id", "visitor_id")


def plan_of(url: str | None, options: Mapping[str, Any]) -> Plan:
    """The plan that the command line asks for. Raises click.UsageError for what cannot be used."""
    if url is None and not options["har"]:
        raise click.UsageError("which server? Give its URL, or recorded traffic with --har FILE")
    if url is not None and not url.startswith(("http://", "https://")):
        raise click.UsageError(f"{url!r} is no URL: it begins neither with http:// nor with https://")
    try:
        base = base_of(url) if url is not None else str(options["har"])
    except ValueError as error:
        raise click.UsageError(f"{url!r} is no URL: {error}") from None
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
    try:
        given.check()
    except CredentialsError as error:
        raise click.UsageError(f"{error}; see --key, --account-token and --website-id") from None
    if options["is_fuzzed"]:
        _allow_fuzzing(url, given, is_owned=options["is_owned"])
    ids = [clause.id for clause in all_clauses()]
    required = _selected("--require", options["require"] or "", ids)
    # What is required is judged, whatever else is left out.
    only = _selected("--only", options["only"] or "*", ids) | required
    return Plan(
        base=base,
        credentials=given,
        clauses=[clause for clause in all_clauses() if clause.id in only],
        required=required,
        revision=options["revision"],
        limits=Limits(options["timeout"], options["rate"], options["requests"]),
        pause=options["pause"],
        fuzz_examples=options["fuzz_examples"] if options["is_fuzzed"] else 0,
        wait=_seconds(options["wait"]),
        is_strict=options["is_strict"],
        known=_known(options["baseline"]),
    )


def _allow_fuzzing(url: str | None, credentials: Credentials, *, is_owned: bool) -> None:
    """Raises click.UsageError where nobody may be fuzzed."""
    if url is None:
        raise click.UsageError("--fuzz sends requests; it needs a URL")
    if find_spec("schemathesis") is None:
        raise click.UsageError("--fuzz needs Schemathesis: pip install 'datafast-mock[fuzz]'")
    if not is_owned and not is_loopback(url):
        raise click.UsageError(
            "--fuzz sends hundreds of odd requests. If the server is yours, say so with --i-own-this-server"
        )
    if not credentials.key and not (credentials.account and credentials.website_id):
        raise click.UsageError(
            "--fuzz needs a token that opens the server: --key, or --account-token with --website-id"
        )


def _known(baseline: str | None) -> frozenset[str]:
    """The clauses that are broken in an earlier run's report."""
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
