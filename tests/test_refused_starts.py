"""Options and files with which the mock does not start: each is reported in one line."""

import re
import socket
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from mock_server.errors import InputError
from mock_server.world.site_files import SITES, load_sites
from tests.command import ended, started
from tests.ports import port_to_take
from tests.starting import OWN_SITES, QUIET, QUIET_ID
from tests.waiting import eventually


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
        pytest.param("serve --verify-target tcp://10.0.0.1:80", "not the origin of a server", id="no server"),
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
