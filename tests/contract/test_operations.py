"""The operations of the mock's own document, whose schemas and answers are made on first use."""

import json
from typing import Any

import pytest

from mock_server.assets import CONTRACT
from mock_server.contract.document import REVISIONS, load_document, narrow
from mock_server.contract.operations import Operation, operations_of, own_operations
from mock_server.errors import ApiError, InputError

DOCUMENT = load_document()


def compared(operation: Operation) -> tuple[Any, ...]:
    """Returns the parts of an operation that do not depend on how the operation was made."""
    parameters = [
        (one.place, one.name, one.is_required, one.allows_empty, one.schema.types)
        for one in operation.parameters
    ]
    return operation.operation_id, operation.method, operation.route, parameters, operation.answers


@pytest.mark.parametrize("revision", REVISIONS)
def test_own_operations_are_those_of_the_whole_narrowed_document(revision: str) -> None:
    found = own_operations(DOCUMENT, revision)

    assert [*map(compared, found)] == [*map(compared, operations_of(narrow(DOCUMENT, revision)))]


@pytest.mark.parametrize("revision", [*REVISIONS, None])
def test_all_own_schemas_compile(revision: str | None) -> None:
    for operation in own_operations(DOCUMENT, revision):
        operation.compile()


def document(parameter: dict[str, Any], **marks: str) -> dict[str, Any]:
    """Returns a document with one operation that has one parameter; `marks` are members of the operation."""
    return {
        "openapi": "3.1.0",
        "paths": {
            "/goals": {
                "get": {
                    "operationId": "getGoals",
                    "parameters": [{"name": "sort", "in": "query", **parameter}],
                    "responses": {"200": {"description": "All goals."}},
                    **marks,
                }
            }
        },
    }


NAMED = {"type": "string", "pattern": "^[a-z]+$"}


@pytest.mark.parametrize(
    "parameter",
    [
        pytest.param({"schema": NAMED, "example": "name"}, id="of the parameter"),
        pytest.param({"schema": {**NAMED, "examples": ["name"]}}, id="of the schema"),
        pytest.param({"schema": {**NAMED, "example": "name"}}, id="of the schema, as in OpenAPI 3.0"),
        pytest.param({"schema": {"type": "array", "items": {**NAMED, "examples": ["name"]}}}, id="of items"),
        pytest.param({"schema": {"allOf": [{**NAMED, "examples": ["name"]}]}}, id="of a part"),
        pytest.param({"schema": {"$ref": "#/components/schemas/a~1b"}}, id="of a component"),
    ],
)
def test_a_value_of_another_form_is_refused_with_the_documented_example(parameter: dict[str, Any]) -> None:
    described = document(parameter)
    described["components"] = {"schemas": {"a/b": {**NAMED, "examples": ["name"]}}}
    [operation] = own_operations(described)

    with pytest.raises(
        ApiError, match=r"^Invalid value '-1' for 'sort': a value such as name is expected\.$"
    ):
        operation.check({}, {"sort": ["-1"]})


def test_schema_of_an_own_parameter_is_compiled_when_it_is_needed() -> None:
    [operation] = own_operations(document({"schema": {"type": "nonsense"}}))

    operation.check({}, {})
    with pytest.raises(InputError, match=r"openapi\.yaml: /goals: get: the schema of the parameter 'sort'"):
        operation.check({}, {"sort": ["name"]})


def test_schema_of_a_further_document_is_compiled_at_the_start() -> None:
    with pytest.raises(InputError, match="the schema of the parameter 'sort'"):
        operations_of(document({"schema": {"type": "nonsense"}}), CONTRACT)


def test_operation_of_another_revision_is_left_out() -> None:
    own = document({}, **{"x-revision": "2026-06"})

    assert [len(own_operations(own, revision)) for revision in REVISIONS] == [0, 1]


def test_parameter_of_another_revision_is_left_out() -> None:
    own = document({"x-revision": "2026-06"})

    found = [own_operations(own, revision)[0].parameters for revision in REVISIONS]
    assert [len(parameters) for parameters in found] == [0, 1]


def test_schema_of_an_own_body_is_compiled_with_the_others() -> None:
    body = {"content": {"application/json": {"schema": {"type": "nonsense"}}}}
    own = document({})
    own["paths"]["/goals"]["get"]["requestBody"] = body

    [operation] = own_operations(own)
    with pytest.raises(InputError, match="requestBody"):
        operation.compile()


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        pytest.param({"name": "a"}, {"name": "a"}, id="the name itself"),
        pytest.param({"title": "a", "more": 1}, {"name": "a", "more": 1}, id="an alias"),
        pytest.param({"label": "a", "title": "b"}, {"name": "b"}, id="two aliases, the first one wins"),
        pytest.param({"title": "b", "name": "a"}, {"name": "a"}, id="name and alias"),
    ],
)
def test_member_of_a_body_may_be_sent_by_an_alias(sent: Any, read: Any) -> None:
    member = {"type": "string", "x-aliases": ["title", "label"]}
    schema = {"type": "object", "required": ["name"], "properties": {"name": member}}
    own = document({})
    own["paths"]["/goals"]["get"]["requestBody"] = {"content": {"application/json": {"schema": schema}}}

    [operation] = own_operations(own)
    assert operation.body is not None
    assert operation.body.read(json.dumps(sent).encode()) == read


def test_one_of_several_parameters_may_be_required() -> None:
    own = document({})
    own["paths"]["/goals"]["get"]["x-needs-one-of"] = ["sort", "from"]

    [operation] = own_operations(own)

    assert operation.read({}, {"sort": ["name"]}, b"").query == {"sort": "name"}
    with pytest.raises(ApiError, match="one or more of the query parameters sort, from"):
        operation.read({}, {}, b"")
