"""Programs that call https://datafa.st reach the mock, and no other server."""

import json
import shutil
import sys

import httpx2
import pytest

from mock_server.serving.intercept.refusals import HOST
from tests.command import LISTENING
from tests.controls import Controls
from tests.credentials import bearer
from tests.node import NODE
from tests.quick import quick
from tests.serving.intercept.intercepting import URL, Intercepting, run

URLLIB = f"""
import urllib.request
request = urllib.request.Request("{URL}", headers={{"Authorization": "Bearer df_test"}})
with urllib.request.urlopen(request) as reply:
    print(reply.read().decode(), end="")
"""
REQUESTS = f"""
import requests
print(requests.get("{URL}", headers={{"Authorization": "Bearer df_test"}}).text, end="")
"""
FETCH = f"""
fetch("{URL}", {{headers: {{Authorization: "Bearer df_test"}}}})
  .then((reply) => reply.text()).then((text) => process.stdout.write(text));
"""
HTTPS_GET = f"""
const options = {{headers: {{Authorization: "Bearer df_test"}}}};
require("node:https").get("{URL}", options, (reply) => reply.pipe(process.stdout));
"""
CURL = ("curl", "--silent", "--show-error", "--header", "Authorization: Bearer df_test")
# axios up to 1.9 sends such a request.
WHOLE_URL = (
    f"curl --silent --show-error --request-target {URL} -H 'Authorization: Bearer df_test' $HTTPS_PROXY"
)
NEEDS_CURL = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
PROGRAMS = [
    pytest.param(["sh", "-c", WHOLE_URL], id="curl, with a whole URL as the target", marks=NEEDS_CURL),
    pytest.param([sys.executable, "-c", URLLIB], id="Python, urllib"),
    pytest.param([sys.executable, "-c", REQUESTS], id="Python, requests"),
    pytest.param([sys.executable, "-c", REQUESTS.replace("requests", "httpx2")], id="Python, httpx2"),
    pytest.param([str(NODE), "-e", FETCH], id="Node, fetch"),
    pytest.param([str(NODE), "-e", HTTPS_GET], id="Node, https.get"),
    pytest.param([*CURL, URL], id="curl", marks=NEEDS_CURL),
]


@pytest.mark.parametrize("program", quick(PROGRAMS, 1))
def test_program_with_the_real_address_gets_the_mocks_answer(
    command: Intercepting, program: list[str]
) -> None:
    result = run(program, command.environment)

    assert result.stderr == ""
    assert result.stdout == command.direct("df_test").decode()
    assert json.loads(result.stdout)["status"] == "success"


def test_banner_still_ends_with_the_mocks_own_address(command: Intercepting) -> None:
    assert command.banner[-1].startswith(f"{LISTENING}http://127.0.0.1:")
    assert command.proxy[1] not in (0, httpx2.URL(command.url).port)


def test_events_for_the_real_address_reach_the_mock(command: Intercepting) -> None:
    visitor = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
    with Controls(command.url) as controls, command.client() as client:
        minted = controls.post("/keys", {"site": "empty"})
        event = {"websiteId": minted["trackingId"], "type": "pageview", "visitorId": visitor, "href": "/"}
        reply = client.post("/api/events", json=event)
        online = client.get("/api/v1/analytics/realtime", headers=bearer(minted["key"])).json()

    assert reply.json()["visitorId"] == visitor
    assert online["data"] == [{"visitors": 1}]


@pytest.mark.parametrize("program", [PROGRAMS[1], PROGRAMS[-1]])
def test_program_is_refused_another_host(command: Intercepting, program: list[str]) -> None:
    elsewhere = [word.replace(HOST, "datafast.example") for word in program]

    result = run(elsewhere, command.environment)

    assert result.stdout == ""
    assert result.returncode != 0
    assert "403" in result.stderr


@pytest.mark.long
def test_program_that_does_not_know_the_authority_refuses_the_certificate(command: Intercepting) -> None:
    only_proxy = {"HTTPS_PROXY": command.environment["HTTPS_PROXY"]}

    result = run([sys.executable, "-c", URLLIB], only_proxy)

    assert result.stdout == ""
    assert "CERTIFICATE_VERIFY_FAILED" in result.stderr
