"""The operations that read and clear the journal, and that verify requests and retries."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from heapq import merge
from itertools import chain, dropwhile, islice
from operator import attrgetter
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response, StreamingResponse

from contract_tests.quoting import quoted
from mock_server.control.call import ControlCall, Scoped
from mock_server.control.expectations import Search
from mock_server.control.har import PART_BYTES, SAVED, har_parts
from mock_server.control.lint import Documented, linted
from mock_server.control.retries import retries_of
from mock_server.control.turns import Turn
from mock_server.instants import iso_of
from mock_server.problems import ProblemError
from mock_server.serving.replies import JSON
from mock_server.state.entries import Request
from mock_server.state.journal import Journal
from mock_server.state.showing import MEMBERS, shown_in_full

_MOST = 1_000
_USUAL = 100


class Page(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of the journal: at most `limit` requests, the newest or the first ones after a number."""

    limit: (
        Annotated[int, Meta(ge=1, le=_MOST, description="By default 100, or 1,000 for a HAR file.")]
        | UnsetType
    ) = UNSET
    after: (
        Annotated[
            int, Meta(ge=0, description="List the requests after this number; by default the newest ones.")
        ]
        | UnsetType
    ) = UNSET
    bodies: Annotated[
        Literal["begin", "whole"],
        Meta(description="`whole` gives the whole bodies of the newest answers. A HAR file always has them."),
    ] = "begin"
    format: Annotated[Literal["json", "har"], Meta(description="`har` gives an HTTP Archive (HAR) 1.2.")] = (
        "json"
    )


class BodyState(Struct, frozen=True, kw_only=True):
    """A body: its size in bytes, and its beginning with tokens masked.

    `text` is null if it is not kept: for compressed bodies, and for older ones if the journal is full.
    `encoding` is `base64` if the bytes are not UTF-8. `cut` is true if `text` is not the whole body.
    """

    size: int
    text: str | None
    encoding: Literal["base64"] | None
    cut: bool


class Lint(Struct, frozen=True, kw_only=True):
    """A finding about a request."""

    rule: str
    message: str


class RequestState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request with secrets masked, its answer, the stage that decided it, and the findings about it.

    `keyName` is a name of the key: the token if the key comes with the mock, otherwise the label, and the
    masked token if there is no label. It is null for an unknown key. `status` is null if nothing was sent.
    `duration` is in ms, and null until all is sent.
    """

    number: int
    time: str
    instant: str
    key: str | None
    key_name: str | None
    label: str
    operation: str | None
    method: str
    target: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, list[str]]
    request_body: BodyState | None
    status: int | None
    response_headers: dict[str, list[str]]
    response_body: BodyState
    duration: float | None
    decided_by: str
    lint: list[Lint]


class Requests(Struct, frozen=True, kw_only=True):
    """A list of requests, oldest first."""

    requests: list[RequestState]


class Near(Struct, frozen=True, kw_only=True):
    """A request that nearly matched the expectation, and its differences."""

    request: RequestState
    differences: list[str]


class Verified(Struct, frozen=True, kw_only=True):
    """The result of a verification; if too few requests matched, `nearest` has the nearest misses."""

    verified: bool
    count: int
    nearest: list[Near]


class RetryState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A 429 and the request after it. `required` and `waited` are in ms.

    `waited` and `patient` are null if no request followed.
    """

    refused_at: str
    required: int
    waited: int | None
    patient: bool | None


class Retries(Struct, frozen=True, kw_only=True):
    """All retries; `patient` is true if the client waited long enough after each 429."""

    patient: bool
    retries: list[RetryState]


async def read_requests(call: ControlCall) -> Response:
    """Returns a page of the requests of one key or of all, as JSON or as a HAR file to be saved."""
    as_har = call.query.format == "har"
    limit = call.query.limit
    if limit is UNSET:
        limit = _MOST if as_har else _USUAL
    page = _page(_journals(call), limit, call.query.after)
    if as_har:
        return StreamingResponse(har_parts(page, call.origin), headers=SAVED, media_type=JSON)
    return StreamingResponse(_listed(call, page, is_whole=call.query.bodies == "whole"), media_type=JSON)


def clear_requests(call: ControlCall) -> None:
    """Removes the requests of one key, or all."""
    for journal in _journals(call):
        journal.clear()


async def verify(call: ControlCall) -> Verified:
    """Compares the requests with an expectation. Raises ProblemError for an unknown operation."""
    expected = call.body
    known = call.service.answers(call.service.options.revision)
    if expected.operation is not UNSET and expected.operation not in known:
        problem = f"`operation`: there is no {quoted(expected.operation[:80])}; known: {', '.join(known)}"
        raise ProblemError(400, problem, member="/operation")
    search, turn = Search(expected), Turn()
    for request in chain.from_iterable(_journals(call)):
        search.look_at(request)
        await turn.pass_on()
    near = []
    if search.count < expected.least:
        for miss in search.nearest():
            await turn.pass_on()
            [state] = [state async for state in _states(call, [miss.request], turn)]
            near.append(Near(request=state, differences=miss.differences))
    return Verified(verified=expected.is_met_by(search.count), count=search.count, nearest=near)


async def retries(call: ControlCall) -> Retries:
    """Returns all 429s, grouped by key. Each says whether the client waited long enough after it."""
    found, turn = [], Turn()
    for journal in _journals(call):
        found += [
            RetryState(
                refused_at=iso_of(retry.refused.instant),
                required=retry.required,
                waited=retry.waited,
                patient=retry.is_patient,
            )
            for retry in retries_of(journal)
        ]
        await turn.pass_on()
    return Retries(patient=all(retry.patient is not False for retry in found), retries=found)


def _journals(call: ControlCall) -> list[Journal]:
    """Returns the journal of the key in the query.

    If the query names no key, it returns all journals, including the journal of requests without a key.
    """
    key = call.key
    return call.service.journals if key is None else [key.journal]


def _page(journals: Iterable[Journal], limit: int, after: int | UnsetType) -> list[Request]:
    """Returns at most `limit` requests, oldest first: the newest ones, or the first ones after a number."""
    number = attrgetter("number")
    if after is UNSET:
        newest = merge(*map(reversed, journals), key=number, reverse=True)
        return list(islice(newest, limit))[::-1]
    later = (dropwhile(lambda request: request.number <= after, journal) for journal in journals)
    return list(islice(merge(*later, key=number), limit))


async def _listed(call: ControlCall, page: list[Request], *, is_whole: bool) -> AsyncIterator[bytes]:
    """Yields the JSON `{"requests": […]}` in parts of about 64 KiB."""
    part, is_first = bytearray(b'{"requests":['), True
    members = {**MEMBERS, "responseBody": _whole_answer} if is_whole else MEMBERS
    async for state in _states(call, page, Turn(), members):
        part += (b"" if is_first else b",") + msgspec.json.encode(state)
        is_first = False
        if len(part) >= PART_BYTES:
            yield bytes(part)
            part.clear()
    yield bytes(part + b"]}")


def _whole_answer(request: Request) -> dict[str, object]:
    return shown_in_full(request.answer)


async def _states(
    call: ControlCall,
    requests: list[Request],
    turn: Turn,
    shown: Mapping[str, Callable[[Request], object]] = MEMBERS,
) -> AsyncIterator[RequestState]:
    """Yields the requests in order, each with its findings.

    `shown` maps the names of the other members to the functions that make them.
    """
    found = await _lint(call, {request.number for request in requests}, turn)
    for request in requests:
        members: dict[str, object] = {"lint": found.get(request.number, [])}
        for name, show in shown.items():
            members[name] = show(request)
            await turn.pass_on()
        yield msgspec.convert(members, RequestState)


async def _lint(call: ControlCall, wanted: set[int], turn: Turn) -> dict[int, list[dict[str, str]]]:
    """Returns the findings about the requests with the wanted numbers, by number."""
    service = call.service
    operations = (
        *service.extra_operations,
        service.event_operation,
        *service.operations_of_all_revisions,
    )
    documented = Documented(
        parameters={one.operation_id: frozenset(part.name for part in one.parameters) for one in operations},
        with_slash={one.operation_id for one in operations if one.route.endswith("/")},
        without_token={service.event_operation.operation_id},
    )
    found = {}
    for journal in _journals(call):
        if not any(request.number in wanted for request in journal):
            continue
        for request, findings in linted(journal, documented, wanted):
            found[request.number] = [finding._asdict() for finding in findings]
            await turn.pass_on()
    return found
