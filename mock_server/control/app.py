"""The ASGI application of the controls: their routes, access checks and errors."""

from collections.abc import Awaitable, Callable, Sequence
from inspect import isawaitable

import msgspec
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from mock_server.control.call import ControlCall, body_of, read_body, read_query
from mock_server.control.described import control_document
from mock_server.control.guard import admit
from mock_server.control.operations import OPERATIONS, ControlOperation
from mock_server.control.verifier import Verifier
from mock_server.errors import ApiError
from mock_server.problems import ProblemError, problem_reply
from mock_server.service import Service
from mock_server.serving.replies import json_reply
from mock_server.serving.routes import CONTROLS, make_routed_app, path_as_sent

_Handler = Callable[[Request], Awaitable[Response]]


def make_control_app(service: Service) -> Starlette:
    """Makes the application below `/__mock`."""
    verifier = Verifier()

    async def document(_request: Request) -> Response:
        return json_reply(msgspec.json.encode(control_document(service)))

    return make_routed_app(
        [
            *(
                Route(
                    CONTROLS + operation.path,
                    _handler(operation, service, verifier),
                    methods=[operation.method],
                )
                for operation in OPERATIONS
            ),
            Route(f"{CONTROLS}/openapi.json", document),
        ],
        unrouted=_unrouted,
        middleware=_cross_origin(service.options.control_origins),
        exception_handlers={ProblemError: _problem, ApiError: _failed, ClientDisconnect: _left},
    )


def _cross_origin(origins: Sequence[str]) -> list[Middleware]:
    """Returns the CORS middleware for pages of these origins; an empty list without origins."""
    if not origins:
        return []
    methods = sorted({operation.method for operation in OPERATIONS})
    cors = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=methods,
        allow_headers=["*"],
        allow_private_network=True,
    )
    return [cors]


def _handler(operation: ControlOperation, service: Service, verifier: Verifier) -> _Handler:
    async def answer(request: Request) -> Response:
        if not operation.is_open:
            admit(request, service.options)
        call = ControlCall(
            service=service,
            verifier=verifier,
            port=request.scope["server"][1],
            url=f"{request.url.scheme}://{request.url.netloc}{service.base}",
            query=read_query(request, operation.query),
            body=None if operation.body is None else read_body(await body_of(request), operation.body),
            token=request.path_params.get("key", ""),
        )
        try:
            found = operation.run(call)
            if isawaitable(found):
                found = await found
        finally:
            # An operation that failed may have changed something as well.
            if operation.method != "GET":
                service.common.changes += 1
        if isinstance(found, Response):
            return found
        if operation.answer is None:
            return Response(status_code=operation.status)
        return json_reply(msgspec.json.encode(found), operation.status)

    return answer


async def _problem(_request: Request, problem: Exception) -> Response:
    assert isinstance(problem, ProblemError), "it handles only this class"
    reply = problem_reply(problem)
    if problem.status == 401:
        reply.headers["WWW-Authenticate"] = "Bearer"
    return reply


async def _failed(_request: Request, error: Exception) -> Response:
    """Answers an ApiError as problem+json, such as the one for a state file that cannot be written."""
    assert isinstance(error, ApiError), "it handles only this class"
    return problem_reply(ProblemError(error.kind.status, error.message))


async def _left(_request: Request, _error: Exception) -> Response:
    """Returns an answer that nobody reads, because the client disconnected while it sent its body."""
    return Response(status_code=400)


async def _unrouted(request: Request, allow: str | None) -> Response:
    """Answers 404 if `allow` is None. Otherwise it answers 405, because the path exists with other methods.

    `allow` lists these methods.
    """
    if allow is None:
        path = path_as_sent(request.scope)[:200]
        return problem_reply(
            ProblemError(404, f"There is nothing at {path}; {CONTROLS}/openapi.json lists all controls.")
        )
    reply = problem_reply(ProblemError(405, f"{request.method} is not allowed here; allowed: {allow}."))
    reply.headers["Allow"] = allow
    return reply
