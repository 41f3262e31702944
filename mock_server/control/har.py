"""The journal as an HTTP Archive (HAR 1.2), which browsers and other tools read."""

from collections.abc import AsyncIterator, Iterable, Mapping
from http import HTTPStatus

import msgspec
from msgspec import UNSET, Struct, UnsetType

from contract_tests.tokens import without_tokens_anywhere
from mock_server import __version__
from mock_server.control.turns import Turn
from mock_server.instants import http_date_of, iso_of
from mock_server.state.entries import Request
from mock_server.state.showing import shown_body, shown_in_full

SAVED = {"Content-Disposition": 'attachment; filename="datafast-mock.har"'}
PART_BYTES = 64 * 1024
"""The number of bytes that are collected before a part is sent."""

_HTTP = "HTTP/1.1"
# The kit's own HAR files name another creator. By it the kit knows that their comments are labels.
_CREATOR = "datafast-mock journal"


class Named(Struct, frozen=True, kw_only=True, gc=False):
    """A header or a query parameter."""

    name: str
    value: str


class PostData(Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a request, if all of it was kept and it is text."""

    mime_type: str
    text: str


class Content(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """The body of an answer; `text` is left out if only a part was kept."""

    size: int
    mime_type: str
    text: str | UnsetType = UNSET
    encoding: str | UnsetType = UNSET
    comment: str | UnsetType = UNSET


class HarRequest(Struct, frozen=True, kw_only=True, rename="camel", omit_defaults=True):
    """A request, with tokens masked."""

    method: str
    url: str
    http_version: str
    cookies: list[Named]
    headers: list[Named]
    query_string: list[Named]
    headers_size: int
    body_size: int
    post_data: PostData | UnsetType = UNSET


class HarResponse(Struct, frozen=True, kw_only=True, rename="camel"):
    """An answer; `status` is 0 if nothing was sent."""

    status: int
    status_text: str
    http_version: str
    cookies: list[Named]
    headers: list[Named]
    content: Content
    redirect_url: str = msgspec.field(default="", name="redirectURL")
    headers_size: int
    body_size: int


class Timings(Struct, frozen=True, kw_only=True):
    """The duration of each phase, in ms; the whole time is in `wait`."""

    send: float
    wait: float
    receive: float


class Nothing(Struct, frozen=True):
    """An empty object, since caches are not recorded."""


class Entry(Struct, frozen=True, kw_only=True, rename="camel"):
    """A request and its answer."""

    started_date_time: str
    time: float
    request: HarRequest
    response: HarResponse
    cache: Nothing
    timings: Timings
    comment: str
    """The name of the key, and the stage that decided the answer."""
    world: str = msgspec.field(name="_world")
    """A mark that is equal for two answers if they are from one world, and for one key."""


class Creator(Struct, frozen=True, kw_only=True):
    """The program that wrote the file."""

    name: str
    version: str


class Log(Struct, frozen=True, kw_only=True):
    """The entries of the file, oldest first."""

    version: str
    creator: Creator
    entries: list[Entry]


class Har(Struct, frozen=True, kw_only=True):
    """A file in the format HAR 1.2."""

    log: Log


async def har_parts(requests: Iterable[Request], origin: str) -> AsyncIterator[bytes]:
    """Yields a HAR file of the requests in parts of about 64 KiB.

    `origin` is the origin of the mock, such as `http://127.0.0.1:8484`.
    """
    head = msgspec.json.encode(
        Har(log=Log(version="1.2", creator=Creator(name=_CREATOR, version=__version__), entries=[]))
    )
    begin, end = head[: -len(b"]}}")], head[-len(b"]}}") :]
    part, is_first, turn = bytearray(begin), True, Turn()
    for request in requests:
        part += (b"" if is_first else b",") + msgspec.json.encode(await _entry(request, origin, turn))
        is_first = False
        if len(part) >= PART_BYTES:
            yield bytes(part)
            part.clear()
    yield bytes(part) + end


async def _entry(request: Request, origin: str, turn: Turn) -> Entry:
    took = (request.duration or 0) / 1000
    sent = await _request(request, origin, turn)
    name = request.caller.name or "no known key"
    return Entry(
        started_date_time=iso_of(request.at),
        time=took,
        request=sent,
        response=await _response(request, turn),
        cache=Nothing(),
        timings=Timings(send=0, wait=took, receive=0),
        comment=f"{name}: {without_tokens_anywhere(request.decided_by)}",
        world=request.world,
    )


async def _request(request: Request, origin: str, turn: Turn) -> HarRequest:
    url = origin + request.target
    await turn.pass_on()
    headers = _named(request.headers)
    await turn.pass_on()
    parameters = _named(request.query)
    await turn.pass_on()
    return HarRequest(
        method=request.method,
        url=url,
        http_version=_HTTP,
        cookies=[],
        headers=headers,
        query_string=parameters,
        headers_size=-1,
        body_size=0 if request.body is None else request.body.size,
        post_data=_post_data(request),
    )


def _post_data(request: Request) -> PostData | UnsetType:
    if not request.body or not request.body.size:
        return UNSET
    shown = shown_body(request.body)
    if shown["cut"] or shown["encoding"] is not None:
        return UNSET
    return PostData(mime_type=_media_type(request.headers), text=str(shown["text"]))


async def _response(request: Request, turn: Turn) -> HarResponse:
    await turn.pass_on()
    headers = request.response_headers
    dated = headers if request.status is None else {**headers, "date": [http_date_of(request.instant)]}
    return HarResponse(
        status=request.status or 0,
        status_text=_phrase(request.status),
        http_version=_HTTP,
        cookies=[],
        headers=_named(dated),
        content=_content(request, _media_type(headers)),
        headers_size=-1,
        body_size=request.answer.size,
    )


def _content(request: Request, media_type: str) -> Content:
    shown = shown_in_full(request.answer)
    size = request.answer.size
    if shown["cut"]:
        return Content(size=size, mime_type=media_type, comment="Only its beginning was kept.")
    encoding = UNSET if shown["encoding"] is None else str(shown["encoding"])
    return Content(size=size, mime_type=media_type, text=str(shown["text"] or ""), encoding=encoding)


def _named(values: Mapping[str, list[str]]) -> list[Named]:
    return [Named(name=name, value=value) for name, each in values.items() for value in each]


def _media_type(headers: Mapping[str, list[str]]) -> str:
    return headers.get("content-type", [""])[0]


def _phrase(status: int | None) -> str:
    try:
        return "" if status is None else HTTPStatus(status).phrase
    except ValueError:
        return ""
