"""The stages that answer a request, and its entry in the journal.

Between `begin` and `conclude` only the request's body is awaited, before the first stage. So the limits, the
journal's order and the writes of resources need no lock.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic_ns
from urllib.parse import parse_qsl

from msgspec import UNSET
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from mock_server.contract.document import REVISIONS
from mock_server.contract.operations import Operation
from mock_server.contract.responses import Answers, Example
from mock_server.errors import NOT_MOCKED, ROUTE_NOT_FOUND, UNAUTHORIZED, ApiError
from mock_server.faults.action import Action, chosen
from mock_server.faults.body import UnfitError
from mock_server.faults.prefer import PEEK, QUERY_PREFIX, Preferences, Wishes, preferences_of, wishes_of
from mock_server.faults.rules import Chosen
from mock_server.instants import date_header
from mock_server.problems import ProblemError, problem_reply
from mock_server.resources.cache import Place, read_of
from mock_server.resources.registry import View
from mock_server.service import Service
from mock_server.serving.connection import refusal_of
from mock_server.serving.receiving import kept_of, receive_body, receive_whole_body
from mock_server.serving.replies import EXAMPLE_HEADER, error_reply, json_reply
from mock_server.serving.routes import path_as_sent
from mock_server.serving.sending import Sending, send_reply, with_fault
from mock_server.state.clock import TICK, wall_time
from mock_server.state.journal import Outcome, Part, Request, answer_headers_of, sent_of
from mock_server.state.keys import Key
from mock_server.state.limits import RateLimit, RateLimitedError, window_of_the_world

REQUEST = "request"
"""The stage that refuses a request which breaks HTTP's rules."""
ROUTE = "route"
"""The stage that refuses a request if no operation has its path and method."""
_USUAL_RATE = RateLimit(limit=60)
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_MOST_TOLD = 500
# The preferences that each stage honours if it decides the answer.
_DONE = {
    "documented example": {"at", "code", "example", "revision"},
    "parameters": {"at", "site", "revision"},
    "world": {"at", "site", "revision"},
    # The rate limit uses the key's own clock.
    "rate limit": set(),
    ROUTE: {"revision"},
}
_PREFIX = QUERY_PREFIX.encode()
_APPLIED = "Preference-Applied"
_APART = (
    (b"content-security-policy", b"sandbox allow-scripts allow-forms"),
    (b"x-content-type-options", b"nosniff"),
)


@dataclass(slots=True)
class Course:
    """The state of a request while it is answered."""

    service: Service
    """The service, or its shadow if the request is a peek; then `key` is a shadow, too."""
    scope: Scope
    query: dict[str, list[str]]
    wishes: Wishes | None
    """The preferences as texts; None if the request has none."""
    key: Key | None
    now: int
    instant: int
    """The instant of the answer; `now` is the instant of the key's clock."""
    preferences: Preferences | None = None
    action: Action | None = None
    coin: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)
    stage: str = ""
    because: str = ""
    """The preferences or the rule that changed the answer, as a text."""
    wait: int | None = None
    """The time that a 429 asks the client to wait, in ms; None for other answers."""
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
        return self.wishes is not None and self.wishes.is_peek

    @property
    def took(self) -> int:
        """The time since the request came, in µs."""
        return (monotonic_ns() - self.began) // 1000


def begin(service: Service, scope: Scope) -> Course:
    """Reads the query, the preferences and the key of a request, and the instant of the key's clock."""
    authorization, prefer = None, []
    for name, value in scope["headers"]:
        if name == b"authorization" and authorization is None:
            authorization = value.decode("latin-1")
        elif name == b"prefer":
            prefer.append(value.decode("latin-1"))
    query: dict[str, list[str]] = {}
    if scope["query_string"]:
        for name, value in parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True):
            query.setdefault(name, []).append(value)
    wishes = None
    if prefer or _PREFIX in scope["query_string"]:
        wishes = wishes_of(prefer, ((name, value) for name, values in query.items() for value in values))
    if wishes is not None and wishes.is_peek:
        service, key = service.shadow(), service.keys.shadow_of(authorization)
    else:
        key = service.keys.named(authorization)
    now = service.clock_of(key).now()
    return Course(service, scope, query, wishes, key, now, now)


async def read_body(course: Course, receive: Receive) -> None:
    """Reads the part of the body that the journal keeps, except for a peek."""
    if not course.is_peek:
        course.body = await receive_body(course.scope, receive)


async def read_whole_body(course: Course, receive: Receive) -> None:
    """Reads the whole body for an operation that documents one, and the part for the journal.

    A request whose body is too long or incomplete is marked as refused.
    """
    course.content = await receive_whole_body(course.scope, receive)
    if course.content and not course.is_peek:
        course.body = kept_of(course.scope, course.content)


def nothing_at(course: Course) -> ApiError:
    """Returns the error for a path that no operation has."""
    return ApiError(ROUTE_NOT_FOUND, path=path_as_sent(course.scope)[:200], base=course.service.base)


def conclude(course: Course, reply: Response) -> Request:
    """Adds `Date` and the mark of a peek to an answer, and adds the request to the journal.

    If an action decides how the answer is sent, the entry has nothing as sent yet.
    """
    reply.raw_headers.append((b"date", date_header(course.instant)))
    if course.wishes is not None and PEEK in course.wishes.sent:
        others = reply.headers.get(_APPLIED)
        reply.headers[_APPLIED] = PEEK if others is None else f"{others}, {PEEK}"
    decided_by = f"{course.stage}; {course.because}" if course.because else course.stage
    status, answer, took = None, Part(), None
    if course.action is None:
        status, took = reply.status_code, course.took
        if course.scope["method"] != "HEAD":
            answer.add(bytes(reply.body))
    headers = answer_headers_of(reply.raw_headers)
    operation = None if course.operation is None else course.operation.operation_id
    outcome = Outcome(course.instant, operation, decided_by, status, answer, headers, took, course.wait)
    return course.service.note(sent_of(course.scope), course.body, course.key, outcome)


class Endpoint:
    """The ASGI application that answers one operation of the mock's own document."""

    def __init__(self, service: Service, operation: Operation) -> None:
        """`operation` may be of any revision; each request is answered in its own revision."""
        self._service = service
        self._operation = operation
        self._view: View | None = service.views.get(operation.operation_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, which is in the journal before its answer is sent."""
        course = begin(self._service, scope)
        course.operation = self._operation
        if self._operation.body is None:
            await read_body(course, receive)
        else:
            await read_whole_body(course, receive)
        try:
            reply = self._reply(course) if refusal_of(scope) is None else _refusal(course)
        except ProblemError as problem:
            course.stage, course.action = "preferences", None
            reply = problem_reply(problem)
        request = conclude(course, reply)
        if course.action is None:
            await reply(scope, receive, send)
            return

        def end() -> None:
            request.duration = course.took
            course.service.finish(request)

        sending = Sending(send, request, end)
        await send_reply(reply, course.action, course.coin, scope, receive, sending)

    def _reply(self, course: Course) -> Response:
        try:
            reply = self._answer(course)
        except ApiError as error:
            course.wait = error.wait if isinstance(error, RateLimitedError) else None
            reply = error_reply(error)
        for name, value in course.headers.items():
            # A 429 has its own rate-limit headers.
            reply.headers.setdefault(name, value)
        if course.preferences is not None:
            _tell_applied(reply, course, course.preferences)
        return reply if course.action is None else _faulty(reply, course.action, course)

    def _answer(self, course: Course) -> Response:
        self._prefer(course)
        self._find(course)
        action = course.action
        if action is not None and action.forces_an_example:
            return self._documented(action, course)
        return self._admitted(course)

    def _find(self, course: Course) -> None:
        """Finds the operation in the revision of the request. Raises ApiError 404 if it is not in it."""
        found = course.service.operations_in(self._revision(course)).get(self._operation.operation_id)
        course.operation = found
        if found is None:
            course.stage = ROUTE
            raise nothing_at(course)

    def _admitted(self, course: Course) -> Response:
        """Answers a request that forces no documented example. Raises ApiError."""
        key = self._authenticate(course)
        self._limit(course, key)
        ruled = self._rule(course) if course.preferences is None else None
        return self._world(course, key) if ruled is None else ruled

    def _prefer(self, course: Course) -> None:
        """Checks the preferences of the request. Raises ProblemError for an invalid one."""
        if course.wishes is None:
            return
        known = {"site": course.service.sites, "revision": REVISIONS}
        preferences = preferences_of(course.wishes, known)
        if preferences is None:
            return
        course.preferences = preferences
        course.because = f"prefer {preferences.told[:_MOST_TOLD]}"
        if preferences.at is not UNSET:
            course.instant = preferences.at - preferences.at % TICK
        if not preferences.action.is_nothing:
            course.action, course.coin = preferences.action, course.service.coin()

    def _authenticate(self, course: Course) -> Key:
        course.stage = "authentication"
        if course.key is None:
            raise ApiError(UNAUTHORIZED, headers=_CHALLENGE)
        return course.key

    def _limit(self, course: Course, key: Key) -> None:
        """Counts the request for the rate limit, at the key's own instant. Raises ApiError 429."""
        course.stage = "rate limit"
        limiter = course.service.limiter_of(key)
        if limiter is None:
            return
        try:
            course.headers |= limiter.take(course.service.window_of(key, limiter.rate), wall_time())
        except ApiError:
            course.instant = course.now
            raise

    def _rule(self, course: Course) -> Response | None:
        """Applies the first matching rule. Returns its documented answer, or None if it forces none."""
        found = self._first_rule(course)
        if found is None:
            return None
        whose, rule = found
        course.action, course.coin, course.because = rule.action, rule.coin, f"{whose} rule {rule.number}"
        return self._documented(rule.action, course) if rule.action.forces_an_example else None

    def _first_rule(self, course: Course) -> tuple[str, Chosen] | None:
        """Returns the owner and the action of the rule that applies, or None; the key's rules come first."""
        own = () if course.key is None else course.key.settings.rules
        common = course.service.common.settings.rules
        if not own and not common:
            return None
        answers = self._answers(course)
        for whose, rules in (("the key's", own), ("the server's", common)):
            rule = rules and rules.choose(self._operation.operation_id, course.query, answers)
            if rule:
                return whose, rule
        return None

    def _documented(self, action: Action, course: Course) -> Response:
        """Returns the documented answer for an action. Raises ProblemError if there is none."""
        course.stage = "documented example"
        example = chosen(self._answers(course), action)
        return self._forced(example, course)

    def _answers(self, course: Course) -> Answers:
        return course.service.answers(self._revision(course))[self._operation.operation_id]

    def _forced(self, example: Example, course: Course) -> Response:
        """Returns a documented example with its headers. Raises ApiError for a 429 with a real wait."""
        if example.status == 429 and course.action is not None and course.action.example is UNSET:
            limiter = None if course.key is None else course.service.limiter_of(course.key)
            rate = _USUAL_RATE if limiter is None else limiter.rate
            is_elsewhere = course.preferences is not None and course.preferences.at is not UNSET
            window = (
                window_of_the_world(rate, course.instant)
                if is_elsewhere
                else course.service.window_of(course.key, rate)
            )
            raise RateLimitedError(rate, *window)
        reply = example_reply(self._operation, example)
        if example.status == 401:
            reply.headers.update(_CHALLENGE)
        return reply

    def _revision(self, course: Course) -> str:
        preferences = course.preferences
        if preferences is not None and preferences.revision is not UNSET:
            return preferences.revision
        return course.service.revision_of(course.key)

    def _world(self, course: Course, key: Key) -> Response:
        """Answers a request from the world, by the operation's resource. Raises ApiError."""
        operation, worlds = course.operation, course.service.worlds
        assert operation is not None, "`_find` has found it"
        course.stage = "permission"
        key.admit(operation.access)
        course.stage = "website"
        path = _path_of(operation, course)
        website_id = operation.website_id(path, course.query)
        place = course.service.place_of(key, website_id, stands=operation.website_in)
        place = _preferred(place, course.preferences)
        course.stage = "parameters"
        values = operation.read(path, course.query, course.content)
        course.stage = "world"
        if self._view is None:
            return example_reply(operation, operation.example)
        read = read_of(operation, self._view, values)
        if read is None and course.is_peek:
            raise ProblemError(400, "A request that changes something cannot be a peek.")
        if read is None:
            reply = self._view(worlds.call(place, course.instant, values, key.account))
        else:
            reply = worlds.answer(read, place, course.instant, key.account)
        return json_reply(reply.body, reply.status or operation.success, reply.headers)


class ExampleEndpoint(Endpoint):
    """The application that answers an operation of a further document with its examples.

    It requires a known key for paths below the API's own base only.
    """

    def _admitted(self, course: Course) -> Response:
        # The path of the request counts, since the operation's may be encoded or have parameters.
        if course.scope["path"].startswith(f"{self._service.base}/"):
            self._authenticate(course)
        ruled = self._rule(course) if course.preferences is None else None
        if ruled is not None:
            return ruled
        course.stage = "parameters"
        self._operation.check(_path_of(self._operation, course), course.query)
        course.stage = "documented example"
        return example_reply(self._operation, self._operation.example)

    def _find(self, _course: Course) -> None:
        """Keeps the operation, which is the same in every revision."""

    def _answers(self, _course: Course) -> Answers:
        return self._operation.answers

    def _forced(self, example: Example, _course: Course) -> Response:
        return example_reply(self._operation, example)


class UnmockedEndpoint(Endpoint):
    """The application that answers 501 for an operation that is documented but not mocked yet."""

    def _admitted(self, course: Course) -> Response:
        self._authenticate(course)
        ruled = self._rule(course) if course.preferences is None else None
        if ruled is not None:
            return ruled
        course.stage = "operation"
        raise ApiError(NOT_MOCKED, operation=self._operation.operation_id)

    def _find(self, _course: Course) -> None:
        """Keeps the operation, which is the same in every revision."""

    def _answers(self, _course: Course) -> Answers:
        return self._operation.answers


class RefusedEndpoint:
    """The application that answers refused requests, and adds those with a known path to the journal."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a refused request."""
        course = begin(self._service, scope)
        reply = _refusal(course)
        if scope["raw_path"]:
            conclude(course, reply)
        await reply(scope, receive, send)


def example_reply(operation: Operation, example: Example) -> Response:
    """Makes the answer of a documented example, with a header that names the operation."""
    name = operation.operation_id.encode("ascii", "replace").decode()
    printable = "".join(sign if sign.isprintable() else "?" for sign in name)
    headers = {**example.headers, EXAMPLE_HEADER: printable}
    reply = Response(example.body, example.status, headers, media_type=example.media_type or None)
    if example.media_type and "json" not in example.media_type.lower():
        # A page in a user's document must not use the console and the controls, which have the same origin.
        reply.raw_headers += _APART
    return reply


def _refusal(course: Course) -> Response:
    error = refusal_of(course.scope)
    assert error is not None, "only refused requests come here"
    course.stage = REQUEST
    return error_reply(error)


def _preferred(place: Place, preferences: Preferences | None) -> Place:
    """Returns the place of a request: its key's, with the preferred site or revision."""
    if preferences is None:
        return place
    return place._replace(
        site=place.site if preferences.site is UNSET else preferences.site,
        revision=place.revision if preferences.revision is UNSET else preferences.revision,
    )


def _tell_applied(reply: Response, course: Course, preferences: Preferences) -> None:
    """Adds the header that names the preferences that the answer honours."""
    done = {"delay", "fault"} | _DONE.get(course.stage, {"at"})
    applied = ", ".join(written for name, written in preferences.sent.items() if name in done)
    if applied:
        reply.headers[_APPLIED] = applied


def _path_of(operation: Operation, course: Course) -> Mapping[str, str]:
    """Returns the path parameters by their documented names."""
    found = course.scope.get("path_params", {})
    return {name: found[f"p{n}"] for n, name in enumerate(operation.path_names)}


def _faulty(reply: Response, action: Action, course: Course) -> Response:
    """Applies the fault to an answer. A rule's fault that does not fit is skipped, which the journal says."""
    try:
        return with_fault(reply, action)
    except UnfitError as error:
        if course.preferences is not None and course.preferences.action is action:
            raise ProblemError(400, f"The fault {action.fault} cannot be met: {error}.") from None
        course.because += f", not applied: {error}"
        course.action = None
        return reply
