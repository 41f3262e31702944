"""The ASGI application: the API, the controls and the console."""

from functools import lru_cache
from typing import TextIO

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from contract_tests.serving.refused import refusal_of
from mock_server.console.app import console_routes
from mock_server.contract.operations import Operation
from mock_server.control.app import make_control_app
from mock_server.errors import METHOD_NOT_ALLOWED, SERVER_ERROR, ApiError
from mock_server.instants import http_date_of
from mock_server.service import Service
from mock_server.serving.context import REQUEST, ROUTE, begin, conclude, nothing_at, read_body
from mock_server.serving.ingestion import EventEndpoint
from mock_server.serving.middleware import Cors, Refusals, RequestLog, Split, Stamp
from mock_server.serving.replies import EXPOSED_HEADERS, error_reply
from mock_server.serving.routes import CONTROLS, Unrouted, make_routed_app
from mock_server.serving.served_document import document_routes
from mock_server.serving.stages import Endpoint, RefusedEndpoint
from mock_server.serving.stand_ins import ExampleEndpoint, UnmockedEndpoint

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_ALLOWED = sorted((*_METHODS, "OPTIONS"))


def make_app(service: Service, log: TextIO | None = None) -> ASGIApp:
    """Makes the whole application. `log` gets a line for each request; None means no log."""
    date = lru_cache(4)(http_date_of)
    app: ASGIApp = Stamp(
        Split(make_api(service), CONTROLS, make_control_app(service)),
        date=lambda: date(service.common.clock.now()),
    )
    return app if log is None else RequestLog(app, log)


def make_api(service: Service) -> Starlette:
    """Makes the application of the API, its document and the console. Pages of every origin may use it."""
    routes = [
        *(
            _route(operation, Endpoint(service, operation))
            for operation in service.operations_of_all_revisions
        ),
        _route(service.event_operation, EventEndpoint(service, service.event_operation)),
        *_page_routes(service),
        # The first route of a path and a method is used, so the mock's own paths win.
        *(_route(operation, ExampleEndpoint(service, operation)) for operation in service.extra_operations),
        *(
            _route(operation, UnmockedEndpoint(service, operation))
            for operation in service.unmocked_operations
        ),
    ]
    # The header `Access-Control-Allow-Headers: *` would not include Authorization, so with `["*"]` Starlette
    # lists the headers that the browser asked for.
    cors = Middleware(
        Cors,
        allow_origins=["*"],
        allow_methods=_METHODS,
        allow_headers=["*"],
        expose_headers=EXPOSED_HEADERS,
        allow_private_network=True,
        max_age=86_400,
    )
    return make_routed_app(
        routes,
        unrouted=_unrouted(service),
        middleware=[cors, Middleware(Refusals, other=RefusedEndpoint(service))],
        exception_handlers={500: _server_error},
    )


def hidden_operations(service: Service) -> list[Operation]:
    """Returns those operations of further documents that are never answered.

    Their paths belong to the console, the document or the controls.
    """
    pages = {(method, route.path) for route in _page_routes(service) for method in route.methods or ()}
    return [
        operation
        for operation in service.extra_operations
        if (operation.method, operation.route) in pages or f"{operation.route}/".startswith(f"{CONTROLS}/")
    ]


def _page_routes(service: Service) -> list[Route]:
    """Returns the routes of the document and of the console, which need no key."""
    return [*document_routes(service), *console_routes()]


def _route(operation: Operation, endpoint: Endpoint) -> Route:
    return Route(operation.route, endpoint, methods=[operation.method])


def _unrouted(service: Service) -> Unrouted:
    async def answer(request: Request, allow: str | None) -> Response:
        if request.scope["raw_path"] == b"*":
            # `OPTIONS *` asks about the server as a whole (RFC 9110, 9.3.7).
            return Response(status_code=204, headers={"Allow": ", ".join(_ALLOWED)})
        context = begin(service, request.scope)
        await read_body(context, request.receive)
        refusal = refusal_of(request.scope)
        context.stage = ROUTE if refusal is None else REQUEST
        if refusal is not None:
            found = ApiError.of(refusal)
        elif allow is not None:
            found = ApiError(METHOD_NOT_ALLOWED, headers={"Allow": allow}, method=request.method, allow=allow)
        else:
            found = nothing_at(context)
        reply = error_reply(found)
        conclude(context, reply)
        return reply

    return answer


async def _server_error(_request: Request, _error: Exception) -> Response:
    return error_reply(ApiError(SERVER_ERROR))
