"""Recorded traffic: reading HAR files, and writing runs as HAR files."""

import base64
import codecs
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from http import HTTPStatus
from importlib.metadata import version
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import harfile
import msgspec

from contract_tests.asking import labels
from contract_tests.asking.address import AddressError, normalized
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.files import read_file
from contract_tests.asking.labels import request_label
from contract_tests.document import Document, document
from contract_tests.documented import METHODS, Match
from contract_tests.eras import with_eras
from contract_tests.exchange import Exchange, NoJson, is_success_status, json_of, without_half_characters
from contract_tests.families import MAP, VISITOR
from contract_tests.instants import ms
from contract_tests.masking import Mask, masked, sender_of
from contract_tests.recording import rows
from contract_tests.tokens import without_tokens

_TOOL, _JOURNAL = "datafast-mock", "datafast-mock journal"
# In the comments of a kit's file, the word that distinguishes one masked token from another.
_SENDER = "sender-"
_MOST_BYTES = 512 * 1024 * 1024
# The year 9999, in ms since the epoch.
_LATEST = 253_370_764_800_000
# In ms: a longer time is no measurement of one request, and counts as unknown.
_LONGEST_TRIP = 86_400_000
_BEARER = "bearer "
_SUCCESSES = range(HTTPStatus.OK, HTTPStatus.MULTIPLE_CHOICES)
_UNKNOWN = "no operation of the document"
_MALFORMED = "malformed"
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_SECRET_HEADERS = frozenset({"set-cookie", "authorization"})


class HarError(Exception):
    """An error for a file that cannot be read; the text names the file and says what is wrong."""


class _Pair(msgspec.Struct):
    name: str
    value: str = ""


class _Sent(msgspec.Struct):
    text: str = ""


class _Request(msgspec.Struct):
    method: str
    url: str
    headers: list[_Pair] = []
    sent: _Sent | None = msgspec.field(default=None, name="postData")


class _Content(msgspec.Struct):
    text: str | None = None
    encoding: str | None = None
    size: Any = None


class _Response(msgspec.Struct):
    status: int
    headers: list[_Pair] = []
    content: _Content = msgspec.field(default_factory=_Content)


class _Entry(msgspec.Struct):
    """The members of an entry that the kit reads; all others are ignored."""

    request: _Request
    response: _Response = msgspec.field(default_factory=lambda: _Response(0))
    started: str = msgspec.field(default="", name="startedDateTime")
    time: float | None = None
    cached: Any = msgspec.field(default=None, name="_fromCache")
    comment: Any = None
    world: Any = msgspec.field(default=None, name="_world")


class _Log(msgspec.Struct):
    entries: list[msgspec.Raw]
    creator: Any = None


class _Har(msgspec.Struct):
    log: _Log


def read_har(
    path: Path,
    base: str | None,
    credentials: Credentials,
    *,
    is_trusted: bool = False,
    contract: Document | None = None,
) -> tuple[list[Exchange], Counter[str]]:
    """Returns the exchanges of a file, sorted by time, and the number of entries left out for each reason.

    Only entries whose URL begins with `base` are read; None reads those of every server. `is_trusted` says
    that no token was removed from the file, and that its token is valid. `contract` is the document; None
    stands for the one that the kit ships with. Raises HarError.
    """
    log = _log_of(path)
    read = [_read(raw) for raw in log.entries]
    entries = sorted(filter(None, read), key=_place_in_time)
    creator = log.creator.get("name") if isinstance(log.creator, dict) else None
    # A token with which no request succeeded may have been revoked, so its requests get no label.
    good = {_token(entry) for entry in entries if entry.response.status in _SUCCESSES} - {None}
    mask = credentials.mask(filter(None, map(_credential, entries)))
    known = _Operations(contract or document(), base, entries)
    left = Counter({_MALFORMED: read.count(None)} if None in read else {})
    found, unjudged, met = list[Exchange](), set[int](), set[str]()
    for entry in entries:
        match = known.match(entry)
        reason = _why_left(entry) if match is not None else known.why_none(entry)
        if reason is not None:
            left[reason] += 1
        if match is None:
            continue
        if reason is not None:
            unjudged.add(len(found))
        if creator == _TOOL:
            told = frozenset(word for word in _words(entry) if not word.startswith(_SENDER))
        else:
            token = _token(entry)
            is_let_in = token in good or (is_trusted and token is not None)
            told = frozenset(_labels(entry, match, met, credentials, is_let_in=is_let_in))
            if is_trusted and token is None:
                told = frozenset({labels.NO_CREDENTIAL})
        exchange = _exchange(entry, match, told, mask, _sender(entry, creator))
        if exchange.operation == MAP and reason is None:
            met |= {str(row.get("visitorId")).lower() for row in rows(exchange.data, "visitors")}
        found.append(exchange)
    # A request whose answer was not recorded may have changed something, too.
    return [exchange for n, exchange in enumerate(with_eras(found)) if n not in unjudged], left


def _words(entry: _Entry) -> list[str]:
    return str(entry.comment or "").split()


def _sender(entry: _Entry, creator: str | None) -> str | None:
    """Returns a text that is the same for all requests with one token; None if there was no token.

    The kit and the mock's journal mask all tokens in their files. The kit says in the comments whose they
    are. The journal marks each answer by its token and its world, because one token may show several worlds.
    """
    token = _token(entry)
    if token is None:
        return None
    if creator == _JOURNAL:
        return entry.world if isinstance(entry.world, str) else str(entry.comment or "").partition(":")[0]
    named = [word for word in _words(entry) if word.startswith(_SENDER)] if creator == _TOOL else []
    return named[0] if named else sender_of(token)


def write_har(path: Path, exchanges: Sequence[Exchange]) -> None:
    """Writes a run to a HAR file, without its tokens.

    The comment of each entry contains the labels of its request, and a number for its token.
    """
    senders = dict.fromkeys(exchange.sender for exchange in exchanges if exchange.sender is not None)
    numbers = {sender: {f"{_SENDER}{number}"} for number, sender in enumerate(senders, 1)}
    path.parent.mkdir(parents=True, exist_ok=True)
    creator = harfile.Creator(name=_TOOL, version=version(_TOOL))
    with path.open("w", encoding="utf-8") as file, harfile.open(file, creator=creator) as har:
        for exchange in exchanges:
            har.add_entry(
                startedDateTime=datetime.fromtimestamp((exchange.sent or 0) / 1000, UTC),
                time=exchange.trip,
                request=_written_request(exchange),
                response=_written_response(exchange),
                timings=harfile.Timings(send=0, wait=exchange.trip, receive=0),
                comment=" ".join(sorted(exchange.labels | numbers.get(exchange.sender or "", set()))),
            )


def _log_of(path: Path) -> _Log:
    """Returns the log of a file. Raises HarError."""
    try:
        return _decoded(_in_utf_8(read_file(path, _MOST_BYTES))).log
    except OSError as error:
        raise HarError(f"{path}: {error.strerror}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HarError(f"{path} is not a HAR file: {error}") from None


def _decoded(data: bytes) -> _Har:
    """Returns a file's content. Raises DecodeError."""
    try:
        return msgspec.json.decode(data, type=_Har)
    except msgspec.DecodeError:
        # A browser's file may contain half of an emoji, where a page has cut a text.
        whole = without_half_characters(data)
        if whole is data:
            raise
        return msgspec.json.decode(whole, type=_Har)


def _in_utf_8(data: bytes) -> bytes:
    """Returns a file's text in UTF-8, without a byte order mark. Raises UnicodeDecodeError."""
    if data.startswith(_UTF_16):
        return data.decode("utf-16").encode()
    return data.removeprefix(codecs.BOM_UTF8)


def _read(raw: msgspec.Raw) -> _Entry | None:
    """Returns an entry; None if a member that the kit needs is missing or has another type."""
    try:
        return msgspec.json.decode(raw, type=_Entry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


class _Operations:
    """The operations that the entries of a file requested.

    If `base` is None, the bases of each origin are found in the paths of the file: the base is the part of a
    path before the longest template that matches the path's end. A base below another base of the same origin
    is ignored. For example, a file with `/v1/goals` has the base `/v1`. In this file
    `/v1/admin/websites/x/goals` is a path that the document does not have, and not `/goals` below another
    base.
    """

    def __init__(self, contract: Document, base: str | None, entries: Iterable[_Entry]) -> None:
        self._contract = contract
        self._base = None if base is None else urlsplit(base).path.rstrip("/")
        self._start = None if base is None else normalized(base)
        self._bases: dict[str, set[str]] = defaultdict(set)
        for entry in entries if base is None else ():
            address = _split(entry)
            found = contract.ends_with(entry.request.method, address[1]) if address else None
            if address is not None and found is not None:
                self._bases[address[0]].add(found.base)

    def match(self, entry: _Entry) -> Match | None:
        """Returns the operation of an entry; None if the document has no such operation."""
        address = _split(entry)
        if address is None or not self._is_below_start(*address):
            return None
        origin, path = address
        if self._base is not None:
            return self._contract.matches(entry.request.method, path.removeprefix(self._base))
        found = self._contract.ends_with(entry.request.method, path)
        return found if found is not None and self._is_base(found.base, self._bases[origin]) else None

    def why_none(self, entry: _Entry) -> str:
        """Returns the reason why an entry belongs to no operation."""
        address = _split(entry)
        if address is None:
            return _UNKNOWN
        if not self._is_below_start(*address):
            return "from another server"
        path = address[1]
        is_documented = any(self._contract.ends_with(method, path) for method in METHODS)
        method = entry.request.method
        return f"of the method {method[:10]}" if is_documented and method != "GET" else _UNKNOWN

    def _is_below_start(self, origin: str, path: str) -> bool:
        return self._start is None or (origin + path).startswith(self._start)

    def _is_base(self, base: str, others: set[str]) -> bool:
        shorter = any(base != other and base.startswith(f"{other}/") for other in others)
        return self._contract.is_base(base) or not shorter


def _split(entry: _Entry) -> tuple[str, str] | None:
    """Returns the origin and the path of an entry's URL; None if it cannot be parsed."""
    try:
        parts = urlsplit(normalized(entry.request.url))
    except AddressError:
        return None
    return f"{parts.scheme}://{parts.netloc}", parts.path


def _why_left(entry: _Entry) -> str | None:
    """Returns the reason why an entry of a documented operation is not judged; None if it is judged.

    The mock's journal marks each successful answer by its world, except for examples, which contradict each
    other.
    """
    if entry.cached:
        return "from the browser's cache"
    if entry.response.status in (0, HTTPStatus.NOT_MODIFIED):
        return "without an answer" if entry.response.status == 0 else "not modified"
    if entry.world == "" and is_success_status(entry.response.status):
        return "with an example of the document"
    return None if _is_whole(entry.response.content) else "without a recorded body"


def _is_whole(content: _Content) -> bool:
    """Returns whether the whole body was recorded. Some recorders keep only its first bytes.

    A recorder that does not know the size may write -1. Then a body that is no JSON may have been cut.
    """
    if content.text is None:
        return False
    body = _body(content)
    if isinstance(content.size, int) and content.size >= 0:
        return content.size <= len(body)
    return not isinstance(json_of(body), NoJson)


def _labels(
    entry: _Entry, match: Match, met: set[str], credentials: Credentials, *, is_let_in: bool
) -> Iterator[str]:
    """Yields the labels of a request that the kit did not send.

    A request that was refused with 401 or 403 gets no label for its contents, because the server may have
    refused the token. `met` are the ids of the visitors on earlier maps, in lower case. `is_let_in` says
    whether the token is valid; a request with any other token gets no label.
    """
    operation = match.operation.id
    if is_let_in and (role := labels.role_label(_role(entry))):
        yield role
    if is_let_in and entry.response.status not in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        visitor_id = match.parameters.get("visitorId")
        query = dict(parse_qsl(urlsplit(entry.request.url).query))
        label = request_label(operation, query, visitor_id, credentials)
        if label is not None:
            yield label
        if operation == VISITOR and str(visitor_id).lower() in met:
            yield labels.MET


def _exchange(entry: _Entry, match: Match, told: frozenset[str], mask: Mask, sender: str | None) -> Exchange:
    token = _token(entry)
    return Exchange(
        method=match.operation.method,
        url=mask.text(entry.request.url),
        operation=match.operation.id,
        labels=told,
        sent=_sent(entry),
        trip=_trip(entry),
        status=entry.response.status,
        headers={mask.text(p.name.lower()): mask.text(p.value) for p in entry.response.headers},
        body=mask.body(_body(entry.response.content)),
        token=None if token is None else masked(token),
        sender=sender,
        path=match.parameters,
        successes=match.operation.successes,
        request_body=b"" if entry.request.sent is None else mask.body(_encoded(entry.request.sent.text)),
    )


def _sent(entry: _Entry) -> int | None:
    """Returns the instant of a request in ms since the epoch; None if it is unknown.

    It is unknown for a local time, and for the instants in the year 1 and at 0 ms that some recorders write.
    """
    at = ms(entry.started)
    return at if at is not None and 0 < at < _LATEST else None


def _place_in_time(entry: _Entry) -> tuple[bool, int]:
    """Returns the key that sorts entries by time; entries without an instant come last, as in the file."""
    at = _sent(entry)
    return at is None, at or 0


def _trip(entry: _Entry) -> int:
    """Returns the time from the request to the end of its answer, in ms; 0 if it is unknown."""
    return int(min(max(entry.time or 0, 0), _LONGEST_TRIP))


def _token(entry: _Entry) -> str | None:
    """Returns the token of a request, or a placeholder if it was not recorded; None if it had no token."""
    given = _authorization(entry)
    if given.lower().startswith(_BEARER):
        return given[len(_BEARER) :].strip()
    # The header has another scheme, or a recorder has replaced the token by a placeholder.
    return "***" if given else None


def _role(entry: _Entry) -> str:
    """Returns `key` or `account`, by the prefix of a recorded token; empty for another prefix."""
    kind, separator, _ = (_token(entry) or "").partition("_")
    return {"df": "key", "dft": "account"}.get(kind, "") if separator else ""


def _credential(entry: _Entry) -> str:
    """Returns the part of a request's Authorization after the scheme; empty without this header."""
    return _authorization(entry).rpartition(" ")[2]


def _authorization(entry: _Entry) -> str:
    return next((p.value for p in entry.request.headers if p.name.lower() == "authorization"), "").strip()


def _body(content: _Content) -> bytes:
    text = content.text or ""
    if (content.encoding or "").lower() == "base64":
        # Some recorders name the encoding, but do not encode the text.
        with suppress(ValueError):
            return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    return _encoded(text)


def _encoded(text: str) -> bytes:
    # Browsers record half a character as a lone surrogate, which UTF-8 cannot contain.
    return text.encode("utf-8", "surrogatepass")


def _written_request(exchange: Exchange) -> harfile.Request:
    url = without_tokens(exchange.url)
    headers = [harfile.Record(name="Accept", value="application/json")]
    if exchange.token is not None:
        headers.append(harfile.Record(name="Authorization", value=f"Bearer {exchange.token}"))
    query = [harfile.Record(name=name, value=value) for name, value in parse_qsl(urlsplit(url).query, True)]
    return harfile.Request(
        method=exchange.method,
        url=url,
        httpVersion="HTTP/1.1",
        headers=headers,
        queryString=query,
        postData=_written_body(exchange),
    )


def _written_body(exchange: Exchange) -> harfile.PostData | None:
    if not exchange.request_body:
        return None
    text = without_tokens(exchange.request_body.decode("utf-8", "replace"))
    return harfile.PostData(mimeType="application/json", text=text)


def _written_response(exchange: Exchange) -> harfile.Response:
    kind = exchange.headers.get("content-type", "")
    try:
        text, encoding = without_tokens(exchange.body.decode("utf-8")), None
        size = len(text.encode())
    except UnicodeDecodeError:
        text, encoding = base64.b64encode(exchange.body).decode(), "base64"
        size = len(exchange.body)
    return harfile.Response(
        status=exchange.status,
        statusText=_phrase(exchange.status),
        httpVersion="HTTP/1.1",
        headers=[harfile.Record(name=name, value=value) for name, value in _shown(exchange.headers)],
        content=harfile.Content(size=size, mimeType=kind, text=text, encoding=encoding),
    )


def _shown(headers: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name, value in headers.items():
        yield name, "***" if name in _SECRET_HEADERS else without_tokens(value)


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
