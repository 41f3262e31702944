"""Documents that stop the start, each with its place; large and odd ones, too."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from mock_server.contract.document import read_document
from mock_server.contract.operations import operations_of
from mock_server.errors import InputError
from tests.command import ended
from tests.contract.documents import ANSWER, DOCUMENT, many_paths, operation_count, refusal_of
from tests.timing import assert_cheap


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param(
            "paths: {'/a?x=1': {get: {}}}", ": /a?x=1: a path must not contain `?`", id="query in a path"
        ),
        pytest.param(
            "paths: {'/a#x': {get: {}}}", ": /a#x: a path must not contain `?`", id="fragment in a path"
        ),
        pytest.param(
            "paths: {'/a/{id}': {get: {}}, '/a/{x}': {get: {}}}",
            ": /a/{x}: get: /a/{id} matches the same requests",
            id="two templates",
        ),
        pytest.param("paths: {/é: {get: {}}, /%C3%A9: {get: {}}}", "matches the same", id="encoded twins"),
        pytest.param(
            "paths: {'/a/{b}.json': {get: {}}, '/a/{c}.json': {get: {}}}", "matches the same", id="inside"
        ),
        pytest.param(
            "servers: [{url: 'http://[ad]/x'}]\npaths: {/a: {get: {}}}",
            "'http://[ad]/x' is not a URL",
            id="host",
        ),
        pytest.param(
            "servers: [{url: 'mailto:a@b.example'}]\npaths: {/a: {get: {}}}",
            "not the URL of a server",
            id="mail",
        ),
        pytest.param(
            "servers: [{url: 'localhost:8080/v1'}]\npaths: {/a: {get: {}}}",
            "not the URL of a server",
            id="host:port",
        ),
        pytest.param(
            "servers: [{url: not a URL}]\npaths: {/a: {get: {}}}", "'not a URL' has a character", id="blanks"
        ),
        pytest.param(
            "servers: [{url: '/{version}'}]\npaths: {/a: {get: {}}}",
            "a variable without a value",
            id="variable",
        ),
        pytest.param(
            f"servers: [{{url: '/{'x' * 2000}'}}]\npaths: {{/a: {{get: {{}}}}}}",
            "is longer than 2000 characters",
            id="long URL",
        ),
        pytest.param(
            f"servers: [{{url: '/{'{v}' * 50}', variables: {{v: {{enum: [{'x' * 50}]}}}}}}]\n{ANSWER % '{}'}",
            "is longer than 2000 characters",
            id="long value of a variable",
        ),
        pytest.param("servers: [{url: 5}]\npaths: {/a: {get: {}}}", ": servers: $[0].url", id="number"),
        pytest.param("servers: {url: /}\npaths: {/a: {get: {}}}", ": servers: $", id="no list"),
        pytest.param("paths: {/a: {servers: [x], get: {}}}", ": /a: servers: $[0]", id="of a path"),
        pytest.param("paths: {/a: {get: {servers: [x]}}}", ": /a: servers: $[0]", id="of an operation"),
        pytest.param("paths: {/a: {get: {responses: {20: {}}}}}", "'20': this is not a status", id="status"),
        pytest.param("paths: {/a: {get: {responses: {٢٠٠: {}}}}}", "this is not a status", id="other digits"),
        pytest.param("paths: {/a: {get: {responses: {600: {}}}}}", "'600': this is not a status", id="600"),
        pytest.param(ANSWER % "{content: {'a b': {}}}", "'a b' is not a media type", id="media type"),
        pytest.param(
            ANSWER % '{content: {"text/plain; a=\\r\\nX-Own: 1": {}}}',
            "is not a media type",
            id="media type with a line",
        ),
        pytest.param(
            ANSWER % "{headers: {'X Y': {example: 1}}}",
            "header 'X Y': this is not the name",
            id="header's name",
        ),
        pytest.param(
            ANSWER % '{headers: {X: {example: "a\\r\\nb"}}}', "is not allowed in a header", id="line break"
        ),
        pytest.param(ANSWER % '{headers: {X: {example: "a\\0b"}}}', "is not allowed in a header", id="NUL"),
        pytest.param(
            ANSWER % f"{{headers: {{X: {{example: {'x' * 5000}}}}}}}", "longer than 4096", id="long header"
        ),
        pytest.param(
            ANSWER % f"{{headers: {{{', '.join(f'X{n}: {{}}' for n in range(51))}}}}}",
            "more than 50",
            id="many headers",
        ),
        pytest.param(
            ANSWER % "{headers: {X: {$ref: '#/nowhere'}}}",
            "'#/nowhere' points to nothing",
            id="header's reference",
        ),
        pytest.param(
            f"x: [1]\npaths: {{/a: {{get: {{responses: {{404: {{$ref: '#/x/{'9' * 5000}'}}}}}}}}}}",
            "points to nothing",
            id="reference with a long index",
        ),
        pytest.param(
            "x: [1]\npaths: {/a: {get: {responses: {404: {$ref: '#/x/٠'}}}}}",
            "points to nothing",
            id="reference with an index of other digits",
        ),
        pytest.param(
            "paths: {/a: {get: {responses: {404: {$ref: '#/nowhere'}}}}}",
            "points to nothing",
            id="other answer",
        ),
        pytest.param(
            "x: {A: {$ref: '#/x/B'}, B: {$ref: '#/x/A'}}\n" + ANSWER % "{$ref: '#/x/A'}",
            "a reference refers to itself",
            id="circle of references",
        ),
        pytest.param(
            ANSWER % "{content: {a/b: {schema: {examples: {a: 1}}}}}",
            "/a: get: 200: `examples` of its schema is not a list",
            id="named examples in a schema",
        ),
        pytest.param(
            ANSWER % "{content: {a/b: {schema: {properties: [a]}}}}",
            "/a: get: 200: `properties` is not an object",
            id="list of properties",
        ),
        pytest.param(
            ANSWER % "{content: {a/b: {schema: {allOf: {a: 1}}}}}",
            "/a: get: 200: `allOf` of its schema is not a list",
            id="object of parts",
        ),
        pytest.param(
            ANSWER % "{content: {a/b: {examples: {none: null}}}}",
            "/a: get: 200: the example 'none' is not an object with a `value`",
            id="example that is null",
        ),
        pytest.param(
            ANSWER % "{$ref: 'file:///etc/passwd'}", "only references inside the document", id="file"
        ),
        pytest.param(
            "paths: {/a: {get: {parameters: [{name: q, in: query, schema: {items: {$ref: 'file:///etc/hostname'}}}]}}}",
            "the schema of the parameter 'q'",
            id="file in a parameter's schema",
        ),
    ],
)
def test_document_that_cannot_be_served_is_refused_with_its_place(
    text: str, problem: str, tmp_path: Path
) -> None:
    assert problem in refusal_of(tmp_path, text)


QUERY = "paths: {/a: {get: {parameters: [{name: %s, in: query, schema: {pattern: '%s'}}]}}}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(QUERY % ("q", "(" * 100_000), id="long pattern"),
        pytest.param(QUERY % ("q" * 100_000, "("), id="long name"),
    ],
)
def test_refusal_is_short_whatever_the_document_has(text: str, tmp_path: Path) -> None:
    assert len(refusal_of(tmp_path, text)) < 2100


def _with_path(tmp_path: Path, path: str) -> dict[str, Any]:
    """Returns a document with one path."""
    document = tmp_path / "own.yaml"
    document.write_text(json.dumps({"openapi": "3.1.0", "paths": {path: {"get": {}}}}), encoding="utf-8")
    return read_document(document)


def test_path_with_many_braces_is_read_at_once(tmp_path: Path) -> None:
    document = _with_path(tmp_path, "/" + "{" * 1_999)

    assert_cheap(lambda: operations_of(document), steps=1_000_000)


def test_path_with_very_many_braces_is_refused_at_once(tmp_path: Path) -> None:
    document = _with_path(tmp_path, "/" + "{" * 50_000)

    def refused() -> None:
        with pytest.raises(InputError, match="characters"):
            operations_of(document)

    assert_cheap(refused, steps=1_000_000)


@pytest.mark.long
def test_answers_that_are_large_together_are_refused(tmp_path: Path) -> None:
    large = f"x: {{E: {{value: {'x' * 20_000_000}}}}}\n"
    answer = ANSWER % "{content: {text/plain: {examples: {%s}}}}"
    examples = ", ".join(f"e{n}: {{$ref: '#/x/E'}}" for n in range(20))

    assert refusal_of(tmp_path, large + answer % examples).endswith(
        ": /a: get: 200: with this the answers of the document are larger than 256 MB"
    )


def test_servers_and_operations_are_not_multiplied_without_a_limit(tmp_path: Path) -> None:
    servers = f"servers: [{', '.join(f'{{url: /s{n}}}' for n in range(100))}]\n"

    assert operation_count(tmp_path, servers + many_paths(100, "{get: {}}")) == 10_000
    assert refusal_of(tmp_path, servers + many_paths(201, "{get: {}}")).endswith(
        ": it has more than 20,000 operations, each counted once for each server"
    )


@pytest.mark.parametrize("kind", ["document", "site file"])
def test_bomb_stops_the_start_in_one_line(kind: str, tmp_path: Path) -> None:
    bomb = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    bomb += [f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)]
    (tmp_path / "own.yaml").write_text("\n".join(["openapi: 3.1.0", "paths: {}", *bomb]), encoding="utf-8")

    result = ended(
        "serve", *(("--openapi", "own.yaml") if kind == "document" else ("--sites", ".")), folder=tmp_path
    )

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == (
        "datafast-mock: own.yaml:9:4: not valid YAML: with its aliases this is larger than 32 MB\n"
    )


ODD_VALUES = [None, True, 0, -1.5, "", "x", "#/paths", [], ["x"], [None], {}, {"x": None}, {"$ref": "#/x"}]


def _places(part: Any, *way: str | int) -> Iterator[tuple[str | int, ...]]:
    """Yields the path to each value of a document."""
    members = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list) else ()
    for name, member in members:
        yield (*way, name)
        yield from _places(member, *way, name)


def _with(part: Any, way: Sequence[str | int], value: Any) -> Any:
    """Returns the document with another value at a path."""
    if not way:
        return value
    if isinstance(part, dict):
        return {**part, way[0]: _with(part[way[0]], way[1:], value)}
    return [_with(member, way[1:], value) if n == way[0] else member for n, member in enumerate(part)]


@pytest.mark.long
def test_whatever_stands_anywhere_in_a_document_is_served_or_refused() -> None:
    document = read_document(DOCUMENT)
    random = Random(12)
    places = [way for way in _places(document) if way[0] != "openapi" and len(way) > 1]

    for way in random.choices(places, k=400):
        with suppress(InputError):
            operations = operations_of(_with(document, way, random.choice(ODD_VALUES)))
            assert all(operation.example.status >= 200 for operation in operations)


@pytest.mark.parametrize(
    ("members", "problem"),
    [
        pytest.param(f"/a: {{get: {{operationId: {'a' * 2_001}}}}}", "an operationId", id="operationId"),
        pytest.param(f"? /{'a' * 2_000}\n  : {{get: {{}}}}", "a path", id="path"),
    ],
)
def test_names_that_are_too_long_stop_the_start(tmp_path: Path, members: str, problem: str) -> None:
    document = tmp_path / "own.yaml"
    document.write_text(f"openapi: 3.1.0\npaths:\n  {members}\n", encoding="utf-8")

    run = ended("serve", "--port", "0", "--openapi", str(document))

    assert run.returncode == 2
    assert f"{problem} must not have more than 2,000 characters" in run.stderr
    assert len(run.stderr) < 400
