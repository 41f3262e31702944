"""The values of a request, which are checked and typed by the documented parameters and body."""

import re
from codecs import BOM_UTF8
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import jsonschema_rs
import msgspec

from contract_tests.quoting import quoted
from mock_server.contract.misfits import problem_of
from mock_server.contract.schema import Schema
from mock_server.data_files import DEEPEST, is_too_deep
from mock_server.errors import (
    BODY_MISSING,
    INVALID_BODY,
    INVALID_JSON,
    INVALID_VALUE,
    PARAMETER_MISSING,
    ApiError,
)
from mock_server.instants import instant_of
from mock_server.wording import told_unreadable

_LONGEST_SHOWN = 80
_LONGEST_PROBLEM = 200
# The largest number of digits. Longer numbers are refused, because reading them takes long.
_INTEGER = re.compile(r"[+-]?[0-9]{1,300}")
_NUMBER = re.compile(r"[+-]?([0-9]{1,300}(\.[0-9]{0,300})?|\.[0-9]{1,300})([eE][+-]?[0-9]{1,2})?")
_DATES = {"date": "2026-02-06", "date-time": "2026-02-06T05:27:20Z"}


class Values(NamedTuple):
    """The checked values of a request; `path` and `query` map the names of parameters to values.

    A parameter that was not sent has the documented default, or is left out.
    """

    path: Mapping[str, Any]
    query: Mapping[str, Any]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented path or query parameter; values come as text and are checked against its schema."""

    name: str
    place: str
    is_required: bool
    allows_empty: bool
    schema: Schema
    aliases: tuple[str, ...] = ()
    """Other names for the same parameter in the query, which older clients send."""
    most: int | None = None
    """The maximum, to which higher values are reduced without an error; None if there is no such maximum."""
    example: str | None = None
    """The documented example, which an error shows instead of a pattern; None if there is none."""

    def sent(self, path: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> Sequence[str]:
        """Returns the values that a request has for the parameter; empty if it has none.

        An alias is used only if the request does not have the parameter under its own name.
        """
        if self.place == "path":
            return [path[self.name]]
        return next((query[name] for name in (self.name, *self.aliases) if name in query), ())

    def check(self, values: Sequence[str]) -> None:
        """Raises ApiError 400 if the values of a request are invalid."""
        if self._is_sent(values):
            self._checked(values)

    def read(self, values: Sequence[str]) -> Any:
        """Returns the value that was sent, else the documented default, else UNSET.

        Raises ApiError 400. Integers, numbers and booleans have their Python types. An array is a tuple, a
        `date-time` an instant in ms, a `date` a datetime.date, and any other value a text.
        """
        if not self._is_sent(values):
            default = self.schema.default
            return tuple(default) if isinstance(default, list) else default
        value = self._checked(values)
        if isinstance(value, list):
            return tuple(value)
        if self.most is not None:
            return min(value, self.most)
        formats = self.schema.formats & _DATES.keys()
        return self._moment(value, formats) if formats and isinstance(value, str) else value

    def _is_sent(self, values: Sequence[str]) -> bool:
        """Returns whether a value was sent. Raises ApiError if it is required and missing."""
        if values and (values != [""] or not self.allows_empty):
            return True
        if self.is_required:
            choices = ", ".join(map(str, self.schema.choices))
            told = f": one or more of {choices}" if "array" in self.schema.types else f": one of {choices}"
            raise ApiError(
                PARAMETER_MISSING, place=self.place, name=self.name, choices=told if choices else ""
            )
        return False

    def _checked(self, values: Sequence[str]) -> Any:
        parsed = self._parsed(values)
        try:
            self.schema.validator.validate(parsed)
        except jsonschema_rs.ValidationError as error:
            example = self.schema.example_for(error, self.example)
            problem = problem_of(error, is_of_text=True) if example is None else _wanted(example)
            raise self._error(values[0], problem) from None
        return parsed

    def _parsed(self, values: Sequence[str]) -> Any:
        if "array" in self.schema.types:
            types = self.schema.item_types
            return [_parsed(part.strip(), types) for value in values for part in value.split(",")]
        return _parsed(values[0], self.schema.types)

    def _moment(self, text: str, formats: frozenset[str]) -> int | date:
        """Reads a day as a date, or an instant in ms; `formats` says which of the two are allowed."""
        try:
            if "date" in formats and len(text) == len(_DATES["date"]):
                return date.fromisoformat(text)
            if "date-time" in formats and datetime.fromisoformat(text).tzinfo is not None:
                return instant_of(text)
        except ValueError:
            pass
        raise self._error(text, _wanted(" or ".join(_DATES[name] for name in sorted(formats))))

    def _error(self, text: str, problem: str) -> ApiError:
        shown = text if len(text) <= _LONGEST_SHOWN else text[:_LONGEST_SHOWN] + "…"
        return ApiError(INVALID_VALUE, name=self.name, value=shown, problem=problem)


@dataclass(frozen=True, slots=True)
class Body:
    """The documented JSON body of a request."""

    is_required: bool
    schema: Schema

    def read(self, content: bytes) -> Any:
        """Returns the JSON of a body, or None if an optional body was not sent. Raises ApiError 400."""
        if not content:
            if self.is_required:
                raise ApiError(BODY_MISSING)
            return None
        # A parser may skip a byte order mark (RFC 8259, 8.1), which some editors and shells write.
        content = content.removeprefix(BOM_UTF8)
        try:
            found = msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            problem = told_unreadable(content, error)
            raise ApiError(INVALID_JSON, problem=problem[:_LONGEST_PROBLEM]) from None
        # Deeper values could be read here, but not be written where more functions are on the stack.
        if content.count(b"[") + content.count(b"{") > DEEPEST and is_too_deep(found):
            raise ApiError(INVALID_BODY, place="/", problem=f"it is nested deeper than {DEEPEST} levels")
        if isinstance(found, dict):
            self._rename(found)
        self.check(found)
        return found

    def check(self, found: Any, place: str | None = None) -> None:
        """Raises ApiError 400 for JSON that does not fit the schema.

        `place` is the place that the error names; None means the place of the invalid value in `found`.
        """
        try:
            self.schema.validator.validate(found)
        except jsonschema_rs.ValidationError as error:
            inside = "".join(f"/{name}" for name in error.instance_path)[:_LONGEST_SHOWN] or "/"
            example = self.schema.example_for(error)
            if example is None:
                problem = problem_of(error)
            else:
                kind = error.kind
                # For the name of a member, the instance is the whole object.
                is_name = isinstance(kind, jsonschema_rs.ValidationErrorKind.PropertyNames)
                text = str(kind.error.instance if is_name else error.instance)  # type: ignore[attr-defined]
                problem = f"{quoted(text[:_LONGEST_SHOWN])} has another form; {_wanted(example)}"
            raise ApiError(INVALID_BODY, place=place or inside, problem=problem) from None

    def _rename(self, found: dict[str, Any]) -> None:
        """Renames members that were sent by an alias.

        If a member was sent by its own name as well, that value is kept.
        """
        for name, aliases in self.schema.aliases.items():
            for alias in aliases:
                if alias in found:
                    value = found.pop(alias)
                    found.setdefault(name, value)


def _wanted(example: str) -> str:
    return f"a value such as {example[:_LONGEST_SHOWN]} is expected"


def _parsed(text: str, types: frozenset[str]) -> Any:
    """Returns a text as a boolean or a number if that is one of the expected types, otherwise unchanged."""
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    # Python's `int` would accept `1_000`, blanks around the digits, and digits of any script.
    if "integer" in types and _INTEGER.fullmatch(text):
        return int(text)
    if "number" in types and _NUMBER.fullmatch(text):
        return float(text)
    return text
