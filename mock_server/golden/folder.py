"""The folder of golden files and their index; files in it that others wrote are never changed."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from mock_server.data_files import read_bytes
from mock_server.errors import InputError

INDEX = "index.json"
GENERATOR = "datafast-mock fixtures"
"""The name that marks an index, and so its folder, as ours."""


def listed_in(folder: Path) -> set[str]:
    """Returns the paths in the index of an earlier run, and the index; empty for a new or empty folder.

    Raises InputError for a folder with files but without an index of ours.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError("--out", f"{folder} is not a folder; nothing was written")
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return set()
        index = msgspec.json.decode(read_bytes(folder / INDEX), type=_Index)
    except (OSError, InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        index = _Index()
    if index.generator != GENERATOR:
        problem = (
            f"{folder} is not empty, and it has no {INDEX} that datafast-mock wrote; nothing was written"
        )
        raise InputError("--out", problem)
    return {INDEX, *(row.path for row in index.files if _is_inside(row.path))}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Writes the files, which include the index, and removes others that an earlier index lists.

    Raises InputError, before anything is written, if a file that is not ours would be replaced.
    """
    listed = listed_in(folder)
    strangers = [name for name in files if name not in listed and os.path.lexists(folder / name)]
    # A file behind a link is not ours, whatever the index says.
    strangers += [name for name in sorted({*files, *listed}) if _is_behind_a_link(folder, name)]
    if strangers:
        raise InputError(
            "--out",
            f"{folder / strangers[0]} exists, and datafast-mock did not write it; nothing was written",
        )
    try:
        _remove(folder, listed - files.keys())
        # The index is written first, so that after an interruption the files are known to be ours.
        for name in sorted(files, key=lambda name: (name != INDEX, name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # The earlier file may have a second name, as a hard link, whose content must stay.
            (folder / name).unlink(missing_ok=True)
            (folder / name).write_bytes(files[name])
    except OSError as error:
        raise InputError("--out", f"{error.filename}: {error.strerror}") from None


class _Row(msgspec.Struct):
    path: str


class _Index(msgspec.Struct):
    """The members that are read from an earlier index; a file without them is not an index of ours."""

    generator: str = ""
    files: list[_Row] = []


def _is_inside(path: str) -> bool:
    """Returns whether a path from an index, which may have been edited, is inside the folder."""
    parts = PurePosixPath(path).parts
    # Our own names have none of the characters that are special on some system, such as Windows.
    return parts != () and not {"/", ".."} & {*parts} and not {"\\", ":", "\0"} & {*path}


def _is_behind_a_link(folder: Path, name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(folder.joinpath(*parts[: n + 1]).is_symlink() for n in range(len(parts)))


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Removes files, and folders that are empty after that."""
    for name in sorted(names):
        path = folder / name
        path.unlink(missing_ok=True)
        for parent in list(path.parents)[: len(PurePosixPath(name).parents) - 1]:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
