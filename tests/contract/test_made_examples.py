"""Examples that are made of schemas, and the limits of their size."""

from pathlib import Path

import pytest

from mock_server.contract.document import read_document
from mock_server.contract.operations import operations_of
from mock_server.errors import InputError
from tests.contract.documents import ANSWER, many_paths, operation_count
from tests.timing import assert_cheap


def _example(tmp_path: Path, schema: str, **schemas: str) -> bytes:
    """Returns the body of an answer that is made from a schema, which may refer to further schemas."""
    path = tmp_path / "own.yaml"
    others = ", ".join(f"{name}: {content}" for name, content in schemas.items())
    media = f"{{application/json: {{schema: {schema}}}}}"
    text = f"openapi: 3.1.0\n{ANSWER % f'{{content: {media}}}'}\ncomponents: {{schemas: {{{others}}}}}\n"
    path.write_text(text, encoding="utf-8")
    return operations_of(read_document(path), path)[0].example.body


def _members(count: int, schema: str) -> str:
    """Returns an object's schema with `count` members that refer to one schema."""
    return f"{{properties: {{{', '.join(f'm{n}: {_reference(schema)}' for n in range(count))}}}}}"


def _reference(schema: str) -> str:
    return f"{{$ref: '#/components/schemas/{schema}'}}"


@pytest.mark.parametrize(
    ("schema", "body"),
    [
        pytest.param("{type: [null, string]}", b'"string"', id="what is not null"),
        pytest.param("{type: null}", b"null", id="null"),
        pytest.param(
            "{allOf: [{properties: {a: {const: 1}}}], properties: {b: {const: 2}}}",
            b'{"a":1,"b":2}',
            id="all of",
        ),
        pytest.param("{allOf: [{type: string}]}", b'"string"', id="all of no object"),
        pytest.param("{oneOf: [{type: integer, minimum: 3}, {type: string}]}", b"3", id="one of"),
        pytest.param("{type: array, items: {format: uuid, type: string, example: x}}", b'["x"]', id="list"),
        pytest.param("true", b"null", id="anything"),
        pytest.param("{enum: [b, a]}", b'"b"', id="enumeration"),
    ],
)
def test_example_is_made_of_the_schema(schema: str, body: bytes, tmp_path: Path) -> None:
    assert _example(tmp_path, schema) == body


def test_schemas_that_refer_to_one_another_make_a_small_example_at_once(tmp_path: Path) -> None:
    body = _example(tmp_path, _reference("A"), A=_members(30, "A"))

    assert_cheap(lambda: _example(tmp_path, _reference("A"), A=_members(30, "A")), steps=1_000_000)
    assert body.startswith(b'{"m0":{"m0":')
    assert len(body) < 32_768


def test_schemas_that_fan_out_make_a_small_example_at_once(tmp_path: Path) -> None:
    schemas = {f"A{n}": f"{{type: array, items: {_members(10, f'A{n + 1}')}}}" for n in range(10)}

    def example() -> bytes:
        return _example(tmp_path, _reference("A0"), **schemas, A10="{type: string}")

    body = example()

    assert_cheap(example, steps=1_000_000)
    assert 1_000 < len(body) < 32_768


def test_example_that_a_schema_names_may_be_large(tmp_path: Path) -> None:
    assert len(_example(tmp_path, f"{{example: {'x' * 2_000_000}}}")) == 2_000_002


def test_example_that_is_made_of_large_ones_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="an example of its schema is larger than 1 MB"):
        _example(tmp_path, _members(100, "A"), A=f"{{example: {'x' * 50_000}}}")


MANY_EXAMPLES = f"{{examples: {{{', '.join(f'e{n}: {{value: 1}}' for n in range(1000))}}}}}"
MANY_PARAMETERS = ", ".join(f"{{name: q{n}, in: query, schema: {{type: integer}}}}" for n in range(100))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            f"x: {{R: {{content: {{text/plain: {MANY_EXAMPLES}}}}}}}\n"
            + many_paths(200, "{get: {responses: {200: {$ref: '#/x/R'}}}}"),
            id="response",
        ),
        pytest.param(
            f"x: {{I: {{parameters: [{MANY_PARAMETERS}], get: {{}}}}}}\n"
            + many_paths(200, "{$ref: '#/x/I'}"),
            id="path",
        ),
    ],
)
def test_what_many_operations_refer_to_is_made_once(text: str, tmp_path: Path) -> None:
    assert_cheap(lambda: operation_count(tmp_path, text), steps=3_000_000)
    assert operation_count(tmp_path, text) == 200
