"""The journal on disk, a line of JSON for each request."""

import sys
from pathlib import Path

import msgspec

from mock_server.errors import InputError
from mock_server.journal import Request
from mock_server.showing import MEMBERS


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
            self._stream.write(
                msgspec.json.encode({name: show(request) for name, show in MEMBERS.items()}) + b"\n"
            )
        except OSError as error:
            # The disk is full, or gone: that is no reason to answer nothing any more.
            self._is_broken = True
            print(f"datafast-mock: --journal: {error.strerror}; it ends here", file=sys.stderr, flush=True)
