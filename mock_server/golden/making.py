"""Makes all golden files and their index, for a choice of websites and revisions."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from contract_tests.quoting import quoted
from mock_server import __version__
from mock_server.contract.document import REVISIONS
from mock_server.errors import InputError
from mock_server.golden.answers import answers_of
from mock_server.golden.asking import Mock, indented
from mock_server.golden.errors import errors_of
from mock_server.golden.file import Golden, row_of
from mock_server.golden.folder import GENERATOR, INDEX, listed_in, write_folder

LARGEST = 512 * 1024
"""The largest answer, in bytes, that is written if its website was not chosen by name."""

# The websites whose reports are written even if the user did not name a website.
_WITH_REPORTS = ("demo", "edge_cases")


@dataclass(frozen=True, slots=True)
class Choice:
    """The files to make: empty `sites` or `revisions` mean all of them; `now` is in ms since the epoch."""

    seed: int
    now: int
    sites: tuple[str, ...] = ()
    revisions: tuple[str, ...] = ()


def write_fixtures(folder: Path, choice: Choice) -> int:
    """Writes the files and their index into a folder, and returns their number. Raises InputError."""
    # The folder is checked first, so that an error does not come after a long wait.
    listed_in(folder)
    files = make_files(choice)
    write_folder(folder, files)
    return len(files)


def make_files(choice: Choice) -> dict[str, bytes]:
    """Makes all files and the index, by path. Raises InputError for an unknown site or revision."""
    revisions = dict.fromkeys(choice.revisions or REVISIONS)
    mocks = [Mock(choice.seed, revision, choice.now) for revision in revisions]
    _check_sites(mocks[0], choice)
    goldens = list(_all_goldens(mocks, choice))
    too_large = [golden for golden in goldens if _is_too_large(golden, choice)]
    kept = [golden for golden in goldens if golden not in too_large]
    index = _index(mocks, choice, kept, too_large)
    assert len({golden.path for golden in kept}) == len(kept), "every file has a name of its own"
    return {
        INDEX: indented(msgspec.json.encode(index)),
        **{golden.path: golden.answer.body for golden in kept},
    }


def _check_sites(mock: Mock, choice: Choice) -> None:
    known = [row["name"] for row in mock.sites]
    for name in choice.sites:
        if name not in known:
            raise InputError("--site", f"there is no {quoted(name)}; known: {', '.join(known)}")


def _all_goldens(mocks: list[Mock], choice: Choice) -> Iterator[Golden]:
    for mock in mocks:
        for row in mock.sites:
            if not choice.sites or row["name"] in choice.sites:
                with_reports = bool(choice.sites) or row["name"] in _WITH_REPORTS
                yield from answers_of(mock, row, with_reports=with_reports)
    yield from errors_of(mocks[0])


def _is_too_large(golden: Golden, choice: Choice) -> bool:
    return not choice.sites and len(golden.answer.body) > LARGEST


def _index(mocks: list[Mock], choice: Choice, kept: list[Golden], left_out: list[Golden]) -> dict[str, Any]:
    instant = mocks[0].instant
    return {
        "generator": GENERATOR,
        "version": __version__,
        "seed": choice.seed,
        "instant": instant,
        "files": [row_of(golden, instant) for golden in kept],
        "leftOut": [_left_out(golden) for golden in left_out],
    }


def _left_out(golden: Golden) -> dict[str, Any]:
    """Returns the row of a file that is left out, with the option that writes it."""
    size = len(golden.answer.body)
    why = f"{size / 1_000_000:.1f} MB are too much by default; `--site {golden.site}` writes it."
    return {"path": golden.path, "why": why}
