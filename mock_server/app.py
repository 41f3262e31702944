"""The pipeline: how a request becomes an answer."""

import re
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import TextIO

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mock_server.contract import Operation
from mock_server.control import control_routes
from mock_server.errors import METHOD_NOT_ALLOWED, ROUTE_NOT_FOUND, SERVER_ERROR, ApiError
from mock_server.instants import http_date_of
from mock_server.middleware import RequestLog, ShortUrls, Stamp
from mock_server.replies import error_reply, json_reply
from mock_server.service import Service
from mock_server.views.registry import VIEWS, View

EXAMPLE_HEADER = "X-DataFast-Mock-Example"
"""Names the operation on an answer that is a documented example and not the world's."""

_EXPOSED = (
    "Date",
    "Retry-After",
    "WWW-Authenticate",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    EXAMPLE_HEADER,
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


def make_app(service: Service, log: TextIO | None = None) -> Starlette:
    """The ASGI application. `log` is where each request is noted; None notes none."""
    date = lru_cache(4)(http_date_of)
    middleware = [
        Middleware(Stamp, date=lambda: date(service.clock.now())),
        # A `*` would not cover Authorization; so the headers that a browser asks for are named one by one.
        Middleware(
            CORSMiddleware,
            allow_origins=["*"],
            allow_methods=_METHODS,
            allow_headers=["*"],
            expose_headers=_EXPOSED,
            allow_private_network=True,
            max_age=86_400,
        ),
        Middleware(ShortUrls),
    ]
    if log is not None:
        middleware.insert(0, Middleware(RequestLog, stream=log))
    routes = [
        *(_route(operation, _Endpoint(service, operation)) for operation in service.operations),
        *(_route(operation, _ExampleEndpoint(operation)) for operation in service.extra_operations),
        *control_routes(service),
    ]
    for route in routes:
        # Starlette's `$` would let a line feed pass at the end.
        route.path_regex = re.compile(route.path_regex.pattern.removesuffix("$") + r"\Z")
    return Starlette(
        routes=routes,
        middleware=middleware,
        exception_handlers={HTTPException: _http_error(service), 500: _server_error},
    )


class _Endpoint:
    """Answers one operation of the contract: authentication, website, parameters, then the view."""

    def __init__(self, service: Service, operation: Operation) -> None:
        self._service = service
        self._operation = operation
        self._view: View | None = VIEWS.get(operation.operation_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope)
        try:
            reply = self._answer(request)
        except ApiError as error:
            reply = error_reply(error)
        await reply(scope, receive, send)

    def _answer(self, request: Request) -> Response:
        service, operation = self._service, self._operation
        key = service.keys.authenticate(request.headers.get("Authorization"))
        instant = key.clock.now()
        headers = key.admit(instant)
        # As for every other parameter, of several the first counts.
        website_id = next(iter(request.query_params.getlist("websiteId")), None)
        site = service.keys.site_of(key, website_id)
        path = _check(operation, request)
        if self._view is None:
            return _example(operation)
        body = service.worlds.answer(self._view, site, instant, service.settings.revision, path)
        return json_reply(body, headers=headers)


class _ExampleEndpoint:
    """Answers an operation of another document with its documented example; any credential will do."""

    def __init__(self, operation: Operation) -> None:
        self._operation = operation

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            _check(self._operation, Request(scope))
            reply = _example(self._operation)
        except ApiError as error:
            reply = error_reply(error)
        await reply(scope, receive, send)


def _route(operation: Operation, endpoint: _Endpoint | _ExampleEndpoint) -> Route:
    return Route(operation.route, endpoint, methods=[operation.method])


def _check(operation: Operation, request: Request) -> Mapping[str, str]:
    """The path parameters by their documented names. Raises ApiError 400."""
    path = {name: request.path_params[f"p{n}"] for n, name in enumerate(operation.path_names)}
    query: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        query.setdefault(name, []).append(value)
    operation.check(path, query)
    return path


def _example(operation: Operation) -> Response:
    example = operation.example
    headers = {EXAMPLE_HEADER: operation.operation_id.encode("ascii", "replace").decode()}
    if example.media_type == "":
        return Response(status_code=example.status, headers=headers)
    is_text = isinstance(example.value, str) and "json" not in example.media_type
    body = example.value.encode() if is_text else msgspec.json.encode(example.value)
    return Response(body, example.status, headers, media_type=example.media_type)


def _http_error(service: Service) -> Callable[[Request, Exception], Awaitable[Response]]:
    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException), "registered for nothing else"
        method, headers = request.method, dict(error.headers or {})
        if error.status_code != 405:
            return error_reply(ApiError(ROUTE_NOT_FOUND, path=request.url.path[:200], base=service.base))
        if method == "OPTIONS":
            return Response(status_code=204, headers=headers)
        return error_reply(
            ApiError(METHOD_NOT_ALLOWED, headers=headers, method=method, allow=headers.get("Allow", ""))
        )

    return answer


async def _server_error(_request: Request, _error: Exception) -> Response:
    return error_reply(ApiError(SERVER_ERROR))
