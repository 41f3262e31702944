"""The documented example of an answer: the one that is written down, else one made of its schema's."""

from collections.abc import Mapping
from typing import Any

from mock_server.errors import InputError
from mock_server.references import resolved

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


def example_of(document: Mapping[str, Any], media: Mapping[str, Any], where: object) -> Any:
    """The first documented example of a media type object. Raises InputError where there can be none."""
    try:
        return _example_of(document, media, where)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise InputError(where, f"its `examples` or its `schema` cannot be read ({error})") from None


def _example_of(document: Mapping[str, Any], media: Mapping[str, Any], where: object) -> Any:
    for example in (resolved(document, part, where) for part in (media.get("examples") or {}).values()):
        if "value" in example:
            return example["value"]
    if "example" in media:
        return media["example"]
    return _from_schema(document, media.get("schema", {}), where, 0)


def _from_schema(document: Mapping[str, Any], schema: Any, where: object, depth: int) -> Any:
    schema = resolved(document, schema, where)
    if not isinstance(schema, Mapping) or depth > _DEEPEST:
        return None
    for name in ("example", "const", "default"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if schema.get(name):
            return schema[name][0]
    for name in ("anyOf", "oneOf"):
        if schema.get(name):
            return _from_schema(document, schema[name][0], where, depth + 1)
    if "allOf" in schema:
        parts = [_from_schema(document, part, where, depth + 1) for part in schema["allOf"]]
        return {name: value for part in parts if isinstance(part, dict) for name, value in part.items()}
    return _from_type(document, schema, where, depth)


def _from_type(document: Mapping[str, Any], schema: Mapping[str, Any], where: object, depth: int) -> Any:
    kind = schema.get("type", "object" if "properties" in schema else None)
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        members = schema.get("properties", {}).items()
        return {name: _from_schema(document, member, where, depth + 1) for name, member in members}
    if kind == "array":
        return [_from_schema(document, schema.get("items", {}), where, depth + 1)]
    if kind == "string":
        return _BY_FORMAT.get(schema.get("format", ""), "string")
    if kind in ("integer", "number"):
        return schema.get("minimum", 0)
    return _BY_TYPE.get(str(kind))
