"""The controls as an OpenAPI document, made from the table of operations."""

import re
from typing import Any

import msgspec

from mock_server import __version__
from mock_server.contract.document import REVISIONS
from mock_server.control.call import Scoped
from mock_server.control.operations import OPERATIONS, ControlOperation
from mock_server.problems import MEDIA_TYPE, Problem
from mock_server.service import Service

_REF = "#/components/schemas/{name}"
_PARAMETER = re.compile(r"\{(\w+)\}")
_SERVER = "Server"
# Each tag is named after the first segment of its paths; all other paths are about the server itself.
_TAGS = {
    _SERVER: "The server: its health, its websites, its reset",
    "Keys": "A key of its own for each test",
    "Clock": "The clock of the server or of a key",
    "Settings": "Website, revision, seed, rate limit and fault rules of the server or of a key",
    "Requests": "The journal: what clients sent and what the mock answered",
    "Verification": "A verdict on a server, by the contract-test kit",
    "Facts": "What was written through the API to an account",
}


def control_document(service: Service) -> dict[str, Any]:
    """Returns an OpenAPI 3.1 document, with the names of this server's sites, revisions and operations."""
    kinds = {kind for operation in OPERATIONS for kind in _kinds(operation)} | {Problem}
    _, schemas = msgspec.json.schema_components(
        sorted(kinds, key=lambda kind: kind.__name__), ref_template=_REF
    )
    _list_known_names(schemas, service)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Controls of the DataFast mock",
            "version": __version__,
            "description": "Keys, clock, settings, fault rules, journal, facts and verdicts of a mock.",
        },
        "servers": [{"url": "/__mock"}],
        "security": [{}, {"controlToken": []}],
        "tags": [{"name": name, "description": words} for name, words in _TAGS.items()],
        "paths": _paths(),
        "components": {
            "schemas": schemas,
            "securitySchemes": {"controlToken": {"type": "http", "scheme": "bearer"}},
        },
    }


def _kinds(operation: ControlOperation) -> list[type]:
    kinds = (operation.answer, operation.body, *operation.other_answers)
    return [kind for kind in kinds if kind is not None]


def _paths() -> dict[str, Any]:
    found: dict[str, Any] = {}
    for operation in OPERATIONS:
        found.setdefault(operation.path, {})[operation.method.lower()] = _described(operation)
    return found


def _described(operation: ControlOperation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "tags": [_tag(operation)],
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.body is not None:
        described["requestBody"] = {"required": True, "content": _content(operation.body)}
    return described


def _tag(operation: ControlOperation) -> str:
    name = operation.path.split("/")[1].capitalize()
    return name if name in _TAGS else _SERVER


def _parameters(operation: ControlOperation) -> list[dict[str, Any]]:
    path = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in _PARAMETER.findall(operation.path)
    ]
    (query,), components = msgspec.json.schema_components([operation.query], ref_template=_REF)
    properties = components[query["$ref"].rpartition("/")[2]].get("properties", {})
    return path + [
        {"name": name, "in": "query", "required": False, "schema": schema}
        for name, schema in properties.items()
    ]


def _responses(operation: ControlOperation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": "Done"}
    if operation.answer is not None:
        [media_type] = operation.media_types
        success["content"] = _content(operation.answer, *operation.other_answers, media_type=media_type)
    elif operation.status == 200:
        success["content"] = {media_type: {} for media_type in operation.media_types}
    return {str(operation.status): success} | {
        str(status): {"description": words, "content": _content(Problem, media_type=MEDIA_TYPE)}
        for status, words in _refusals(operation)
    }


def _refusals(operation: ControlOperation) -> list[tuple[int, str]]:
    """Returns the statuses of an operation's errors, each with a description."""
    found = [(400, "Something in the request is not valid; `member` names it")]
    if not operation.is_open:
        found += [
            (401, "The control token is missing or wrong"),
            (403, "The controls are not open to this request"),
        ]
    if operation.path.endswith("{key}") or issubclass(operation.query, Scoped):
        found.append((404, "The key does not exist"))
    if operation.name == "createKey":
        found.append(
            (
                409,
                "The key exists already, there are too many keys, or all fault rules together are too large",
            )
        )
    if operation.name in ("putSettings", "patchSettings"):
        found.append((409, "All fault rules together are too large"))
    if operation.name == "startVerification":
        found += [(409, "A verification is running already"), (501, "Packages are missing")]
    if operation.name in ("getVerificationEvents", "getVerificationReport"):
        found.append((404, "There was no verification yet, or it has no such report"))
    if operation.name in ("deleteFacts", "reset"):
        found.append((500, "The file of --state cannot be written; nothing has changed"))
    if operation.body is not None:
        found += [(413, "The body is too large"), (415, "The body is not sent as application/json")]
    return found


def _content(*kinds: type, media_type: str = "application/json") -> dict[str, Any]:
    schemas = [{"$ref": _REF.format(name=kind.__name__)} for kind in kinds]
    return {media_type: {"schema": schemas[0] if len(schemas) == 1 else {"anyOf": schemas}}}


def _list_known_names(schemas: dict[str, Any], service: Service) -> None:
    """Lists the known names of sites, revisions and operations as `enum` in the schemas."""
    known = {
        "site": list(service.sites),
        "revision": list(REVISIONS),
        "operation": list(service.answers(service.options.revision)),
    }
    for name in ("Settings", "SettingsChange", "NewKey", "When"):
        for member, values in known.items():
            schema = schemas[name].get("properties", {}).get(member)
            for branch in (schema or {}).get("anyOf", [schema] if schema else []):
                if branch.get("type") == "string":
                    branch["enum"] = values
