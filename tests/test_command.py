"""The command `datafast-mock`: its options, output, errors, determinism and exit."""

import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_server.assets import CONTRACT
from mock_server.contract.document import REVISION_2026_06, REVISIONS
from mock_server.errors import InputError
from mock_server.testing import running
from mock_server.world.site_files import SITES, load_sites
from tests.command import address_of, banner_of, ended, serving, started
from tests.credentials import DEMO, bearer
from tests.instants import INSTANT, PRESENT
from tests.ports import port_to_take
from tests.quick import quick
from tests.schemas import strict_validator
from tests.timing import assert_less
from tests.waiting import eventually

API = "/api/v1"
REALTIME = f"{API}/analytics/realtime"
MAP = f"{REALTIME}/map"
OVERVIEW = f"{API}/analytics/overview"
FROZEN = ("--now", INSTANT, "--freeze")
QUIET_ID = "665f0b3c4d2e1a0000000001"
QUIET = (SITES / "quiet.yaml").read_text(encoding="utf-8")

# One millisecond later another second begins, so answers would differ if time were not frozen.
JUST_BEFORE = "2026-02-06T05:27:29.999Z"
CHOSEN = {
    "seed": ["7"],
    "site": ["shop"],
    "revision": [REVISION_2026_06],
    "now": [JUST_BEFORE],
    "freeze": [],
    "any-key": [],
}

OWN_SITES = {"nook": "aaaaaaaaaaaaaaaaaaaaaaaa", "cranny": "bbbbbbbbbbbbbbbbbbbbbbbb"}
OWN_DOCUMENT = """
openapi: 3.1.0
info: {title: Our own, version: "1"}
servers: [{url: "https://own.example/api/v1"}]
paths:
  x-note: What begins with x- may be anywhere.
  /goals:
    get:
      operationId: listGoals
      responses:
        x-note: Here too.
        "200": {description: Goals., content: {application/json: {example: {data: [signup]}}}}
"""
ANOTHER_DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "Another", "version": "1"},
    "paths": {
        "/teams": {"post": {"operationId": "makeTeam", "responses": {"204": {"description": "Made."}}}}
    },
}


class Mock(NamedTuple):
    """A started command: the lines it printed and a client of its address."""

    banner: list[str]
    client: httpx2.Client

    def get(self, path: str, token: str = "df_test") -> httpx2.Response:
        """Returns the answer to a request with a token."""
        return self.client.get(path, headers=bearer(token))

    def world(self) -> Any:
        """Returns the answer of `/__mock/health`, which describes the world."""
        return self.client.get("/__mock/health").json()


class Given(NamedTuple):
    """A choice of options: its arguments for the command line, and its environment variables."""

    options: list[str]
    environment: Mapping[str, str]


def by_options(chosen: Mapping[str, Sequence[str]]) -> Given:
    """Returns `--name value` for each value of each option, and `--name` for an option without values."""
    words = [
        word
        for name, values in chosen.items()
        for value in values or [""]
        for word in (f"--{name}", value)
        if word
    ]
    return Given(words, {})


def by_environment(chosen: Mapping[str, Sequence[str]]) -> Given:
    """Returns `DATAFAST_MOCK_NAME` for each option: its values joined as in PATH, or 1 if it has none."""
    variables = {
        "DATAFAST_MOCK_" + name.upper().replace("-", "_"): os.pathsep.join(values) or "1"
        for name, values in chosen.items()
    }
    return Given([], variables)


WAYS = [pytest.param(by_options, id="options"), pytest.param(by_environment, id="environment")]
Way = Callable[[Mapping[str, Sequence[str]]], Given]


def mock_of(given: Given, stack: ExitStack) -> Mock:
    process = stack.enter_context(started(*given.options, environment=given.environment))
    banner = banner_of(process)
    url = banner[-1].split()[-1]
    return Mock(banner, stack.enter_context(httpx2.Client(base_url=url)))


def text_at(banner: list[str], beginning: str) -> str:
    """Returns the line of a banner with this beginning, without its indentation."""
    return next(line.strip() for line in banner if line.strip().startswith(beginning))


@pytest.fixture(scope="module")
def web() -> Iterator[httpx2.Client]:
    """A client for any address; it is shared, since making one is slower than a request."""
    with httpx2.Client() as client:
        yield client


@pytest.fixture(scope="module")
def plain() -> Iterator[Mock]:
    """A mock without options, apart from a free port."""
    with ExitStack() as stack:
        yield mock_of(Given(["--port", "0"], PRESENT), stack)


@pytest.fixture(scope="module", params=WAYS)
def chosen(request: pytest.FixtureRequest) -> Iterator[Mock]:
    """A mock with another world than the default, on a chosen port."""
    way: Way = request.param
    with port_to_take() as port, ExitStack() as stack:
        yield mock_of(way({**CHOSEN, "port": [str(port)]}), stack)


@pytest.fixture(scope="module", params=quick(WAYS, 1))
def extended(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mock]:
    """A mock with further sites and documents, and a fast clock."""
    way: Way = request.param
    folder = tmp_path_factory.mktemp("own")
    for name, website in OWN_SITES.items():
        (folder / name).mkdir()
        (folder / name / f"{name}.yaml").write_text(QUIET.replace(QUIET_ID, website), encoding="utf-8")
    (folder / "own.yaml").write_text(OWN_DOCUMENT, encoding="utf-8")
    (folder / "another.json").write_text(json.dumps(ANOTHER_DOCUMENT), encoding="utf-8")
    options = {
        "port": ["0"],
        "speed": ["60"],
        "sites": [str(folder / "nook"), str(folder / "cranny")],
        "openapi": [str(folder / "own.yaml"), str(folder / "another.json")],
    }
    with ExitStack() as stack:
        yield mock_of(way(options), stack)


def test_banner_names_address_revision_and_seed(plain: Mock) -> None:
    assert "revision 2026-02" in plain.banner[0]
    assert "seed 42" in plain.banner[0]
    assert text_at(plain.banner, "API").split()[1] == str(plain.client.base_url).rstrip("/") + API


def test_banner_names_the_key_of_every_site_once(plain: Mock) -> None:
    keys = [line.split()[0] for line in plain.banner if line.startswith("  df_")]

    assert keys == [f"df_{name}" for name in load_sites()]
    assert "df_test" in text_at(plain.banner, "df_demo ")


@pytest.mark.long
def test_banner_escapes_what_turns_the_text_around(tmp_path: Path) -> None:
    turned = 'description: "A \\u202eshop"'
    own = re.sub("(?m)^description: .*", lambda _: turned, QUIET.replace(QUIET_ID, OWN_SITES["nook"]))
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")

    with started("--port", "0", "--sites", str(tmp_path)) as process:
        lines = banner_of(process)

    assert text_at(lines, "df_own ").split()[1:] == ["A", r"\u202eshop"]


def test_banner_ends_with_the_address_for_programs(plain: Mock) -> None:
    assert re.fullmatch(r"listening on http://127\.0\.0\.1:[1-9]\d*", plain.banner[-1])


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_line_of_the_banner_answers(plain: Mock) -> None:
    command = shlex.split(text_at(plain.banner, "curl "))

    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert json.loads(result.stdout)["status"] == "success"


def test_without_options_it_is_the_present(plain: Mock) -> None:
    instant = datetime.fromisoformat(plain.world()["instant"])

    assert abs((datetime.now(UTC) - instant).total_seconds()) < 5


@pytest.mark.long
def test_banner_can_be_printed_where_the_encoding_lacks_its_characters(web: httpx2.Client) -> None:
    with serving(environment={"PYTHONIOENCODING": "latin-1"}) as url:
        reply = web.get(f"{url}/__mock/health")

    assert reply.status_code == 200


def test_chosen_port_seed_revision_and_instant_are_used(chosen: Mock) -> None:
    world = chosen.world()

    assert (world["seed"], world["revision"]) == (7, REVISION_2026_06)
    assert world["instant"] == "2026-02-06T05:27:29.000Z"
    assert "frozen" in chosen.banner[0]


def test_chosen_site_is_the_site_of_df_test(chosen: Mock) -> None:
    assert chosen.get(MAP).content == chosen.get(MAP, "df_shop").content
    assert chosen.get(MAP).content != chosen.get(MAP, "df_demo").content


def test_chosen_revision_is_answered_by(chosen: Mock) -> None:
    strict_validator(REVISION_2026_06, "getRealtimeMap", 200).validate(chosen.get(MAP).json())


def test_command_and_mock_in_process_answer_the_same(chosen: Mock, web: httpx2.Client) -> None:
    with running(seed=7, site="shop", revision=REVISION_2026_06, now=JUST_BEFORE, speed=0) as mock:
        reply = web.get(f"{mock.url}/analytics/realtime/map", headers=bearer(mock.key))

    assert chosen.get(MAP).content == reply.content


@pytest.mark.parametrize(
    ("token", "status"),
    [
        pytest.param("df_whatever", 200, id="website key"),
        pytest.param("dft_whatever", 200, id="account token"),
        pytest.param("df_" + "x" * 200, 200, id="longest"),
        pytest.param("df_" + "x" * 201, 401, id="too long"),
        pytest.param("df_", 401, id="nothing behind the prefix"),
        pytest.param("dfx_whatever", 401, id="another prefix"),
        pytest.param("df_what.ever", 401, id="another character"),
        pytest.param("df_what ever", 401, id="two words"),
    ],
)
def test_any_key_accepts_well_formed_keys(chosen: Mock, token: str, status: int) -> None:
    reply = chosen.get(f"{REALTIME}?websiteId={DEMO}", token)

    assert reply.status_code == status, reply.text


def test_speed_60_makes_a_minute_of_a_second(extended: Mock) -> None:
    earliest, before, latest = time.monotonic(), extended.world()["instant"], time.monotonic()
    time.sleep(0.5)

    least = time.monotonic() - latest
    after = extended.world()["instant"]
    most = time.monotonic() - earliest
    passed = (datetime.fromisoformat(after) - datetime.fromisoformat(before)).total_seconds()
    # Both instants may be rounded to a tick, so two seconds are allowed.
    assert 60 * least - 2 <= passed <= 60 * most + 2


@pytest.mark.parametrize(("name", "website"), OWN_SITES.items(), ids=OWN_SITES)
def test_file_in_a_further_folder_is_a_site_with_a_key(extended: Mock, name: str, website: str) -> None:
    sites = extended.client.get("/__mock/sites").json()["sites"]

    assert {site["key"]: site["websiteId"] for site in sites}[f"df_{name}"] == website
    assert text_at(extended.banner, f"df_{name} ")
    assert extended.get(REALTIME, f"df_{name}").status_code == 200
    assert extended.get(f"{REALTIME}?websiteId={website}", "dft_test").status_code == 200


def test_operation_of_a_further_document_answers_its_example(extended: Mock) -> None:
    reply = extended.get(f"{API}/goals")

    assert (reply.status_code, reply.json()) == (200, {"data": ["signup"]})
    assert reply.headers["X-DataFast-Mock-Example"] == "listGoals"


def test_operation_without_a_body_answers_its_status(extended: Mock) -> None:
    reply = extended.client.post("/teams")

    assert (reply.status_code, reply.content) == (204, b"")
    assert reply.headers["X-DataFast-Mock-Example"] == "makeTeam"


def test_beside_further_documents_the_world_still_answers(extended: Mock) -> None:
    reply = extended.get(REALTIME)

    assert reply.json()["status"] == "success"
    assert "X-DataFast-Mock-Example" not in reply.headers


@pytest.mark.parametrize("way", WAYS)
def test_log_has_a_line_for_each_request_and_no_token(way: Way, web: httpx2.Client) -> None:
    given = way({"log": ["requests"], "port": ["0"]})
    tokens = ["df_test", "dft_test", "df_secret"]

    with started(*given.options, stderr=subprocess.PIPE, environment=given.environment) as process:
        url = address_of(process)
        replies = [web.get(f"{url}{REALTIME}?websiteId={DEMO}", headers=bearer(token)) for token in tokens]
        replies.append(web.get(f"{url}{REALTIME}?a=%2Cdf_s%65cret&b=dft%5Ftest&c=df%5Cu005fsecret"))
        process.terminate()
        _, log = process.communicate(timeout=30)

    queries = [f"websiteId={DEMO}"] * len(tokens) + ["a=%2Cdf_***&b=dft_***&c=df_***"]
    requests = [
        f"{reply.status_code} GET {REALTIME}?{query}" for reply, query in zip(replies, queries, strict=True)
    ]
    assert [" ".join(line.split()[:3]) for line in log.splitlines()] == requests
    assert not any(token in log for token in tokens)


@pytest.mark.long
def test_log_says_what_was_wrong_with_a_request_that_cannot_be_read() -> None:
    with started("--log", "requests", "--port", "0", stderr=subprocess.PIPE) as process:
        url = urlsplit(address_of(process))
        with socket.create_connection((url.hostname, url.port), timeout=30) as sock:
            sock.sendall(b"\x16\x03\x01")
            assert b"https" in b"".join(iter(lambda: sock.recv(10_000), b""))
        process.terminate()
        _, log = process.communicate(timeout=30)

    assert re.fullmatch(r"400 \(.* use http:// instead of https://\.\) [\d.]+ ms\n", log)


@pytest.mark.long
@pytest.mark.parametrize("revision", [None, *(pytest.param(revision) for revision in REVISIONS)])
def test_spec_prints_a_valid_document_in_both_formats(revision: str | None) -> None:
    options = [] if revision is None else ["--revision", revision]

    as_yaml = ended("spec", *options)
    as_json = ended("spec", "--format", "json", *options)

    assert (as_yaml.returncode, as_json.returncode) == (0, 0)
    assert (as_yaml.stderr, as_json.stderr) == ("", "")
    document = json.loads(as_json.stdout)
    assert yaml.safe_load(as_yaml.stdout) == document
    OpenAPIV31SpecValidator(document).validate()


def test_spec_is_utf_8_whatever_the_terminal_speaks() -> None:
    result = ended("spec", environment={"PYTHONIOENCODING": "latin-1"})

    assert result.returncode == 0, result.stderr
    assert result.stdout == CONTRACT.read_text(encoding="utf-8")


def _assert_refused(result: subprocess.CompletedProcess[str], problem: str) -> None:
    assert result.returncode == 2, result.stderr
    assert result.stdout == ""
    assert re.fullmatch(r"datafast-mock: .+\n", result.stderr), result.stderr
    assert problem in result.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param("serve --now yesterday", "'yesterday' is not an ISO 8601 instant", id="no instant"),
        pytest.param(
            "serve --now 1066-10-14", "is outside the years 1971 to 9998", id="instant out of bounds"
        ),
        pytest.param("serve --site nowhere", "there is no 'nowhere'; known: demo", id="unknown site"),
        pytest.param("serve --revision 2020-01", "known: 2026-02, 2026-06", id="unknown revision"),
        pytest.param("serve --port 65536", "--port", id="port out of bounds"),
        pytest.param("serve --host a..b", "--host: 'a..b'", id="no host name"),
        pytest.param("serve --host 192.0.2.1 --port 0", "--host: '192.0.2.1'", id="another's address"),
        pytest.param("serve --speed -1", "--speed", id="speed below zero"),
        pytest.param("serve --speed nan", "--speed", id="speed is no number"),
        pytest.param("serve --sites missing", "missing: this folder does not exist", id="no such folder"),
        pytest.param("serve --sites .", ".: there is no site file (*.yaml)", id="folder without sites"),
        pytest.param("serve --openapi missing.yaml", "missing.yaml: No such file", id="no such document"),
        pytest.param("serve --openapi .", ".: Is a directory", id="document is a folder"),
        pytest.param("serve --colour red", "--colour", id="unknown option"),
        pytest.param("spec --revision nonsense", "known: 2026-02, 2026-06", id="spec of unknown revision"),
    ],
)
def test_unusable_argument_is_refused_in_one_line(arguments: str, problem: str, tmp_path: Path) -> None:
    _assert_refused(ended(*arguments.split(), folder=tmp_path), problem)


def test_site_file_instead_of_its_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nook.yaml").write_text(QUIET, encoding="utf-8")

    _assert_refused(ended("serve", "--sites", "nook.yaml", folder=tmp_path), "nook.yaml: this is a file")


@pytest.mark.parametrize("name", ["My Nook.yaml", "mein-lädchen.yml", "a.b.yaml"])
def test_site_that_could_have_no_key_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(QUIET.replace(QUIET_ID, OWN_SITES["nook"]), encoding="utf-8")

    _assert_refused(ended("serve", "--sites", ".", folder=tmp_path), "may only have letters, digits")


def test_sites_that_are_no_folder_are_not_said_to_be_missing() -> None:
    told = "/dev/null: this is not a folder; give a folder with site files"
    _assert_refused(ended("serve", "--sites", "/dev/null"), told)


def test_site_file_may_end_in_yml(tmp_path: Path) -> None:
    (tmp_path / "nook.yml").write_text(QUIET.replace(QUIET_ID, OWN_SITES["nook"]), encoding="utf-8")

    assert "nook" in load_sites([SITES, tmp_path])

    (tmp_path / "nook.yaml").write_text(QUIET, encoding="utf-8")
    with pytest.raises(InputError, match="another site file of this name"):
        load_sites([SITES, tmp_path])


def test_unusable_variable_is_refused_in_one_line() -> None:
    _assert_refused(ended("serve", environment={"DATAFAST_MOCK_NOW": "soon"}), "'soon'")


def test_taken_port_is_refused_in_one_line() -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]

        _assert_refused(ended("serve", "--port", str(port)), f"127.0.0.1:{port}")


@pytest.mark.long
def test_only_one_of_several_mocks_on_one_port_serves() -> None:
    with port_to_take() as port, ExitStack() as stack:
        processes = [
            stack.enter_context(started("--port", str(port), stderr=subprocess.PIPE)) for _ in range(4)
        ]
        eventually(lambda: len(_ended(processes)) == len(processes) - 1)
        losers = _ended(processes)
        complaints = [process.communicate(timeout=30)[1] for process in losers]

    assert [process.returncode for process in losers] == [2, 2, 2], complaints
    assert [len(complaint.splitlines()) for complaint in complaints] == [1, 1, 1]


def _ended(processes: list[subprocess.Popen[str]]) -> list[subprocess.Popen[str]]:
    return [process for process in processes if process.poll() is not None]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param("visits: {", "visits: {{", "own.yaml:12:1: not valid YAML", id="syntax"),
        pytest.param(
            "quiet-corner",
            "quiet-cörner",
            "own.yaml:3: not valid YAML: the file is not UTF-8",
            id="not in UTF-8",
        ),
        pytest.param("unlocated:", "colour: red\nunlocated:", "`colour`", id="unknown member"),
        pytest.param("unlocated:", "online: 3\nunlocated:", "'online' occurs twice", id="member twice"),
        pytest.param("online: 1.2", "online: many", "$.online: a number is expected", id="wrong type"),
        pytest.param("online: 1.2", "online: .inf", "own.yaml", id="endless number"),
        pytest.param("bounce: 0.6", "bounce: 1.6", "$.visits.bounce", id="out of bounds"),
        pytest.param("/about: 25", "/nowhere: 25", "$.pages[0].links: '/nowhere'", id="dangling link"),
        pytest.param("GB: 40", "XX: 40", "$.countries: no place is known in 'XX'", id="unknown country"),
        pytest.param(OWN_SITES["nook"], QUIET_ID, "the site 'quiet' has the id", id="id of another site"),
    ],
)
def test_broken_site_is_refused_in_one_line(old: str, new: str, problem: str, tmp_path: Path) -> None:
    sound = QUIET.replace(QUIET_ID, OWN_SITES["nook"])
    (tmp_path / "own.yaml").write_text(sound.replace(old, new), encoding="latin-1")

    result = ended("serve", "--sites", ".", "--port", "0", folder=tmp_path)

    _assert_refused(result, problem)
    assert "own.yaml" in result.stderr


@pytest.mark.parametrize(
    ("paths", "problem"),
    [
        pytest.param("{", "not valid YAML", id="syntax"),
        pytest.param("{goals: {get: {}}}", "goals", id="path without its slash"),
        pytest.param("{/goals: }", "/goals", id="path without content"),
        pytest.param("{/goals: {get: }}", "/goals", id="operation without content"),
        pytest.param("{/goals: {get: {parameters: [{in: query}]}}}", "/goals", id="parameter without name"),
        pytest.param(
            "{/goals: {get: {parameters: [{name: a, in: query, schema: {type: tree}}]}}}", "'a'", id="schema"
        ),
        pytest.param("{/goals: {get: {responses: []}}}", "/goals", id="list of responses"),
        pytest.param("{/goals: {get: {responses: {200: {content: }}}}}", "/goals", id="empty content"),
        pytest.param(
            "{/goals: {get: {responses: {200: {content: {application/json: {examples: {a: }}}}}}}}",
            "/goals",
            id="empty example",
        ),
        pytest.param("{/goals: {get: {}}}\nservers: [own.example]", "servers", id="server that is text"),
        pytest.param(
            "{/goals: {$ref: '#/nowhere'}}", "'#/nowhere' points to nothing", id="dangling reference"
        ),
    ],
)
def test_broken_document_is_refused_in_one_line(paths: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(f"openapi: 3.1.0\npaths: {paths}\n", encoding="utf-8")

    result = ended("serve", "--openapi", "own.yaml", "--port", "0", folder=tmp_path)

    _assert_refused(result, problem)
    assert "own.yaml" in result.stderr


def test_document_that_is_none_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text("swagger: '2.0'\npaths: {}\n", encoding="utf-8")

    _assert_refused(
        ended("serve", "--openapi", "own.yaml", folder=tmp_path), "own.yaml: this is not an OpenAPI 3"
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), quick([(signal.SIGTERM, 0), (signal.SIGINT, 130)], 1))
def test_signal_ends_it_at_once_while_a_connection_is_open(number: signal.Signals, code: int) -> None:
    # Connections that are not closed at once are cut after a second.
    assert_less(lambda: _seconds_to_end(number, code), 1)


def _seconds_to_end(number: signal.Signals, code: int) -> float:
    """Returns how long a mock with an open connection takes to end; asserts that it ends quietly."""
    with ExitStack() as stack:
        process = stack.enter_context(started("--port", "0", stderr=subprocess.PIPE))
        client = stack.enter_context(httpx2.Client(base_url=address_of(process)))
        reply = client.get(MAP, headers=bearer("df_test"))
        sent = time.monotonic()
        process.send_signal(number)
        _, complaint = process.communicate(timeout=60)
        took = time.monotonic() - sent

    assert reply.status_code == 200
    assert (process.returncode, complaint) == (code, "")
    return took


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("number", "code"), quick([(signal.SIGTERM, 0), (signal.SIGINT, 130)], 1))
def test_signal_ends_it_soon_and_quietly_while_reports_are_made(number: signal.Signals, code: int) -> None:
    # Without an end of the reports, these would take more than ten seconds.
    assert_less(lambda: _seconds_to_end_reports(number, code, reports=10), 6)


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_a_second_interrupt_ends_it_quietly_while_reports_are_made() -> None:
    assert_less(lambda: _seconds_to_end_reports(signal.SIGINT, 130, reports=10, is_sent_twice=True), 6)


def _seconds_to_end_reports(
    number: signal.Signals, code: int, reports: int, *, is_sent_twice: bool = False
) -> float:
    """Returns how long a mock that makes reports takes to end; asserts that it ends quietly."""
    with ExitStack() as stack:
        process = stack.enter_context(started("--port", "0", *FROZEN, stderr=subprocess.PIPE))
        client = stack.enter_context(httpx2.Client(base_url=address_of(process)))
        for seed in range(reports):
            key = client.post("/__mock/keys", json={"seed": seed, "site": "demo"}).json()["key"]
            sock = stack.enter_context(socket.create_connection(("127.0.0.1", client.base_url.port or 0)))
            sock.sendall(
                f"GET {OVERVIEW} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\n\r\n".encode()
            )
        # The server takes requests in their order, so it has the others when it answers this one.
        assert client.get(REALTIME, headers=bearer("df_test")).status_code == 200
        sent = time.monotonic()
        process.send_signal(number)
        if is_sent_twice:
            eventually(lambda: not _is_listening(client.base_url.port or 0))
            process.send_signal(number)
        _, complaint = process.communicate(timeout=60)
        took = time.monotonic() - sent

    assert (process.returncode, complaint) == (code, "")
    return took


def _is_listening(port: int) -> bool:
    """Returns whether a port of this machine accepts connections."""
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.long
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_signal_ends_it_at_once_before_the_first_request() -> None:
    with started("--port", "0", stderr=subprocess.PIPE) as process:
        address_of(process)
        process.terminate()
        _, complaint = process.communicate(timeout=60)

    assert (process.returncode, complaint) == (0, "")


@pytest.mark.long
@pytest.mark.parametrize("revision", REVISIONS)
def test_same_arguments_give_the_same_bytes_at_once_and_after_a_restart(
    web: httpx2.Client, revision: str
) -> None:
    options = (*FROZEN, "--revision", revision)
    elsewhere = {"TZ": "Pacific/Auckland", "LC_ALL": "C", "PYTHONHASHSEED": "1"}

    with serving(*options) as url, serving(*options, environment=elsewhere) as twin:
        paths = _paths_to_compare(web, url)
        bodies = [_body(web, url, path) for path in paths]
        # The reverse order shows that earlier requests do not matter.
        twin_bodies = [_body(web, twin, path) for path in reversed(paths)]
    with serving(*options) as url:
        bodies_after_restart = [_body(web, url, path) for path in paths]

    assert len(bodies) == 5
    assert bodies == twin_bodies[::-1]
    assert bodies == bodies_after_restart


def _paths_to_compare(web: httpx2.Client, url: str) -> list[str]:
    """Returns the paths of the counter, the map and the profiles of the map's first three visitors."""
    visitors = json.loads(_body(web, url, MAP))["data"]["visitors"][:3]
    return [REALTIME, MAP, *(f"{API}/visitors/{visitor['visitorId']}" for visitor in visitors)]


def _body(web: httpx2.Client, url: str, path: str) -> bytes:
    reply = web.get(url + path, headers=bearer("df_test"))
    assert reply.status_code == 200, reply.text
    return reply.content


def test_mock_in_process_has_url_and_key_and_frees_its_port(web: httpx2.Client) -> None:
    with running(site="quiet", now=INSTANT) as mock:
        reply = web.get(f"{mock.url}/analytics/realtime", headers=bearer(mock.key))
        address = ("127.0.0.1", httpx2.URL(mock.url).port or 0)

    assert reply.json()["status"] == "success"
    assert mock.key == "df_quiet"
    with socket.socket() as sock:
        assert sock.connect_ex(address) != 0


def test_mock_in_process_ends_with_its_block_even_where_that_fails() -> None:
    before = set(threading.enumerate())

    with pytest.raises(ZeroDivisionError), running(now=INSTANT):
        _ = 1 / 0

    assert set(threading.enumerate()) <= before


def test_mock_in_process_takes_the_command_s_options(tmp_path: Path, web: httpx2.Client) -> None:
    (tmp_path / "nook.yaml").write_text(QUIET.replace(QUIET_ID, OWN_SITES["nook"]), encoding="utf-8")
    (tmp_path / "own.json").write_text(json.dumps(ANOTHER_DOCUMENT), encoding="utf-8")
    options: dict[str, Any] = {
        "now": datetime(2026, 2, 6, 5, 27, tzinfo=UTC),
        "rate_limit": "1/min",
        "openapi": [tmp_path / "own.json"],
    }

    with running(site="nook", sites=str(tmp_path), speed=0, **options) as mock:
        replies = [web.get(f"{mock.url}/analytics/realtime", headers=bearer(mock.key)) for _ in range(2)]
        made = web.post(f"{mock.server}/teams")

    assert mock.key == "df_nook"
    assert [reply.status_code for reply in replies] == [200, 429]
    assert replies[0].headers["Date"] == "Fri, 06 Feb 2026 05:27:00 GMT"
    assert made.status_code == 204


def test_two_mocks_in_process_differ_by_their_seeds(web: httpx2.Client) -> None:
    with running(seed=1, now=INSTANT, speed=0) as one, running(seed=2, now=INSTANT, speed=0) as two:
        maps = [
            web.get(f"{mock.url}/analytics/realtime/map", headers=bearer(mock.key)) for mock in (one, two)
        ]

    assert [reply.status_code for reply in maps] == [200, 200]
    assert maps[0].content != maps[1].content


@pytest.mark.parametrize(
    "options",
    [
        pytest.param({"site": "nowhere"}, id="site"),
        pytest.param({"revision": "2020-01"}, id="revision"),
        pytest.param({"now": "yesterday"}, id="now"),
        pytest.param({"rate_limit": "yesterday"}, id="rate limit"),
        pytest.param({"sites": "nowhere"}, id="one folder of sites"),
        pytest.param({"openapi": ("nowhere",)}, id="documents"),
    ],
)
def test_mock_in_process_refuses_invalid_arguments(options: dict[str, Any]) -> None:
    with pytest.raises(InputError, match=r"nowhere|2020-01|yesterday"), running(**options):
        pass
