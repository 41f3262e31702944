"""Reads users' data files, YAML 1.2 or JSON, within limits, and names the line of each error."""

import json
import os
import re
import stat
from collections.abc import Iterable
from itertools import chain
from math import inf, isfinite
from pathlib import Path
from typing import Any, NamedTuple

import yaml
from yaml.reader import ReaderError

from contract_tests.quoting import quoted
from mock_server.errors import InputError

LARGEST = 32 * 1024 * 1024
"""The maximum size of a file in bytes, and approximately of its content with all aliases expanded."""
DEEPEST = 100
"""The maximum nesting of lists and mappings.

It is limited because the functions that read and write them are recursive.
"""

_NODE_COSTS = 16
# More values would be larger than LARGEST, by what each of them costs.
_MOST_VALUES = LARGEST // _NODE_COSTS
_LONGEST_NUMBER = 400
_LARGEST_NUMBER = 10**308
_TAG = "tag:yaml.org,2002:"
_MERGE = f"{_TAG}merge"
# The patterns of plain scalars in the core schema (YAML 1.2.2, 10.3.2), and their first characters.
_PLAIN = (
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        list("-+.0123456789"),
    ),
    # Merging is not in YAML 1.2, but most readers have it and documents rely on it.
    ("merge", "<<", ["<"]),
)
_PATTERNS = {f"{_TAG}{name}": re.compile(rf"(?:{pattern})\Z") for name, pattern, _ in _PLAIN}

try:
    from yaml import CSafeLoader as SafeLoader
except ImportError:  # PyYAML was built without libyaml; its own loader is six times slower.
    from yaml import SafeLoader  # type: ignore[assignment]


def read_data(path: Path) -> Any:
    """Returns the file's content as values of JSON: keys are text, and numbers are finite.

    Raises InputError with the file, line and column.
    """
    return data_of(_text_of(read_bytes(path), path), path)


def data_of(text: str, path: Path) -> Any:
    """Returns the content of a text as values of JSON. Raises InputError, with `path` as the file."""
    try:
        return _json(text)
    except (ValueError, RecursionError) as error:
        # The file may be YAML, whose reader also gives the place of an error.
        problem = error
    try:
        return _yaml(text)
    except yaml.MarkedYAMLError as error:
        if path.suffix == ".json" and isinstance(problem, json.JSONDecodeError):
            where = f"{path}:{problem.lineno}:{problem.colno}"
            raise InputError(where, f"not valid JSON: {problem.msg}") from None
        mark = error.problem_mark
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark else str(path)
        raise InputError(place, f"not valid YAML: {error.problem}") from None
    except ReaderError as error:
        before = text[: text.index(chr(error.character))]
        place = f"{path}:{before.count(chr(10)) + 1}:{len(before) - before.rfind(chr(10))}"
        raise InputError(
            place, f"not valid YAML: the character U+{error.character:04X} is not allowed"
        ) from None
    except yaml.YAMLError as error:
        raise InputError(path, f"not valid YAML: {error}") from None


def read_bytes(path: Path) -> bytes:
    """Returns the content of a regular file. Raises InputError for a pipe, a device or a file too large."""
    # Without O_NONBLOCK, opening a pipe would wait for a writer.
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    try:
        with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - Path.open takes no flags
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise InputError(path, "this is not a regular file; copy its content into one")
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise InputError(path, error.strerror or "cannot be read") from None
    if len(content) > LARGEST:
        raise InputError(path, f"the file is larger than {LARGEST // 1024**2} MB")
    return content


def _text_of(content: bytes, path: Path) -> str:
    """Decodes a text in UTF-8, UTF-16 or UTF-32, with or without a byte order mark. Raises InputError."""
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding).removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}", f"not valid YAML: the file is not {encoding.upper()}") from None


def _json(text: str) -> Any:
    """Reads a text as JSON. Raises ValueError if it is not JSON, or RecursionError if nested too deep."""
    found = json.loads(
        text, object_pairs_hook=_members, parse_float=_float, parse_int=_int, parse_constant=_float
    )
    if r"\ud" in text.lower():
        # Half of a surrogate pair can be written as an escape, but cannot be encoded.
        json.dumps(found, ensure_ascii=False).encode()
    if is_too_deep(found):
        raise ValueError("nested too deep")
    return found


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise ValueError("a member occurs twice")
    return members


def is_too_deep(value: Any) -> bool:
    """Returns whether lists and mappings are nested deeper than DEEPEST."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = list(chain.from_iterable(map(_items_of, level)))
        if not level:
            return False
    return True


def _items_of(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _float(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = inf  # YAML writes it `.inf`
    if not isfinite(number):
        raise ValueError(f"{text[:40]} is not a number that JSON can hold")
    return number


def _int(text: str) -> int:
    number = _LARGEST_NUMBER
    if len(text) < _LONGEST_NUMBER:
        number = int(text, 0 if text.startswith(("0x", "0o")) else 10)
    if abs(number) >= _LARGEST_NUMBER:
        raise ValueError(f"{text[:40]}… is not a number that JSON can hold")
    return number


def _yaml(text: str) -> Any:
    loader = _Loader(text)
    try:
        node = loader.get_single_node()
        return None if node is None else _Construction().of(node).value
    except RecursionError:
        raise yaml.YAMLError(f"it is nested deeper than {DEEPEST} levels") from None
    finally:
        loader.dispose()


class _Loader(SafeLoader):
    """A YAML loader with the core schema; `_Construction` makes the values of its nodes."""

    _values = 0

    def descend_resolver(self, current_node: yaml.Node | None, current_index: Any) -> None:
        """Counts the values, because their nodes are all in memory before any value is made.

        The loader calls this for each node; the index of a key is None. Raises MarkedYAMLError.
        """
        if current_node is not None and current_index is not None:
            self._values += 1
            if self._values > _MOST_VALUES:
                raise _fault(current_node, f"the file has more than {_MOST_VALUES:,} values")


_Loader.yaml_implicit_resolvers = {}
for _name, _, _firsts in _PLAIN:
    _Loader.add_implicit_resolver(f"{_TAG}{_name}", _PATTERNS[f"{_TAG}{_name}"], _firsts)


class _Value(NamedTuple):
    """A value, its size with aliases expanded, and the depth of its nesting."""

    value: Any
    size: int
    height: int


class _Construction:
    """A constructor that makes the value of each node once, however many aliases it has.

    Raises MarkedYAMLError.
    """

    def __init__(self) -> None:
        self._made: dict[yaml.Node, _Value] = {}
        self._open: set[yaml.Node] = set()
        self._merged = 0

    def of(self, node: yaml.Node) -> _Value:
        """Returns the value of a node."""
        if isinstance(node, yaml.ScalarNode):
            return _Value(_scalar(node), len(node.value) + _NODE_COSTS, 0)
        if node in self._made:
            return self._made[node]
        if node in self._open:
            raise _fault(node, "this contains itself, by an alias")
        self._open.add(node)
        made = self._list(node) if isinstance(node, yaml.SequenceNode) else self._mapping(node)
        self._open.remove(node)
        if made.height > DEEPEST:
            raise _fault(node, f"this is nested deeper than {DEEPEST} levels")
        if made.size > LARGEST:
            raise _too_large(node)
        self._made[node] = made
        return made

    def _list(self, node: yaml.SequenceNode) -> _Value:
        _expect(node, "seq")
        parts = [self.of(part) for part in node.value]
        return _whole([part.value for part in parts], parts)

    def _mapping(self, node: yaml.Node) -> _Value:
        """Makes a mapping; its keys are texts as written (OpenAPI 3.1, 4.3), even `on`, `200` and `null`."""
        _expect(node, "map")
        own: dict[str, Any] = {}
        merged: list[dict[str, Any]] = []
        parts = []
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _fault(key, "a key is text, not a list or a mapping")
            part = self.of(value)
            parts.append(part._replace(size=part.size + len(key.value)))
            mappings = _mappings(part.value) if key.tag == _MERGE else None
            if mappings is not None:
                merged += mappings
                self._copy(part.size, node)
            elif key.value in own:
                raise _fault(key, f"{quoted(key.value[:200])} occurs twice")
            else:
                own[key.value] = part.value
        return _whole(_joined([*reversed(merged), own]), parts)

    def _copy(self, size: int, node: yaml.Node) -> None:
        """Counts what is merged, since merging copies: the copies exist before the whole is measured."""
        self._merged += size
        if self._merged > LARGEST:
            raise _too_large(node)


def _joined(mappings: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Returns a mapping with the members of all mappings; later ones replace earlier ones."""
    joined: dict[str, Any] = {}
    for mapping in mappings:
        joined |= mapping
    return joined


def _whole(value: Any, parts: list[_Value]) -> _Value:
    size = sum([part.size for part in parts]) + _NODE_COSTS
    return _Value(value, size, 1 + max([part.height for part in parts], default=0))


def _mappings(value: Any) -> list[dict[str, Any]] | None:
    """Returns the mappings in the value of a merge key `<<`.

    None for any other value; the key is then an ordinary one.
    """
    found = value if isinstance(value, list) else [value]
    return found if all(isinstance(one, dict) for one in found) else None


def _scalar(node: yaml.ScalarNode) -> Any:
    text, kind = node.value, node.tag.removeprefix(_TAG)
    if kind in ("str", "merge"):
        return text
    pattern = _PATTERNS.get(node.tag)
    if pattern is None:
        raise _fault(
            node, f"the tag {quoted(node.tag[:200])} is not allowed: a value must be one that JSON has"
        )
    if pattern.fullmatch(text) is None:
        raise _fault(node, f"{quoted(text[:40])} is not a valid {kind}")
    try:
        return _OF_TEXT[kind](text)
    except ValueError as error:
        raise _fault(node, str(error)) from None


_OF_TEXT = {"null": lambda _: None, "bool": lambda text: text.lower() == "true", "int": _int, "float": _float}


def _expect(node: yaml.Node, kind: str) -> None:
    if node.tag != f"{_TAG}{kind}":
        raise _fault(
            node, f"the tag {quoted(node.tag[:200])} is not allowed: a value must be one that JSON has"
        )


def _too_large(node: yaml.Node) -> yaml.MarkedYAMLError:
    return _fault(node, f"with its aliases this is larger than {LARGEST // 1024**2} MB")


def _fault(node: yaml.Node, problem: str) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, node.start_mark)
