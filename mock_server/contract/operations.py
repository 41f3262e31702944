"""The operations of a document, with their parameters, bodies, access rules and documented answers."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec
from msgspec import UNSET

from contract_tests.quoting import quoted
from mock_server.assets import CONTRACT
from mock_server.contract.access import Access, access_of
from mock_server.contract.document import belongs, excerpt, resolved
from mock_server.contract.responses import (
    Answers,
    AnswersOnFirstUse,
    Example,
    Responses,
    answers_of,
    usual_of,
)
from mock_server.contract.schema import Schema
from mock_server.contract.servers import bases_of
from mock_server.contract.values import Body, Parameter, Values
from mock_server.errors import FILTER_MISSING, ApiError, InputError
from mock_server.records import checked

# `head` is the first, because a `get` answers HEAD only if there is no `head`.
METHODS = ("head", "get", "put", "post", "delete", "options", "patch", "trace")
"""The methods of an operation, as the member of a path that has it."""
EXTENSION = "x-"
"""The beginning of the names of all members that OpenAPI leaves to others."""
WEBSITE_ID = "websiteId"
"""The parameter that names the website in the mock's own document."""

_MOST = 20_000
# The largest number of characters of a path or an `operationId`, which headers and journals have.
_LONGEST = 2_000
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a document; `route` is its `path` with the placeholders `{p0}`, `{p1}`, …"""

    operation_id: str
    method: str
    path: str
    """The documented path after the path of the server, such as `/api/v1/goals`."""
    route: str
    path_names: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    answers: Answers
    website: Parameter | None = None
    """The parameter that names the website, in the path or the query; None if the operation has none."""
    body: Body | None = None
    """The documented JSON body; None if there is none."""
    success: int = 200
    """The status of the documented success."""
    access: Mapping[str, Access] = field(default_factory=dict)
    """The access rules by security scheme."""
    needed: tuple[str, ...] = ()
    """The query parameters of which a request must have at least one; empty if it needs none."""

    @property
    def example(self) -> Example:
        """The documented answer that is sent by default."""
        return usual_of(self.answers)

    @property
    def website_in(self) -> str | None:
        """The place of the website's id: `path`, `query`, or None if the operation has no website."""
        return None if self.website is None else self.website.place

    def compile(self) -> None:
        """Compiles the schemas of parameters and body. Raises InputError for an invalid one."""
        schemas = [parameter.schema for parameter in self.parameters]
        for schema in schemas if self.body is None else [*schemas, self.body.schema]:
            _ = schema.validator

    def check(self, path: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> None:
        """Raises ApiError 400 at the first parameter that does not fit; undocumented ones are ignored."""
        for parameter in self.parameters:
            parameter.check(parameter.sent(path, query))

    def read(self, path: Mapping[str, str], query: Mapping[str, Sequence[str]], content: bytes) -> Values:
        """Returns the values of a request, checked and typed; undocumented parameters and bodies are ignored.

        The website is not included; `website_id` reads it. Raises ApiError 400 at the first value that does
        not fit.
        """
        found: dict[str, dict[str, Any]] = {"path": {}, "query": {}}
        for parameter in self.parameters:
            if parameter is self.website:
                continue
            value = parameter.read(parameter.sent(path, query))
            if value is not UNSET:
                found[parameter.place][parameter.name] = value
        if self.needed and found["query"].keys().isdisjoint(self.needed):
            raise ApiError(FILTER_MISSING, names=", ".join(self.needed))
        return Values(found["path"], found["query"], None if self.body is None else self.body.read(content))

    def website_id(self, path: Mapping[str, str], query: Mapping[str, Sequence[str]]) -> str | None:
        """Returns the first website id that was sent, unchanged; None if none was sent."""
        if self.website is None:
            return None
        return next(iter(self.website.sent(path, query)), None)


def base_of(document: Mapping[str, Any], where: object = CONTRACT) -> str:
    """Returns the path of the first server, such as `/api/v1`, below which the operations are."""
    return bases_of(document.get("servers"), f"{where}: servers")[0]


def own_operations(document: Mapping[str, Any], revision: str | None = None) -> list[Operation]:
    """Returns the operations of the mock's own document in a revision; None means every revision.

    Schemas are compiled, and documented answers are made, on first use; the tests check all of them.
    """
    found: list[Operation] = []
    for item in _items(document, CONTRACT, revision):
        answers = AnswersOnFirstUse(partial(_own_answers, document, item, revision))
        security = document.get("security") if item.content.security is None else item.content.security
        body = _body(document, item, revision)
        for operation in _operations(document, item, answers, revision, {}):
            access = access_of(security, operation.method)
            website = next((one for one in operation.parameters if one.name == WEBSITE_ID), None)
            found.append(
                replace(
                    operation,
                    website=website,
                    body=body,
                    success=_success(item.content.responses),
                    access=access,
                    needed=item.content.needed,
                )
            )
    return found


def operations_of(document: Mapping[str, Any], where: object = CONTRACT) -> list[Operation]:
    """Returns the operations of a document, in its order. Each is returned once for each path of its servers.

    Raises InputError, which names the invalid operation.
    """
    responses = Responses(document)
    items = list(_items(document, where, None))
    if sum(len(item.bases) for item in items) > _MOST:
        raise InputError(where, f"it has more than {_MOST:,} operations, each counted once for each server")
    _check_for_twins(items)
    known: dict[int, Parameter] = {}
    found = []
    for item in items:
        answers = answers_of(responses, item.content.responses, item.where)
        for operation in _operations(document, item, answers, None, known):
            operation.compile()
            found.append(operation)
    return found


class _OperationObject(msgspec.Struct, rename="camel"):
    """The members of an operation object that are used."""

    operation_id: str | None = None
    parameters: list[Any] = []
    responses: dict[str, Any] = {}
    servers: Any = None
    security: Any = None
    request_body: Any = None
    needed: tuple[str, ...] = msgspec.field(name="x-needs-one-of", default=())


class _BodyObject(msgspec.Struct):
    """The members of a request body object that are used."""

    content: dict[str, dict[str, Any]] = {}
    required: bool = False


class _ParameterObject(msgspec.Struct, rename="camel"):
    """The members of a parameter object that are used."""

    name: str
    place: str = msgspec.field(name="in")
    required: bool = False
    allow_empty_value: bool = False
    schema: dict[str, Any] = {}
    example: Any = None
    aliases: tuple[str, ...] = msgspec.field(name="x-aliases", default=())
    most: int | None = msgspec.field(name="x-most", default=None)


class _Item(NamedTuple):
    """An operation in the document; `parameters` are those of the operation and those of its path."""

    where: str
    method: str
    path: str
    bases: list[str]
    parameters: list[Any]
    content: _OperationObject


def _items(document: Mapping[str, Any], where: object, revision: str | None) -> Iterator[_Item]:
    """Yields the operations that belong to a revision; None means every revision."""
    # The paths of servers by the identity of their list, which most operations share.
    known: dict[int, list[str]] = {}
    for path, reference in document["paths"].items():
        if path.startswith(EXTENSION) or not belongs(reference, revision, document):
            continue
        place = f"{where}: {path if len(path) <= _LONGEST else path[:80] + '…'}"
        _check_path(path, place)
        item = checked(resolved(document, reference, place), dict[str, Any], place)
        shared = checked(item.get("parameters", []), list[Any], place)
        for method in METHODS:
            if method in item and belongs(item[method], revision, document):
                content = checked(item[method], _OperationObject, f"{place}: {method}")
                if len(content.operation_id or "") > _LONGEST:
                    problem = f"an operationId must not have more than {_LONGEST:,} characters"
                    raise InputError(f"{place}: {method}", problem)
                servers = content.servers or item.get("servers") or document.get("servers")
                if id(servers) not in known:
                    known[id(servers)] = bases_of(servers, f"{place}: servers")
                bases = known[id(servers)]
                parameters = [one for one in shared + content.parameters if belongs(one, revision, document)]
                yield _Item(f"{place}: {method}", method, path, bases, parameters, content)


def _check_path(path: str, where: str) -> None:
    if not path.startswith("/"):
        raise InputError(where, "a path must begin with a slash")
    if len(path) > _LONGEST:
        raise InputError(where, f"a path must not have more than {_LONGEST:,} characters")
    literal = _PLACEHOLDER.sub("", path)
    if "?" in literal or "#" in literal:
        problem = "a path must not contain `?` or `#`; describe the query in `parameters`"
        raise InputError(where, problem)


def _check_for_twins(items: Iterable[_Item]) -> None:
    """Raises InputError if two operations match the same requests."""
    seen: dict[tuple[str, ...], _Item] = {}
    for item in items:
        segments = [unquote(segment) for segment in _PLACEHOLDER.sub("{}", item.path).split("/")]
        for base in item.bases:
            twin = seen.setdefault((item.method, base, *segments), item)
            if twin is not item:
                raise InputError(item.where, f"{twin.path} matches the same requests; leave one of them out")


def bare_operation(operation_id: str, method: str, path: str) -> Operation:
    """Makes an operation from a method and a path alone."""
    names = tuple(_PLACEHOLDER.findall(path))
    numbers = iter(range(len(names)))
    return Operation(
        operation_id=operation_id,
        method=method.upper(),
        path=path,
        route=_PLACEHOLDER.sub(lambda _: f"{{p{next(numbers)}}}", path),
        path_names=names,
        parameters=(),
        answers={},
    )


def _own_answers(document: Mapping[str, Any], item: _Item, revision: str | None) -> Answers:
    responses, narrowed = excerpt(document, item.content.responses, revision)
    return answers_of(Responses(narrowed), responses, item.where)


def _success(responses: Mapping[str, Any]) -> int:
    return min((int(status) for status in responses if status[0] == "2" and status.isdecimal()), default=200)


def _body(document: Mapping[str, Any], item: _Item, revision: str | None) -> Body | None:
    """Returns the documented JSON body, or None if there is none."""
    if item.content.request_body is None:
        return None
    where = f"{item.where}: requestBody"
    body = checked(resolved(document, item.content.request_body, where), _BodyObject, where)
    media = body.content.get("application/json")
    if media is None:
        return None
    return Body(body.required, Schema(document, media.get("schema", {}), where, revision))


def _operations(
    document: Mapping[str, Any],
    item: _Item,
    answers: Answers,
    revision: str | None,
    known: dict[int, Parameter],
) -> Iterator[Operation]:
    """Yields a documented operation once for each path of its servers.

    `known` are the parameters by the identity of their objects in the document: those to which many
    operations refer are made and compiled once.
    """
    names = _PLACEHOLDER.findall(item.path)
    written = [resolved(document, part, item.where) for part in item.parameters]
    found = [checked(part, _ParameterObject, item.where) for part in written]
    # A parameter of the operation wins over one of its path.
    unique = {
        (parameter.place, parameter.name): (id(part), parameter)
        for part, parameter in zip(written, found, strict=True)
    }
    parameters = []
    for key, parameter in unique.values():
        if parameter.place == "query" or (parameter.place == "path" and parameter.name in names):
            if key not in known:
                known[key] = _parameter(document, parameter, item.where, revision)
            parameters.append(known[key])
    for base in item.bases:
        path = base + item.path
        bare = bare_operation(item.content.operation_id or f"{item.method} {path}", item.method, path)
        yield replace(bare, parameters=tuple(parameters), answers=answers)


def _parameter(
    document: Mapping[str, Any], parameter: _ParameterObject, where: object, revision: str | None
) -> Parameter:
    where = f"{where}: the schema of the parameter {quoted(parameter.name)}"
    return Parameter(
        name=parameter.name,
        place=parameter.place,
        is_required=parameter.required,
        allows_empty=parameter.allow_empty_value,
        schema=Schema(document, parameter.schema, where, revision),
        aliases=parameter.aliases,
        most=parameter.most,
        example=parameter.example if isinstance(parameter.example, str) else None,
    )
