"""Operations that are documented but not mocked yet: 401 without a key, 501 with one, never 404."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from mock_server.contract.document import load_document
from mock_server.contract.operations import Operation, operations_of
from mock_server.contract.unmocked import load_unmocked
from mock_server.errors import InputError
from mock_server.testing import running
from tests.command import serving
from tests.credentials import bearer
from tests.instants import INSTANT

BASE = "/api/v1"
UNMOCKED = load_unmocked(BASE)
MENTIONS = f"{BASE}/mentions"
OWN = """
openapi: 3.1.0
info: {title: Own, version: "1"}
servers: [{url: /api/v1}]
paths:
  /mentions: {get: {responses: {200: {content: {application/json: {example: {own: true}}}}}}}
"""


@pytest.fixture(scope="module")
def root() -> Iterator[httpx2.Client]:
    """A client of a mock for this module, whose journal the tests read."""
    with running(now=INSTANT) as mock, httpx2.Client(base_url=mock.server) as client:
        yield client


def test_with_those_of_the_document_there_are_82_and_none_is_listed_twice() -> None:
    mocked = operations_of(load_document())
    places = [(one.method, re.sub(r"\{\w+\}", "{}", one.path)) for one in (*UNMOCKED, *mocked)]

    assert len(places) == len(set(places)) == 82


@pytest.mark.parametrize("operation", UNMOCKED, ids=lambda operation: str(operation.operation_id))
def test_key_gets_501_with_the_operation_and_a_way_out(root: httpx2.Client, operation: Operation) -> None:
    path = re.sub(r"\{\w+\}", "65f0c1d2e3a4b5c6d7e8f9a0", operation.path)

    reply = root.request(operation.method, path, headers=bearer("df_test"))

    assert reply.status_code == 501
    error = reply.json()["error"]
    assert (reply.json()["status"], error["code"]) == ("error", 501)
    assert error["message"].startswith(f"{operation.operation_id} is documented, but not mocked yet.")
    assert "--openapi" in error["message"]


@pytest.mark.parametrize("headers", [{}, bearer("df_nobody"), {"Authorization": "Basic eDp5"}])
def test_without_a_known_key_it_is_401(root: httpx2.Client, headers: dict[str, str]) -> None:
    reply = root.get(MENTIONS, headers=headers)

    assert (reply.status_code, reply.json()["error"]["code"]) == (401, 401)
    assert reply.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        pytest.param("PATCH", "/goals", "DELETE, POST", id="not mocked yet"),
        pytest.param("POST", "/visitors/x", "GET, HEAD", id="mocked"),
        pytest.param("POST", "/visitors", "GET, HEAD", id="read only"),
        pytest.param("POST", "/admin/websites/x", "DELETE, GET, HEAD, PUT", id="several"),
    ],
)
def test_undocumented_method_of_a_documented_path_is_405(
    root: httpx2.Client, method: str, path: str, allowed: str
) -> None:
    reply = root.request(method, BASE + path, headers=bearer("df_test"))

    assert (reply.status_code, reply.headers["Allow"]) == (405, allowed)


@pytest.mark.parametrize(
    "path", ["/analytics", "/analytics/overview/x", "/visitor", "/admin", "/analytics%2Foverview"]
)
def test_undocumented_path_stays_404(root: httpx2.Client, path: str) -> None:
    assert root.get(BASE + path, headers=bearer("df_test")).status_code == 404


def test_head_of_one_is_501_without_a_body(root: httpx2.Client) -> None:
    reply = root.head(MENTIONS, headers=bearer("df_test"))

    assert (reply.status_code, reply.content) == (501, b"")


def test_page_of_another_origin_may_read_the_501(root: httpx2.Client) -> None:
    reply = root.get(MENTIONS, headers={**bearer("df_test"), "Origin": "https://page.example"})

    assert (reply.status_code, reply.headers["Access-Control-Allow-Origin"]) == (501, "*")


def test_faults_happen_to_it_and_answers_cannot_be_preferred(root: httpx2.Client) -> None:
    late = root.get(MENTIONS, headers={**bearer("df_test"), "Prefer": "delay=1"})
    refused = root.get(MENTIONS, headers={**bearer("df_test"), "Prefer": "code=200"})

    assert (late.status_code, late.headers["Preference-Applied"]) == (501, "delay=1")
    assert (refused.status_code, refused.json()["detail"]) == (400, "No answer is documented here.")


def test_journal_names_the_operation(root: httpx2.Client) -> None:
    root.get(f"{MENTIONS}?fields=visitors", headers=bearer("df_shop"))

    request = root.get("/__mock/requests?key=df_shop").json()["requests"][-1]
    assert (request["operation"], request["status"]) == ("GET /mentions", 501)


@pytest.mark.long
def test_document_of_ones_own_answers_instead(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")

    with serving("--openapi", str(tmp_path / "own.yaml")) as url:
        reply = httpx2.get(url + MENTIONS, headers=bearer("df_test"))

    assert (reply.status_code, reply.json()) == (200, {"own": True})


def test_list_with_another_method_is_refused(tmp_path: Path) -> None:
    (tmp_path / "unmocked.yaml").write_text("/goals: [fetch]\n", encoding="utf-8")

    with pytest.raises(InputError, match=r"unmocked\.yaml"):
        load_unmocked(BASE, tmp_path / "unmocked.yaml")
