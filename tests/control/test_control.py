"""The control API: its access rules, its errors, and its own document."""

import http.client
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import openapi_spec_validator
import pytest

import contract_tests.asking.address
from mock_server.control.call import LARGEST_BODY
from mock_server.loopback import is_loopback_host
from mock_server.testing import RunningMock
from tests.command import LISTENING, address_of, banner_of, ended, serving, started
from tests.controls import Controls, Json
from tests.quick import quick

SCHEMATHESIS = Path(sys.executable).with_name("st")
TOKEN = "a-control-token"
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def exposed() -> Iterator[str]:
    """A mock that listens on more than loopback, with a token."""
    with serving("--host", "0.0.0.0", "--control-token", TOKEN) as url:
        yield url


LOOPBACK = [
    "localhost",
    "localhost:1",
    "LocalHost",
    "localhost.",
    "a.localhost",
    "127.0.0.1",
    "127.1.2.3:80",
    "127.1",
    "127.0.1:8484",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.0.0.1.",
    "[::1]:8484",
    "[::1%lo]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::FFFF:7f00:1]:80",
]
OTHERS = [
    "datafa.st",
    "evil.example:8484",
    "127.0.0.1.evil.example",
    "127.0.0.1evil.example",
    "notlocalhost",
    "localhost.evil.example",
    "[::2]",
    "[::ffff:10.0.0.1]",
    "[",
    "10.0.0.1",
    "126.255.255.255",
    "128.1",
    "2147483648",
    "999.1",
    "0",
    "x@127.0.0.1",
    "127.0.0.1@evil.example",
    "127.0.0.1#",
    "127.0.0.1/",
    "127.0.0.1?",
    "127.0.0.1\\",
    "127.0.0.1:8484:1",
    "127.0.0.1:port",
    "127.0.0.1 evil.example",
    "127.0.0.1,evil.example",
    "[127.0.0.1",
    "[]",
    ".",
]


@pytest.mark.parametrize("host", LOOPBACK)
def test_loopback_hosts_are_answered(controls: Controls, host: str) -> None:
    assert controls.client.get("/clock", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", OTHERS)
def test_other_hosts_are_not(controls: Controls, host: str) -> None:
    reply = controls.client.get("/clock", headers={"Host": host})

    assert reply.status_code in (400, 403)


@pytest.mark.parametrize("hosts", [["127.0.0.1", "evil.example"], ["evil.example", "127.0.0.1"]])
def test_of_several_hosts_none_counts(turned: RunningMock, hosts: list[str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(turned.server).netloc, timeout=60)
    connection.putrequest("GET", "/__mock/clock", skip_host=True)
    for host in hosts:
        connection.putheader("Host", host)
    connection.endheaders()

    with closing(connection), connection.getresponse() as reply:
        assert reply.status in (400, 403)


def test_the_kit_takes_the_same_hosts_for_loopback() -> None:
    hosts = [host for host in (*LOOPBACK, *OTHERS) if "%" not in host]

    assert [contract_tests.asking.address.is_loopback_host(host) for host in hosts] == [
        is_loopback_host(host) for host in hosts
    ]


@pytest.mark.parametrize(
    "host", quick(["127.1", "localhost", "0x7f.1", "127.8.9.10", "::1", "::ffff:127.0.0.1"], 1)
)
def test_a_mock_on_loopback_has_its_switches(host: str) -> None:
    with started("--host", host, "--port", "0") as process:
        url = address_of(process)

        assert httpx2.get(f"{url}/__mock/clock").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "http://evil.example"}, id="another origin"),
        pytest.param({"Origin": "null"}, id="no origin"),
        pytest.param({"Origin": "http://localhost:1"}, id="another port"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, id="another host of the site"),
    ],
)
def test_pages_of_another_origin_change_and_read_nothing(controls: Controls, headers: dict[str, str]) -> None:
    sent = controls.client.post("/keys", headers={**headers, **JSON}, content=b'{"key": "df_never"}')
    read = controls.client.get("/requests", headers=headers)
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = controls.client.options("/clock", headers={**headers, **asked})

    assert (sent.status_code, read.status_code) == (403, 403)
    for reply in (sent, read, preflight):
        assert not [name for name in reply.headers if name.lower().startswith("access-control-")]
    assert controls.ask("GET", "/keys/df_never").status_code == 404


def test_the_mocks_own_page_may(controls: Controls, turned: RunningMock) -> None:
    headers = {"Origin": turned.server, "Sec-Fetch-Site": "same-origin"}

    assert controls.client.get("/clock", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""]
)
def test_requests_that_a_form_can_send_are_refused(controls: Controls, kind: str) -> None:
    reply = controls.client.put("/clock", content=b"{}", headers={"Content-Type": kind})

    assert reply.status_code == 415


def test_json_with_a_charset_is_accepted(controls: Controls) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}

    assert controls.client.post("/keys", content=b"{}", headers=headers).status_code == 201


def test_a_byte_order_mark_before_a_body_is_skipped(controls: Controls) -> None:
    reply = controls.client.post("/keys", content=b'\xef\xbb\xbf{"site": "shop"}', headers=JSON)

    assert (reply.status_code, reply.json().get("site")) == (201, "shop")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"null", b"\xff", b'{"now": "\xff"}', b"[" * 60_000, b"{}{}"]
)
def test_a_body_that_is_not_an_object_is_refused(controls: Controls, body: bytes) -> None:
    reply = controls.client.put("/clock", content=body, headers=JSON)

    assert reply.status_code == 400
    assert reply.json()["detail"]


@pytest.mark.parametrize(
    ("query", "member"),
    [
        pytest.param({"limit": 10}, "limit", id="the only one"),
        pytest.param({"fields": "visitors", "offset": None, "limit": 10, "a": 1}, "limit", id="among others"),
        pytest.param({"a.b[0]/c~d": 10}, "a.b[0]~1c~0d", id="an odd name"),
    ],
)
def test_a_number_as_a_text_is_refused_with_its_name_and_what_to_write(
    controls: Controls, query: Json, member: str
) -> None:
    rule = {"when": {"query": query}, "then": {"code": 500}}

    reply = controls.client.patch("/settings", json={"faults": [{"then": {"code": 500}}, rule]})

    pointer = f"/faults/1/when/query/{member}"
    told = f"`{pointer}`: a text or null is expected, not a whole number: put it in quotes."
    assert reply.status_code == 400
    assert (reply.json()["member"], reply.json()["detail"]) == (pointer, told)


def test_the_mapping_is_named_where_its_member_is_too_deep_to_be_read(controls: Controls) -> None:
    body = b'{"faults": [{"when": {"query": {"a": ' + b"[" * 60_000

    reply = controls.client.patch("/settings", content=body, headers=JSON)

    assert (reply.status_code, reply.json()["member"]) == (400, "/faults/0/when/query")


@pytest.mark.parametrize(("method", "path"), [("POST", "/reset"), ("POST", "/keys"), ("PUT", "/clock")])
def test_a_missing_body_is_refused_with_what_to_send(controls: Controls, method: str, path: str) -> None:
    reply = controls.client.request(method, path, content=b"", headers=JSON)

    assert reply.status_code == 400
    assert reply.json()["detail"] == "There is no body: send a JSON object, `{}` if no member is needed."


def test_a_body_that_is_too_large_is_refused(controls: Controls) -> None:
    body = b'{"label": "' + b"x" * LARGEST_BODY + b'"}'

    assert controls.client.post("/keys", content=body, headers=JSON).status_code == 413


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", "/clock", "GET, HEAD, PUT"),
        ("PUT", "/keys", "GET, HEAD, POST"),
        ("PUT", "/keys/df_test", "DELETE, GET, HEAD"),
        ("POST", "/health", "GET, HEAD"),
        ("GET", "/reset", "POST"),
    ],
)
def test_other_methods_answer_405_with_the_allowed_ones(
    controls: Controls, method: str, path: str, allow: str
) -> None:
    reply = controls.client.request(method, path)

    assert (reply.status_code, reply.headers["Allow"]) == (405, allow)
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert controls.client.options(path).headers["Allow"] == allow


@pytest.mark.parametrize("path", ["", "/nothing", "/keys/a/b", "/clock%0a"])
def test_nothing_else_is_there(controls: Controls, path: str) -> None:
    reply = controls.client.get(path)

    assert reply.status_code == 404
    assert reply.json()["status"] == 404


def test_unknown_parameters_are_refused(controls: Controls) -> None:
    reply = controls.ask("PUT", "/clock", {"advance": 1}, kye="df_test")

    assert (reply.status_code, reply.json()["member"]) == (400, "/kye")


@pytest.mark.parametrize(
    ("authorization", "status"),
    [
        pytest.param(f"Bearer {TOKEN}", 200, id="right"),
        pytest.param(f"bearer {TOKEN}", 200, id="right, in small letters"),
        pytest.param("Bearer wrong", 401, id="wrong"),
        pytest.param(f"Basic {TOKEN}", 401, id="of another scheme"),
        pytest.param("", 401, id="none"),
    ],
)
def test_a_control_token_is_asked_for(exposed: str, authorization: str, status: int) -> None:
    with httpx2.Client(base_url=exposed) as client:
        headers = {"Authorization": authorization, "Host": "mock.internal"}
        reply = client.get("/__mock/clock", headers=headers)
        health = client.get("/__mock/health", headers={"Host": "mock.internal"})

    assert reply.status_code == status
    assert health.status_code == 200
    assert TOKEN not in reply.text
    if status == 401:
        assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_token_does_not_open_it_to_other_origins(exposed: str) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Origin": "http://evil.example"}

    assert httpx2.get(f"{exposed}/__mock/clock", headers=headers).status_code == 403


TOOLBAR = "http://localhost:6006"


@pytest.fixture(scope="module")
def toolbar() -> Iterator[httpx2.Client]:
    """The controls of a mock that allows pages of one other origin."""
    with (
        serving(
            "--control-origin", "HTTP://LocalHost:6006/", "--control-origin", "https://a.example:443"
        ) as url,
        httpx2.Client(base_url=f"{url}/__mock") as client,
    ):
        yield client


@pytest.mark.parametrize("origin", [TOOLBAR, "https://a.example"])
def test_pages_of_a_control_origin_read_and_change(toolbar: httpx2.Client, origin: str) -> None:
    headers = {"Origin": origin, "Sec-Fetch-Site": "cross-site"}
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
    preflight = toolbar.options("/clock", headers={**headers, **asked})
    changed = toolbar.put("/clock", headers=headers, json={"speed": 2})
    refused = toolbar.put("/clock", headers=headers, json={"speed": -1})

    assert (preflight.status_code, changed.status_code, refused.status_code) == (200, 200, 400)
    assert {reply.headers["Access-Control-Allow-Origin"] for reply in (preflight, changed, refused)} == {
        origin
    }
    assert "PUT" in preflight.headers["Access-Control-Allow-Methods"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:60066"},
        {"Origin": f"{TOOLBAR}.evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Origin": TOOLBAR, "Host": "evil.example"},
    ],
)
def test_a_control_origin_opens_the_controls_to_no_other(
    toolbar: httpx2.Client, headers: dict[str, str]
) -> None:
    assert toolbar.get("/keys", headers=headers).status_code == 403


@pytest.mark.parametrize(
    "origin", ["*", "null", "localhost:6006", "http://a/b", "http://a:70000", "http://u@a", ""]
)
def test_a_control_origin_that_is_none_stops_the_start(origin: str) -> None:
    result = ended("serve", "--control-origin", origin)

    assert result.returncode == 2
    assert "--control-origin" in result.stderr
    assert "such as http://localhost:6006" in result.stderr


@pytest.mark.parametrize("token", ["", " x", "x ", "sésame", "a\tb"])
def test_a_control_token_that_could_not_be_sent_stops_the_start(token: str) -> None:
    result = ended("serve", "--host", "0.0.0.0", "--control-token", token)

    assert result.returncode == 2
    assert "--control-token" in result.stderr


def test_controls_are_off_where_others_can_reach_them() -> None:
    with started("--host", "0.0.0.0", "--port", "0") as process:
        *banner, _ = lines = banner_of(process)
        url = lines[-1].removeprefix(LISTENING)
        reply = httpx2.get(f"{url}/__mock/clock")
        health = httpx2.get(f"{url}/__mock/health")

    assert any("--control-token" in line for line in banner)
    assert reply.status_code == 403
    assert "--control-token" in reply.json()["detail"]
    assert health.status_code == 200


def test_the_document_is_valid(controls: Controls) -> None:
    document = controls.get("/openapi.json")

    openapi_spec_validator.validate(document)
    assert document["openapi"].startswith("3.1")
    site = document["components"]["schemas"]["NewKey"]["properties"]["site"]
    assert {"demo", "shop"} < set(site["anyOf"][0]["enum"])


def fuzz(tmp_path: Path, examples: int, phases: str) -> None:
    """Runs Schemathesis against the controls; fails on any finding."""
    config = Path(__file__).with_name("schemathesis-controls.toml")
    with serving() as url:
        command = [str(SCHEMATHESIS), "--no-color", "--config-file", str(config), "run"]
        command += [
            f"{url}/__mock/openapi.json",
            "--mode",
            "all",
            "--max-examples",
            str(examples),
            "--phases",
            phases,
        ]
        result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)
        health = httpx2.get(f"{url}/__mock/health")
    assert result.returncode == 0, result.stdout[-8000:] + result.stderr[-2000:]
    assert health.status_code == 200


@pytest.mark.long
def test_schemathesis_finds_nothing(tmp_path: Path) -> None:
    fuzz(tmp_path, 8, "fuzzing")


@pytest.mark.slow
def test_schemathesis_finds_nothing_in_300_examples(tmp_path: Path) -> None:
    fuzz(tmp_path, 300, "examples,coverage,fuzzing,stateful")


def test_sites_name_their_active_funnels(controls: Controls) -> None:
    funnels = {site["name"]: site["funnels"] for site in controls.get("/sites")["sites"]}

    assert [funnel["name"] for funnel in funnels["demo"]] == ["Signup funnel", "Checkout"]
    assert funnels["demo"][0]["id"] == "69857bb827ddefd472fb2b09"
    assert funnels["empty"] == []
