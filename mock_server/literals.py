"""Finds the allowed values of a member in its type, for messages about invalid values."""

import re
from collections.abc import Iterator

from msgspec import inspect

_STEP = re.compile(r"\.(\w+)|\[[^\]]*\]")


def literals_at(kind: type, place: str) -> list[str]:
    """Returns the literals that a type allows for a member; an empty list if the type has no literals.

    `place` is a path as msgspec writes it, such as `$.faults[0].then.fault`.
    """
    found = [inspect.type_info(kind)]
    for step in _STEP.finditer(place):
        found = [inner for one in found for inner in _below(one, step[1])]
    choices = [inner for one in found for inner in _plain(one) if isinstance(inner, inspect.LiteralType)]
    return [str(value) for choice in choices for value in choice.values]


def _below(kind: inspect.Type, member: str | None) -> Iterator[inspect.Type]:
    """Yields the types of a struct's member, or, if `member` is None, of the items of a collection."""
    for one in _plain(kind):
        if isinstance(one, inspect.StructType):
            yield from (field.type for field in one.fields if field.encode_name == member)
        elif isinstance(one, inspect.CollectionType):
            yield one.item_type
        elif isinstance(one, inspect.DictType):
            yield one.value_type


def _plain(kind: inspect.Type) -> Iterator[inspect.Type]:
    """Yields the types of a union, without their metadata."""
    if isinstance(kind, inspect.Metadata):
        yield from _plain(kind.type)
    elif isinstance(kind, inspect.UnionType):
        for one in kind.types:
            yield from _plain(one)
    else:
        yield kind
