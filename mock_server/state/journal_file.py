"""The journal on disk, with a line of JSON for each request."""

import errno
import os
import stat
from pathlib import Path

import msgspec

from mock_server.errors import InputError
from mock_server.state.entries import Request
from mock_server.state.showing import MEMBERS
from mock_server.streams import complain

# Windows has no such flag, and no pipes with a path.
_NO_WAITING = getattr(os, "O_NONBLOCK", 0)


class JournalFile:
    """A file to which each request is appended as a line of JSON.

    If the file is moved or removed, as by log rotation, a new one is made. It may be a pipe with a reader.
    """

    def __init__(self, path: Path) -> None:
        """Raises InputError if the file cannot be written."""
        self._path = path
        self._is_broken = False
        try:
            self._open()
        except OSError as error:
            raise InputError("--journal", f"{path} cannot be written ({_reason(error)})") from None

    def add(self, request: Request) -> None:
        """Writes a request, with secrets masked."""
        if self._is_broken:
            return
        line = msgspec.json.encode({name: show(request) for name, show in MEMBERS.items()}) + b"\n"
        try:
            if self._is_elsewhere():
                self._stream.close()
                self._open()
            if self._stream.write(line) != len(line) and stat.S_ISFIFO(self._identity.st_mode):
                raise BlockingIOError(errno.EAGAIN, "what reads it does not keep up")
        except OSError as error:
            # The disk is full or gone, but the mock can still answer requests.
            self._is_broken = True
            complain(
                f"--journal: {self._path} cannot be written ({_reason(error)}); later requests are left out"
            )

    def _open(self) -> None:
        self._stream = open(self._path, "ab", buffering=0, opener=_opened)  # noqa: SIM115 - has an opener
        self._identity = os.fstat(self._stream.fileno())

    def _is_elsewhere(self) -> bool:
        """Returns whether the path now has another file, or none."""
        try:
            return not os.path.samestat(self._path.stat(), self._identity)
        except FileNotFoundError:
            return True


def _opened(path: str, flags: int) -> int:
    """Opens a file without waiting: for a pipe, neither the start nor an answer waits for its reader."""
    return os.open(path, flags | _NO_WAITING, 0o666)


def _reason(error: OSError) -> str | None:
    return "it is a pipe that nobody reads" if error.errno == errno.ENXIO else error.strerror
