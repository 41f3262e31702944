"""References inside an OpenAPI document."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from mock_server.errors import InputError

_MOST_STEPS = 32


def resolved(document: Mapping[str, Any], part: Any, where: object) -> Any:
    """What `part` refers to, or `part` itself. Raises InputError for a reference that leads nowhere."""
    for _ in range(_MOST_STEPS):
        if not (isinstance(part, Mapping) and "$ref" in part):
            return part
        part = _target(document, str(part["$ref"]), where)
    raise InputError(where, "a reference leads back to itself")


def _target(document: Mapping[str, Any], reference: str, where: object) -> Any:
    if not reference.startswith("#/"):
        raise InputError(where, f"only references inside the document are supported, not {reference!r}")
    target: Any = document
    for name in unquote(reference[2:]).split("/"):
        member = name.replace("~1", "/").replace("~0", "~")
        if isinstance(target, list) and member.isdecimal() and int(member) < len(target):
            target = target[int(member)]
        elif isinstance(target, Mapping) and member in target:
            target = target[member]
        else:
            raise InputError(where, f"the reference {reference!r} leads nowhere")
    return target
