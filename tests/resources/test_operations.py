"""New operations: each is a piece of the document, a function `Call → Reply` and a row of the registry.

The operations of further.yaml resemble those that are still to come; all other code is the mock's own.
"""

import json
from collections.abc import Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mock_server.assets import read_record
from mock_server.contract.document import load_document
from mock_server.instants import instant_of
from mock_server.options import Options
from mock_server.resources.call import Call, Reply
from mock_server.resources.registry import VIEWS
from mock_server.service import Service, load_service
from mock_server.state.credentials import Credential
from mock_server.testing import serving
from tests.controls import Controls
from tests.credentials import DEMO, bearer
from tests.instants import INSTANT

FURTHER = Path(__file__).with_name("further.yaml")
OVERVIEW = "/analytics/overview"
NOTES = f"/admin/websites/{DEMO}/notes"
FUNNEL = "/analytics/funnels/first"
VIEWER = "df_viewer"
HELLO = {"text": "Hello"}
AT = instant_of("2026-02-06T05:27:20Z")


class Book:
    """The resources of the further operations, which count their calls and keep notes in a list."""

    def __init__(self) -> None:
        self.overviews = 0
        self.notes: list[str] = []
        self.requests: list[int | None] = []

    def overview(self, call: Call) -> Reply:
        """Returns the values of the query."""
        self.overviews += 1
        return _reply({name: _written(value) for name, value in call.query.items()})

    def get_notes(self, _call: Call) -> Reply:
        """Returns all notes."""
        return _reply(self.notes)

    def post_note(self, call: Call) -> Reply:
        """Adds a note, and increases the account's version."""
        assert call.account is not None, "a write has an account"
        # Clearing the log changes the account's version, as every change of the log does.
        call.account.log.clear()
        self.notes.append(call.body["text"])
        self.requests.append(call.request)
        return Reply(json.dumps(call.body).encode(), headers={"Location": f"/notes/{len(self.notes)}"})

    def delete_notes(self, _call: Call) -> Reply:
        """Deletes all notes."""
        count = len(self.notes)
        self.notes.clear()
        return _reply(count)


def account(call: Call) -> Reply:
    """Returns the name of the account."""
    assert call.account is not None, "an operation without a website is about the account"
    return _reply(call.account.name)


def put_account(call: Call) -> Reply:
    """Returns the body, which may be left out."""
    return _reply(call.body)


def funnel(call: Call) -> Reply:
    """Returns the id in the path."""
    return _reply(call.path["funnelId"])


def _reply(value: Any) -> Reply:
    return Reply(json.dumps(value).encode())


def _written(value: Any) -> Any:
    return f"day {value}" if isinstance(value, date) else value


@pytest.fixture(scope="module")
def shelf() -> Book:
    """The resources of the further operations, shared by all tests of this file."""
    return Book()


@pytest.fixture(scope="module")
def service(shelf: Book) -> Service:
    """A mock with the further operations in its document and registry."""
    document = load_document()
    further = read_record(FURTHER, dict[str, Any])
    views = {
        **VIEWS,
        "getOverview": shelf.overview,
        "getNotes": shelf.get_notes,
        "postNote": shelf.post_note,
        "deleteNotes": shelf.delete_notes,
        "getAccount": account,
        "putAccount": put_account,
        "getFunnel": funnel,
    }
    options = Options(now=instant_of(INSTANT), speed=0)
    loaded = load_service(options, {**document, "paths": {**document["paths"], **further}}, views)
    demo = loaded.keys.account("demo")
    loaded.keys.mint(Credential(token=VIEWER, site="demo", role="viewer"), demo, "")
    return loaded


@pytest.fixture
def book(shelf: Book, service: Service) -> Book:
    """The resources without notes and calls. Answers that earlier tests have cached are not used."""
    shelf.overviews, shelf.notes, shelf.requests = 0, [], []
    service.keys.account("demo").log.clear()
    return shelf


@pytest.fixture(scope="module")
def server(service: Service) -> Iterator[str]:
    """The address of the mock with the further operations."""
    with serving(service) as address:
        yield address


@pytest.fixture(scope="module")
def api(server: str) -> Iterator[httpx2.Client]:
    """A client of the mock with the key of `demo`."""
    url = f"{server}/api/v1"
    with httpx2.Client(base_url=url, headers=bearer("df_demo")) as client:
        yield client


@pytest.mark.parametrize(
    ("query", "values"),
    [
        pytest.param("", {"limit": 100}, id="nothing but the default"),
        pytest.param("fields=", {"limit": 100}, id="empty where that is allowed"),
        pytest.param(
            "fields=visitors,revenue", {"fields": ["visitors", "revenue"], "limit": 100}, id="array"
        ),
        pytest.param(
            "filter_visit_count=2,30&limit=5", {"filter_visit_count": [2, 30], "limit": 5}, id="integers"
        ),
        pytest.param("startAt=2026-02-06", {"startAt": "day 2026-02-06", "limit": 100}, id="day"),
        pytest.param("startAt=2026-02-06T06:27:20%2B01:00", {"startAt": AT, "limit": 100}, id="instant"),
        pytest.param(f"websiteId={DEMO}&country=FR", {"limit": 100}, id="website and undocumented"),
    ],
)
def test_view_is_given_typed_values(api: httpx2.Client, query: str, values: dict[str, Any]) -> None:
    reply = api.get(f"{OVERVIEW}?{query}")

    assert (reply.status_code, reply.json()) == (200, values)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        pytest.param("fields=visitors,pets", "fields", id="unknown column"),
        pytest.param("limit=0", "limit", id="too small"),
        pytest.param("limit=1_0", "limit", id="an integer only in Python"),
        pytest.param("limit=%205", "limit", id="a blank before it"),
        pytest.param("limit=%D9%A3", "limit", id="digits of another script"),
        pytest.param(f"limit={'9' * 5_000}", "limit", id="more digits than any number"),
        pytest.param("filter_visit_count=2,many", "filter_visit_count", id="no integer"),
        pytest.param("startAt=yesterday", "startAt", id="no date"),
        pytest.param("startAt=2026-02-30", "startAt", id="no day of the calendar"),
        pytest.param("startAt=2026-02-06T05:27:20", "startAt", id="instant without an offset"),
    ],
)
def test_value_that_does_not_fit_is_400_and_named(api: httpx2.Client, query: str, named: str) -> None:
    reply = api.get(f"{OVERVIEW}?{query}")

    assert reply.status_code == 400
    assert f"for '{named}'" in reply.json()["error"]["message"]


def test_query_is_never_given_the_answer_of_another_one_and_each_is_made_once(
    api: httpx2.Client, book: Book
) -> None:
    queries = ["", "limit=1", "filter_country=FR", "filter_country=DE", "filter_country=FR,DE"]

    told = [[api.get(f"{OVERVIEW}?{query}").text for query in queries] for _ in range(3)]

    assert len(set(told[0])) == len(queries) == book.overviews
    assert told[0] == told[1] == told[2]


def test_answer_is_made_anew_when_something_was_written_to_the_account(
    api: httpx2.Client, book: Book
) -> None:
    asked = []
    for text in ("first", "second"):
        for _ in range(3):
            api.get(OVERVIEW)
        asked.append(book.overviews)
        api.post(NOTES, json={"text": text})
    api.get(OVERVIEW)

    assert (asked, book.overviews) == ([1, 2], 3)


def test_write_happens_once_for_each_request_and_has_the_documented_status(
    api: httpx2.Client, book: Book
) -> None:
    replies = [api.post(NOTES, json=HELLO) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [201, 201]
    assert [reply.headers["Location"] for reply in replies] == ["/notes/1", "/notes/2"]
    assert api.get(NOTES).json() == book.notes == ["Hello", "Hello"]


def test_write_knows_the_number_of_its_request_in_the_journal(
    server: str, api: httpx2.Client, book: Book
) -> None:
    api.get(NOTES)
    for _ in range(2):
        api.post(NOTES, json=HELLO)
    api.get(NOTES)

    with Controls(server) as controls:
        asked = controls.get("/requests", limit=4)["requests"]
    assert [request["number"] for request in asked if request["method"] == "POST"] == book.requests
    assert [b["number"] - a["number"] for a, b in pairwise(asked)] == [1, 1, 1]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
def test_other_method_is_405_with_all_methods_of_the_path(api: httpx2.Client, method: str) -> None:
    reply = api.request(method, NOTES)

    assert (reply.status_code, reply.headers["Allow"]) == (405, "DELETE, GET, HEAD, POST")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param("", 400, id="none"),
        pytest.param("{", 400, id="no JSON"),
        pytest.param("[" * 10_000, 400, id="too deep"),
        pytest.param(b'{"text": "\xff"}', 400, id="not UTF-8"),
        pytest.param('{"text": ""}', 400, id="text too short"),
        pytest.param('{"name": "x"}', 400, id="member missing"),
        pytest.param(json.dumps({"text": "x" * 300_000}), 413, id="too long"),
    ],
)
def test_body_that_does_not_fit_is_refused_and_nothing_is_written(
    api: httpx2.Client, book: Book, body: str | bytes, status: int
) -> None:
    reply = api.post(NOTES, content=body)

    assert (reply.status_code, reply.json()["error"]["code"], book.notes) == (status, status, [])


@pytest.mark.parametrize("body", [None, {"name": "Jane"}], ids=["left out", "sent"])
def test_body_that_the_document_does_not_require_may_be_left_out(api: httpx2.Client, body: Any) -> None:
    sent = {} if body is None else {"json": body}

    reply = api.put("/admin/account", headers=bearer("dft_test"), **sent)

    assert (reply.status_code, reply.json()) == (200, body)


def test_parameters_are_checked_before_the_body_and_the_website_before_both(api: httpx2.Client) -> None:
    reply = api.post("/admin/websites/x/notes", content="{")

    assert (reply.status_code, reply.json()["error"]["message"]) == (
        400,
        "Invalid 'websiteId' 'x': 24 hexadecimal digits are expected.",
    )


@pytest.mark.parametrize(
    ("method", "path", "token", "status"),
    [
        pytest.param("GET", NOTES, "df_demo", 200, id="key of the website in the path"),
        pytest.param("GET", NOTES, "df_shop", 403, id="key of another website"),
        pytest.param("GET", NOTES, "dft_test", 200, id="token for every website"),
        pytest.param("GET", NOTES, "dft_elsewhere", 403, id="token without the permission"),
        pytest.param(
            "GET", "/admin/websites/000000000000000000000000/notes", "dft_test", 404, id="no website"
        ),
        pytest.param("GET", NOTES, VIEWER, 200, id="viewer reads"),
        pytest.param("POST", NOTES, VIEWER, 403, id="viewer writes"),
        pytest.param("DELETE", NOTES, "df_demo", 403, id="key where an owner's token is needed"),
        pytest.param("DELETE", NOTES, "dft_test", 200, id="owner's token"),
        pytest.param("GET", "/admin/account", "dft_test", 200, id="account, no website named"),
        pytest.param("GET", "/admin/account", "df_demo", 403, id="account by a website key"),
        pytest.param("GET", OVERVIEW, "dft_test", 400, id="token without websiteId in the query"),
    ],
)
def test_document_decides_the_access(
    api: httpx2.Client, method: str, path: str, token: str, status: int
) -> None:
    reply = api.request(method, path, headers=bearer(token), json=HELLO)

    assert reply.status_code == status


@pytest.mark.parametrize(
    ("headers", "told"),
    [
        pytest.param({}, "Missing API key: send 'Authorization: Bearer df_…'", id="no header"),
        pytest.param({"Authorization": ""}, "Missing API key: send", id="empty"),
        pytest.param({"Authorization": "df_test"}, "Invalid API key: send it as 'Authorization: ", id="bare"),
        pytest.param({"Authorization": "Bearer sk_1"}, "Invalid API key: send it as 'Auth", id="another's"),
        pytest.param({"Authorization": "Bearer"}, "Invalid API key: send it as 'Auth", id="scheme only"),
        pytest.param({"Authorization": "Basic ZGZfdGVzdDo="}, "Invalid API key: send it", id="basic"),
        pytest.param(
            {"Authorization": "Bearer df_0123456789abcdef"},
            "Invalid API key: this mock does not know it. Send df_test or another key",
            id="a real one",
        ),
    ],
)
@pytest.mark.parametrize("peek", [{}, {"Prefer": "peek"}], ids=["seen", "peek"])
def test_a_refused_key_is_told_what_to_send(
    server: str, headers: dict[str, str], peek: dict[str, str], told: str
) -> None:
    reply = httpx2.get(f"{server}/api/v1/analytics/realtime", headers={**headers, **peek})

    assert (reply.status_code, reply.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert reply.json()["error"]["message"].startswith(told)


def test_only_a_path_outside_of_the_api_is_told_where_the_api_is(server: str) -> None:
    within = httpx2.get(f"{server}/api/v1/analytics/os").json()["error"]["message"]
    outside = httpx2.get(f"{server}/analytics/devices").json()["error"]["message"]

    assert within == "Nothing is at /api/v1/analytics/os: the API has no such path; /docs lists all of them."
    assert outside == "Nothing is at /analytics/devices. The API is under /api/v1."


def test_operation_of_one_revision_is_an_unknown_path_in_the_other(api: httpx2.Client, server: str) -> None:
    early = api.get(FUNNEL, headers={"Prefer": "revision=2026-02"})
    late = api.get(FUNNEL, headers={"Prefer": "revision=2026-06"})
    unknown = api.get("/analytics/funnels")
    with Controls(server) as controls:
        noted = controls.get("/requests", key="df_demo")["requests"][-3]

    assert (late.status_code, late.json()) == (200, "first")
    assert early.status_code == unknown.status_code == 404
    assert (
        early.json()["error"]["message"]
        == f"Nothing is at /api/v1{FUNNEL}: the API has no such path; /docs lists all of them."
    )
    assert (noted["operation"], noted["decidedBy"].partition(";")[0]) == (None, "route")


def test_key_with_settings_of_its_own_has_the_operations_of_its_revision(
    api: httpx2.Client, server: str
) -> None:
    with Controls(server) as controls:
        tokens = [controls.mint(revision=revision) for revision in ("2026-02", "2026-06")]

    assert [api.get(FUNNEL, headers=bearer(token)).status_code for token in tokens] == [404, 200]


def test_write_cannot_be_a_peek(api: httpx2.Client, book: Book) -> None:
    reply = api.post(NOTES, json=HELLO, headers={"Prefer": "peek"})

    assert (reply.status_code, book.notes) == (400, [])
