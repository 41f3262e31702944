"""Writes openapi.yaml, joined from its parts in fixtures/openapi/, and openapi.json, which the mock loads.

Run by `make document`. The parts are joined as text, so that comments, order and style stay as they were
written; docs/decisions/document-in-parts.md says why.
"""

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from mock_server.assets import CONTRACT, CONTRACT_JSON, FIXTURES
from mock_server.contract.document import target_of
from mock_server.data_files import data_of, read_data
from mock_server.errors import InputError
from mock_server.records import checked

PARTS = FIXTURES / "openapi"
ROOT_PART = "root.yaml"
LIST = "x-parts"
"""The member of the root that lists the other parts, in the order in which they are joined."""

_ORDER = ("openapi", "info", "servers", "tags", "security", "paths", "components")
_JOINED = ("tags", "paths", "components")
# The keys that every part may have, so that editors accept it as a document; only those of the root are used.
_FOR_EDITORS = ("openapi", "info")
_APART = ("paths", "components")
_KEY = re.compile(r"^([\w-]+):", re.MULTILINE)
_KIND_OF_COMPONENT = re.compile(r"^  ([\w-]+):", re.MULTILINE)
_ELSEWHERE = re.compile(r'(\$ref: ")[\w./-]+(?=#/)')


def main() -> None:
    """Writes both files. If the parts have an error, exits with it."""
    try:
        text = joined(PARTS)
    except InputError as error:
        sys.exit(str(error))
    CONTRACT.write_text(text, encoding="utf-8")
    CONTRACT_JSON.write_bytes(as_json(text))


def joined(folder: Path) -> str:
    """Returns the document as YAML. Raises InputError for inconsistent parts."""
    listed = checked(read_data(folder / ROOT_PART)[LIST], list[str], folder / ROOT_PART)
    parts = [_part(folder / name) for name in (ROOT_PART, *listed)]
    _check_references({part.path.name: part for part in parts})
    text = parts[0].head
    for key in _ORDER:
        bodies = [part.sections[key] for part in parts if key in part.sections]
        if key == "components":
            body = _components(bodies)
        else:
            body = "".join(bodies) if key in _JOINED else bodies[0]
        text += ("\n" if key in _APART else "") + f"{key}:{body}\n"
    text = _ELSEWHERE.sub(r"\1", text)
    document = data_of(text, CONTRACT)
    _check_nothing_is_lost(document, parts)
    for reference in _references(document):
        # A reference that is not in double quotes still names its file, and so is not found.
        target_of(document, reference, CONTRACT)
    return text


def as_json(text: str) -> bytes:
    """Returns the document as JSON, a line for each member."""
    return msgspec.json.format(msgspec.json.encode(data_of(text, CONTRACT)), indent=1) + b"\n"


class _Part(NamedTuple):
    """A part of the document, as values and as text.

    `head` is the text before the first key, and `sections` the text after each key.
    """

    path: Path
    values: dict[str, Any]
    head: str
    sections: dict[str, str]


def _part(path: Path) -> _Part:
    """Returns a part. Raises InputError for a key that only the root may have."""
    values = checked(read_data(path), dict[str, Any], path)
    for key in values:
        if path.name != ROOT_PART and key not in (*_JOINED, *_FOR_EDITORS):
            raise InputError(path, f"`{key}` stands in {ROOT_PART} only; a part has {', '.join(_JOINED)}")
    text = path.read_text(encoding="utf-8")
    return _Part(path, values, _KEY.split(text)[0], _sections(text, _KEY))


def _sections(text: str, key: re.Pattern[str]) -> dict[str, str]:
    """Returns the text after each key, without the empty lines at its end."""
    pieces = key.split(text)
    bodies = [body.rstrip("\n") for body in pieces[2::2]]
    return {
        name: "\n" + body.lstrip("\n") if body.startswith("\n") else body
        for name, body in zip(pieces[1::2], bodies, strict=True)
    }


def _components(bodies: Iterable[str]) -> str:
    """Returns the components of all parts, grouped by kind, with an empty line between two kinds."""
    kinds: dict[str, list[str]] = {}
    for body in bodies:
        for kind, components in _sections(body, _KIND_OF_COMPONENT).items():
            kinds.setdefault(kind, []).append(components)
    # Schemas are long, so an empty line also separates the schemas of two parts.
    gaps = {"schemas": "\n"}
    return "\n".join(f"\n  {kind}:{gaps.get(kind, '').join(found)}" for kind, found in kinds.items())


def _check_references(parts: Mapping[str, _Part]) -> None:
    """Raises InputError for a reference to something that does not exist in the file that it names."""
    for name, part in parts.items():
        for reference in _references(part.values):
            file, _, pointer = reference.partition("#")
            if file and file not in parts:
                raise InputError(part.path, f"{file!r} is not in the list {LIST} of {ROOT_PART}")
            target_of(parts[file or name].values, f"#{pointer}", part.path)


def _check_nothing_is_lost(document: Mapping[str, Any], parts: Iterable[_Part]) -> None:
    """Raises InputError if a part's path or component is missing in the whole document."""
    for part in parts:
        found = {"paths": part.values.get("paths", {}), **part.values.get("components", {})}
        whole = {"paths": document["paths"], **document["components"]}
        for kind, named in found.items():
            for name in named:
                if name not in whole.get(kind, {}):
                    raise InputError(part.path, f"{kind}: {name} is lost; is it indented as in other parts?")


def _references(value: Any) -> Iterator[str]:
    """Yields all references in a value."""
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


if __name__ == "__main__":
    main()
