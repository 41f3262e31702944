"""The examples of a document: written ones, or values that are made from its schemas."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from contract_tests.quoting import quoted
from mock_server.contract.document import resolved
from mock_server.errors import InputError

LARGEST = 1024 * 1024
"""The maximum size of an example that is made from a schema, in bytes."""
LARGE = 32 * 1024
"""The size above which an example is made again with less nesting, in bytes."""

_DEEPEST = 12
_BY_FORMAT = {
    "date-time": "2026-02-06T05:27:20.000Z",
    "date": "2026-02-06",
    "time": "05:27:20Z",
    "uuid": "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd",
    "email": "jane@example.com",
    "uri": "https://example.com/",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
}
_BY_TYPE: Mapping[str, Any] = {"integer": 0, "number": 0, "boolean": True, "string": "string", "null": None}


class _Made(NamedTuple):
    """A value made from a schema, and its approximate size in bytes."""

    value: Any
    size: int


_NOTHING = _Made(None, 4)


class Examples:
    """The examples of one document.

    The value of each schema is made once, and not again for every reference to it.
    """

    def __init__(self, document: Mapping[str, Any]) -> None:
        """References are looked up in `document`."""
        self._document = document
        self._made: dict[tuple[int, int], _Made] = {}

    def of_media(self, media: Mapping[str, Any], where: object) -> Any:
        """Returns the first example of a media type object. Raises InputError if none can be made."""
        written = self.written(media, where)
        if written is not UNSET:
            return written
        schema = media.get("schema", {})
        stated = self.stated(schema, where)
        if stated is not UNSET:
            return stated
        made = _NOTHING
        for depth in range(_DEEPEST, 0, -1):
            made = self._of_schema(schema, where, depth)
            if made.size <= LARGE:
                break
        if made.size > LARGEST:
            raise InputError(where, f"an example of its schema is larger than {LARGEST // 1024**2} MB")
        return made.value

    def written(self, part: Mapping[str, Any], where: object) -> Any:
        """Returns the first written example of a media type or header object; UNSET if it has none."""
        found = []
        for name, listed in _object_in(part, "examples", where).items():
            one = resolved(self._document, listed, where)
            if not isinstance(one, Mapping):
                raise InputError(where, f"the example {quoted(name)} is not an object with a `value`")
            # An `externalValue` has its value elsewhere, and nothing is fetched.
            found += [one[member] for member in ("value", "dataValue") if member in one]
        return found[0] if found else part.get("example", UNSET)

    def stated(self, schema: Any, where: object) -> Any:
        """Returns the value that a schema contains, such as its `example` or `const`, or UNSET."""
        schema = resolved(self._document, schema, where)
        return _stated(schema, where) if isinstance(schema, Mapping) else UNSET

    def _of_schema(self, schema: Any, where: object, depth: int) -> _Made:
        schema = resolved(self._document, schema, where)
        if not isinstance(schema, Mapping):
            return _NOTHING
        stated = _stated(schema, where)
        # A stated value does not depend on the depth.
        key = (id(schema), depth if stated is UNSET else -1)
        if key not in self._made:
            self._made[key] = self._anew(schema, where, depth) if stated is UNSET else _measured(stated)
        return self._made[key]

    def _anew(self, schema: Mapping[str, Any], where: object, depth: int) -> _Made:
        if depth == 0:
            return _NOTHING
        for name in ("anyOf", "oneOf"):
            if branches := _list_in(schema, name, where):
                return self._of_schema(branches[0], where, depth - 1)
        if whole := _list_in(schema, "allOf", where):
            parts = [self._of_schema(part, where, depth - 1) for part in whole]
            return _joined([*parts, self._of_type(schema, where, depth)])
        return self._of_type(schema, where, depth)

    def _of_type(self, schema: Mapping[str, Any], where: object, depth: int) -> _Made:
        kind = schema.get("type", "object" if "properties" in schema else None)
        if isinstance(kind, list):
            kind = next((one for one in kind if one not in ("null", None)), None)
        if kind == "object":
            members = {
                name: self._of_schema(member, where, depth - 1)
                for name, member in _object_in(schema, "properties", where).items()
            }
            size = sum(len(name) + made.size + 4 for name, made in members.items())
            return _Made({name: made.value for name, made in members.items()}, size + 2)
        if kind == "array":
            item = self._of_schema(schema.get("items", {}), where, depth - 1)
            return _Made([item.value], item.size + 2)
        return _measured(_of_scalar(kind, schema))


def _stated(schema: Mapping[str, Any], where: object) -> Any:
    for name in ("example", "const", "default"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if values := _list_in(schema, name, where):
            return values[0]
    return UNSET


def _list_in(schema: Mapping[str, Any], name: str, where: object) -> list[Any]:
    """Returns a member that is a list; empty if it is missing. Raises InputError for any other value."""
    found = schema.get(name) or []
    if not isinstance(found, list):
        raise InputError(where, f"`{name}` of its schema is not a list")
    return found


def _object_in(part: Mapping[str, Any], name: str, where: object) -> Mapping[str, Any]:
    """Returns a member that is an object; empty if it is missing. Raises InputError for any other value."""
    found = part.get(name) or {}
    if not isinstance(found, Mapping):
        raise InputError(where, f"`{name}` is not an object")
    return found


def _of_scalar(kind: Any, schema: Mapping[str, Any]) -> Any:
    if kind == "string":
        return _BY_FORMAT.get(str(schema.get("format")), "string")
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return _BY_TYPE.get(str(kind))


def _joined(parts: Iterable[_Made]) -> _Made:
    """Returns one object with the members of all parts that are objects.

    If no part is an object, it returns the first part that is not null.
    """
    found = [part for part in parts if part.value is not None]
    objects = [part for part in found if isinstance(part.value, dict)]
    if not objects:
        return found[0] if found else _NOTHING
    members = {name: value for part in objects for name, value in part.value.items()}
    return _Made(members, sum(part.size for part in objects))


def _measured(value: Any) -> _Made:
    return _Made(value, len(msgspec.json.encode(value)))
