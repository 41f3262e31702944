"""openapi.yaml as the kit needs it: pages, operations, and one row for each documented member."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import yaml

from contract_tests.exchange import Json
from contract_tests.pointers import ANY_ITEM

_PACKAGE = Path(__file__).parent
# In a checkout the document lies beside the package, in an installation inside the mock's.
_PLACES = (_PACKAGE.parent / "openapi.yaml", _PACKAGE.parent / "mock_server" / "openapi.yaml")
DOCUMENT = next(place for place in _PLACES if place.exists())

# What a member's own row says of it; what lies below has rows of its own.
_SHALLOW = ("type", "const", "enum", "pattern", "format", "minimum", "maximum", "minItems", "maxItems")


@dataclass(frozen=True, slots=True)
class Row:
    """A documented member of an operation's answer.

    `place` is the path from the root, `*` for any item of a list; `schema` says what the value itself may be.
    """

    id: str
    operation: str
    place: tuple[str, ...]
    schema: Mapping[str, Any]
    description: str
    source: str
    standing: str
    is_required: bool
    revision: str | None


@cache
def document() -> Json:
    """The whole document as plain values."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(DOCUMENT.read_bytes(), Loader=loader)  # noqa: S506 - one of the two safe loaders


@cache
def _text() -> str:
    return DOCUMENT.read_text(encoding="utf-8").lower()


@cache
def rows() -> tuple[Row, ...]:
    """Every member of a successful answer that carries an `x-clause`, in the order of the document."""
    return tuple(
        row
        for item in document()["paths"].values()
        for row in _rows_of(item["get"]["operationId"], item["get"]["responses"]["200"])
    )


def is_documented(word: str) -> bool:
    """Whether a word stands in the document, in capitals or in small letters: it is no secret then."""
    return word.lower() in _text()


def operation_of(path: str) -> tuple[str, dict[str, str]] | None:
    """The operation that a URL's path ends with, with its path parameters; None for none of the document."""
    for template, item in document()["paths"].items():
        # A parameter is one segment, as clients encode it.
        pattern = re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(template))
        found = re.search(f"{pattern}/?$", path)
        if found:
            parameters = {name: unquote(value) for name, value in found.groupdict().items()}
            return item["get"]["operationId"], parameters
    return None


def page_of(source: str) -> str:
    """A source in words: `001 Response` becomes the page's title and the heading on it."""
    number, _, heading = source.partition(" ")
    page = document()["info"]["x-pages"].get(number)
    return f"“{page['title']}” ({page['revision']}), {heading}" if page else source


def _rows_of(operation: str, response: Json) -> Iterator[Row]:
    schema = response["content"]["application/json"]["schema"]
    yield from _members(operation, (), _resolved(schema), None)


def _members(operation: str, place: tuple[str, ...], schema: Json, revision: str | None) -> Iterator[Row]:
    """The rows below an object or a list."""
    for branch, marked in _branches(schema, revision):
        for name, reference in branch.get("properties", {}).items():
            member = _resolved(reference)
            own = member.get("x-revision", marked)
            if "x-clause" in member:
                yield _row(operation, (*place, name), member, name in branch.get("required", ()), own)
            yield from _members(operation, (*place, name), member, own)
        if "items" in branch:
            yield from _members(operation, (*place, ANY_ITEM), _resolved(branch["items"]), marked)


def _branches(schema: Json, revision: str | None) -> Iterator[tuple[Json, str | None]]:
    """The schema, or the alternatives that it offers, each with the revision that has it."""
    for branch in map(_resolved, schema.get("anyOf", [schema])):
        yield branch, branch.get("x-revision", revision)


def _row(
    operation: str, place: tuple[str, ...], member: Json, is_required: bool, revision: str | None
) -> Row:
    return Row(
        member["x-clause"],
        operation,
        place,
        _shallow(member),
        member["description"],
        member.get("x-source", ""),
        member.get("x-standing", "page"),
        # Nobody says that what is null may not be left out.
        is_required and "null" not in _kinds(member),
        revision,
    )


def _shallow(member: Json) -> dict[str, Any]:
    """What may be said of the value without looking into it."""
    if "anyOf" in member:
        branches = [_resolved(branch) for branch in member["anyOf"]]
        kinds = [kind for branch in branches for kind in _kinds(branch)]
        return {"type": kinds}
    return {name: member[name] for name in _SHALLOW if name in member}


def _kinds(schema: Json) -> list[str]:
    kind = schema.get("type", "object")
    return kind if isinstance(kind, list) else [kind]


def _resolved(part: Json) -> Json:
    """What a part refers to, with what it says itself on top."""
    if "$ref" not in part:
        return part
    target = document()
    for name in part["$ref"].removeprefix("#/").split("/"):
        target = target[name]
    return {**_resolved(target), **{name: value for name, value in part.items() if name != "$ref"}}
