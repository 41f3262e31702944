"""Where the contract and the fixtures lie, in a checkout as in an installed wheel, and how they are read."""

import csv
from collections.abc import Iterator
from math import isfinite
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import yaml
from yaml.constructor import ConstructorError

from mock_server.errors import InputError

_T = TypeVar("_T")

_PACKAGE = Path(__file__).parent
# The wheel carries both inside the package; in a checkout they lie beside it.
ROOT = _PACKAGE if (_PACKAGE / "openapi.yaml").exists() else _PACKAGE.parent
CONTRACT = ROOT / "openapi.yaml"
FIXTURES = ROOT / "fixtures"

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml: six times slower, all else the same
    from yaml import SafeLoader  # type: ignore[assignment]


class _TextLoader(SafeLoader):
    """A safe loader that leaves dates as text: the API's instants are strings."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping. Of two equal keys PyYAML alone would take the last one, without a word."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if (key.tag, key.value) in seen:
                    raise ConstructorError(None, None, f"{key.value!r} is there twice", key.start_mark)
                seen.add((key.tag, key.value))
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found


_TextLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in SafeLoader.yaml_implicit_resolvers.items()
}


def _finite(loader: SafeLoader, node: yaml.ScalarNode) -> float:
    number: float = loader.construct_yaml_float(node)
    if not isfinite(number):
        raise ConstructorError(None, None, f"{node.value} is no number to count with", node.start_mark)
    return number


_TextLoader.add_constructor("tag:yaml.org,2002:float", _finite)


def read_yaml(path: Path) -> Any:
    """The file's content as plain values. Raises InputError that names file, line and column."""
    try:
        return yaml.load(path.read_bytes(), Loader=_TextLoader)  # noqa: S506 - a subclass of the safe loader
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(place, f"no valid YAML: {error.problem}") from None
    except yaml.YAMLError as error:
        raise InputError(path, f"no valid YAML: {' '.join(str(error).split())}") from None


def read_record(path: Path, kind: type[_T]) -> _T:
    """The YAML file as a checked value of `kind`. Raises InputError that names file and place in it."""
    return checked(read_yaml(path), kind, path)


def checked(value: Any, kind: type[_T], where: object) -> _T:
    """Plain values as a `kind`. Raises InputError that names the place in them."""
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        problem, _, place = str(error).partition(" - at ")
        raise InputError(f"{where}: {place.strip('`') or '$'}", problem) from None


def read_rows(path: Path, *columns: str) -> Iterator[tuple[str, ...]]:
    """These columns of each row of a CSV file with a header line."""
    with path.open(newline="", encoding="utf-8") as lines:
        rows = csv.reader(lines)
        header = next(rows)
        yield from map(itemgetter(*map(header.index, columns)), rows)
