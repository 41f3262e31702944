"""Decides which requests are so plain that the fast path may answer them, and makes their answers' heads."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from time import monotonic_ns
from typing import NamedTuple

from starlette.types import Scope

from mock_server.contract.operations import Operation
from mock_server.errors import ApiError
from mock_server.faults.prefer import QUERY_PREFIX
from mock_server.instants import date_header
from mock_server.resources.worlds import WorldChoice, world_mark
from mock_server.service import Service
from mock_server.serving.query import query_of
from mock_server.serving.replies import EXPOSED_HEADERS, JSON
from mock_server.state.clock import Clock
from mock_server.state.entries import Outcome, Part, Sent, answer_headers_of, sent_of
from mock_server.state.key import Key

PREFERENCE = QUERY_PREFIX.encode()
"""The text that every query with a preference contains."""
DECISIVE = frozenset({b"prefer", b"expect", b"upgrade", b"transfer-encoding", b"range"})
"""The headers that may change the answer, or how the body is sent."""
OK = 200
"""The status of the answers of the fast path."""
HEADERS = answer_headers_of([(b"content-type", JSON.encode())])
"""The headers of an answer, as the journal keeps them."""

_NOTHING: Mapping[str, Sequence[str]] = {}
# The limits of a plain request, which are below those at which a request is refused as too large.
_MOST_HEADERS = 50
_LONGEST_HEADER = 500
_CROSS_ORIGIN = (
    f"access-control-allow-origin: *\r\naccess-control-expose-headers: {', '.join(EXPOSED_HEADERS)}\r\n"
).encode()


class Answer(NamedTuple):
    """The bytes of an answer: its head, without the empty line at the end, and its body."""

    head: bytes
    body: bytes


class Decided(NamedTuple):
    """A plain request, and the decisions about it."""

    changes: int
    """The number of changes through the controls when the decisions were made.

    A later change makes them stale.
    """
    sent: Sent
    operation: Operation
    path: Mapping[str, str]
    query: Mapping[str, Sequence[str]]
    key: Key
    clock: Clock
    choice: WorldChoice
    is_cross_origin: bool


def decided(
    service: Service, scope: Scope, name: str, value: str = "", decisive: Collection[bytes] = DECISIVE
) -> Decided | None:
    """Makes the decisions about a request to an operation; returns None if `stages` must answer it.

    `value` is the value of the path parameter, if the operation has one. A request with one of the `decisive`
    headers is left to `stages`.
    """
    sender = _sender_of(service, scope["headers"], decisive)
    if sender is None:
        return None
    key, is_cross_origin = sender
    operation = service.operations_in(service.revision_of(key)).get(name)
    if operation is None or operation.success != OK:
        return None
    path = dict.fromkeys(operation.path_names, value)
    query = query_of(scope["query_string"]) if scope["query_string"] else _NOTHING
    try:
        key.admit(operation.access)
        website_id = operation.website_id(path, query)
        choice = service.choice_of(key, website_id, stands=operation.website_in)
    except ApiError:
        return None
    return Decided(
        service.common.changes,
        sent_of(scope),
        operation,
        path,
        query,
        key,
        service.clock_of(key),
        choice,
        is_cross_origin,
    )


def answered(
    service: Service, made: Decided, instant: int, content: Part | None, body: bytes, began: int
) -> Answer:
    """Adds a request to the journal, and returns its answer.

    `content` is the part of the request's body that the journal keeps. `began` is the start of the answer, in
    ns of `monotonic_ns`.
    """
    answer = service.bodies.part_of(body)
    took = (monotonic_ns() - began) // 1000
    world = world_mark(made.key, made.choice)
    outcome = Outcome(instant, made.operation.operation_id, "world", OK, answer, HEADERS, took, world=world)
    service.note(made.sent, content, made.key, outcome)
    return Answer(_head_of(len(body), instant, is_cross_origin=made.is_cross_origin), body)


def _sender_of(
    service: Service, headers: list[tuple[bytes, bytes]], decisive: Collection[bytes]
) -> tuple[Key, bool] | None:
    """Returns the key, and whether the request has an `Origin`.

    Returns None if `stages` must answer, because of a header, an unknown key, rules or a rate limit.
    """
    authorization, is_cross_origin = None, False
    if len(headers) > _MOST_HEADERS:
        return None
    for name, value in headers:
        if name in decisive or len(name) + len(value) > _LONGEST_HEADER:
            return None
        if name == b"authorization":
            if authorization is not None:
                return None
            authorization = value.decode("latin-1")
        elif name == b"origin":
            is_cross_origin = True
    if service.common.settings.rules:
        return None
    key = service.keys.named(authorization)
    if key is None or key.settings.rules or service.limiter_of(key) is not None:
        return None
    return key, is_cross_origin


@lru_cache(64)
def _head_of(length: int, instant: int, *, is_cross_origin: bool) -> bytes:
    """Returns the head of a successful answer, with the headers in the same order as the application's."""
    return (
        b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\ncontent-type: %s\r\ndate: %s\r\n%s"
        b"vary: Origin\r\ncache-control: no-store\r\n"
    ) % (length, JSON.encode(), date_header(instant), _CROSS_ORIGIN if is_cross_origin else b"")
