"""A JSON schema of a document as a validator, compiled when the first value is checked."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import jsonschema_rs

from mock_server.assets import checked
from mock_server.contract.document import excerpt, referred, resolved
from mock_server.errors import InputError


class Schema:
    """A schema with the components that it refers to, and no others.

    Compiling takes longer than anything else that a parameter needs at the start, and most are never sent.
    """

    def __init__(
        self, document: Mapping[str, Any], written: Any, where: object, revision: str | None
    ) -> None:
        """`written` as it stands in the document; of all revisions if `revision` is None."""
        self._document = document
        self._written = written
        self._where = where
        self._revision = revision

    @cached_property
    def types(self) -> frozenset[str]:
        """The types that a value may have; a schema that names none means text."""
        kind = self._whole.get("type", "string")
        return frozenset(kind if isinstance(kind, list) else [kind])

    @cached_property
    def validator(self) -> Any:
        """The compiled schema. Raises InputError if it is no JSON schema."""
        try:
            # Nothing is fetched, from no server and no disk.
            return jsonschema_rs.validator_for(self._whole, offline=True)
        except (ValueError, jsonschema_rs.ValidationError) as error:
            raise InputError(self._where, str(error).partition("\n")[0]) from None

    @cached_property
    def _whole(self) -> dict[str, Any]:
        written, document = excerpt(self._document, self._written, self._revision)
        schema = checked(resolved(document, written, self._where), dict[str, Any], self._where)
        return {**referred(document, schema), **schema}
