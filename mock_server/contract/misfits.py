"""Says in plain words why JSON does not fit a schema."""

from collections.abc import Callable, Iterable
from typing import Any

import jsonschema_rs
import msgspec

from contract_tests.quoting import quoted
from mock_server.wording import told_bound, told_kinds, told_length, told_missing

_Kind = jsonschema_rs.ValidationErrorKind
_Tell = Callable[[Any, jsonschema_rs.ValidationError, str | None], str | None]
_LONGEST_SHOWN = 80
_LONGEST_PROBLEM = 200

# The types of JSON Schema, in the order in which they are told, by the names of `mock_server.wording`.
_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "array": "array",
    "object": "object",
    "null": "null",
}


def problem_of(error: jsonschema_rs.ValidationError, *, is_of_text: bool = False) -> str:
    """Returns what is wrong, as a part of a sentence.

    `is_of_text` tells that the value was a text, as in a query, so that it says nothing to be told that it
    was one.
    """
    kind: Any = error.kind
    tell = _SAYINGS.get(type(kind))
    told = None if tell is None else tell(kind, error, None if is_of_text else _type_of(error.instance))
    if told is not None:
        return told
    short = len(error.message) <= _LONGEST_PROBLEM
    return error.message if short else "it does not fit the documented schema"


def _choices(kind: Any, error: jsonschema_rs.ValidationError, _found: str | None) -> str:
    allowed = ", ".join(map(str, kind.options))
    found = error.instance
    shown = found if isinstance(found, str) else msgspec.json.encode(found).decode()
    return f"{quoted(shown[:_LONGEST_SHOWN])} is not one of {allowed}"


def _type(kind: Any, _error: jsonschema_rs.ValidationError, found: str | None) -> str:
    return told_kinds(_told(kind.types), found)


def _alternatives(kind: Any, _error: jsonschema_rs.ValidationError, found: str | None) -> str | None:
    """Says which types several schemas allow; None if a value of one of these types was refused."""
    kinds: list[Any] = [error.kind for errors in kind.context for error in errors]
    if not all(isinstance(one, _Kind.Type) for one in kinds):
        return None
    return told_kinds(_told(type_ for one in kinds for type_ in one.types), found)


def _bound(comparison: str) -> _Tell:
    return lambda kind, _error, _found: told_bound("float", comparison, kind.limit)


def _length(name: str, comparison: str) -> _Tell:
    return lambda kind, _error, _found: told_length(name, comparison, kind.limit)


_SAYINGS: dict[type, _Tell] = {
    _Kind.Enum: _choices,
    _Kind.Type: _type,
    _Kind.AnyOf: _alternatives,
    _Kind.OneOfNotValid: _alternatives,
    _Kind.Required: lambda kind, _error, _found: told_missing(kind.property),
    _Kind.Minimum: _bound(">="),
    _Kind.ExclusiveMinimum: _bound(">"),
    _Kind.Maximum: _bound("<="),
    _Kind.ExclusiveMaximum: _bound("<"),
    _Kind.MinLength: _length("str", ">="),
    _Kind.MaxLength: _length("str", "<="),
    _Kind.MinItems: _length("array", ">="),
    _Kind.MaxItems: _length("array", "<="),
    _Kind.MinProperties: _length("object", ">="),
    _Kind.MaxProperties: _length("object", "<="),
}
"""How each kind of error is said."""


def _told(types: Iterable[str]) -> list[str]:
    wanted = set(types)
    return [name for type_, name in _TYPES.items() if type_ in wanted]


def _type_of(value: Any) -> str:
    if value is None:
        return "null"
    return {bool: "bool", int: "int", float: "float", str: "str", list: "array"}.get(type(value), "object")
