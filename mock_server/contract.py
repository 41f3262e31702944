"""OpenAPI documents as values: operations with their parameters, statuses and documented examples."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import msgspec

from mock_server.assets import CONTRACT, checked
from mock_server.data_files import read_data
from mock_server.errors import INVALID_VALUE, PARAMETER_MISSING, ApiError, InputError
from mock_server.examples import example_of
from mock_server.references import resolved

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_EXTENSION = "x-"
_PLACEHOLDER = re.compile(r"\{([^}]+)\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A documented path or query parameter; values come as text and are checked against its schema."""

    name: str
    place: str
    is_required: bool
    allows_empty: bool
    types: frozenset[str]
    validator: Any

    def check(self, values: Sequence[str]) -> None:
        """Raises ApiError 400 where the values of a request do not fit."""
        if not values or (values == [""] and self.allows_empty):
            if self.is_required:
                raise ApiError(PARAMETER_MISSING, place=self.place, name=self.name)
            return
        try:
            self.validator.validate(self._parsed(values))
        except jsonschema_rs.ValidationError as error:
            shown = values[0] if len(values[0]) <= 80 else values[0][:80] + "…"
            problem = error.message if len(error.message) <= 200 else "it does not fit the documented schema"
            raise ApiError(INVALID_VALUE, name=self.name, value=shown, problem=problem) from None

    def _parsed(self, values: Sequence[str]) -> Any:
        if "array" in self.types:
            return [part for value in values for part in value.split(",")]
        return _parsed(values[0], self.types)


@dataclass(frozen=True, slots=True)
class Example:
    """A documented answer."""

    status: int
    media_type: str
    value: Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `route` is its path below the server's root, with placeholders p0, p1, …"""

    operation_id: str
    method: str
    route: str
    path_names: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    example: Example
    responses: Mapping[str, Any]
    """What is documented for each status, as the document has it."""
    document: Mapping[str, Any]
    """Where its references lead into."""

    def check(self, path: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> None:
        """Raises ApiError 400 at the first parameter that does not fit; undocumented ones are ignored."""
        for parameter in self.parameters:
            if parameter.place == "path":
                parameter.check([path[parameter.name]])
            else:
                parameter.check(query.get(parameter.name, ()))


def load_document(path: Path = CONTRACT) -> dict[str, Any]:
    """The document as plain values. Raises InputError where the file is no OpenAPI 3 document."""
    document = read_data(path)
    if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith("3."):
        raise InputError(path, "this is no OpenAPI 3 document: `openapi: 3.…` is missing")
    if not isinstance(document.get("paths"), dict):
        raise InputError(path, "the document has no `paths`")
    return document


def base_of(document: Mapping[str, Any], where: object = CONTRACT) -> str:
    """The path below which the operations lie: that of the first server, such as `/api/v1`."""
    servers = checked(document.get("servers") or [], list[_ServerObject], f"{where}: servers")
    server = servers[0] if servers else _ServerObject()
    url = _PLACEHOLDER.sub(lambda m: str(server.variables.get(m[1], {}).get("default", "")), server.url)
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError as error:
        raise InputError(f"{where}: servers", f"{url!r} is no URL: {error}") from None


def operations_of(document: Mapping[str, Any], where: object = CONTRACT) -> list[Operation]:
    """All operations in the order of the document. Raises InputError that names the one that is at fault."""
    base = base_of(document, where)
    return [
        _operation(document, base + path, method, item, where)
        for path, method, item in _items(document, where)
    ]


class _ServerObject(msgspec.Struct):
    """What is used of a server object; OpenAPI has more, here and below."""

    url: str = ""
    variables: dict[str, dict[str, Any]] = {}


class _OperationObject(msgspec.Struct, rename="camel"):
    """What is used of an operation object."""

    operation_id: str | None = None
    parameters: list[dict[str, Any]] = []
    responses: dict[str | int, Any] = {}


class _ParameterObject(msgspec.Struct, rename="camel"):
    """What is used of a parameter object."""

    name: str
    place: str = msgspec.field(name="in")
    required: bool = False
    allow_empty_value: bool = False
    schema: dict[str, Any] = {}


class ResponseObject(msgspec.Struct):
    """What is used of a response object."""

    content: dict[str, dict[str, Any]] = {}


def _items(document: Mapping[str, Any], where: object) -> Iterator[tuple[str, str, _OperationObject]]:
    """(path, method, operation object) with the path's own parameters joined in."""
    for path, reference in document["paths"].items():
        if str(path).startswith(_EXTENSION):
            continue
        place = f"{where}: {path}"
        if not str(path).startswith("/"):
            raise InputError(place, "a path begins with a slash")
        item = checked(resolved(document, reference, place), dict[str, Any], place)
        shared = checked(item.get("parameters", []), list[dict[str, Any]], place)
        for method in _METHODS:
            if method in item:
                operation = checked(item[method], _OperationObject, f"{place}: {method}")
                yield (
                    path,
                    method,
                    msgspec.structs.replace(operation, parameters=shared + operation.parameters),
                )


def _operation(
    document: Mapping[str, Any], full_path: str, method: str, item: _OperationObject, where: object
) -> Operation:
    where = f"{where}: {method.upper()} {full_path}"
    names = tuple(_PLACEHOLDER.findall(full_path))
    numbers = iter(range(len(names)))
    parameters = [
        checked(resolved(document, part, where), _ParameterObject, where) for part in item.parameters
    ]
    return Operation(
        operation_id=item.operation_id or f"{method} {full_path}",
        method=method.upper(),
        route=_PLACEHOLDER.sub(lambda _: f"{{p{next(numbers)}}}", full_path),
        path_names=names,
        parameters=tuple(
            _parameter(document, parameter, where)
            for parameter in parameters
            if parameter.place == "query" or (parameter.place == "path" and parameter.name in names)
        ),
        example=_example(document, item, where),
        responses={str(status): response for status, response in item.responses.items()},
        document=document,
    )


def _parameter(document: Mapping[str, Any], parameter: _ParameterObject, where: object) -> Parameter:
    schema = resolved(document, parameter.schema, where)
    kind = schema.get("type", "string")
    try:
        # The schema may refer to others of its document.
        validator = jsonschema_rs.validator_for({**schema, "components": document.get("components", {})})
    except (ValueError, jsonschema_rs.ValidationError) as error:
        problem = str(error).partition("\n")[0]
        raise InputError(where, f"the schema of the parameter {parameter.name!r}: {problem}") from None
    return Parameter(
        name=parameter.name,
        place=parameter.place,
        is_required=parameter.required,
        allows_empty=parameter.allow_empty_value,
        types=frozenset(kind if isinstance(kind, list) else [kind]),
        validator=validator,
    )


def _example(document: Mapping[str, Any], item: _OperationObject, where: object) -> Example:
    """The example of the first success that is documented; an empty answer where none has a body."""
    responses = {str(status): response for status, response in item.responses.items()}
    status = min((status for status in responses if status.startswith("2")), default="200")
    response = checked(resolved(document, responses.get(status, {}), where), ResponseObject, where)
    code = int(status) if status.isdigit() else 200
    for media_type, media in response.content.items():
        return Example(code, media_type, example_of(document, media, where))
    return Example(204 if code == 200 else code, "", None)


def _parsed(text: str, types: frozenset[str]) -> Any:
    """The text as what its schema expects; as text where it is nothing else."""
    if "boolean" in types and text in ("true", "false"):
        return text == "true"
    if types & {"integer", "number"}:
        try:
            return int(text) if "integer" in types else float(text)
        except ValueError:
            return text
    return text
