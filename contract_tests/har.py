"""Recorded traffic: HAR files of others are read, our own runs are written."""

import base64
import binascii
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import harfile
import msgspec

from contract_tests import labels
from contract_tests.credentials import Credentials
from contract_tests.document import operation_of
from contract_tests.exchange import Exchange
from contract_tests.files import read_file
from contract_tests.instants import ms
from contract_tests.labelling import request_label
from contract_tests.masking import Mask, masked, without_tokens
from contract_tests.recording import MAP, VISITOR, rows

_TOOL = "datafast-mock"
_MOST_BYTES = 512 * 1024 * 1024
_BEARER = "bearer "
_SECRET_HEADERS = frozenset({"set-cookie", "authorization"})


class HarError(Exception):
    """A file that cannot be read; the text names it and says what is wrong."""


class _Pair(msgspec.Struct):
    name: str
    value: str = ""


class _Request(msgspec.Struct):
    method: str
    url: str
    headers: list[_Pair] = []


class _Content(msgspec.Struct):
    text: str | None = None
    encoding: str | None = None


class _Response(msgspec.Struct):
    status: int
    headers: list[_Pair] = []
    content: _Content = msgspec.field(default_factory=_Content)


class _Entry(msgspec.Struct):
    """What of an entry is looked at; everything else may be there, and missing."""

    request: _Request
    response: _Response = msgspec.field(default_factory=lambda: _Response(0))
    started: str = msgspec.field(default="", name="startedDateTime")
    time: float | None = None
    cached: str | None = msgspec.field(default=None, name="_fromCache")
    comment: str | None = None


class _Creator(msgspec.Struct):
    name: str = ""


class _Log(msgspec.Struct):
    entries: list[_Entry]
    creator: _Creator = msgspec.field(default_factory=_Creator)


class _Har(msgspec.Struct):
    log: _Log


def read_har(
    path: Path, base: str | None, credentials: Credentials, *, is_trusted: bool = False
) -> tuple[list[Exchange], Counter[str]]:
    """The exchanges of a file in the order of time, and why how many entries were left out.

    `base` leaves out what begins otherwise; None takes every origin. `is_trusted` says that nothing was taken
    out of the file, and that the token in it is good. Raises HarError.
    """
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise HarError(f"{path} is larger than {_MOST_BYTES >> 20} MB")
        log = msgspec.json.decode(read_file(path, _MOST_BYTES), type=_Har).log
    except OSError as error:
        raise HarError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HarError(f"{path} is no HAR file: {error}") from None
    entries = sorted(log.entries, key=lambda entry: ms(entry.started) or 0)
    # Only of tokens that opened something is known what else they are good for.
    good = {_token(entry) for entry in entries if entry.response.status == HTTPStatus.OK} - {None}
    mask = credentials.mask(filter(None, map(_credential, entries)))
    left, found, met = Counter[str](), [], set[str]()
    for entry in entries:
        reason = _why_left(entry, base)
        if reason is not None:
            left[reason] += 1
            continue
        if log.creator.name == _TOOL:
            told = frozenset((entry.comment or "").split())
        else:
            token = _token(entry)
            is_let_in = token in good or (is_trusted and token is not None)
            told = frozenset(_labels(entry, met, credentials, is_let_in=is_let_in))
            if is_trusted and token is None:
                told = frozenset({labels.NO_CREDENTIAL})
        exchange = _exchange(entry, told, mask)
        if exchange.operation == MAP:
            met |= {str(row.get("visitorId")).lower() for row in rows(exchange.data, "visitors")}
        found.append(exchange)
    return found, left


def write_har(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Writes a run without its tokens; what each request was meant to be is the entry's comment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    creator = harfile.Creator(name=_TOOL, version=version(_TOOL))
    with path.open("w", encoding="utf-8") as file, harfile.open(file, creator=creator) as har:
        for exchange in exchanges:
            trip = max(exchange.received - exchange.sent, 0)
            har.add_entry(
                startedDateTime=datetime.fromtimestamp(exchange.sent / 1000, UTC),
                time=trip,
                request=_written_request(exchange),
                response=_written_response(exchange),
                timings=harfile.Timings(send=0, wait=trip, receive=0),
                comment=" ".join(sorted(exchange.labels)),
            )


def _why_left(entry: _Entry, base: str | None) -> str | None:
    """Why an entry is not judged; None for one that is."""
    if base is not None and not entry.request.url.startswith(base):
        return "from another server"
    if entry.request.method != "GET":
        return f"of the method {entry.request.method[:10]}"
    if operation_of(urlsplit(entry.request.url).path) is None:
        return "no operation of the document"
    if entry.cached:
        return "from the browser's cache"
    if entry.response.status in (0, HTTPStatus.NOT_MODIFIED):
        return "without an answer" if entry.response.status == 0 else "not modified"
    return "without a recorded body" if entry.response.content.text is None else None


def _labels(entry: _Entry, met: set[str], credentials: Credentials, *, is_let_in: bool) -> Iterator[str]:
    """What a stranger's request was meant to be. Whoever was not let in was refused for that."""
    parts = urlsplit(entry.request.url)
    operation, parameters = operation_of(parts.path) or ("", {})
    if is_let_in and entry.response.status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        visitor_id = parameters.get("visitorId")
        label = request_label(operation, dict(parse_qsl(parts.query)), visitor_id, credentials)
        if label is not None:
            yield label
        if operation == VISITOR and str(visitor_id).lower() in met:
            yield labels.MET


def _exchange(entry: _Entry, told: frozenset[str], mask: Mask) -> Exchange:
    operation, parameters = operation_of(urlsplit(entry.request.url).path) or (None, {})
    sent = ms(entry.started) or 0
    token = _token(entry)
    return Exchange(
        method="GET",
        url=mask.text(entry.request.url),
        operation=operation,
        labels=told,
        sent=sent,
        received=sent + int(entry.time or 0),
        status=entry.response.status,
        headers={mask.text(p.name.lower()): mask.text(p.value) for p in entry.response.headers},
        body=mask.body(_body(entry.response.content)),
        token=None if token is None else masked(token),
        path=parameters,
    )


def _token(entry: _Entry) -> str | None:
    """The token that was sent, as far as it was recorded."""
    given = _authorization(entry)
    if given.lower().startswith(_BEARER):
        return given[len(_BEARER) :].strip()
    # Another scheme, or what somebody has put in the place of the token.
    return "***" if given else None


def _credential(entry: _Entry) -> str:
    """What a request's Authorization says behind its scheme, whichever that is; empty for none."""
    return _authorization(entry).rpartition(" ")[2]


def _authorization(entry: _Entry) -> str:
    return next((p.value for p in entry.request.headers if p.name.lower() == "authorization"), "").strip()


def _body(content: _Content) -> bytes:
    text = content.text or ""
    if content.encoding == "base64":
        try:
            return base64.b64decode(text, validate=False)
        except binascii.Error:
            return b""
    # A lone surrogate is what a browser makes of half a character: it is no JSON then.
    return text.encode("utf-8", "surrogatepass")


def _written_request(exchange: Exchange) -> harfile.Request:
    url = without_tokens(exchange.url)
    headers = [harfile.Record(name="Accept", value="application/json")]
    if exchange.token is not None:
        headers.append(harfile.Record(name="Authorization", value=f"Bearer {exchange.token}"))
    query = [harfile.Record(name=name, value=value) for name, value in parse_qsl(urlsplit(url).query, True)]
    return harfile.Request(
        method=exchange.method, url=url, httpVersion="HTTP/1.1", headers=headers, queryString=query
    )


def _written_response(exchange: Exchange) -> harfile.Response:
    kind = exchange.headers.get("content-type", "")
    try:
        text, encoding = without_tokens(exchange.body.decode("utf-8")), None
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(exchange.body).decode(), "base64"
    return harfile.Response(
        status=exchange.status,
        statusText=_phrase(exchange.status),
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in _shown(exchange.headers)],
        content=harfile.Content(size=len(exchange.body), mimeType=kind, text=text, encoding=encoding),
    )


def _shown(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        yield name, "***" if name in _SECRET_HEADERS else without_tokens(value)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
