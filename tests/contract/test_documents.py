"""Further documents: the choice of their answers, their headers and their routes."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server.assets import CONTRACT
from mock_server.banner import banner
from mock_server.contract.document import read_document
from mock_server.contract.operations import operations_of
from mock_server.options import Options
from mock_server.service import load_service
from tests.command import LISTENING, banner_of, serving, started
from tests.contract.documents import DOCUMENT, EXAMPLE_OF
from tests.credentials import bearer

SAID = {"said": True}


@pytest.fixture(scope="module")
def web() -> Iterator[httpx2.Client]:
    """A client of a mock with the document."""
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
        "x-schema-examples": "5",
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


SHARED = """
openapi: 3.1.0
paths:
  /a: {get: {operationId: twice}, post: {operationId: once}}
  /b: {get: {operationId: twice}}
  /c: {get: {operationId: getRealtime}}
"""


def test_an_operation_id_of_several_operations_is_told_at_the_start(tmp_path: Path) -> None:
    document = tmp_path / "own.yaml"
    document.write_text(SHARED, encoding="utf-8")

    told = banner(load_service(Options(documents=(document,))), "http://x")

    line = "Several operations have the same operationId, so rules match all of them: getRealtime, twice."
    assert line in told.splitlines()


def test_a_document_with_the_mocks_own_operations_shares_no_id() -> None:
    assert "operationId" not in banner(load_service(Options(documents=(CONTRACT,))), "http://x")


@pytest.mark.long
def test_the_longest_names_fit_into_the_header_that_names_the_operation(tmp_path: Path) -> None:
    document = tmp_path / "own.yaml"
    name = "a" * 2_000
    document.write_text(f"openapi: 3.1.0\npaths:\n  /a: {{get: {{operationId: {name}}}}}\n", encoding="utf-8")

    with serving("--openapi", str(document)) as url:
        reply = httpx2.get(f"{url}/a")

    assert reply.headers[EXAMPLE_OF] == name
