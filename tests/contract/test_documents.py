"""Further documents: the choice of their answers, their routes and headers, and errors at the start."""

import json
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest

from mock_server.contract.document import read_document
from mock_server.contract.operations import operations_of
from mock_server.errors import ApiError, InputError
from tests.command import LISTENING, banner_of, ended, serving, started
from tests.credentials import bearer
from tests.timing import assert_cheap

DOCUMENT = Path(__file__).with_name("further.yaml")
EXAMPLE_OF = "X-DataFast-Mock-Example"
SAID = {"said": True}


@pytest.fixture(scope="module")
def web() -> Iterator[httpx2.Client]:
    """A client of a mock with the document above."""
    with serving("--openapi", str(DOCUMENT)) as url, httpx2.Client(base_url=url) as client:
        yield client


@pytest.mark.long
def test_words_of_an_example_are_those_of_yaml_1_2(web: httpx2.Client) -> None:
    words = {
        "on": 1,
        "no": 2,
        "null": 3,
        "~": 4,
        "1": "a",
        "c": "NO",
        "at": "2026-02-06",
        "t": "1:30",
        "n": 12,
    }

    assert web.get("/own/words").json() == words


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        pytest.param("default", 200, SAID, id="default alone"),
        pytest.param("default-beside-errors", 200, SAID, id="default beside errors"),
        pytest.param("default-beside-success", 201, SAID, id="default beside a success"),
        pytest.param("default-beside-redirect", 302, None, id="default beside a redirection"),
        pytest.param("default-without-content", 204, None, id="default without content"),
        pytest.param("range", 200, SAID, id="range"),
        pytest.param("range-beside-status", 202, SAID, id="range beside a status"),
        pytest.param("lowest", 203, SAID, id="lowest success"),
        pytest.param("only-errors", 204, None, id="no success"),
        pytest.param("none", 204, None, id="nothing documented"),
        pytest.param("empty-200", 200, None, id="200 without content"),
        pytest.param("empty-202", 202, None, id="202 without content"),
        pytest.param("no-content", 204, None, id="204 with content"),
        pytest.param("reset-content", 205, None, id="205 with content"),
        pytest.param("announced", 200, SAID, id="101 beside it"),
        pytest.param("external", 200, SAID, id="external value beside a value"),
        pytest.param("only-external", 200, SAID, id="external value beside a schema"),
    ],
)
def test_answer_is_the_first_success_that_is_documented(
    web: httpx2.Client, path: str, status: int, body: Any
) -> None:
    reply = web.get(f"/own/{path}")

    assert reply.status_code == status
    assert (reply.json() if reply.content else None) == body
    assert reply.headers[EXAMPLE_OF] == f"get /own/{path}"


@pytest.mark.parametrize(
    ("path", "preference", "status"),
    [
        pytest.param("range", "code=400", 400, id="of a range"),
        pytest.param("default-beside-errors", "code=404", 404, id="beside a default"),
        pytest.param("default", "code=200", 200, id="default as the success"),
        pytest.param("announced", "code=101", 400, id="what only announces"),
        pytest.param("empty-200", "code=500", 400, id="undocumented"),
    ],
)
def test_other_documented_answers_can_be_preferred(
    web: httpx2.Client, path: str, preference: str, status: int
) -> None:
    assert web.get(f"/own/{path}", headers={"Prefer": preference}).status_code == status


@pytest.mark.parametrize(
    ("path", "media_type", "body"),
    [
        pytest.param("any", "application/json", b'{"said":true}', id="anything"),
        pytest.param("any-application", "application/json", b'{"said":true}', id="any application"),
        pytest.param("any-text", "text/plain; charset=utf-8", b"hello", id="any text"),
        pytest.param("text", "text/plain; charset=utf-8", b"hello", id="text"),
        pytest.param("number-as-text", "text/plain; charset=utf-8", b"42", id="number as text"),
        pytest.param("problem", "application/problem+json", b'"hello"', id="text as JSON"),
        pytest.param("several", "application/json", b'{"said":true}', id="JSON among several"),
        pytest.param("latest-json", "application/vnd.own+json", b'{"said":true}', id="like JSON"),
    ],
)
def test_media_type_is_one_that_can_be_sent(
    web: httpx2.Client, path: str, media_type: str, body: bytes
) -> None:
    reply = web.get(f"/own/{path}")

    assert (reply.headers["Content-Type"], reply.content) == (media_type, body)


def test_documented_headers_are_sent_but_those_that_frame_an_answer(web: httpx2.Client) -> None:
    reply = web.get("/own/headers", headers={"Origin": "https://page.example"})

    own = {name: value for name, value in reply.headers.items() if name.startswith("x-")}
    assert own == {
        "x-example": "one",
        "x-examples": "two",
        "x-schema-example": "3",
        "x-default": "true",
        "x-enum": "four",
        "x-list": "a,b",
        "x-object": "R,1,G,2",
        "x-exploded": "R=1,G=2",
        "x-content": "six",
        "x-unicode": "Zürich ⚡",
        "x-referred": "7",
        "x-datafast-mock-example": "get /own/headers",
    }
    assert reply.json() == SAID
    assert reply.headers["Cache-Control"] == "max-age=60"
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Content-Length"] == str(len(reply.content))
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert not {"content-encoding", "transfer-encoding", "connection"} & reply.headers.keys()
    assert reply.headers.get_list("Date") != ["yesterday"]


def test_head_of_its_own_counts_before_that_of_a_get(web: httpx2.Client) -> None:
    assert web.head("/own/measured").headers["X-Size"] == "5"
    assert web.get("/own/measured").json() == SAID
    assert web.post("/own/measured").headers["Allow"] == "GET, HEAD"


def test_redirection_has_its_place(web: httpx2.Client) -> None:
    assert web.get("/own/default-beside-redirect").headers["Location"] == "/own/words"


@pytest.mark.parametrize(
    ("path", "operation"),
    [
        pytest.param("/own/seen/mine", "mine", id="concrete before a template"),
        pytest.param("/own/seen/x.json", "asJson", id="template with text before a mere one"),
        pytest.param("/own/seen/x", "seen", id="template"),
        pytest.param("/own/anything", "rest", id="template of one segment"),
        pytest.param("/own/f/a%2Fb", "file", id="encoded slash"),
        pytest.param("/own/f/a%2fb", "file", id="encoded slash in small letters"),
        pytest.param("/own/f/x.tar.gz", "archive", id="two templates in a segment"),
        pytest.param("/own/f/a%2Fb.tar.gz", "archive", id="encoded slash beside text"),
        pytest.param("/own/pair/a.b.c%2Fd.x", "pair", id="the first of several as long as possible"),
        pytest.param("/own/six/abcdef.x", "six", id="one letter each"),
        pytest.param("/own/caf%C3%A9", "coffee", id="encoded letter"),
        pytest.param("/v2/seen/x", "seen", id="second server"),
        pytest.param("/third/here", "get /third/here", id="server of a path"),
        pytest.param("/v1/x/versioned", "get /v1/x/versioned", id="server variable"),
        pytest.param("/v2/x/versioned", "get /v2/x/versioned", id="its other value"),
        pytest.param("/five/relative", "get /five/relative", id="relative server"),
        pytest.param("/six/relative", "get /six/relative", id="relative server, up"),
        pytest.param("/seven/relative", "get /seven/relative", id="relative server without a dot"),
        pytest.param("/at-root", "get /at-root", id="server without a path"),
    ],
)
def test_path_leads_to_its_operation(web: httpx2.Client, path: str, operation: str) -> None:
    reply = web.get(path)

    assert (reply.status_code, reply.json()) == (200, SAID)
    assert reply.headers[EXAMPLE_OF] == operation


def test_server_of_an_operation_counts_before_that_of_its_path(web: httpx2.Client) -> None:
    assert web.post("/fourth/here").status_code == 200
    assert web.post("/third/here").status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        "/own%2Fwords",
        "/third%2Fhere",
        "/own/f/a/b",
        "/own/six/abcde.x",
        "/own/six/.x",
        "/own/pair/.b.x",
        "/api/v1/analytics%2Frealtime",
        "/seven%2frelative",
    ],
)
def test_path_that_only_looks_alike_answers_404(web: httpx2.Client, path: str) -> None:
    assert web.get(path, headers=bearer("df_test")).status_code == 404


@pytest.mark.parametrize("segment", ["a" * 30_000, ".x" * 15_000 + "%2F"])
def test_segment_with_several_placeholders_is_divided_at_once(web: httpx2.Client, segment: str) -> None:
    assert web.get(f"/own/six/{segment}").status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("POST", "/api/v1/analytics/realtime", "GET, HEAD, OPTIONS, PUT", id="ours and theirs"),
        pytest.param("DELETE", "/own/seen/mine", "GET, HEAD, POST", id="two operations of a path"),
        pytest.param(
            "PUT", "/api/v1/goals", "DELETE, GET, HEAD, POST", id="theirs and what is not mocked yet"
        ),
        pytest.param("POST", "/api/v1/visitors/export", "GET, HEAD", id="concrete and template"),
        pytest.param("GET", "/fourth/here", "POST", id="one"),
    ],
)
def test_allow_names_every_method_of_a_path(web: httpx2.Client, method: str, path: str, allowed: str) -> None:
    reply = web.request(method, path)

    assert (reply.status_code, reply.headers["Allow"]) == (405, allowed)


def test_options_names_every_method_of_a_path(web: httpx2.Client) -> None:
    reply = web.options("/api/v1/goals")

    assert (reply.status_code, reply.headers["Allow"]) == (204, "DELETE, GET, HEAD, POST")


@pytest.mark.parametrize(
    "path", ["/api/v1/ours", "/api/v1/goals", "/api/v1/visitors/export", "/api/v1/coded", "/api/v1/wide"]
)
def test_below_the_api_a_key_is_needed(web: httpx2.Client, path: str) -> None:
    replies = [
        web.get(path),
        web.get(path, headers=bearer("df_nobody")),
        web.get(path, headers=bearer("df_test")),
    ]

    assert [reply.status_code for reply in replies] == [401, 401, 200]
    assert replies[1].json()["error"]["code"] == 401
    assert replies[1].headers["WWW-Authenticate"] == "Bearer"
    assert replies[2].json() == SAID


def test_concrete_path_of_theirs_counts_before_a_template_of_ours(web: httpx2.Client) -> None:
    path = "/api/v1/visitors/a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"

    # The second request has the same bytes, so the fast path answers it.
    assert [web.get(path, headers=bearer("df_test")).json() for _ in range(2)] == [SAID, SAID]


ALIKE = """
openapi: 3.1.0
servers: [{url: /}, {url: /a}]
paths:
  /a/{x}: {get: {operationId: far}, post: {}}
  /{y}: {get: {operationId: near}, post: {}}
  /b%2F{z}: {get: {operationId: encoded}}
  /b/{z}: {get: {operationId: two}}
"""


def test_paths_that_only_servers_make_alike_are_served(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(ALIKE, encoding="utf-8")

    operations = operations_of(read_document(tmp_path / "own.yaml"))

    assert [operation.path for operation in operations if operation.operation_id == "near"] == [
        "/{y}",
        "/a/{y}",
    ]
    assert {operation.operation_id for operation in operations} >= {"far", "near", "encoded", "two"}


def _refusal(tmp_path: Path, text: str) -> str:
    path = tmp_path / "own.yaml"
    path.write_text(f"openapi: 3.1.0\n{text}\n", encoding="utf-8")
    with pytest.raises(InputError) as refused:
        operations_of(read_document(path), path)
    return str(refused.value).removeprefix(str(path))


OK = "{200: {content: {application/json: {example: 1}}}}"
ANSWER = "paths: {/a: {get: {responses: {200: %s}}}}"


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
    assert problem in _refusal(tmp_path, text)


QUERY = "paths: {/a: {get: {parameters: [{name: %s, in: query, schema: {pattern: '%s'}}]}}}"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(QUERY % ("q", "(" * 100_000), id="long pattern"),
        pytest.param(QUERY % ("q" * 100_000, "("), id="long name"),
    ],
)
def test_refusal_is_short_whatever_the_document_has(text: str, tmp_path: Path) -> None:
    assert len(_refusal(tmp_path, text)) < 2100


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


def _operation_count(tmp_path: Path, text: str) -> int:
    path = tmp_path / "own.yaml"
    path.write_text(f"openapi: 3.1.0\n{text}\n", encoding="utf-8")
    return len(operations_of(read_document(path), path))


def _paths(count: int, item: str) -> str:
    return f"paths: {{{', '.join(f'/a{n}: {item}' for n in range(count))}}}"


MANY_EXAMPLES = f"{{examples: {{{', '.join(f'e{n}: {{value: 1}}' for n in range(1000))}}}}}"
MANY_PARAMETERS = ", ".join(f"{{name: q{n}, in: query, schema: {{type: integer}}}}" for n in range(100))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            f"x: {{R: {{content: {{text/plain: {MANY_EXAMPLES}}}}}}}\n"
            + _paths(200, "{get: {responses: {200: {$ref: '#/x/R'}}}}"),
            id="response",
        ),
        pytest.param(
            f"x: {{I: {{parameters: [{MANY_PARAMETERS}], get: {{}}}}}}\n" + _paths(200, "{$ref: '#/x/I'}"),
            id="path",
        ),
    ],
)
def test_what_many_operations_refer_to_is_made_once(text: str, tmp_path: Path) -> None:
    assert_cheap(lambda: _operation_count(tmp_path, text), steps=3_000_000)
    assert _operation_count(tmp_path, text) == 200


@pytest.mark.long
def test_answers_that_are_large_together_are_refused(tmp_path: Path) -> None:
    large = f"x: {{E: {{value: {'x' * 20_000_000}}}}}\n"
    answer = ANSWER % "{content: {text/plain: {examples: {%s}}}}"
    examples = ", ".join(f"e{n}: {{$ref: '#/x/E'}}" for n in range(20))

    assert _refusal(tmp_path, large + answer % examples).endswith(
        ": /a: get: 200: with this the answers of the document are larger than 256 MB"
    )


def test_servers_and_operations_are_not_multiplied_without_a_limit(tmp_path: Path) -> None:
    servers = f"servers: [{', '.join(f'{{url: /s{n}}}' for n in range(100))}]\n"

    assert _operation_count(tmp_path, servers + _paths(100, "{get: {}}")) == 10_000
    assert _refusal(tmp_path, servers + _paths(201, "{get: {}}")).endswith(
        ": it has more than 20,000 operations, each counted once for each server"
    )


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


HIDDEN = """
openapi: 3.1.0
servers: [{url: /}]
paths:
  /: {get: {responses: {200: {content: {text/html: {example: theirs}}}}}, post: {responses: {201: {}}}}
  /console/main.js: {get: {}}
  /console/theirs.js: {get: {responses: {200: {content: {text/javascript: {example: theirs}}}}}}
  /openapi.json: {get: {}}
  /__mock/keys: {get: {}}
"""


@pytest.mark.long
def test_paths_of_the_mock_itself_win_and_the_start_says_so(tmp_path: Path) -> None:
    document = tmp_path / "own.yaml"
    document.write_text(HIDDEN, encoding="utf-8")

    with started("--port", "0", "--openapi", str(document)) as process:
        lines = banner_of(process)
        with httpx2.Client(base_url=lines[-1].removeprefix(LISTENING)) as web:
            assert "<title>datafast-mock</title>" in web.get("/").text
            assert EXAMPLE_OF not in web.get("/console/main.js").headers
            assert web.get("/console/theirs.js").text == "theirs"
            assert web.post("/").status_code == 201

    (line,) = [line for line in lines if "Not answered" in line]
    assert line.endswith(": GET /, GET /console/main.js, GET /openapi.json and 1 more.")


UNREAD = """
openapi: 3.1.0
paths:
  /own/a: {get: {}, GET: {}, fetch: {}, x-fetch: {}, summary: A, description: B, parameters: []}
  /own/b: {$ref: "#/components/pathItems/b"}
  x-own: {GET: {}}
components: {pathItems: {b: {query: {}, additionalOperations: {}}}}
"""


@pytest.mark.long
def test_members_of_paths_that_are_not_read_are_told_at_the_start(tmp_path: Path) -> None:
    document = tmp_path / "own.yaml"
    document.write_text(UNREAD, encoding="utf-8")

    with started("--port", "0", "--openapi", str(document)) as process:
        lines = banner_of(process)

    (line,) = [line for line in lines if "Not read" in line]
    assert line.endswith(": GET of /own/a, fetch of /own/a, query of /own/b and 1 more.")


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


@pytest.mark.long
def test_the_longest_names_fit_into_the_header_that_names_the_operation(tmp_path: Path) -> None:
    document = tmp_path / "own.yaml"
    name = "a" * 2_000
    document.write_text(f"openapi: 3.1.0\npaths:\n  /a: {{get: {{operationId: {name}}}}}\n", encoding="utf-8")

    with serving("--openapi", str(document)) as url:
        reply = httpx2.get(f"{url}/a")

    assert reply.headers[EXAMPLE_OF] == name
