"""Checks of the files that a run is to write, so that it does not overwrite files of other programs."""

import re
from collections.abc import Collection
from pathlib import Path

_BEGINNING = 4096
# Patterns for the beginning of a file that the kit wrote, by its kind.
MARKS = {
    "json": r'\{\s*"version": \d+,\s*"tool": \{\s*"name": "datafast-mock"',
    "junit": r'<\?xml [^>]*>\s*<testsuite name="datafast contract" ',
    "markdown": r"### [^\n]* DataFast contract: ",
    "html": r"<!DOCTYPE html>.*<title>[^<]* DataFast contract of ",
    "sarif": r'\{\s*"\$schema": "[^"]*sarif[^"]*",\s*"version": "2\.1\.0",\s*"runs": \[\s*\{\s*"tool": \{'
    r'\s*"driver": \{\s*"name": "datafast-mock"',
    "annotations": r"::(?:error|notice) title=DataFast contract::",
    "har": r'\{\s*"log": \{\s*"version": "1\.2",\s*"creator": \{\s*"name": "datafast-mock"',
}


class TargetError(Exception):
    """An error for a file that must not be written; the text says why."""


def check_target(kind: str, path: Path, others: Collection[Path]) -> None:
    """Raises TargetError if the path is a folder, one of the paths in `others`, or another program's file.

    `kind` is a kind of report, or `har`. Any pipe or device may be written to.
    """
    try:
        if path.is_dir():
            raise TargetError("this is a folder; a file is expected")
        above = next(folder for folder in path.parents if folder.exists())
        if not above.is_dir():
            raise TargetError(f"{above} is not a folder")
        if path.exists() and not path.is_file():
            return
        if path.resolve() in [other.resolve() for other in others]:
            raise TargetError("this file is given twice; each report needs a file of its own")
        if path.exists() and not _is_ours(kind, path):
            raise TargetError(
                f"this file exists already, and it is not a {kind} file that datafast-mock wrote"
            )
    except OSError as error:
        raise TargetError(error.strerror or "this cannot be read") from None


def _is_ours(kind: str, path: Path) -> bool:
    """Returns whether a file is empty, or begins like a file of this kind that the kit wrote."""
    with path.open("rb") as file:
        beginning = file.read(_BEGINNING).decode("utf-8", errors="replace")
    return not beginning or re.match(MARKS[kind], beginning, re.DOTALL) is not None
