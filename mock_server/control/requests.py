"""The journal: read, cleared, asked whether the expected came, and whether a client waits after a 429."""

from collections.abc import Iterable, Iterator
from heapq import nlargest, nsmallest
from itertools import chain
from operator import attrgetter
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mock_server.control.asked import Asked, Scoped
from mock_server.expectations import Miss, differences, nearest
from mock_server.instants import iso_of
from mock_server.journal import Journal, Request
from mock_server.journal_file import shown
from mock_server.lint import linted
from mock_server.problems import ProblemError
from mock_server.retries import retries_of

_MOST = 1_000


class Page(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Query of the journal: the newest so many requests, or the first so many after a number."""

    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 100
    after: (
        Annotated[int, Meta(ge=0, description="The number of a request; left out, the newest.")] | UnsetType
    ) = UNSET


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


def read_requests(asked: Asked) -> Requests:
    """A page of the requests of a key, or of all."""
    limit, after = asked.query.limit, asked.query.after
    if after is UNSET:
        page = nlargest(limit, _all(asked), key=attrgetter("number"))
    else:
        later = (request for request in _all(asked) if request.number > after)
        page = nsmallest(limit, later, key=attrgetter("number"))
    return Requests(requests=_states(asked, page))


def clear_requests(asked: Asked) -> None:
    """Forgets the requests of a key, or all."""
    for journal in _journals(asked):
        journal.clear()


def verify(asked: Asked) -> Verified:
    """Whether the expected requests came."""
    expected = asked.body
    known = asked.service.answers(asked.service.settings.revision)
    if expected.operation is not UNSET and expected.operation not in known:
        problem = f"`operation`: there is no {expected.operation[:80]!r}; known: {', '.join(known)}"
        raise ProblemError(400, problem, member="/operation")
    misses = [Miss(request, differences(request, expected)) for request in _all(asked)]
    count = sum(not miss.differences for miss in misses)
    near = nearest(misses) if count < expected.least else []
    states = {state.number: state for state in _states(asked, [miss.request for miss in near])}
    return Verified(
        verified=expected.is_met_by(count),
        count=count,
        nearest=[Near(request=states[miss.request.number], differences=miss.differences) for miss in near],
    )


def retries(asked: Asked) -> Retries:
    """Each 429 and whether it was waited out, key by key."""
    found = [
        RetryState(
            refused_at=iso_of(retry.refused.instant),
            required=retry.required,
            waited=retry.waited,
            patient=retry.is_patient,
        )
        for journal in _journals(asked)
        for retry in retries_of(journal)
    ]
    return Retries(patient=all(retry.patient is not False for retry in found), retries=found)


def _journals(asked: Asked) -> list[Journal]:
    """That of a key; without one those of all keys, and that of requests without a key."""
    key = asked.key
    if key is not None:
        return [key.journal]
    return [asked.service.common.journal, *(other.journal for other in asked.service.keys.all())]


def _all(asked: Asked) -> Iterator[Request]:
    return chain.from_iterable(_journals(asked))


def _states(asked: Asked, requests: Iterable[Request]) -> list[RequestState]:
    """Requests in their order, each linted among those of its key."""
    service = asked.service
    parameters = {
        operation.operation_id: frozenset(parameter.name for parameter in operation.parameters)
        for operation in (*service.extra_operations, *service.operations)
    }
    wanted = {request.number for request in requests}
    states = [
        _state(request, [Lint(rule=one.rule, message=one.message) for one in findings])
        for journal in _journals(asked)
        for request, findings in linted(journal, parameters, wanted)
    ]
    return sorted(states, key=attrgetter("number"))


def _state(request: Request, lint: list[Lint]) -> RequestState:
    return msgspec.convert({**shown(request), "lint": lint}, RequestState)
