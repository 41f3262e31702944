"""Golden files in a folder: written with their index, without ever touching what is not ours."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from mock_server.data_files import read_bytes
from mock_server.errors import InputError

INDEX = "index.json"
GENERATOR = "datafast-mock fixtures"
"""By this name in an index a folder is known as ours."""


def listed_in(folder: Path) -> set[str]:
    """The files that an earlier index of ours lists, itself included: none in a new or an empty folder.

    Raises InputError for a folder that is somebody else's.
    """
    try:
        if not folder.exists() or not any(folder.iterdir()):
            return set()
        index = msgspec.json.decode(read_bytes(folder / INDEX), type=_Index)
    except (OSError, InputError, msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        index = _Index()
    if index.generator != GENERATOR:
        problem = f"{folder} is neither empty nor a folder with an {INDEX} of ours; nothing was written"
        raise InputError("--out", problem)
    return {INDEX, *(row.path for row in index.files if _is_inside(row.path))}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> None:
    """Makes the folder hold these files, the index among them, and no others that an earlier index lists.

    Raises InputError, before anything is written, where a file that is not ours is in the way.
    """
    listed = listed_in(folder)
    strangers = [name for name in files if name not in listed and os.path.lexists(folder / name)]
    # What is behind a link is not ours, whatever the index says.
    strangers += [name for name in sorted({*files, *listed}) if _is_behind_a_link(folder, name)]
    if strangers:
        raise InputError("--out", f"{folder / strangers[0]} is in the way and not ours; nothing was written")
    try:
        _remove(folder, listed - files.keys())
        # The index comes first: should we be interrupted, the rest is known to be ours.
        for name in sorted(files, key=lambda name: (name != INDEX, name)):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            # Somebody may have made a second name for what we wrote before.
            (folder / name).unlink(missing_ok=True)
            (folder / name).write_bytes(files[name])
    except OSError as error:
        raise InputError("--out", f"{error.filename}: {error.strerror}") from None


class _Row(msgspec.Struct):
    path: str


class _Index(msgspec.Struct):
    """What is read of an earlier index; a file that says none of it is no index of ours."""

    generator: str = ""
    files: list[_Row] = []


def _is_inside(path: str) -> bool:
    """Whether a path stays in the folder; somebody may have edited the index."""
    parts = PurePosixPath(path).parts
    # Neither of our names has a sign that Windows, or no system at all, reads as something else.
    return parts != () and not {"/", ".."} & {*parts} and not {"\\", ":", "\0"} & {*path}


def _is_behind_a_link(folder: Path, name: str) -> bool:
    parts = PurePosixPath(name).parts
    return any(folder.joinpath(*parts[: n + 1]).is_symlink() for n in range(len(parts)))


def _remove(folder: Path, names: Iterable[str]) -> None:
    """Removes files, and the folders that they leave empty."""
    for name in sorted(names):
        path = folder / name
        path.unlink(missing_ok=True)
        for parent in list(path.parents)[: len(PurePosixPath(name).parents) - 1]:
            if parent.is_dir() and not any(parent.iterdir()):
                parent.rmdir()
