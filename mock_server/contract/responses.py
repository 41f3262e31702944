"""The documented answers of an operation, as they are sent."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import msgspec
from msgspec import UNSET

from contract_tests.quoting import quoted
from mock_server.contract.document import resolved
from mock_server.contract.examples import Examples
from mock_server.errors import InputError
from mock_server.records import checked

JSON = "application/json"
NAMELESS = "default"
"""The name that is given to an example without a name."""
LARGEST_ANSWERS = 256 * 1024 * 1024
"""The maximum size of all answers of a document, in bytes."""

_DEFAULT = "default"
_EXTENSION = "x-"
_ANYTHING = ("*/*", "application/*")
_STATUS = re.compile(r"[1-5](\d\d|XX)", re.ASCII | re.IGNORECASE)
_WITHOUT_BODY = frozenset({204, 205, 304})
_MEDIA_TYPE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+/[!#$%&'*+.^_`|~0-9A-Za-z-]+(\s*;[ -~]*)?", re.ASCII)
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_LONGEST_HEADER = 4096
_MOST_HEADERS = 50
# Headers that frame the body or name its coding, and those that this server sets itself.
_OWN_HEADERS = frozenset(
    {"connection", "content-encoding", "content-length", "content-type", "date", "keep-alive", "te"}
    | {"proxy-connection", "trailer", "transfer-encoding", "upgrade", "x-datafast-mock-example"}
)
_OWN_PREFIX = "access-control-"


@dataclass(frozen=True, slots=True)
class Example:
    """A documented answer; without a body the media type is empty."""

    status: int
    media_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Answers = Mapping[int, Mapping[str, Example]]
"""The documented answers by status and by name."""


class AnswersOnFirstUse(Mapping[int, Mapping[str, Example]]):
    """The documented answers of an operation, which are made on the first look-up, as most are never used."""

    def __init__(self, make: Callable[[], Answers]) -> None:
        """The first look-up calls `make`, and raises the errors of `make`."""
        self._make = make

    def __getitem__(self, status: int) -> Mapping[str, Example]:
        return self._made[status]

    def __iter__(self) -> Iterator[int]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    @cached_property
    def _made(self) -> Answers:
        return self._make()


class ResponseObject(msgspec.Struct):
    """The members of a response object that are used."""

    content: dict[str, dict[str, Any]] = {}
    headers: dict[str, dict[str, Any]] = {}


class Responses:
    """The responses of one document; one to which several operations refer is made once.

    Without this, a small document could refer to a large response from each of its operations.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        """References are looked up in `document`."""
        self.document = document
        self.examples = Examples(document)
        self._made: dict[tuple[int, int], Mapping[str, Example]] = {}
        self._size = 0

    def named(self, written: Any, status: int, response: ResponseObject, where: str) -> Mapping[str, Example]:
        """Returns the examples of a response by name; `written` is the response as in the document.

        Raises InputError if all answers of the document together are too large.
        """
        key = (id(written), status)
        if key not in self._made:
            self._made[key] = dict(self._counted(_named(self, status, response, where), where))
        return self._made[key]

    def _counted(self, named: Iterable[tuple[str, Example]], where: str) -> Iterator[tuple[str, Example]]:
        for name, example in named:
            self._size += len(example.body)
            if self._size > LARGEST_ANSWERS:
                limit = LARGEST_ANSWERS // 1024**2
                raise InputError(where, f"with this the answers of the document are larger than {limit} MB")
            yield name, example


def answers_of(known: Responses, responses: Mapping[str, Any], where: object) -> Answers:
    """Returns the documented answers by the status with which they are sent.

    `2XX` is sent as 200 if the document lists no exact status from 200 to 299. `default` is sent as 200 if
    the document has neither a success nor a redirection. Raises InputError for an answer that cannot be sent.
    """
    found: dict[int, tuple[Any, ResponseObject]] = {}
    for written in sorted(responses, key=_vagueness):
        place = f"{where}: {quoted(written[:80])}"
        if written.startswith(_EXTENSION):
            continue
        if not _STATUS.fullmatch(written) and written != _DEFAULT:
            raise InputError(place, "this is not a status such as 200, 2XX or default")
        part = resolved(known.document, responses[written], place)
        response = checked(part, ResponseObject, place)
        status = _status_of(written, response)
        stands_for = {2, 3} if written == _DEFAULT else {status // 100}
        if written.isdecimal() or not any(other // 100 in stands_for for other in found):
            found[status] = part, response
    return {
        status: known.named(part, status, response, f"{where}: {status}")
        for status, (part, response) in found.items()
        # A status below 200 is not a final answer.
        if status >= 200
    }


def usual_of(answers: Answers) -> Example:
    """Returns the first success, else the first redirection, else an empty answer."""
    for hundred in (2, 3):
        statuses = [status for status in answers if status // 100 == hundred]
        if statuses:
            return next(iter(answers[min(statuses)].values()))
    return Example(204, "", b"")


def _vagueness(written: str) -> int:
    """Returns the sort key of a status: 0 for a number, 1 for a range such as `2XX`, 2 for `default`."""
    return 2 if written == _DEFAULT else int(not written.isdecimal())


def _status_of(written: str, response: ResponseObject) -> int:
    if written.isdecimal():
        return int(written)
    if written == _DEFAULT or written.startswith("2"):
        return 200 if response.content else 204
    return int(written[0]) * 100


def _named(
    known: Responses, status: int, response: ResponseObject, where: str
) -> Iterator[tuple[str, Example]]:
    """Yields the examples of a response with their names."""
    examples = known.examples
    headers = _headers(known.document, examples, response, where)
    if not response.content or status in _WITHOUT_BODY:
        yield NAMELESS, Example(status, "", b"", headers)
        return
    written = min(response.content, key=_distance_from_json)
    media, media_type = response.content[written], _sent_as(written, where)
    several = checked(media.get("examples") or {}, dict[str, Any], where)
    named = {name: {**media, "examples": {name: example}} for name, example in several.items()}
    # An `externalValue` is never fetched, so examples with a value come first.
    order = sorted(named, key=lambda name: examples.written(named[name], where) is UNSET)
    for name, one in [(name, named[name]) for name in order] or [(NAMELESS, media)]:
        body = _body(examples.of_media(one, where), media_type)
        yield name, Example(status, media_type, body, headers)


def _distance_from_json(media_type: str) -> int:
    """Returns the rank of a media type.

    The type with the lowest rank is sent; among equal ranks, the first one.
    """
    essence = media_type.partition(";")[0].strip().lower()
    return 0 if essence == JSON else 1 if essence.endswith("json") else 2 if essence in _ANYTHING else 3


def _sent_as(media_type: str, where: object) -> str:
    if len(media_type) > _LONGEST_HEADER or _MEDIA_TYPE.fullmatch(media_type) is None:
        raise InputError(where, f"{quoted(media_type[:80])} is not a media type")
    if "*" not in media_type:
        return media_type
    return "text/plain" if media_type.lower().startswith("text/") else JSON


def _body(value: Any, media_type: str) -> bytes:
    is_text = isinstance(value, str) and "json" not in media_type.lower()
    return value.encode() if is_text else msgspec.json.encode(value)


def _headers(
    document: Mapping[str, Any], examples: Examples, response: ResponseObject, where: str
) -> dict[str, str]:
    """Returns the documented headers that have an example or another stated value. Raises InputError."""
    if len(response.headers) > _MOST_HEADERS:
        raise InputError(where, f"more than {_MOST_HEADERS} headers are documented")
    headers = {}
    for name, reference in response.headers.items():
        place = f"{where}: header {quoted(name[:80])}"
        if len(name) > _LONGEST_HEADER or _HEADER_NAME.fullmatch(name) is None:
            raise InputError(place, "this is not the name of a header")
        if name.lower() in _OWN_HEADERS or name.lower().startswith(_OWN_PREFIX):
            continue
        header = checked(resolved(document, reference, place), dict[str, Any], place)
        value = _header_value(examples, header, place)
        if value is not UNSET and value is not None:
            headers[name] = _header_text(value, header, place)
    return headers


def _header_value(examples: Examples, header: Mapping[str, Any], where: str) -> Any:
    content = checked(header.get("content") or {}, dict[str, dict[str, Any]], where)
    for part in (header, *content.values()):
        value = examples.written(part, where)
        if value is UNSET:
            value = examples.stated(part.get("schema"), where)
        if value is not UNSET:
            return value
    return UNSET


def _header_text(value: Any, header: Mapping[str, Any], where: str) -> str:
    """Returns a header's value in OpenAPI's style `simple`.

    Its UTF-8 bytes are decoded as Latin-1, because headers are sent as Latin-1. Raises InputError.
    """
    if isinstance(value, dict):
        sign = "=" if header.get("explode") is True else ","
        parts = [f"{name}{sign}{_plain(part)}" for name, part in value.items()]
    else:
        parts = [_plain(part) for part in (value if isinstance(value, list) else [value])]
    text = ",".join(parts).strip()
    if any(sign < " " or sign == "\x7f" for sign in text):
        raise InputError(
            where, f"its example {quoted(text[:80])} has a character that is not allowed in a header"
        )
    if len(text) > _LONGEST_HEADER:
        raise InputError(where, f"its example is longer than {_LONGEST_HEADER} characters")
    return text.encode().decode("latin-1")


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
