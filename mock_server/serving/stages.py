"""The stages that answer a request.

Between `begin` and `conclude` only three things are awaited: the request's body, before the first stage; a
report, which is the last stage and changes nothing; and the name of an event's browser, before the event is
written. So rate limits and writes need no lock.
"""

from collections.abc import Mapping

from msgspec import UNSET
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from contract_tests.serving.refused import refusal_of
from mock_server.contract.document import REVISIONS
from mock_server.contract.operations import Operation
from mock_server.contract.responses import Answers, Example
from mock_server.contract.values import Values
from mock_server.errors import ApiError
from mock_server.faults.action import Action, chosen
from mock_server.faults.body import UnfitError
from mock_server.faults.prefer import Preferences, preferences_of
from mock_server.faults.rules import Chosen
from mock_server.problems import ProblemError, problem_reply
from mock_server.resources.cache import read_of
from mock_server.resources.call import Reply
from mock_server.resources.registry import View
from mock_server.resources.worlds import WorldChoice, world_mark
from mock_server.service import Service
from mock_server.serving.context import (
    REQUEST,
    ROUTE,
    Context,
    authorization_of,
    begin,
    conclude,
    nothing_at,
    read_body,
    read_whole_body,
)
from mock_server.serving.replies import APPLIED_HEADER, error_reply, example_reply, json_reply
from mock_server.serving.sending import Sending, send_reply, with_fault
from mock_server.state.clock import TICK, wall_time
from mock_server.state.credentials import key_problem_of
from mock_server.state.key import Key
from mock_server.state.limits import RateLimit, RateLimitedError, window_of_the_world

_USUAL_RATE = RateLimit(limit=60)
_CHALLENGE = {"WWW-Authenticate": "Bearer"}
_LONGEST_TEXT = 500
# The preferences that each stage honours if it decides the answer.
_HONOURED = {
    "documented example": {"at", "code", "example", "revision"},
    "parameters": {"at", "site", "revision"},
    "world": {"at", "site", "revision"},
    # The rate limit uses the key's own clock.
    "rate limit": set(),
    ROUTE: {"revision"},
}


class Endpoint:
    """The ASGI application that answers one operation of the mock's own document."""

    def __init__(self, service: Service, operation: Operation) -> None:
        """`operation` may be of any revision; each request is answered in its own revision."""
        self._service = service
        self._operation = operation
        self._view: View | None = service.views.get(operation.operation_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, which is in the journal before its answer is sent."""
        context = begin(self._service, scope)
        context.operation = self._operation
        if self._operation.body is None:
            await read_body(context, receive)
        else:
            await read_whole_body(context, receive)
        try:
            reply = await self._reply(context) if refusal_of(scope) is None else _refusal(context)
        except ProblemError as problem:
            context.stage, context.action = "preferences", None
            reply = problem_reply(problem)
        request = conclude(context, reply)
        if context.action is None:
            await reply(scope, receive, send)
            return

        def end() -> None:
            request.duration = context.took
            context.service.bodies.complete(request.answer, bytes(sending.body))
            context.service.finish(request)

        sending = Sending(send, request, end)
        await send_reply(reply, context.action, context.random_number, scope, receive, sending)

    async def _reply(self, context: Context) -> Response:
        try:
            reply = await self._answer(context)
        except ApiError as error:
            context.wait = error.wait if isinstance(error, RateLimitedError) else None
            reply = error_reply(error)
        for name, value in context.headers.items():
            # A 429 has its own rate-limit headers.
            reply.headers.setdefault(name, value)
        if context.preferences is not None:
            _name_applied(reply, context, context.preferences)
        return reply if context.action is None else _faulty(reply, context.action, context)

    async def _answer(self, context: Context) -> Response:
        self._prefer(context)
        self._find(context)
        action = context.action
        if action is not None and action.forces_an_example:
            return self._documented(action, context)
        return await self._admitted(context)

    def _find(self, context: Context) -> None:
        """Finds the operation in the revision of the request.

        Raises ApiError 404 if the revision does not have it.
        """
        found = context.service.operations_in(self._revision(context)).get(self._operation.operation_id)
        context.operation = found
        if found is None:
            context.stage = ROUTE
            raise nothing_at(context)

    async def _admitted(self, context: Context) -> Response:
        """Answers a request that forces no documented example. Raises ApiError."""
        key = self._authenticate(context)
        self._limit(context, key)
        ruled = self._rule(context)
        return await self._world(context, key) if ruled is None else ruled

    def _prefer(self, context: Context) -> None:
        """Checks the preferences of the request. Raises ProblemError for an invalid one."""
        if context.raw_preferences is None:
            return
        known = {"site": context.service.sites, "revision": REVISIONS}
        preferences = preferences_of(context.raw_preferences, known)
        if preferences is None:
            return
        context.preferences = preferences
        context.because = f"prefer {preferences.text[:_LONGEST_TEXT]}"
        if preferences.at is not UNSET:
            context.instant = preferences.at - preferences.at % TICK
        if not preferences.action.is_nothing:
            context.action, context.random_number = preferences.action, context.service.random_number()

    def _authenticate(self, context: Context) -> Key:
        context.stage = "authentication"
        if context.key is None:
            raise ApiError(key_problem_of(authorization_of(context.scope)), headers=_CHALLENGE)
        return context.key

    def _limit(self, context: Context, key: Key) -> None:
        """Counts the request for the rate limit, at the key's own instant. Raises ApiError 429."""
        context.stage = "rate limit"
        limiter = context.service.limiter_of(key)
        if limiter is None:
            return
        try:
            context.headers |= limiter.take(context.service.window_of(key, limiter.rate), wall_time())
        except ApiError:
            context.instant = context.now
            raise

    def _rule(self, context: Context) -> Response | None:
        """Applies the first matching rule, if any. Returns the documented answer that it forces, or None.

        No rule applies to a request with preferences.
        """
        found = self._first_rule(context) if context.preferences is None else None
        if found is None:
            return None
        whose, rule = found
        context.action, context.random_number = rule.action, rule.random_number
        context.because = f"{whose} rule {rule.number}"
        return self._documented(rule.action, context) if rule.action.forces_an_example else None

    def _first_rule(self, context: Context) -> tuple[str, Chosen] | None:
        """Returns the owner and the action of the rule that applies, or None; the key's rules come first."""
        own = () if context.key is None else context.key.settings.rules
        common = context.service.common.settings.rules
        if not own and not common:
            return None
        answers = self._answers(context)
        for whose, rules in (("the key's", own), ("the server's", common)):
            rule = rules and rules.choose(self._operation.operation_id, context.query, answers)
            if rule:
                return whose, rule
        return None

    def _documented(self, action: Action, context: Context) -> Response:
        """Returns the documented answer for an action. Raises ProblemError if there is none."""
        context.stage = "documented example"
        example = chosen(self._answers(context), action)
        return self._forced(example, context)

    def _answers(self, context: Context) -> Answers:
        return context.service.answers(self._revision(context))[self._operation.operation_id]

    def _forced(self, example: Example, context: Context) -> Response:
        """Returns a documented example with its headers, or raises a 429 with the real time to wait."""
        if example.status == 429 and context.action is not None and context.action.example is UNSET:
            limiter = None if context.key is None else context.service.limiter_of(context.key)
            rate = _USUAL_RATE if limiter is None else limiter.rate
            is_elsewhere = context.preferences is not None and context.preferences.at is not UNSET
            window = (
                window_of_the_world(rate, context.instant)
                if is_elsewhere
                else context.service.window_of(context.key, rate)
            )
            raise RateLimitedError(rate, *window)
        reply = example_reply(self._operation, example)
        if example.status == 401:
            reply.headers.update(_CHALLENGE)
        return reply

    def _revision(self, context: Context) -> str:
        preferences = context.preferences
        if preferences is not None and preferences.revision is not UNSET:
            return preferences.revision
        return context.service.revision_of(context.key)

    async def _world(self, context: Context, key: Key) -> Response:
        """Answers a request from the world, by the operation's resource. Raises ApiError."""
        operation, cache = context.operation, context.service.cache
        assert operation is not None, "`_find` has found it"
        context.stage = "permission"
        key.admit(operation.access)
        context.stage = "website"
        path = path_parameters(operation, context)
        website_id = operation.website_id(path, context.query)
        choice = context.service.choice_of(key, website_id, stands=operation.website_in)
        choice = preferred(choice, context.preferences)
        context.stage = "parameters"
        values = operation.read(path, context.query, context.content)
        context.stage = "world"
        if self._view is None:
            return example_reply(operation, operation.example)
        context.world = world_mark(key, choice)
        read = read_of(operation, self._view, values)
        if read is None:
            reply = written(context, self._view, choice, values, key)
        elif read.is_report:
            reply = await cache.report(read, choice, context.instant, key.account)
        else:
            reply = cache.answer(read, choice, context.instant, key.account)
        return json_reply(reply.body, reply.status or operation.success, reply.headers)


class UnrevisedEndpoint(Endpoint):
    """An endpoint of an operation that is the same in every revision."""

    def _find(self, _context: Context) -> None:
        """Does nothing, because there is only this operation."""

    def _answers(self, _context: Context) -> Answers:
        return self._operation.answers


class RefusedEndpoint:
    """The application that answers refused requests, and adds those with a known path to the journal."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a refused request."""
        context = begin(self._service, scope)
        reply = _refusal(context)
        if scope["raw_path"]:
            conclude(context, reply)
        await reply(scope, receive, send)


def _refusal(context: Context) -> Response:
    error = refusal_of(context.scope)
    assert error is not None, "only refused requests come here"
    context.stage = REQUEST
    return error_reply(ApiError.of(error))


def written(context: Context, view: View, choice: WorldChoice, values: Values, key: Key) -> Reply:
    """Returns the answer to a request that writes. Raises ApiError, and ProblemError for a peek."""
    if context.is_peek:
        raise ProblemError(400, "A request that changes something cannot be a peek.")
    # A fact contains the number of its request. Nothing is awaited before the request gets this number.
    service = context.service
    return service.cache.write(view, choice, context.instant, values, key.account, service.numbers.next)


def preferred(choice: WorldChoice, preferences: Preferences | None) -> WorldChoice:
    """Returns the world and revision of a request: the key's choice, with the preferred site or revision."""
    if preferences is None:
        return choice
    return choice._replace(
        site=choice.site if preferences.site is UNSET else preferences.site,
        revision=choice.revision if preferences.revision is UNSET else preferences.revision,
    )


def _name_applied(reply: Response, context: Context, preferences: Preferences) -> None:
    """Adds the header that names the preferences that the answer honours."""
    honoured = {"delay", "fault"} | _HONOURED.get(context.stage, {"at"})
    applied = ", ".join(written for name, written in preferences.sent.items() if name in honoured)
    if applied:
        reply.headers[APPLIED_HEADER] = applied


def path_parameters(operation: Operation, context: Context) -> Mapping[str, str]:
    """Returns the path parameters by their documented names."""
    found = context.scope.get("path_params", {})
    return {name: found[f"p{n}"] for n, name in enumerate(operation.path_names)}


def _faulty(reply: Response, action: Action, context: Context) -> Response:
    """Applies the fault to an answer.

    If the fault of a rule does not fit the answer, it is skipped, and the journal says so. Raises
    ProblemError if the fault of a preference does not fit.
    """
    try:
        return with_fault(reply, action)
    except UnfitError as error:
        if context.preferences is not None and context.preferences.action is action:
            raise ProblemError(400, f"The fault {action.fault} cannot be applied: {error}.") from None
        context.because += f", not applied: {error}"
        context.action = None
        return reply
