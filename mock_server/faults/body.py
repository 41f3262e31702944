"""The faults of a body: each turns a correct body into a wrong one."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import UNSET

from contract_tests.quoting import quoted
from mock_server.faults.action import Action
from mock_server.pointers import key_of, steps_of

OTHER_TYPE = "text/html; charset=utf-8"


class UnfitError(Exception):
    """An error for a fault that cannot be applied to an answer; its text gives the reason."""


def malformed(body: bytes) -> bytes:
    """Returns the body without its last byte, so that no JSON parser accepts it."""
    return body[:-1] if len(body) > 1 else b"{"


def changed(body: bytes, action: Action) -> bytes:
    """Returns the body with one member removed, or with a value of another type.

    Raises UnfitError if the body has no such member.
    """
    try:
        content = msgspec.json.decode(body)
    except msgspec.DecodeError:
        raise UnfitError("this answer is not JSON") from None
    pointer = _usual(content) if action.pointer is UNSET else action.pointer
    return msgspec.json.encode(_CHANGES[str(action.fault)](content, steps_of(pointer)))


def _usual(content: Any) -> str:
    """Returns a pointer to the member that clients read first: `data`, else `error`, else the first one."""
    if not isinstance(content, dict) or not content:
        return ""
    return "/" + next((name for name in ("data", "error") if name in content), next(iter(content)))


def _without(content: Any, steps: list[str]) -> Any:
    if not steps:
        raise UnfitError("the whole body cannot be removed; use the fault `empty` for that")
    parent = _at(content, steps[:-1])
    del parent[_step(parent, steps[-1])]
    return content


def _of_another_type(content: Any, steps: list[str]) -> Any:
    if not steps:
        return _other(content)
    parent = _at(content, steps[:-1])
    step = _step(parent, steps[-1])
    parent[step] = _other(parent[step])
    return content


def _at(content: Any, steps: list[str]) -> Any:
    for step in steps:
        content = content[_step(content, step)]
    return content


def _step(parent: Any, step: str) -> Any:
    """Returns the key or index of the member that a step names. Raises UnfitError if it does not exist."""
    try:
        return key_of(parent, step)
    except LookupError:
        there = "no members"
        if isinstance(parent, dict) and parent:
            there = ", ".join(list(parent)[:20])
        elif isinstance(parent, list):
            there = "1 item" if len(parent) == 1 else f"{len(parent)} items"
        problem = f"this answer has no member {quoted(step[:80])} there; its members are: {there}"
        raise UnfitError(problem) from None


def _other(value: Any) -> Any:
    """Returns a value of another type than the given one."""
    if isinstance(value, dict):
        return []
    if isinstance(value, list):
        return {}
    return 0 if isinstance(value, str) else "wrong type"


_CHANGES: Mapping[str, Callable[[Any, list[str]], Any]] = {
    "missing": _without,
    "wrong-type": _of_another_type,
}
