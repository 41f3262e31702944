"""The operations behind the page `/verify`: they start, follow and cancel a run, and return its reports."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response, StreamingResponse

from mock_server.control.call import ControlCall
from mock_server.control.targets import target_of
from mock_server.control.verifier import EXTRA, REPORTS, Verification, missing_packages
from mock_server.kinds import in_words
from mock_server.problems import ProblemError

EVENTS = "application/x-ndjson"
REPORT_TYPES = tuple(media_type for media_type, _ in REPORTS.values())

# The time between two looks for new events, in seconds.
_PAUSE = 0.1
# No other characters can be in an argument, an environment variable or a header.
_ASCII = "^[ -~]*$"
_IN_WORDS = in_words("a text of printable ASCII characters")
_Token = Annotated[str, Meta(max_length=300, pattern=_ASCII, extra=_IN_WORDS)]
_Text = Annotated[str, Meta(max_length=2_000, pattern=_ASCII, extra=_IN_WORDS)]


class NewVerification(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A run of `datafast-mock verify`. `url` is the API's base URL; the others are options of the command."""

    url: _Text
    key: _Token = ""
    account_token: _Token = ""
    website_id: _Token = ""
    mock_tokens: Annotated[
        bool, Meta(description="Use all tokens of the mock, as `--credentials mock` does.")
    ] = False
    revision: _Text = ""
    only: _Text = ""
    strict: bool = False
    writes: Annotated[
        bool, Meta(description="Send goals, payments and an identity, too. Only for servers on this machine.")
    ] = False


class VerificationState(Struct, frozen=True, kw_only=True, rename="camel"):
    """The latest run, and whether a run can be started.

    `exitCode` is the exit code of the command, and null while it runs. `url`, `startedAt` and `exitCode` are
    null if there was no run. `install` is a command that installs missing packages; null if none is missing.
    """

    state: Literal["none", "running", "ended"]
    url: str | None
    started_at: str | None
    exit_code: int | None
    reports: list[str]
    install: str | None
    targets: list[str]
    """The origins of servers on other machines that may be verified."""


class VerificationEvent(Struct, frozen=True, kw_only=True, rename="camel"):
    """A line of the stream; its further members depend on `event`.

    A `verdict` has the members of an item of `clauses` in the JSON report.
    """

    event: Literal["begin", "note", "answer", "verdict", "end", "failed"]


class ReportChoice(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of a report."""

    kind: Literal["html", "json", "junit", "markdown", "sarif"] | UnsetType = UNSET


async def start_verification(call: ControlCall) -> VerificationState:
    """Starts a run. Raises ProblemError for a server that is not allowed, and if a run is going on."""
    wanted: NewVerification = call.body
    target = await target_of(wanted.url, call.service.options, call.port)
    if wanted.writes and target.address is None:
        raise ProblemError(403, "`writes` is only allowed for servers on this machine.", member="/writes")
    pinned = () if target.address is None else (f"--connect-to={target.address}",)
    tokens = {"DATAFAST_KEY": wanted.key, "DATAFAST_ACCOUNT_TOKEN": wanted.account_token}
    given = {name: token.strip() for name, token in tokens.items() if token.strip()}
    call.verifier.start(target.url, [target.url, "--events", *pinned, *_options(wanted)], given)
    return verification_state(call)


def verification_state(call: ControlCall) -> VerificationState:
    """Returns the state of the latest run."""
    run = call.verifier.latest
    return VerificationState(
        state="none" if run is None else "running" if call.verifier.is_running else "ended",
        url=None if run is None else run.url,
        started_at=None if run is None else run.started,
        exit_code=None if run is None else run.exit_code,
        reports=[] if run is None else run.reports,
        install=f"pip install '{EXTRA}'" if missing_packages() else None,
        targets=list(call.service.options.verify_targets),
    )


def verification_events(call: ControlCall) -> Response:
    """Streams all events of the latest run, one per line. Raises ProblemError if there was no run."""
    return StreamingResponse(_events_of(_latest(call)), media_type=EVENTS)


def verification_report(call: ControlCall) -> Response:
    """Returns a report of the latest run as a download. Raises ProblemError if it is not written (yet)."""
    kind = "html" if call.query.kind is UNSET else call.query.kind
    run = _latest(call)
    if kind not in run.reports:
        raise ProblemError(404, "This run has written no report (yet).")
    media_type, suffix = REPORTS[kind]
    # A report contains words of the server that was judged, so no browser shows it as a page of the mock.
    headers = {
        "Content-Disposition": f'attachment; filename="datafast-contract.{suffix}"',
        "X-Content-Type-Options": "nosniff",
    }
    return Response(run.report(kind), headers=headers, media_type=media_type)


def cancel_verification(call: ControlCall) -> None:
    """Interrupts the run, if one is going on."""
    if call.verifier.latest is not None:
        call.verifier.latest.stop()


def _options(wanted: NewVerification) -> Iterator[str]:
    """Yields the options of the command for the wanted run."""
    for option, value in (
        ("--website-id", wanted.website_id),
        ("--revision", wanted.revision),
        ("--only", wanted.only),
    ):
        if value.strip():
            yield f"{option}={value.strip()}"
    if wanted.mock_tokens:
        yield "--credentials=mock"
    if wanted.strict:
        yield "--strict"
    if wanted.writes:
        yield "--writes"


async def _events_of(run: Verification) -> AsyncIterator[bytes]:
    told = 0
    while True:
        is_over = run.exit_code is not None
        if told < len(run.events):
            lines = run.events[told:]
            told += len(lines)
            yield b"".join(lines)
        if is_over:
            return
        await asyncio.sleep(_PAUSE)


def _latest(call: ControlCall) -> Verification:
    if call.verifier.latest is None:
        raise ProblemError(404, "No verification was started yet.")
    return call.verifier.latest
