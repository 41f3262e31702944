"""Places in an answer, and the JSON pointers (RFC 6901) that name them."""

from collections.abc import Iterator, Sequence

from contract_tests.exchange import Json

ANY_ITEM = "*"
"""The step of a place that means any item of a list."""

# No documented object is nested more deeply.
_DEEPEST = 8
# `bool` comes first, because it is a subclass of `int`.
_KINDS = (("boolean", bool), ("integer", int), ("number", float), ("array", list), ("object", dict))


def objects_at(
    value: Json, place: tuple[str, ...], pointer: str = ""
) -> Iterator[tuple[str, dict[str, Json]]]:
    """Yields, for each object at a place, the pointer to it and the object."""
    if not place:
        if isinstance(value, dict):
            yield pointer, value
        return
    name, rest = place[0], place[1:]
    if name == ANY_ITEM:
        for n, item in enumerate(value if isinstance(value, list) else ()):
            yield from objects_at(item, rest, f"{pointer}/{n}")
    elif isinstance(value, dict) and name in value:
        yield from objects_at(value[name], rest, f"{pointer}/{escaped(name)}")


def step(values: Sequence[Json], name: str) -> Sequence[Json]:
    """Returns the members called `name` of all values, or, if `name` is ANY_ITEM, the items of all values."""
    if name == ANY_ITEM:
        return [item for value in values if isinstance(value, list) for item in value]
    return [value[name] for value in values if isinstance(value, dict) and name in value]


def pointer_of(whole: Json, part: Json, depth: int = _DEEPEST) -> str | None:
    """Returns the pointer to an object or a list in a value.

    Returns None if the value does not contain this one in its first `depth` levels.
    """
    if depth == 0:
        return None
    parts = whole.items() if isinstance(whole, dict) else enumerate(whole) if isinstance(whole, list) else ()
    for name, value in parts:
        found = "" if value is part else pointer_of(value, part, depth - 1)
        if found is not None:
            return f"/{escaped(str(name))}{found}"
    return None


def escaped(name: str) -> str:
    """Returns a member's name as it is written in a pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def value_at(value: Json, pointer: str) -> Json:
    """Returns the value at a JSON pointer. Raises LookupError if there is no value."""
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and name.isdecimal():
            value = value[int(name)]
        elif isinstance(value, dict):
            value = value[name]
        else:
            raise LookupError(pointer)
    return value


def kind_of(value: Json) -> str:
    """Returns the JSON Schema type of a value. 1.0 is a `number`, since only a Python int is an `integer`."""
    if value is None:
        return "null"
    for kind, types in _KINDS:
        if isinstance(value, types):
            return kind
    return "string"
