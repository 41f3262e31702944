"""Finds in a type what it allows at a place: literals, members, or the form of a text."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from msgspec import inspect

_FORM = "form"
_NAMES = "names"
_NOUN = "noun"
_UNWRITTEN = "unwritten"
UNWRITTEN = {_UNWRITTEN: True}
"""The `extra` of a member that a program sets and nobody writes, so that no message lists it."""
A_KEY = "{}"
"""The step from a mapping to its keys, in a place; msgspec has none."""
_STEP = re.compile(r"\.(\w+)|\[[^\]]*\]|(\{\})")


def in_words(form: str) -> dict[str, str]:
    """Returns the `extra` of a `msgspec.Meta` whose pattern a noun phrase describes, for messages."""
    return {_FORM: form}


def named(noun: str, names: Sequence[str]) -> dict[str, Any]:
    """Returns the `extra` of a `msgspec.Meta` whose pattern is that of some names, for messages.

    `noun` says what has such a name, such as `fault`.
    """
    return {_NOUN: noun, _NAMES: tuple(names)}


def names_at(kind: type, place: str) -> tuple[str, Sequence[str]] | None:
    """Returns the noun and the names (`named`) of the texts that a type allows at this place, or None."""
    found = (extra for one in _at(kind, place) for extra in _extras(one) if _NAMES in extra)
    return next(((extra[_NOUN], extra[_NAMES]) for extra in found), None)


def literals_at(kind: type, place: str) -> list[str]:
    """Returns the literals that a type allows for a member; an empty list if the type has no literals.

    `place` is a path as msgspec writes it, such as `$.faults[0].then.fault`.
    """
    choices = [one for one in _plain_at(kind, place) if isinstance(one, inspect.LiteralType)]
    return [str(value) for choice in choices for value in choice.values]


def members_at(kind: type, place: str) -> list[str]:
    """Returns the names of the members that may be written in an object at this place."""
    structs = [one for one in _plain_at(kind, place) if isinstance(one, inspect.StructType)]
    return [
        field.encode_name for struct in structs for field in struct.fields if not _is_unwritten(field.type)
    ]


def forms_at(kind: type, place: str) -> list[str]:
    """Returns the descriptions (`in_words`) of the texts that a type allows at this place."""
    return [extra[_FORM] for one in _at(kind, place) for extra in _extras(one) if _FORM in extra]


def _at(kind: type, place: str) -> list[inspect.Type]:
    found = [inspect.type_info(kind)]
    for step in _STEP.finditer(place):
        below = _keys(found) if step[2] else (inner for one in found for inner in _below(one, step[1]))
        found = list(below)
    return found


def _plain_at(kind: type, place: str) -> Iterator[inspect.Type]:
    for one in _at(kind, place):
        yield from _plain(one)


def _below(kind: inspect.Type, member: str | None) -> Iterator[inspect.Type]:
    """Yields the types of a struct's member, or, if `member` is None, of the items of a collection."""
    for one in _plain(kind):
        if isinstance(one, inspect.StructType):
            yield from (field.type for field in one.fields if field.encode_name == member)
        elif isinstance(one, inspect.CollectionType):
            yield one.item_type
        elif isinstance(one, inspect.DictType):
            yield one.value_type


def _keys(kinds: Sequence[inspect.Type]) -> Iterator[inspect.Type]:
    """Yields the types of the keys of mappings."""
    for kind in kinds:
        yield from (one.key_type for one in _plain(kind) if isinstance(one, inspect.DictType))


def _plain(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yields the types of a union, without their metadata."""
    if isinstance(kind, inspect.Metadata):
        yield from _plain(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _plain(one)
    else:
        yield kind


def _is_unwritten(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.Metadata) and _UNWRITTEN in (kind.extra or {})


def _extras(kind: inspect.Type) -> Iterator[dict[str, Any]]:
    """Yields the `extra` of each type of a union."""
    if isinstance(kind, inspect.Metadata):
        if kind.extra is not None:
            yield kind.extra
        yield from _extras(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _extras(one)
