"""The plan of a run, made from the options of `datafast-mock verify`. A wrong option is reported."""

from collections.abc import Iterable, Mapping
from fnmatch import fnmatchcase
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from contract_tests.asking.address import AddressError, base_of, is_loopback
from contract_tests.asking.client import Limits
from contract_tests.asking.credentials import Credentials, CredentialsError, load_credentials
from contract_tests.clauses import all_clauses
from contract_tests.commands.quantities import seconds_of
from contract_tests.document import document
from contract_tests.judging.run import Plan
from contract_tests.quoting import quoted
from contract_tests.report.files import Baseline, BaselineError, baseline_of

_TOKENS = ("key", "account", "website_id", "visitor_id")
_OF_RUNS = {"is_told": "--events", "har": "--har", "saved_har": "--save-har"}
"""The options that need a run, by the name of their value."""
_OF_REQUESTS = {
    "is_told": "--events reports",
    "is_fuzzed": "--fuzz sends",
    "is_writing": "--writes sends",
    "rate": "--rate-limit limits",
    "requests": "--max-requests limits",
    "address": "--connect-to directs",
}
"""The options that need requests, by the name of their value, and what they do with them."""


def plan_of(url: str | None, options: Mapping[str, Any]) -> Plan:
    """Returns the plan for the options. Raises click.UsageError for an option that cannot be used."""
    base = _base_of(url, options)
    _check_revision(options["revision"])
    given = _credentials_of(options)
    _check_ways(options)
    if options["is_fuzzed"]:
        _allow_fuzzing(url, given, is_owned=options["is_owned"])
    if options["is_writing"]:
        _allow_writing(url, given, options)
    ids = [clause.id for clause in all_clauses()]
    required = _selected("--require", options["require"] or "", ids)
    # Required clauses are judged even if --only leaves them out.
    only = _selected("--only", options["only"] or "*", ids) | required
    baseline = _baseline(options["baseline"])
    if options["is_baseline_required"]:
        if options["baseline"] is None:
            raise click.UsageError("--require-baseline needs a --baseline")
        required |= only & baseline.held
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
        may_write=options["is_writing"],
        is_recorded=bool(options["har"]),
        is_strict=options["is_strict"],
        known=baseline.broken,
        held=baseline.held,
    )


def _base_of(url: str | None, options: Mapping[str, Any]) -> str:
    """Returns the base of the server's API, or the name of the file with recorded traffic."""
    if url is None and not options["har"] and not options["is_coverage_explained"]:
        raise click.UsageError("no server is given: name its URL, or recorded traffic with --har FILE")
    try:
        return base_of(url) if url is not None else str(options["har"])
    except AddressError as error:
        raise click.UsageError(str(error)) from None


def _check_revision(revision: str | None) -> None:
    """Raises click.UsageError if the document does not have the revision."""
    known = document().revisions
    if revision not in (None, *known):
        raise click.UsageError(f"--revision: there is no {quoted(revision)}; known: {', '.join(known)}")


def _credentials_of(options: Mapping[str, Any]) -> Credentials:
    """Returns the credentials of a file, and those of the options, which count first."""
    given = Credentials(**{name: options[name] for name in _TOKENS}).stripped()
    if options["credentials"]:
        try:
            given = given.over(load_credentials(options["credentials"]))
        except CredentialsError as error:
            raise click.UsageError(f"--credentials: {error}") from None
    try:
        given.check()
    except CredentialsError as error:
        options_of_tokens = "--key, --account-token, --website-id, --visitor-id and --credentials"
        raise click.UsageError(f"{error}; see {options_of_tokens}") from None
    return given


def _check_ways(options: Mapping[str, Any]) -> None:
    """Raises click.UsageError for an option that would have no effect beside the others."""
    if options["is_coverage_explained"]:
        for name, option in _OF_RUNS.items():
            if options[name]:
                raise click.UsageError(f"--explain-coverage starts no run: leave {option} out")
    elif options["har"]:
        for name, purpose in _OF_REQUESTS.items():
            if options[name]:
                raise click.UsageError(f"{purpose} requests; it needs a URL, and no --har")
    if options["address"] is None:
        return
    if options["is_fuzzed"]:
        raise click.UsageError("--fuzz looks the host up itself: leave --connect-to out")
    try:
        ip_address(options["address"])
    except ValueError:
        raise click.UsageError(
            f"--connect-to: {quoted(options['address'])} is not a numeric address, such as 127.0.0.1"
        ) from None


def _allow_fuzzing(url: str | None, credentials: Credentials, *, is_owned: bool) -> None:
    """Raises click.UsageError if the server may not be fuzzed."""
    if url is None:
        raise click.UsageError("--fuzz sends requests; it needs a URL")
    if find_spec("schemathesis") is None:
        raise click.UsageError("--fuzz needs Schemathesis: pip install 'datafast-mock[fuzz]'")
    _demand_owner(url, "--fuzz sends hundreds of unusual requests", is_owned=is_owned)
    _demand_token("--fuzz", credentials)


def _allow_writing(url: str | None, credentials: Credentials, options: Mapping[str, Any]) -> None:
    """Raises click.UsageError if the server may not be written to."""
    if options["is_coverage_explained"]:
        # Nothing is sent: the report has the numbers both with and without `--writes`.
        return
    assert url is not None, "without a URL there is recorded traffic, which `_check_ways` refuses"
    reason = "--writes sends goals, payments and an identity of a visitor"
    _demand_owner(url, reason, is_owned=options["is_owned"])
    _demand_token("--writes", credentials)


def _demand_owner(url: str, reason: str, *, is_owned: bool) -> None:
    """Raises click.UsageError for a server on another machine, unless the user says that they own it."""
    if not is_owned and not is_loopback(urlsplit(url).hostname or ""):
        raise click.UsageError(f"{reason}. If the server is yours, say so with --i-own-this-server")


def _demand_token(option: str, credentials: Credentials) -> None:
    if not credentials.key and not (credentials.account and credentials.website_id):
        raise click.UsageError(
            f"{option} needs a token that the server accepts: --key, or --account-token with --website-id"
        )


def _baseline(file: str | None) -> Baseline:
    """Returns the clauses that were broken or held in an earlier run's report; none without a file."""
    if file is None:
        return Baseline()
    try:
        return baseline_of(Path(file))
    except BaselineError as error:
        raise click.UsageError(f"--baseline: {error}") from None


def _selected(option: str, patterns: str, ids: list[str]) -> frozenset[str]:
    """Returns the ids that match one of the patterns, which are separated by commas."""
    chosen: set[str] = set()
    for pattern in filter(None, map(str.strip, patterns.split(","))):
        found = _matching(pattern, ids)
        if not found:
            family = f"{pattern.upper()}-*"
            advice = f"for the whole family write '{family}'; " if _matching(family, ids) else ""
            told = f"there is no clause {quoted(pattern)}; {advice}see `datafast-mock explain`"
            raise click.UsageError(f"{option}: {told}")
        chosen |= found
    return frozenset(chosen)


def _matching(pattern: str, ids: Iterable[str]) -> set[str]:
    return {clause_id for clause_id in ids if fnmatchcase(clause_id.upper(), pattern.upper())}


def _seconds(text: str) -> float:
    seconds = seconds_of(text)
    if seconds is None:
        raise click.UsageError(f"--wait: {quoted(text)} is not a duration, such as 30s, 500ms or 1m")
    return seconds
