"""The entries of a HAR file, and what each says of its request and its answer."""

import base64
import codecs
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from contract_tests.asking.address import AddressError, normalized
from contract_tests.asking.files import read_file
from contract_tests.exchange import NoJson, json_of, without_half_characters
from contract_tests.instants import ms

TOOL = "datafast-mock"
"""The name of the kit in the files that it writes."""
SENDER = "sender-"
"""The beginning of the word that distinguishes masked tokens in the comments of a kit's file."""
_MOST_BYTES = 512 * 1024 * 1024
# The year 9999, in ms since the epoch.
_LATEST = 253_370_764_800_000
# In ms: a longer time is no measurement of one request, and counts as unknown.
_LONGEST_TRIP = 86_400_000
_BEARER = "bearer "
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


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


class Content(msgspec.Struct):
    """The body of an answer as it was recorded."""

    text: str | None = None
    encoding: str | None = None
    size: Any = None


class _Response(msgspec.Struct):
    status: int
    headers: list[_Pair] = []
    content: Content = msgspec.field(default_factory=Content)

    def __post_init__(self) -> None:
        # A status has three digits (RFC 9110, 15). Recorders write 0 if nothing was answered.
        if self.status != 0 and not 100 <= self.status <= 999:
            raise ValueError(f"{self.status} is not a status")


class Entry(msgspec.Struct):
    """The members of an entry that the kit reads; all others are ignored."""

    request: _Request
    response: _Response = msgspec.field(default_factory=lambda: _Response(0))
    started: str = msgspec.field(default="", name="startedDateTime")
    time: float | None = None
    cached: Any = msgspec.field(default=None, name="_fromCache")
    comment: Any = None
    world: Any = msgspec.field(default=None, name="_world")


class Log(msgspec.Struct):
    """The log of a file, whose entries are read one by one."""

    entries: list[msgspec.Raw]
    creator: Any = None


class _Har(msgspec.Struct):
    log: Log


def read_log(path: Path) -> Log:
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


def read_entry(raw: msgspec.Raw) -> Entry | None:
    """Returns an entry; None if a member that the kit needs is missing or has another type."""
    try:
        return msgspec.json.decode(raw, type=Entry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def address_of(entry: Entry) -> tuple[str, str] | None:
    """Returns the origin and the path of an entry's URL; None if it cannot be parsed."""
    try:
        parts = urlsplit(normalized(entry.request.url))
    except AddressError:
        return None
    return f"{parts.scheme}://{parts.netloc}", parts.path


def is_whole(content: Content) -> bool:
    """Returns whether the whole body was recorded. Some recorders keep only its first bytes.

    A recorder that does not know the size may write -1. Then a body that is no JSON may have been cut.
    """
    if content.text is None:
        return False
    body = body_of(content)
    if isinstance(content.size, int) and content.size >= 0:
        return content.size <= len(body)
    return not isinstance(json_of(body), NoJson)


def sent_at(entry: Entry) -> int | None:
    """Returns the instant of a request in ms since the epoch; None if it is unknown.

    It is unknown for a local time, and for the instants in the year 1 and at 0 ms that some recorders write.
    """
    at = ms(entry.started)
    return at if at is not None and 0 < at < _LATEST else None


def place_in_time(entry: Entry) -> tuple[bool, int]:
    """Returns the key that sorts entries by time; entries without an instant come last, as in the file."""
    at = sent_at(entry)
    return at is None, at or 0


def trip_of(entry: Entry) -> int:
    """Returns the time from the request to the end of its answer, in ms; 0 if it is unknown."""
    return int(min(max(entry.time or 0, 0), _LONGEST_TRIP))


def token_of(entry: Entry) -> str | None:
    """Returns the token of a request, or a placeholder if it was not recorded; None if it had no token."""
    given = _authorization(entry)
    if given.lower().startswith(_BEARER):
        return given[len(_BEARER) :].strip()
    # The header has another scheme, or a recorder has replaced the token by a placeholder.
    return "***" if given else None


def role_of(entry: Entry) -> str:
    """Returns `key` or `account`, by the prefix of a recorded token; empty for another prefix."""
    kind, separator, _ = (token_of(entry) or "").partition("_")
    return {"df": "key", "dft": "account"}.get(kind, "") if separator else ""


def credential_of(entry: Entry) -> str:
    """Returns the part of a request's Authorization after the scheme; empty without this header."""
    return _authorization(entry).rpartition(" ")[2]


def _authorization(entry: Entry) -> str:
    return next((p.value for p in entry.request.headers if p.name.lower() == "authorization"), "").strip()


def body_of(content: Content) -> bytes:
    """Returns the bytes of a recorded body."""
    text = content.text or ""
    if (content.encoding or "").lower() == "base64":
        # Some recorders name the encoding, but do not encode the text.
        with suppress(ValueError):
            return base64.b64decode(text.replace("\r", "").replace("\n", ""), validate=True)
    return in_bytes(text)


def in_bytes(text: str) -> bytes:
    """Returns a recorded text in UTF-8."""
    # Browsers record half a character as a lone surrogate, which UTF-8 cannot contain.
    return text.encode("utf-8", "surrogatepass")
