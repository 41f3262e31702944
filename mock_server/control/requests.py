"""The journal: read, cleared, asked whether the expected came, and whether a client waits after a 429."""

from collections.abc import AsyncIterator, Iterable
from heapq import merge
from itertools import chain, dropwhile, islice
from operator import attrgetter
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.responses import Response, StreamingResponse

from mock_server.control.asked import Asked, Scoped
from mock_server.control.expectations import Search
from mock_server.control.har import PART_BYTES, SAVED, har_parts
from mock_server.control.lint import Documented, linted
from mock_server.control.retries import retries_of
from mock_server.control.turns import Turn
from mock_server.instants import iso_of
from mock_server.problems import ProblemError
from mock_server.serving.replies import JSON
from mock_server.state.journal import Journal, Request
from mock_server.state.showing import MEMBERS

_MOST = 1_000
_USUAL = 100


class Page(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of the journal: the newest so many requests, or the first so many after a number."""

    limit: (
        Annotated[int, Meta(ge=1, le=_MOST, description="100 unless told, of a HAR file 1,000.")] | UnsetType
    ) = UNSET
    after: (
        Annotated[int, Meta(ge=0, description="The number of a request; left out, the newest.")] | UnsetType
    ) = UNSET
    format: Annotated[Literal["json", "har"], Meta(description="`har`: HTTP Archive 1.2.")] = "json"


class BodyState(Struct, frozen=True, kw_only=True):
    """A body: its size in bytes, and its beginning, tokens masked.

    `text` is null where it is not kept: of compressed ones, and of older ones where others need the room.
    `encoding` is `base64` for bytes that are no UTF-8. `cut` tells that there was more than `text` has.
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
    """A request as it was sent, secrets masked; what decided its answer and what that was; what is found.

    `keyName` is a shipped key's token, else the label, or the masked token; null for no key that there is.
    `status` is null where nothing was sent, `duration` is in ms, null as long as not all is sent.
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
    """Requests, oldest first."""

    requests: list[RequestState]


class Near(Struct, frozen=True, kw_only=True):
    """A request that came, and in what it differs from the expected one."""

    request: RequestState
    differences: list[str]


class Verified(Struct, frozen=True, kw_only=True):
    """Whether as many came as were expected; `nearest` are those that came closest, where too few came."""

    verified: bool
    count: int
    nearest: list[Near]


class RetryState(Struct, frozen=True, kw_only=True, rename="camel"):
    """One 429 and the request after it. `required` and `waited` in ms; null where nothing came yet."""

    refused_at: str
    required: int
    waited: int | None
    patient: bool | None


class Retries(Struct, frozen=True, kw_only=True):
    """Whether every 429 was waited out by whoever asked again."""

    patient: bool
    retries: list[RetryState]


async def read_requests(asked: Asked) -> Response:
    """A page of the requests of a key, or of all, as JSON or as a HAR file to be saved."""
    as_har = asked.query.format == "har"
    limit = asked.query.limit
    if limit is UNSET:
        limit = _MOST if as_har else _USUAL
    page = _page(_journals(asked), limit, asked.query.after)
    if as_har:
        return StreamingResponse(har_parts(page, asked.origin), headers=SAVED, media_type=JSON)
    return StreamingResponse(_listed(asked, page), media_type=JSON)


def clear_requests(asked: Asked) -> None:
    """Forgets the requests of a key, or all."""
    for journal in _journals(asked):
        journal.clear()


async def verify(asked: Asked) -> Verified:
    """Whether the expected requests came."""
    expected = asked.body
    known = asked.service.answers(asked.service.settings.revision)
    if expected.operation is not UNSET and expected.operation not in known:
        problem = f"`operation`: there is no {expected.operation[:80]!r}; known: {', '.join(known)}"
        raise ProblemError(400, problem, member="/operation")
    search, turn = Search(expected), Turn()
    for request in chain.from_iterable(_journals(asked)):
        search.look_at(request)
        await turn.pass_on()
    near = []
    if search.count < expected.least:
        for miss in search.nearest():
            await turn.pass_on()
            [state] = [state async for state in _states(asked, [miss.request], turn)]
            near.append(Near(request=state, differences=miss.differences))
    return Verified(verified=expected.is_met_by(search.count), count=search.count, nearest=near)


async def retries(asked: Asked) -> Retries:
    """Each 429 and whether it was waited out, key by key."""
    found, turn = [], Turn()
    for journal in _journals(asked):
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


def _journals(asked: Asked) -> list[Journal]:
    """That of a key; without one those of all keys, and that of requests without a key."""
    key = asked.key
    return asked.service.journals if key is None else [key.journal]


def _page(journals: Iterable[Journal], limit: int, after: int | UnsetType) -> list[Request]:
    """The newest so many requests, or the first so many after a number, oldest first."""
    number = attrgetter("number")
    if after is UNSET:
        newest = merge(*map(reversed, journals), key=number, reverse=True)
        return list(islice(newest, limit))[::-1]
    later = (dropwhile(lambda request: request.number <= after, journal) for journal in journals)
    return list(islice(merge(*later, key=number), limit))


async def _listed(asked: Asked, page: list[Request]) -> AsyncIterator[bytes]:
    """`{"requests": […]}`, in parts that are worth sending."""
    part, is_first = bytearray(b'{"requests":['), True
    async for state in _states(asked, page, Turn()):
        part += (b"" if is_first else b",") + msgspec.json.encode(state)
        is_first = False
        if len(part) >= PART_BYTES:
            yield bytes(part)
            part.clear()
    yield bytes(part + b"]}")


async def _states(asked: Asked, requests: list[Request], turn: Turn) -> AsyncIterator[RequestState]:
    """Requests in their order, each linted among those of its key."""
    found = await _lint(asked, {request.number for request in requests}, turn)
    for request in requests:
        members: dict[str, object] = {"lint": found.get(request.number, [])}
        for name, show in MEMBERS.items():
            members[name] = show(request)
            await turn.pass_on()
        yield msgspec.convert(members, RequestState)


async def _lint(asked: Asked, wanted: set[int], turn: Turn) -> dict[int, list[dict[str, str]]]:
    """What is found about each of these requests, by its number."""
    service = asked.service
    operations = (*service.extra_operations, *service.operations)
    documented = Documented(
        parameters={one.operation_id: frozenset(part.name for part in one.parameters) for one in operations},
        with_slash={one.operation_id for one in operations if one.route.endswith("/")},
    )
    found = {}
    for journal in _journals(asked):
        if not any(request.number in wanted for request in journal):
            continue
        for request, findings in linted(journal, documented, wanted):
            found[request.number] = [finding._asdict() for finding in findings]
            await turn.pass_on()
    return found
