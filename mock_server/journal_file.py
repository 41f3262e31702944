"""The journal on disk, a line of JSON for each request."""

import sys
from pathlib import Path

import msgspec

from mock_server.errors import InputError
from mock_server.instants import iso_of
from mock_server.journal import Request
from mock_server.masking import hidden


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
        "label": request.label,
        "operation": request.operation,
        "method": request.method,
        "path": request.path,
        "query": request.query,
        "headers": request.headers,
        "status": request.status,
        "decidedBy": hidden(request.decided_by),
    }
