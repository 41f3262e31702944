"""The judging of a documented member's values: which ones break the contract, and which are warnings."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import Any, NamedTuple

import jsonschema_rs
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend

from contract_tests.clauses.telling import figure_told, number_told, value_told
from contract_tests.documented import ACCUSING, EXAMPLE, Row
from contract_tests.exchange import Json
from contract_tests.instants import is_instant, ms
from contract_tests.pointers import kind_of
from contract_tests.quoting import quoted

_UUID_V4 = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-4[0-9a-fA-F]{3}-[89abAB][0-9a-fA-F]{3}-[0-9a-fA-F]{12}$"
_KINDS = {
    "string": "a string",
    "integer": "an integer",
    "number": "a number",
    "boolean": "a boolean",
    "array": "an array",
    "object": "an object",
    "null": "null",
}
# The patterns in the document, with words for people.
_PATTERNS = {
    _UUID_V4: "a UUID of version 4",
    "^[0-9a-f]{24}$": "24 hexadecimal digits in small letters",
    "^[A-Z]{2}$": "two capital letters",
    "^[A-Z]{3}$": "three capital letters",
    r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$": "ISO 8601 in UTC with milliseconds and `Z`",
}


# The keywords about types; another type than an example's breaks the contract.
_TYPES = frozenset({"type", "items"})
# JSON Schema's patterns are those of JavaScript, whose `$` does not match before a line feed.
_END = re.compile(r"\$$")
# The function has no types.
_EXTEND: Any = extend


def _fits(flags: int, _validator: Any, pattern: str, value: Json, _schema: Any) -> Iterator[ValidationError]:
    """Yields an error if a text does not have the form of a pattern."""
    if isinstance(value, str) and not re.search(_END.sub(r"\\Z", pattern), value, flags):
        yield ValidationError(f"{quoted(value)} does not match {quoted(pattern)}")


def _validator(flags: int, schema: Mapping[str, Any]) -> Draft202012Validator:
    """Returns a validator whose patterns have the flags."""
    kind: type[Draft202012Validator] = _EXTEND(Draft202012Validator, {"pattern": partial(_fits, flags)})
    return kind(schema)


class Fault(NamedTuple):
    """A problem with a value, in words.

    `is_warning` says that the value does not break the contract. `below` is the pointer from the value to the
    part of it that is wrong; empty for the value itself.
    """

    problem: str
    is_warning: bool
    below: str = ""


class Judge:
    """A judge of one documented member's values. The validators are compiled on first use.

    A value that contradicts a page breaks the contract. If only an example shows the member, a value of
    another type breaks the contract, and other faults are warnings. Upper case instead of lower case (or the
    reverse), and an instant without an offset, are always warnings.
    """

    def __init__(self, row: Row) -> None:
        """`row` is the documented member."""
        self.row = row

    def are_good(self, values: list[Json]) -> bool:
        """Returns whether all values are without faults. This is hundreds of times faster than `faults`."""
        return self._all_fit(values) and (
            not self._is_dated or all(ms(value) is not None for value in values if value is not None)
        )

    def faults(self, value: Json) -> Iterator[Fault]:
        """Yields the faults of a value that break the contract; if there are none, its warnings."""
        name = self.row.place[-1]
        if value is None and self.row.is_null_excused:
            return
        # A value of another type needs no further words.
        hard = next(iter(sorted(self._hard(value), key=_is_about_more_than_the_type)), None)
        if hard is not None:
            yield Fault(f"`{name}` {_told(hard)}", is_warning=False, below=_below(hard))
            return
        if self._is_dated and isinstance(value, str) and ms(value) is None:
            yield from self._untimely(name, value)
            return
        for error in self._soft(value):
            yield Fault(f"`{name}` {_told(error)}", is_warning=True, below=_below(error))

    def words(self) -> str:
        """Returns the allowed values in words, such as `number from -90 to 90, or null`."""
        kinds = _kinds(self._schema)
        others = [kind for kind in kinds if kind != "null"] or kinds
        limits = "".join(_limits_in_words(self.row.schema))
        comma = "," if limits and not limits.endswith(")") else ""
        null = "" if others == kinds else f"{comma} or null"
        return f"{' or '.join(others)}{limits}{null}"

    def _untimely(self, name: str, value: str) -> Iterator[Fault]:
        is_stated = self.row.standing in ACCUSING
        if not is_instant(value):
            yield Fault(f"`{name}` is not an ISO 8601 instant", is_warning=not is_stated)
        else:
            yield Fault(f"`{name}` has no offset, so it could be any instant", is_warning=True)

    @property
    def _is_dated(self) -> bool:
        return self.row.schema.get("format") == "date-time"

    @cached_property
    def _schema(self) -> Mapping[str, Any]:
        """The documented schema; null is allowed as well where it is excused."""
        schema = self.row.schema
        if not self.row.is_null_excused or "type" not in schema:
            return schema
        return {**schema, "type": list(dict.fromkeys((*_kinds(schema), "null")))}

    @cached_property
    def _all_fit(self) -> Callable[[list[Json]], bool]:
        return jsonschema_rs.validator_for({"type": "array", "items": dict(self._schema)}).is_valid

    @cached_property
    def _hard(self) -> Callable[[Json], Iterable[Any]]:
        """A function that yields those errors of a value that break the contract."""
        if self.row.standing == EXAMPLE:
            schema = {k: v for k, v in self._schema.items() if k in _TYPES}
            return _validator(re.ASCII, schema).iter_errors
        # No page says whether upper and lower case differ.
        return _validator(re.ASCII | re.IGNORECASE, self._schema).iter_errors

    @cached_property
    def _soft(self) -> Callable[[Json], Iterable[Any]]:
        """A function that yields all errors of a value. Those that `_hard` does not yield are warnings."""
        return _validator(re.ASCII, self._schema).iter_errors


def _is_about_more_than_the_type(error: Any) -> bool:
    return bool(error.validator != "type")


def _told(error: Any) -> str:
    """Returns what is wrong with a value, such as `is null, not a string`; `error` comes from jsonschema."""
    rule, limit, value = error.validator, error.validator_value, error.instance
    if rule == "type":
        wanted = [_KINDS[kind] for kind in (limit if isinstance(limit, list) else [limit])]
        item = "has an item that " if error.path else ""
        return f"{item}is {_KINDS[kind_of(value)]}, not {' or '.join(wanted)}"
    if rule in ("enum", "const"):
        return f"is not {'one of ' if rule == 'enum' else ''}{_choices(limit if rule == 'enum' else [limit])}"
    if rule == "pattern":
        return f"is not {_PATTERNS.get(limit, f'of the form `{limit}`')}"
    if rule in ("minimum", "maximum"):
        return f"is {'less' if rule == 'minimum' else 'greater'} than {number_told(limit)}"
    if rule in ("minItems", "maxItems"):
        return f"has {figure_told('items', len(value))}, not {number_told(limit)}"
    return f"is wrong: {error.message[:200]}"


def _below(error: Any) -> str:
    """Returns the pointer from the judged value to the part of it with the error."""
    return "".join(f"/{step}" for step in error.path)


def _choices(values: Iterable[Json]) -> str:
    return ", ".join(f"`{value if isinstance(value, str) else value_told(value)}`" for value in values)


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    kinds = schema.get("type", "any value")
    return kinds if isinstance(kinds, list) else [kinds]


def _limits_in_words(schema: Mapping[str, Any]) -> Iterator[str]:
    if "const" in schema:
        yield f" {_choices([schema['const']])}"
    if "enum" in schema:
        yield f", one of {_choices(schema['enum'])}"
    if "pattern" in schema:
        pattern = schema["pattern"]
        yield f" ({_PATTERNS.get(pattern, f'of the form `{pattern}`')})"
    elif schema.get("format") == "date-time":
        yield " (ISO 8601 with an offset)"
    yield _range_in_words(schema.get("minimum"), schema.get("maximum"))
    least, most = schema.get("minItems"), schema.get("maxItems")
    kinds = _kinds(schema["items"]) if "items" in schema else []
    if (least, most) == (1, 1):
        yield f" of one {' or '.join(kinds) or 'item'}"
        return
    if kinds:
        yield f" of {' or '.join(f'{kind}s' for kind in kinds)}"
    number = _range_in_words(least, most)
    if number:
        yield f"{',' if kinds else ''}{number} items"


def _range_in_words(least: float | None, most: float | None) -> str:
    """Returns the numbers between two bounds in words, such as ` of at least 1`; None stands for no bound."""
    if least is not None and most is not None:
        return f" from {least} to {most}"
    if least is not None or most is not None:
        return f" of at least {least}" if least is not None else f" of at most {most}"
    return ""
