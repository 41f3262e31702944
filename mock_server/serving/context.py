"""The state of a request from its arrival to its entry in the journal."""

from dataclasses import dataclass, field
from time import monotonic_ns

from starlette.responses import Response
from starlette.types import Receive, Scope

from mock_server.contract.operations import Operation
from mock_server.errors import OPERATION_NOT_FOUND, ROUTE_NOT_FOUND, ApiError
from mock_server.faults.action import Action
from mock_server.faults.prefer import PEEK, QUERY_PREFIX, Preferences, RawPreferences, raw_preferences_of
from mock_server.instants import date_header
from mock_server.service import Service
from mock_server.serving.query import query_of
from mock_server.serving.receiving import kept_of, receive_body, receive_whole_body
from mock_server.serving.replies import APPLIED_HEADER
from mock_server.serving.routes import path_as_sent
from mock_server.state.entries import Outcome, Part, Request, answer_headers_of, sent_of
from mock_server.state.key import Key

REQUEST = "request"
"""The stage that refuses a request which breaks HTTP's rules."""
ROUTE = "route"
"""The stage that refuses a request if no operation has its path and method."""
_PREFIX = QUERY_PREFIX.encode()


@dataclass(slots=True)
class Context:
    """The state of a request while it is answered."""

    service: Service
    """The service, or its shadow if the request is a peek; then `key` is a shadow, too."""
    scope: Scope
    query: dict[str, list[str]]
    raw_preferences: RawPreferences | None
    """The preferences as texts; None if the request has none."""
    key: Key | None
    now: int
    instant: int
    """The instant of the answer; `now` is the instant of the key's clock."""
    preferences: Preferences | None = None
    action: Action | None = None
    random_number: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    stage: str = ""
    because: str = ""
    """The preferences or the rule that changed the answer, as a text."""
    wait: int | None = None
    """The time that a 429 asks the client to wait, in ms; None for other answers."""
    world: str = ""
    """The mark of the world that the answer is from; empty if it is from none."""
    body: Part | None = None
    """The part of the body for the journal; None for a peek, or if no body was announced."""
    content: bytes = b""
    """The whole body, which is read only if the operation documents one."""
    operation: Operation | None = None
    """The operation in the request's revision; None if it does not exist there."""
    began: int = field(default_factory=monotonic_ns)

    @property
    def is_peek(self) -> bool:
        """Whether the request is a peek."""
        return self.raw_preferences is not None and self.raw_preferences.is_peek

    @property
    def took(self) -> int:
        """The time since the request came, in µs."""
        return (monotonic_ns() - self.began) // 1000


def begin(service: Service, scope: Scope) -> Context:
    """Reads the query, the preferences and the key of a request, and the instant of the key's clock."""
    authorization = authorization_of(scope)
    prefer = [value.decode("latin-1") for name, value in scope["headers"] if name == b"prefer"]
    query = query_of(scope["query_string"]) if scope["query_string"] else {}
    raw = None
    if prefer or _PREFIX in scope["query_string"]:
        raw = raw_preferences_of(
            prefer, ((name, value) for name, values in query.items() for value in values)
        )
    if raw is not None and raw.is_peek:
        service, key = service.shadow(), service.keys.shadow_of(authorization)
    else:
        key = service.keys.named(authorization)
    now = service.clock_of(key).now()
    return Context(service, scope, query, raw, key, now, now)


def authorization_of(scope: Scope) -> str | None:
    """Returns the first `Authorization` header; None without one."""
    return next(
        (value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"), None
    )


async def read_body(context: Context, receive: Receive) -> None:
    """Reads the part of the body that the journal keeps, except for a peek."""
    if not context.is_peek:
        context.body = await receive_body(context.scope, receive)


async def read_whole_body(context: Context, receive: Receive) -> None:
    """Reads the whole body for an operation that documents one, and the part for the journal.

    A request whose body is too long or incomplete is marked as refused.
    """
    context.content = await receive_whole_body(context.scope, receive)
    if context.content and not context.is_peek:
        context.body = kept_of(context.scope, context.content)


def nothing_at(context: Context) -> ApiError:
    """Returns the error for a path that no operation has."""
    path, base = path_as_sent(context.scope)[:200], context.service.base
    kind = OPERATION_NOT_FOUND if path.startswith(f"{base}/") else ROUTE_NOT_FOUND
    return ApiError(kind, path=path, base=base)


def conclude(context: Context, reply: Response) -> Request:
    """Adds `Date` and the mark of a peek to an answer, and adds the request to the journal.

    Returns the entry in the journal. If an action delays or breaks the answer, the entry contains no sent
    bytes yet.
    """
    reply.raw_headers.append((b"date", date_header(context.instant)))
    if context.raw_preferences is not None and PEEK in context.raw_preferences.header:
        others = reply.headers.get(APPLIED_HEADER)
        reply.headers[APPLIED_HEADER] = PEEK if others is None else f"{others}, {PEEK}"
    decided_by = f"{context.stage}; {context.because}" if context.because else context.stage
    status, answer, took = None, Part(), None
    if context.action is None:
        status, took = reply.status_code, context.took
        if context.scope["method"] != "HEAD":
            answer = context.service.bodies.part_of(bytes(reply.body))
    headers = answer_headers_of(reply.raw_headers)
    operation = None if context.operation is None else context.operation.operation_id
    outcome = Outcome(
        context.instant, operation, decided_by, status, answer, headers, took, context.wait, context.world
    )
    return context.service.note(sent_of(context.scope), context.body, context.key, outcome)
