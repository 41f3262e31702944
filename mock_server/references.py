"""References inside an OpenAPI document."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from msgspec import UNSET

from mock_server.errors import InputError

_MOST_STEPS = 32
# The names that lead to a whole component: `components`, `schemas`, its own.
_WHOLE = 3


def resolved(document: Mapping[str, Any], part: Any, where: object) -> Any:
    """What `part` refers to, or `part` itself. Raises InputError for a reference that leads nowhere."""
    for _ in range(_MOST_STEPS):
        if not (isinstance(part, Mapping) and "$ref" in part):
            return part
        part = _target(document, str(part["$ref"]), where)
    raise InputError(where, "a reference leads back to itself")


def referred(document: Mapping[str, Any], part: Any) -> dict[str, Any]:
    """What `part` refers to, directly or not, each where the document has it; nothing of all else.

    Of `#/components/schemas/A/properties/b` that is the whole of `A`. What leads nowhere is left out.
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


def _target(document: Mapping[str, Any], reference: str, where: object) -> Any:
    names = _names(reference)
    if not names:
        raise InputError(where, f"only references inside the document are supported, not {reference!r}")
    target = _at(document, names)
    if target is UNSET:
        raise InputError(where, f"the reference {reference!r} leads nowhere")
    return target


def _names(reference: Any) -> list[str]:
    """The names of a JSON pointer (RFC 6901) in a fragment; none where there is none."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return []
    return [name.replace("~1", "/").replace("~0", "~") for name in unquote(reference[2:]).split("/")]


def _at(document: Mapping[str, Any], names: Sequence[str]) -> Any:
    """What these names lead to; UNSET for nothing."""
    target: Any = document
    for name in names:
        if isinstance(target, list) and name.isdecimal() and int(name) < len(target):
            target = target[int(name)]
        elif isinstance(target, Mapping) and name in target:
            target = target[name]
        else:
            return UNSET
    return target
