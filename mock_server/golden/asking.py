"""Requests to the real application in process, without a socket, and their answers."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import msgspec
from starlette.types import ASGIApp, Message

from mock_server.app import make_app
from mock_server.contract.operations import Operation
from mock_server.options import Options
from mock_server.service import Service, load_service

UNKNOWN_TOKEN = "df_nobody"  # noqa: S105 - no secret, as no key has it

# The headers that a client acts upon, in their order in the index.
_HEADERS = (
    "Content-Type",
    "Retry-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "WWW-Authenticate",
    "Allow",
)


@dataclass(frozen=True, slots=True)
class Question:
    """A request. `url` begins at the server's root; a `token` of None sends no `Authorization`."""

    url: str
    token: str | None
    method: str = "GET"

    @property
    def credential(self) -> str:
        """The kind of the token: a security scheme of the document, `none` or `unknown`."""
        if self.token is None:
            return "none"
        if self.token == UNKNOWN_TOKEN:
            return "unknown"
        return "accountToken" if self.token.startswith("dft_") else "websiteKey"


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, the headers that a client acts upon, and the body as indented JSON."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as plain values."""
        return msgspec.json.decode(self.body)


class Mock:
    """The mock at one instant, in one revision."""

    def __init__(self, seed: int, revision: str, now: int) -> None:
        """`now` is in ms since the epoch. Raises InputError for invalid settings."""
        self.service: Service = load_service(Options(seed=seed, revision=revision, now=now, speed=0))
        # The clock counts as driven, so that rate limits use the world's time, too.
        self.service.common.clock.is_driven = True
        self.revision = revision
        self._app: ASGIApp = make_app(self.service)
        self.instant: str = self.ask(Question("/__mock/health", None)).json["instant"]
        self.sites: list[dict[str, Any]] = self.ask(Question("/__mock/sites", None)).json["sites"]

    @property
    def reads(self) -> list[Operation]:
        """The operations that only read.

        Others are left out, because they would change the answers after them.
        """
        return [operation for operation in self.service.operations if operation.method == "GET"]

    def ask(self, question: Question) -> Answer:
        """Returns the answer, whatever its status is."""
        return asyncio.run(_ask(self._app, question))


def url_of(operation: Operation, path: Mapping[str, str], query: str = "") -> str:
    """Returns an operation's URL, with values for its path parameters."""
    values = {f"p{n}": path[name] for n, name in enumerate(operation.path_names)}
    return operation.route.format(**values) + query


async def _ask(app: ASGIApp, question: Question) -> Answer:
    messages: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        messages.append(message)

    await app(_scope(question), receive, send)
    start, *rest = messages
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in start["headers"]}
    return _answer(start["status"], headers, b"".join(part.get("body", b"") for part in rest))


def _scope(question: Question) -> dict[str, Any]:
    path, _, query = question.url.partition("?")
    headers = [(b"host", b"127.0.0.1")]
    if question.token is not None:
        headers.append((b"authorization", f"Bearer {question.token}".encode()))
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "scheme": "http",
        "method": question.method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": None,
        "server": ("127.0.0.1", 80),
    }


def _answer(status: int, headers: Mapping[str, str], body: bytes) -> Answer:
    kept = {name: headers[name.lower()] for name in _HEADERS if name.lower() in headers}
    return Answer(status, kept, indented(body))


def indented(body: bytes) -> bytes:
    """Indents JSON by two spaces and ends it with a line feed; numbers stay as they are written."""
    return msgspec.json.format(body, indent=2) + b"\n"
