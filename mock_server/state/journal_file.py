"""The journal on disk, with a line of JSON for each request."""

import os
from pathlib import Path

import msgspec

from mock_server.errors import InputError
from mock_server.state.entries import Request
from mock_server.state.showing import MEMBERS
from mock_server.streams import complain


class JournalFile:
    """A file to which each request is appended as a line of JSON.

    If the file is moved or removed, as by log rotation, a new one is made.
    """

    def __init__(self, path: Path) -> None:
        """Raises InputError if the file cannot be written."""
        self._path = path
        self._is_broken = False
        try:
            self._open()
        except OSError as error:
            raise InputError("--journal", f"{path} cannot be written ({error.strerror})") from None

    def add(self, request: Request) -> None:
        """Writes a request, with secrets masked."""
        if self._is_broken:
            return
        line = msgspec.json.encode({name: show(request) for name, show in MEMBERS.items()}) + b"\n"
        try:
            if self._is_elsewhere():
                self._stream.close()
                self._open()
            self._stream.write(line)
        except OSError as error:
            # The disk is full or gone, but the mock can still answer requests.
            self._is_broken = True
            complain(
                f"--journal: {self._path} cannot be written ({error.strerror}); later requests are left out"
            )

    def _open(self) -> None:
        self._stream = self._path.open("ab", buffering=0)
        self._identity = os.fstat(self._stream.fileno())

    def _is_elsewhere(self) -> bool:
        """Returns whether the path now has another file, or none."""
        try:
            return not os.path.samestat(self._path.stat(), self._identity)
        except FileNotFoundError:
            return True
