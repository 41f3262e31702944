"""Line numbers in openapi.yaml: where an operation or a member of its answer is described."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

import yaml

from contract_tests.document import DOCUMENT, document
from contract_tests.documented import Operation
from contract_tests.pointers import ANY_ITEM

_JSON = "application/json"


class _Part(NamedTuple):
    """A part of the document. `line` is the line with its name, counted from 1."""

    line: int
    members: Mapping[str, "_Part"]
    items: Sequence["_Part"]
    text: str


def line_of(operation: str | None, pointer: str) -> int:
    """Returns the line that describes a value in a successful answer of an operation, counted from 1.

    `pointer` is a JSON pointer; empty for the whole answer. If the document does not describe the value, the
    line of the nearest part around it is returned; for an unknown operation, 1.
    """
    found = document().operations.get(operation or "")
    if found is None:
        return 1
    described = _at(_root(), ("paths", found.path, found.method.lower()))
    below = (_deepest(schema, _steps(pointer)) for schema in _schemas(described, found))
    return next(filter(None, below), described.line)


def _schemas(described: _Part, operation: Operation) -> Iterator[_Part]:
    """Yields the schemas of the operation's successful answers; some answers have none."""
    for status in sorted(operation.successes):
        answer = _resolved(_at(described, ("responses", str(status))))
        if "content" in answer.members:
            yield _at(answer, ("content", _JSON, "schema"))


def _steps(pointer: str) -> list[str]:
    names = (name.replace("~1", "/").replace("~0", "~") for name in pointer.split("/")[1:])
    return [ANY_ITEM if name.isdecimal() else name for name in names]


def _deepest(schema: _Part, steps: Sequence[str]) -> int | None:
    """Returns the line of the last step that a schema describes; None if it does not describe the first."""
    if not steps:
        return None
    for branch in _branches(schema):
        items = {ANY_ITEM: branch.members["items"]} if "items" in branch.members else {}
        properties = branch.members["properties"].members if "properties" in branch.members else {}
        found = {**properties, **items}.get(steps[0])
        if found is not None:
            return _deepest(found, steps[1:]) or found.line
    return None


def _branches(schema: _Part) -> Iterator[_Part]:
    """Yields a schema, or each of its alternatives."""
    whole = _resolved(schema)
    yield from map(_resolved, whole.members["anyOf"].items if "anyOf" in whole.members else [whole])


def _resolved(part: _Part) -> _Part:
    """Returns the part that a reference names; the part itself if it is no reference."""
    if "$ref" not in part.members:
        return part
    return _resolved(_at(_root(), part.members["$ref"].text.removeprefix("#/").split("/")))


def _at(part: _Part, names: Iterable[str]) -> _Part:
    """Returns the part at the end of a path of names."""
    for name in names:
        part = part.members[name]
    return part


@cache
def _root() -> _Part:
    text = DOCUMENT.with_suffix(".yaml").read_text(encoding="utf-8")
    node = yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    assert node is not None, "the document is not empty"
    return _part(node, 1)


def _part(node: yaml.Node, line: int) -> _Part:
    if isinstance(node, yaml.MappingNode):
        members = {key.value: _part(value, key.start_mark.line + 1) for key, value in node.value}
        return _Part(line, members, (), "")
    if isinstance(node, yaml.SequenceNode):
        return _Part(line, {}, [_part(item, item.start_mark.line + 1) for item in node.value], "")
    return _Part(line, {}, (), node.value)
