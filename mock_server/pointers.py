"""JSON pointers (RFC 6901), which name a place in a JSON value."""

import re
from collections.abc import Iterable
from typing import Any

FORM = r"^(/([^~]|~[01])*)?$(?!\n)"
"""The form of a pointer, as a regular expression."""
FORM_IN_WORDS = "a JSON pointer, such as /data/count,"

# An index as RFC 6901 defines it, without leading zeros.
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def steps_of(pointer: str) -> list[str]:
    """Returns the names and indices in a pointer; an empty list for the pointer to the whole value."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def pointer_to(steps: Iterable[str | int]) -> str:
    """Returns the pointer with names and indices; an empty text for none."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in steps)


def key_of(parent: Any, step: str) -> str | int:
    """Returns the key or index of the member that a step names. Raises LookupError if it does not exist."""
    if isinstance(parent, dict) and step in parent:
        return step
    if isinstance(parent, list) and _INDEX.fullmatch(step) and int(step) < len(parent):
        return int(step)
    raise LookupError(step)


def value_at(value: Any, pointer: str) -> Any:
    """Returns the part of a value that a pointer names. Raises LookupError if it does not exist."""
    for step in steps_of(pointer):
        value = value[key_of(value, step)]
    return value
