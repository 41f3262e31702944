"""The document of users that the tests start a mock with, and what is wrong with others."""

from pathlib import Path

import pytest

from mock_server.contract.document import read_document
from mock_server.contract.operations import operations_of
from mock_server.errors import InputError

DOCUMENT = Path(__file__).with_name("further.yaml")
EXAMPLE_OF = "X-DataFast-Mock-Example"
ANSWER = "paths: {/a: {get: {responses: {200: %s}}}}"


def refusal_of(tmp_path: Path, text: str) -> str:
    """Returns what is wrong with a document, after the name of its file."""
    path = tmp_path / "own.yaml"
    path.write_text(f"openapi: 3.1.0\n{text}\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        operations_of(read_document(path), path)
    return str(refused.value).removeprefix(str(path))


def operation_count(tmp_path: Path, text: str) -> int:
    """Returns the number of operations of a document."""
    path = tmp_path / "own.yaml"
    path.write_text(f"openapi: 3.1.0\n{text}\n", encoding="utf-8")
    return len(operations_of(read_document(path), path))


def many_paths(count: int, item: str) -> str:
    """Returns paths that all have the same item."""
    return f"paths: {{{', '.join(f'/a{n}: {item}' for n in range(count))}}}"
