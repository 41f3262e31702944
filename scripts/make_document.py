"""Writes openapi.yaml, joined from its parts in fixtures/openapi/, and openapi.json, which starts the mock.

Run by `make document`. The parts are joined as text, so that comments, order and style stay as they were
written; docs/decisions/document-in-parts.md says why.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from mock_server.assets import CONTRACT, CONTRACT_JSON, FIXTURES, checked
from mock_server.contract.document import read_document, target_of
from mock_server.data_files import read_data
from mock_server.errors import InputError

PARTS = FIXTURES / "openapi"
ROOT_PART = "root.yaml"
LIST = "x-parts"
"""The member of the root that lists the other parts, in the order in which they are joined."""

_ORDER = ("openapi", "info", "servers", "tags", "security", "paths", "components")
_JOINED = ("tags", "paths", "components")
# A part that has them is a document for an editor; those of the root count.
_FOR_EDITORS = ("openapi", "info")
_APART = ("paths", "components")
_KEY = re.compile(r"^([\w-]+):", re.MULTILINE)
_KIND_OF_COMPONENT = re.compile(r"^  ([\w-]+):", re.MULTILINE)
_ELSEWHERE = re.compile(r'(\$ref: ")[\w./-]+(?=#/)')


def main() -> None:
    """Writes both files. Raises InputError for parts that do not fit together."""
    CONTRACT.write_text(bundled(PARTS), encoding="utf-8")
    CONTRACT_JSON.write_bytes(as_json(CONTRACT))


def bundled(folder: Path) -> str:
    """The document as YAML. Raises InputError for a reference that another part does not have."""
    names = [ROOT_PART, *checked(read_data(folder / ROOT_PART)[LIST], list[str], folder / ROOT_PART)]
    _check_references(folder, names)
    texts = [(folder / name).read_text(encoding="utf-8") for name in names]
    root, *others = [_sections(text, _KEY) for text in texts]
    for name, part in zip(names[1:], others, strict=True):
        _check_keys(part, folder / name)
    sections = []
    for key in _ORDER:
        bodies = [part[key] for part in (root, *others) if key in part]
        body = "".join(bodies) if key in _JOINED else root[key]
        sections.append(f"{key}:{_components(bodies) if key == 'components' else body}\n")
    head = texts[0][: texts[0].index("openapi:")]
    whole = head + "".join("\n" + section if section.startswith(_APART) else section for section in sections)
    return _ELSEWHERE.sub(r"\1", whole)


def as_json(path: Path) -> bytes:
    """The document as JSON, a line for each member. Raises InputError for a reference that leads nowhere."""
    document = read_document(path)
    for reference in _references(document):
        target_of(document, reference, path)
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _sections(text: str, key: re.Pattern[str]) -> dict[str, str]:
    """The text after each key, without the empty lines at its end."""
    pieces = key.split(text)
    bodies = [body.rstrip("\n") for body in pieces[2::2]]
    return {
        name: "\n" + body.lstrip("\n") if body.startswith("\n") else body
        for name, body in zip(pieces[1::2], bodies, strict=True)
    }


def _components(bodies: Iterable[str]) -> str:
    """The components of all parts, those of one kind together; an empty line stands between two kinds."""
    kinds: dict[str, list[str]] = {}
    for body in bodies:
        for kind, components in _sections(body, _KIND_OF_COMPONENT).items():
            kinds.setdefault(kind, []).append(components)
    # One stands between the schemas of two parts as well: they are the longest.
    gaps = {"schemas": "\n"}
    return "\n".join(f"\n  {kind}:{gaps.get(kind, '').join(found)}" for kind, found in kinds.items())


def _check_keys(part: Iterable[str], where: Path) -> None:
    """Raises InputError for a key that only the root may have."""
    for key in part:
        if key not in (*_JOINED, *_FOR_EDITORS):
            raise InputError(where, f"`{key}` stands in {ROOT_PART} only; a part has {', '.join(_JOINED)}")


def _check_references(folder: Path, names: Iterable[str]) -> None:
    """Raises InputError for a reference whose file does not have what it names."""
    parts = {name: read_data(folder / name) for name in names}
    for name, part in parts.items():
        for reference in _references(part):
            file, _, pointer = reference.partition("#")
            target = parts.get(file or name)
            if target is None:
                raise InputError(folder / name, f"{file!r} is not in the list {LIST} of {ROOT_PART}")
            target_of(target, f"#{pointer}", folder / name)


def _references(value: Any) -> Iterator[str]:
    """All references in a value."""
    if isinstance(value, Mapping):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _references(part)


if __name__ == "__main__":
    main()
