"""Reading of files that the user names, with bounds on their size and on waiting for a pipe."""

import errno
import os
import select
from pathlib import Path

_PATIENCE = 5.0
_PIECE = 1 << 20


def read_file(path: Path, largest: int) -> bytes:
    """Returns the content of a file, or of a pipe such as `<(pass show datafast)`.

    Raises OSError for more than `largest` bytes, and for a pipe that gets nothing for five seconds.
    """
    # Without O_NONBLOCK, opening a pipe waits for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb", buffering=0) as file:  # noqa: PTH123 - Path.open takes no flags
        _check(os.fstat(file.fileno()).st_size, largest)
        pieces, size = [], 0
        while piece := _piece(file.fileno()):
            pieces.append(piece)
            size += len(piece)
            _check(size, largest)
    return b"".join(pieces)


def _check(size: int, largest: int) -> None:
    if size > largest:
        raise OSError(errno.EFBIG, f"it is larger than {largest >> 20} MB")


def _piece(descriptor: int) -> bytes:
    """Returns the next piece, or no bytes at the end of the file."""
    while True:
        try:
            return os.read(descriptor, _PIECE)
        except BlockingIOError:
            if not select.select([descriptor], [], [], _PATIENCE)[0]:
                raise OSError(errno.ETIMEDOUT, "nobody writes to this pipe") from None
