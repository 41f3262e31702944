"""The JSON of a request in the journal, for the journal's file and the answers of `/__mock/requests`."""

from base64 import b64encode
from codecs import getincrementaldecoder
from collections.abc import Callable, Mapping

from contract_tests.tokens import without_tokens_anywhere
from mock_server.instants import iso_of
from mock_server.state.entries import Part, Request

MEMBERS: Mapping[str, Callable[[Request], object]] = {
    "number": lambda request: request.number,
    "time": lambda request: iso_of(request.at),
    "instant": lambda request: iso_of(request.instant),
    "key": lambda request: request.caller.token or None,
    "keyName": lambda request: request.caller.name or None,
    "label": lambda request: request.caller.label,
    "operation": lambda request: request.operation,
    "method": lambda request: request.method,
    "target": lambda request: request.target,
    "path": lambda request: request.path,
    "query": lambda request: request.query,
    "headers": lambda request: request.headers,
    "requestBody": lambda request: None if request.body is None else shown_body(request.body),
    "status": lambda request: request.status,
    "responseHeaders": lambda request: request.response_headers,
    "responseBody": lambda request: shown_body(request.answer),
    "duration": lambda request: None if request.duration is None else request.duration / 1000,
    "decidedBy": lambda request: without_tokens_anywhere(request.decided_by),
}
"""The members of the JSON by name, each with the function that makes it."""


def shown_in_full(part: Part) -> dict[str, object]:
    """Returns the members of `shown_body`, with the whole text if it is still kept."""
    return shown_body(part if part.whole is None else Part(part.size, part.whole))


def shown_body(part: Part) -> dict[str, object]:
    """Returns a body's size and beginning, with tokens masked; bytes that are not UTF-8 are in base64."""
    text, encoding = _text_of(part)
    is_cut = part.first is None or len(part.first) < part.size
    return {"size": part.size, "text": text, "encoding": encoding, "cut": is_cut and part.size > 0}


def _text_of(part: Part) -> tuple[str | None, str | None]:
    if part.first is None:
        return None, None
    is_whole = len(part.first) == part.size
    try:
        # A body that was cut may end within a character.
        text = getincrementaldecoder("utf-8")().decode(part.first, final=is_whole)
        return without_tokens_anywhere(text), None
    except UnicodeDecodeError:
        masked = without_tokens_anywhere(part.first.decode("latin-1")).encode("latin-1")
        return b64encode(masked).decode(), "base64"
