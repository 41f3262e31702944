"""Fuzzing: Schemathesis sends hundreds of unusual requests, and the clauses judge the answers."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from contract_tests.asking.client import Limits, StoppedError
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.har.entries import HarError
from contract_tests.asking.har.reading import read_har
from contract_tests.asking.proxies import proxy_of
from contract_tests.document import DOCUMENT
from contract_tests.exchange import Exchange

_LONGEST_RUN = 900.0
_TOKEN = "DATAFAST_FUZZ_TOKEN"  # noqa: S105 - the variable's name


def fuzz(base: str, credentials: Credentials, examples: int, limits: Limits) -> Iterable[Exchange]:
    """Returns the exchanges of a Schemathesis run, with at most `examples` test cases for each operation.

    Raises StoppedError if Schemathesis does not finish.
    """
    with tempfile.TemporaryDirectory(prefix="datafast-fuzz-") as name:
        folder = Path(name)
        har = folder / "fuzz.har"
        (folder / "schemathesis.toml").write_text(_configuration(credentials), encoding="utf-8")
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "--no-color"),
            *("run", str(DOCUMENT), "--url", base, "--mode", "all", "--max-examples", str(examples)),
            # Random writes would change the account.
            *("--include-method", "GET"),
            # Schemathesis only makes the requests; the clauses judge the answers.
            *("--checks", "not_a_server_error", "--no-shrink", "--warnings", "off"),
            *("--max-redirects", "0", "--rate-limit", _rate(limits)),
            *("--request-timeout", str(limits.timeout)),
            *("--report", "har", "--report-har-path", str(har), "--report-preserve-bytes"),
        ]
        told = _run(command, folder, _environment(base, credentials))
        if not har.exists():
            raise StoppedError(f"Schemathesis did not start: {told[-300:].strip()}")
        try:
            exchanges, _ = read_har(har, None, credentials, is_trusted=True)
        except HarError as error:
            raise StoppedError(f"Schemathesis' record cannot be read: {error}") from None
        return exchanges


def _environment(base: str, credentials: Credentials) -> dict[str, str]:
    """Returns the environment variables for Schemathesis.

    The token is one of them, because the list of processes would show it as an argument.
    """
    direct = {"NO_PROXY": "*", "no_proxy": "*"} if proxy_of(base) is None else {}
    return {**os.environ, **direct, _TOKEN: credentials.key or credentials.account or ""}


def _run(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Runs Schemathesis and returns its output. Raises StoppedError."""
    try:
        result = subprocess.run(  # noqa: S603 - the command is ours
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            timeout=_LONGEST_RUN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise StoppedError(f"Schemathesis did not finish within {_LONGEST_RUN:g} s") from None
    return result.stdout


def _rate(limits: Limits) -> str:
    """Returns the rate in Schemathesis' notation; `auto` follows the server's `Retry-After`."""
    return "auto" if limits.rate is None else f"{max(int(limits.rate * 60), 1)}/m"


def _configuration(credentials: Credentials) -> str:
    """Returns Schemathesis' configuration: the token for every request, and the website of an account."""
    # JSON strings are valid basic strings of TOML.
    lines = [f'headers = {{ Authorization = "Bearer ${{{_TOKEN}}}" }}']
    if not credentials.key:
        lines += ["[parameters]", f'"query.websiteId" = {json.dumps(credentials.website_id)}']
    return "\n".join(lines) + "\n"
