"""A JSON schema of a document as a validator, compiled when the first value is checked."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import jsonschema_rs
from msgspec import UNSET

from mock_server.contract.document import excerpt, referred, resolved
from mock_server.errors import InputError
from mock_server.pointers import key_of
from mock_server.records import checked

_ALIASES = "x-aliases"


class Schema:
    """A schema, with only those components to which it refers.

    It is compiled on first use, because compiling is slow and most parameters are never sent.
    """

    def __init__(
        self, document: Mapping[str, Any], written: Any, where: object, revision: str | None
    ) -> None:
        """`written` is the schema as in the document.

        It is narrowed to `revision`; None means all revisions.
        """
        self._document = document
        self._written = written
        self._where = where
        self._revision = revision

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that a value may have; `string` if the schema names none."""
        return _types_of(self._whole)

    @cached_property
    def item_types(self) -> frozenset[str]:
        """The types that the items of an array may have."""
        items = resolved(self._whole, self._whole.get("items", {}), self._where)
        return _types_of(items if isinstance(items, dict) else {})

    @property
    def choices(self) -> list[Any]:
        """The listed values of the schema, or, for an array, of its items; empty if the schema lists none."""
        items = resolved(self._whole, self._whole.get("items", {}), self._where)
        listed = items if "array" in self.types and isinstance(items, dict) else self._whole
        found: list[Any] = listed.get("enum", [])
        return found

    @cached_property
    def formats(self) -> frozenset[str]:
        """The formats that a text may have, such as `date-time`, including those in `anyOf` and `oneOf`."""
        branches = [*self._whole.get("anyOf", ()), *self._whole.get("oneOf", ())]
        found = (resolved(self._whole, branch, self._where) for branch in (self._whole, *branches))
        return frozenset(one["format"] for one in found if isinstance(one, dict) and "format" in one)

    @cached_property
    def aliases(self) -> dict[str, tuple[str, ...]]:
        """The aliases of an object's members, by member. Members without an alias are left out."""
        members: dict[str, dict[str, Any]] = self._whole.get("properties", {})
        return {name: tuple(member[_ALIASES]) for name, member in members.items() if _ALIASES in member}

    @cached_property
    def default(self) -> Any:
        """The value of a parameter that is not sent; UNSET if none is documented."""
        return self._whole.get("default", UNSET)

    def example_for(self, error: jsonschema_rs.ValidationError, usual: str | None = None) -> str | None:
        """Returns an example of a correct text, for the message of an error.

        It is the example that is documented beside the pattern; without one it is `usual`. Returns None if
        the error is not about a pattern.
        """
        *place, keyword = error.schema_path
        if keyword != "pattern":
            return None
        schema: Any = self._whole
        try:
            for step in place:
                schema = schema[key_of(schema, str(step))]
        except LookupError:
            return usual
        examples = schema.get("examples", [schema.get("example")])
        return next((one for one in examples if isinstance(one, str)), usual)

    @cached_property
    def validator(self) -> Any:
        """The compiled schema. Raises InputError if the schema is invalid."""
        try:
            # References to other documents are not followed: nothing is read from the network or the disk.
            return self._make_validator(self._whole, offline=True)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            raise InputError(self._where, str(error).partition("\n")[0]) from None

    @property
    def _make_validator(self) -> Callable[..., Any]:
        """The constructor of validators for the document's dialect of JSON Schema.

        In OpenAPI 3.0, `exclusiveMaximum` is a boolean, as in draft 4.
        """
        is_older = str(self._document.get("openapi", "")).startswith("3.0")
        return jsonschema_rs.Draft4Validator if is_older else jsonschema_rs.validator_for

    @cached_property
    def _whole(self) -> dict[str, Any]:
        written, document = excerpt(self._document, self._written, self._revision)
        schema = checked(resolved(document, written, self._where), dict[str, Any], self._where)
        return {**referred(document, schema), **schema}


def _types_of(schema: Mapping[str, Any]) -> frozenset[str]:
    kind = schema.get("type", "string")
    return frozenset(kind if isinstance(kind, list) else [kind])
