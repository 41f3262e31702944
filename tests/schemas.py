"""Validators of the document's schemas that refuse undocumented members."""

from functools import cache
from typing import Any

import jsonschema_rs

from mock_server.contract.document import load_document, narrow

Json = Any


@cache
def strict_validator(revision: str, operation_id: str, status: int) -> jsonschema_rs.Draft202012Validator:
    """Returns the validator of an answer's body in one revision, with unknown members forbidden."""
    document = _closed_document(revision)
    schema = answer_of(document, operation_id, status)["content"]["application/json"]["schema"]
    named = {"schemas": document["components"]["schemas"]}
    return jsonschema_rs.Draft202012Validator({**schema, "components": named})


@cache
def _closed_document(revision: str) -> Json:
    return _closed(narrow(load_document(), revision))


def answer_of(document: Json, operation_id: str, status: int) -> Json:
    """Returns the response object of an operation's status. Raises KeyError if it does not exist."""
    for item in document["paths"].values():
        for operation in item.values():
            if operation["operationId"] == operation_id:
                answer = operation["responses"][str(status)]
                name = answer.get("$ref", "").removeprefix("#/components/responses/")
                return document["components"]["responses"][name] if name else answer
    raise KeyError(operation_id)


def _closed(part: Json) -> Json:
    """Returns the schema with unknown members forbidden in every object that lists its members."""
    if isinstance(part, list):
        return [_closed(item) for item in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(value) for name, value in part.items()}
    if isinstance(part.get("properties"), dict) and "additionalProperties" not in part:
        closed["additionalProperties"] = False
    return closed
