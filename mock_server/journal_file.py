"""The journal on disk, a line of JSON for each request."""

import sys
from base64 import b64encode
from codecs import getincrementaldecoder
from pathlib import Path

import msgspec

from mock_server.errors import InputError
from mock_server.instants import iso_of
from mock_server.journal import Part, Request
from mock_server.masking import hidden_anywhere


class JournalFile:
    """Adds to a file; what is there already stays. Each line is on disk before its request is answered."""

    def __init__(self, path: Path) -> None:
        """Raises InputError where the file cannot be written."""
        self._is_broken = False
        try:
            self._stream = path.open("ab", buffering=0)
        except OSError as error:
            raise InputError("--journal", f"{path} cannot be written ({error.strerror})") from None

    def add(self, request: Request) -> None:
        """Writes a request, secrets masked."""
        if self._is_broken:
            return
        try:
            self._stream.write(msgspec.json.encode(shown(request)) + b"\n")
        except OSError as error:
            # The disk is full, or gone: that is no reason to answer nothing any more.
            self._is_broken = True
            print(f"datafast-mock: --journal: {error.strerror}; it ends here", file=sys.stderr, flush=True)


def shown(request: Request) -> dict[str, object]:
    """A request as it is shown, in the journal's file as in the answers of `/__mock/requests`."""
    return {
        "number": request.number,
        "time": iso_of(request.at),
        "instant": iso_of(request.instant),
        "key": request.token or None,
        "keyName": request.key_name or None,
        "label": request.label,
        "operation": request.operation,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": request.headers,
        "requestBody": None if request.body is None else shown_body(request.body),
        "status": request.status,
        "responseHeaders": request.response_headers,
        "responseBody": shown_body(request.answer),
        "duration": None if request.duration is None else request.duration / 1000,
        "decidedBy": hidden_anywhere(request.decided_by),
    }


def shown_body(part: Part) -> dict[str, object]:
    """A body's size and beginning, tokens masked; what is no UTF-8 is given in base64."""
    text, encoding = _text_of(part)
    is_cut = part.first is None or len(part.first) < part.size
    return {"size": part.size, "text": text, "encoding": encoding, "cut": is_cut and part.size > 0}


def _text_of(part: Part) -> tuple[str | None, str | None]:
    if part.first is None:
        return None, None
    is_whole = len(part.first) == part.size
    try:
        # What is cut may end within a character.
        return hidden_anywhere(getincrementaldecoder("utf-8")().decode(part.first, final=is_whole)), None
    except UnicodeDecodeError:
        masked = hidden_anywhere(part.first.decode("latin-1")).encode("latin-1")
        return b64encode(masked).decode(), "base64"
