"""The paths of the document and the fixtures, in a checkout or a wheel, and functions that read files."""

import csv
from collections.abc import Iterator
from operator import itemgetter
from pathlib import Path
from typing import TypeVar

from mock_server.data_files import read_data
from mock_server.records import checked

_T = TypeVar("_T")

_PACKAGE = Path(__file__).parent
# Document and fixtures are inside the package in a wheel, and beside it in a checkout.
ROOT = _PACKAGE if (_PACKAGE / "openapi.yaml").exists() else _PACKAGE.parent
CONTRACT = ROOT / "openapi.yaml"
"""The OpenAPI document that users read; `make document` writes it."""
CONTRACT_JSON = ROOT / "openapi.json"
"""The same document as JSON, which is much faster to read at the start."""
FIXTURES = ROOT / "fixtures"


def read_record(path: Path, kind: type[_T]) -> _T:
    """Returns a YAML file as a checked value of `kind`. Raises InputError with the file and the place."""
    return checked(read_data(path), kind, path)


def read_rows(path: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    """Yields the given columns of each row of a CSV file with a header line."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        yield from map(itemgetter(*map(header.index, columns)), rows)
