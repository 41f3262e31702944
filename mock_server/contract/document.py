"""Reads the OpenAPI document, follows its references, narrows it to a revision and writes it as text."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
import yaml
from msgspec import UNSET

from contract_tests.quoting import quoted
from mock_server.assets import CONTRACT, CONTRACT_JSON
from mock_server.data_files import read_data
from mock_server.errors import InputError
from mock_server.pointers import key_of

REVISION_2026_02 = "2026-02"
REVISION_2026_06 = "2026-06"
REVISIONS = (REVISION_2026_02, REVISION_2026_06)
"""The revisions of the documentation that the document describes, the oldest first."""

MARK = "x-revision"
"""The member that names the only revision to which a part of the document belongs."""

_MOST_STEPS = 32
# The number of names in a component's pointer: `components`, its kind and its own name.
_WHOLE = 3
# A name that no member of a document has.
_PART = "x-part"


def load_document() -> dict[str, Any]:
    """Returns the mock's own document as plain values, read from the JSON that `make document` writes."""
    document: dict[str, Any] = msgspec.json.decode(CONTRACT_JSON.read_bytes())
    return document


def read_document(path: Path) -> dict[str, Any]:
    """Returns a user's OpenAPI document as plain values. Raises InputError if it is not OpenAPI 3."""
    document = read_data(path)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise InputError(path, "this is not an OpenAPI 3 document: `openapi: 3.…` is missing")
    if not isinstance(document.get("paths"), dict):
        raise InputError(path, "the document has no `paths`")
    return document


def resolved(document: Mapping[str, Any], part: Any, where: object) -> Any:
    """Returns a part of a document, or the target of its `$ref`.

    Raises InputError if the target does not exist.
    """
    for _ in range(_MOST_STEPS):
        if not (isinstance(part, Mapping) and "$ref" in part):
            return part
        part = target_of(document, str(part["$ref"]), where)
    raise InputError(where, "a reference refers to itself")


def referred(document: Mapping[str, Any], part: Any) -> dict[str, Any]:
    """Returns a document that has only the components to which a part refers, directly or indirectly.

    A reference to `#/components/schemas/A/properties/b` includes the whole of `A`. A reference that leads
    nowhere is ignored.
    """
    found: dict[str, Any] = {}
    seen: set[int] = set()
    waiting = [part]
    while waiting:
        part = waiting.pop()
        if not isinstance(part, Mapping | list) or id(part) in seen:
            continue
        seen.add(id(part))
        waiting += part if isinstance(part, list) else part.values()
        names = _names(part.get("$ref"))[:_WHOLE] if isinstance(part, Mapping) else []
        target = _at(document, names)
        if names and target is not UNSET:
            place = found
            for name in names[:-1]:
                place = place.setdefault(name, {})
            place[names[-1]] = target
            waiting.append(target)
    return found


def target_of(document: Mapping[str, Any], reference: str, where: object) -> Any:
    """Returns the value at a reference such as `#/components/schemas/Error`.

    Raises InputError if there is none.
    """
    names = _names(reference)
    if not names:
        raise InputError(
            where, f"only references inside the document are supported, not {quoted(reference[:200])}"
        )
    target = _at(document, names)
    if target is UNSET:
        raise InputError(where, f"the reference {quoted(reference[:200])} points to nothing")
    return target


def narrow(document: dict[str, Any], revision: str) -> dict[str, Any]:
    """Returns the document without parts of other revisions.

    An `anyOf` with one branch left becomes that branch.
    """
    return {key: _narrow(value, revision, document) for key, value in document.items()}


def excerpt(document: Mapping[str, Any], part: Any, revision: str | None) -> tuple[Any, Mapping[str, Any]]:
    """Returns a part narrowed to a revision, and a document of the components that it refers to.

    For a revision of None, it returns the part and the whole document unchanged.
    """
    if revision is None:
        return part, document
    narrowed = narrow({**referred(document, part), _PART: part}, revision)
    return narrowed.pop(_PART), narrowed


def belongs(part: Any, revision: str | None, document: Mapping[str, Any]) -> bool:
    """Returns whether a part belongs to a revision; true if `revision` is None.

    The `x-revision` of the part or of its `$ref`'s target decides.
    """
    if revision is None or not isinstance(part, dict):
        return True
    if "$ref" in part:
        part = {**resolved(document, part, CONTRACT), **part}
    return bool(part.get(MARK, revision) == revision)


def document_text(revision: str | None) -> str:
    """Returns the document as YAML, narrowed to a revision; None means the file itself, with comments."""
    if revision is None:
        return CONTRACT.read_text(encoding="utf-8")
    return dump_yaml(_narrowed(revision))


def document_json(revision: str | None) -> str:
    """Returns the document as indented JSON, narrowed to a revision; None means every revision."""
    return msgspec.json.format(msgspec.json.encode(_narrowed(revision)), indent=2).decode() + "\n"


def dump_yaml(document: dict[str, Any]) -> str:
    """Returns a document as YAML, without sorting its members."""
    return yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True, width=110)


def _names(reference: Any) -> list[str]:
    """Returns the names in a reference such as `#/components/schemas/A`; empty for any other reference."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return []
    return [name.replace("~1", "/").replace("~0", "~") for name in unquote(reference[2:]).split("/")]


def _at(document: Mapping[str, Any], names: Sequence[str]) -> Any:
    """Returns the value at a path of names and indices; UNSET if it does not exist."""
    target: Any = document
    for name in names:
        try:
            target = target[key_of(target, name)]
        except LookupError:
            return UNSET
    return target


def _narrow(part: Any, revision: str, document: Any) -> Any:
    if isinstance(part, list):
        return [_narrow(item, revision, document) for item in part if belongs(item, revision, document)]
    if not isinstance(part, dict):
        return part
    kept = {
        key: _narrow(value, revision, document)
        for key, value in part.items()
        if belongs(value, revision, document)
    }
    branches = kept.get("anyOf")
    if isinstance(branches, list) and len(branches) == 1:
        del kept["anyOf"]
        kept |= branches[0]
    return kept


def _narrowed(revision: str | None) -> dict[str, Any]:
    if revision is None:
        return load_document()
    if revision not in REVISIONS:
        raise InputError("--revision", f"there is no {quoted(revision)}; known: {', '.join(REVISIONS)}")
    return narrow(load_document(), revision)
