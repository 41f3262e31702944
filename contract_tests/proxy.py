"""A reverse proxy that plants a mutant in what a server answers, live."""

from collections.abc import Callable, Mapping

import httpx2
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from contract_tests import labels
from contract_tests.credentials import Credentials
from contract_tests.document import operation_of
from contract_tests.exchange import Exchange, masked
from contract_tests.instants import now
from contract_tests.labelling import request_label, token_label
from contract_tests.mutants.mutant import Mutant
from contract_tests.recording import MAP, rows

# They belong to one connection (RFC 9110, 7.6.1), or are made anew for the changed body.
_LEFT = frozenset(
    {
        *("connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer"),
        *("transfer-encoding", "upgrade", "content-length", "content-encoding", "host", "accept-encoding"),
    }
)
_TIMEOUT = 30.0
_MOST_MET = 100_000


class Proxy:
    """What is asked of it is asked upstream; what comes back has the mutant in it."""

    def __init__(self, upstream: str, mutant: Mutant, credentials: Credentials) -> None:
        """`upstream` is an origin, such as http://127.0.0.1:8484; `credentials` tell what tokens are for."""
        self._upstream = upstream.rstrip("/")
        self._mutate = mutant.make()
        self._credentials = credentials
        self._met: set[str] = set()
        # Redirects are passed on, not followed; proxies of the environment are none of ours.
        self._http = httpx2.AsyncClient(timeout=_TIMEOUT, trust_env=False)

    def app(self) -> Starlette:
        """The proxy as an ASGI application."""
        methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=methods)])

    async def _answer(self, request: Request) -> Response:
        target = self._upstream + request.scope["raw_path"].decode("latin-1")
        if request.url.query:
            target += f"?{request.url.query}"
        passed = [(k, v) for k, v in request.headers.items() if k not in _LEFT]
        sent = now()
        try:
            reply = await self._http.request(
                request.method, target, headers=passed, content=await request.body()
            )
        except httpx2.HTTPError as error:
            problem = f"no answer from {self._upstream}: {str(error) or type(error).__name__}"
            return JSONResponse({"title": "Bad Gateway", "status": 502, "detail": problem}, 502)
        status, body = reply.status_code, reply.content
        headers = {k.lower(): v for k, v in reply.headers.items() if k.lower() not in _LEFT}
        if request.method == "GET":
            exchange = self._exchange(request, sent, status, headers, body)
            self._remember(exchange)
            mutated = self._mutate(exchange)
            status, headers, body = mutated.status, dict(mutated.headers), mutated.body
        if request.method == "HEAD":
            headers["content-length"] = reply.headers.get("content-length", "0")
        return Response(body, status, headers)

    def _exchange(
        self, request: Request, sent: int, status: int, headers: Mapping[str, str], body: bytes
    ) -> Exchange:
        operation, parameters = operation_of(request.url.path) or (None, {})
        scheme, _, given = request.headers.get("authorization", "").partition(" ")
        token = given.strip() if scheme.lower() == "bearer" and given.strip() else None
        query = dict(request.query_params)
        found = {token_label(token, query.get("websiteId"), self._credentials)}
        visitor_id = parameters.get("visitorId")
        if operation is not None and found <= {labels.OK, labels.ACCOUNT}:
            label = request_label(operation, query, visitor_id, self._credentials)
            # What is meant to be refused is not meant to succeed.
            found = {label} if label in labels.REFUSED else found | ({label} if label else set())
        if visitor_id and visitor_id.lower() in self._met:
            found.add(labels.MET)
        return Exchange(
            method="GET",
            url=str(request.url),
            operation=operation,
            labels=frozenset(found),
            sent=sent,
            received=now(),
            status=status,
            headers=headers,
            body=body,
            token=masked(token) if token is not None else None,
            path=parameters,
        )

    def _remember(self, exchange: Exchange) -> None:
        """Whom a map has shown, for the profiles that are asked for next."""
        if exchange.operation == MAP and len(self._met) < _MOST_MET:
            ids = (row.get("visitorId") for row in rows(exchange.data, "visitors"))
            self._met.update(visitor_id.lower() for visitor_id in ids if isinstance(visitor_id, str))


class ProxyServer(uvicorn.Server):
    """Serves a proxy and tells its address once it listens."""

    def __init__(self, proxy: Proxy, host: str, port: int, tell: Callable[[str], None]) -> None:
        """Port 0 takes a free one."""
        super().__init__(
            uvicorn.Config(
                proxy.app(),
                host=host,
                port=port,
                log_level="warning",
                access_log=False,
                date_header=False,
                server_header=False,
                timeout_graceful_shutdown=1,
            )
        )
        self._tell = tell

    async def startup(self, sockets: list[object] | None = None) -> None:  # type: ignore[override]
        """Starts to listen, then says so."""
        await super().startup(sockets)  # type: ignore[arg-type]
        if self.servers:
            host, port = self.servers[0].sockets[0].getsockname()[:2]
            self._tell(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")
