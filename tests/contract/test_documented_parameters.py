"""The parameters of further documents."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from mock_server.contract.document import read_document
from mock_server.contract.operations import operations_of
from mock_server.errors import ApiError

LINKED = """
paths:
  /a:
    get:
      parameters: [{name: q, in: query, schema: {$ref: '#/components/schemas/List'}}]
components:
  schemas:
    List: {type: array, items: {$ref: '#/components/schemas/Pair/properties/one'}, example: {$ref: 'http://x'}}
    Pair: {properties: {one: {anyOf: [{$ref: '#/components/schemas/Word'}, {type: array}]}}}
    Word: {enum: [a, b~c, d]}
    Other: {$ref: '#/components/schemas/Nowhere'}
"""


@pytest.mark.parametrize(("value", "is_right"), [("a,d", True), ("a,x", False)])
def test_parameter_is_checked_by_all_that_its_schema_refers_to(
    value: str, is_right: bool, tmp_path: Path
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"openapi: 3.1.0{LINKED}", encoding="utf-8")
    [operation] = operations_of(read_document(path), path)

    with nullcontext() if is_right else pytest.raises(ApiError):
        operation.check({}, {"q": [value]})


BOUNDED = """
paths:
  /a:
    get:
      parameters:
        - {name: q, in: query, schema: {type: integer, nullable: true, maximum: 100, exclusiveMaximum: BOUND}}
"""


@pytest.mark.parametrize(
    ("version", "bound"), [("3.0.3", "true"), ("3.0", "true"), ("3.1.0", "100"), ("3.2.0", "100")]
)
def test_bounds_of_a_parameter_are_those_of_the_version_of_openapi(
    version: str, bound: str, tmp_path: Path
) -> None:
    path = tmp_path / "own.yaml"
    path.write_text(f"openapi: {version}{BOUNDED.replace('BOUND', bound)}", encoding="utf-8")
    [operation] = operations_of(read_document(path), path)

    operation.check({}, {"q": ["99"]})
    with pytest.raises(ApiError, match="100"):
        operation.check({}, {"q": ["100"]})


SHADOWED = """
openapi: 3.1.0
paths:
  /a:
    parameters: [{name: q, in: query, schema: {type: integer}}]
    get: {parameters: [{name: q, in: query, schema: {type: string}}]}
"""


def test_parameter_of_an_operation_counts_before_that_of_its_path(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(SHADOWED, encoding="utf-8")
    [operation] = operations_of(read_document(tmp_path / "own.yaml"))

    operation.check({}, {"q": ["word"]})
