"""The verification of a server by the mock: its events, its reports, and which servers it may reach."""

import asyncio
import json
import re
import signal
import socket
import sys
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from contract_tests.commands.verify import REPORTS as KINDS_OF_THE_COMMAND
from mock_server.control.targets import Target, target_of
from mock_server.control.verifier import EXTRA, PACKAGES, REPORTS
from mock_server.options import Options
from mock_server.problems import ProblemError
from tests.command import address_of, serving, started
from tests.controls import Controls
from tests.hearing import heard
from tests.waiting import eventually

Json = Any
_PATH = "/verification"
_SECRET = "df_secret_of_mine"
_PORT = 8484


@pytest.fixture(scope="module")
def mock() -> Iterator[str]:
    with serving(environment={"DATAFAST_KEY": _SECRET}) as address:
        yield address


@pytest.fixture(scope="module")
def controls(mock: str) -> Iterator[Controls]:
    with Controls(mock) as controls:
        yield controls


@pytest.fixture(autouse=True)
def _without_a_run(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "controls" in request.fixturenames:
        found = request.getfixturevalue("controls")
        found.ask("DELETE", _PATH)
        eventually(lambda: found.get(_PATH)["state"] != "running")


def _events(controls: Controls) -> list[Json]:
    """Waits for the end of the latest run, and returns its events."""
    return [json.loads(line) for line in controls.ask("GET", f"{_PATH}/events").text.splitlines()]


def test_the_mock_verifies_itself(mock: str, controls: Controls) -> None:
    state = controls.post(_PATH, {"url": mock, "key": "df_test", "only": "RT-*", "strict": True})
    events = _events(controls)
    over = controls.get(_PATH)

    assert (state["state"], state["url"], state["exitCode"]) == ("running", mock, None)
    assert (events[0]["event"], events[-1]["event"]) == ("begin", "end")
    # The events arrive in several parts, and each is told once.
    assert len({json.dumps(event) for event in events}) == len(events)
    assert {event["family"] for event in events if event["event"] == "verdict"} == {"RT"}
    assert (over["state"], over["exitCode"], over["reports"]) == ("ended", 0, list(REPORTS))


@pytest.mark.long
def test_the_reports_are_those_of_the_command(mock: str, controls: Controls) -> None:
    controls.post(_PATH, {"url": mock, "key": "df_test", "only": "RT-*"})
    _events(controls)
    replies = {kind: controls.ask("GET", f"{_PATH}/report", kind=kind) for kind in REPORTS}

    assert replies["json"].json()["totals"]["broken"] == 0
    assert replies["html"].text.startswith("<!DOCTYPE html>")
    assert replies["junit"].text.startswith("<?xml")
    assert replies["sarif"].json()["version"] == "2.1.0"
    assert all(reply.headers["Content-Disposition"].startswith("attachment") for reply in replies.values())
    assert all(reply.headers["X-Content-Type-Options"] == "nosniff" for reply in replies.values())


def test_no_token_is_told(mock: str, controls: Controls) -> None:
    controls.post(_PATH, {"url": mock, "key": _SECRET, "accountToken": "dft_secret", "websiteId": "6" * 24})
    told = [controls.ask("GET", f"{_PATH}/events").text, controls.ask("GET", _PATH).text]
    told += [controls.ask("GET", f"{_PATH}/report", kind=kind).text for kind in REPORTS]

    assert all(_SECRET not in text and "dft_secret" not in text for text in told)


@pytest.mark.long
def test_a_token_of_the_mocks_own_environment_is_not_sent(controls: Controls) -> None:
    with _noting() as (address, requests):
        controls.post(_PATH, {"url": address})
        _events(controls)

    assert requests
    assert all(_SECRET not in str(headers) for _, headers in requests)


def test_there_is_one_run_at_a_time_and_it_can_be_cancelled(controls: Controls) -> None:
    with _silence() as address:
        controls.post(_PATH, {"url": address, "key": "df_test"})
        second = controls.ask("POST", _PATH, {"url": address, "key": "df_test"})
        cancelled = controls.ask("DELETE", _PATH)
        events = _events(controls)
        code = controls.get(_PATH)["exitCode"]

    assert (second.status_code, cancelled.status_code) == (409, 204)
    # It is interrupted, so that it can remove what it wrote; it neither ends by itself nor is it killed.
    assert code in (-signal.SIGTERM, 130)
    assert events[-1] == {**events[-1], "event": "failed", "text": "The run was cancelled."}


@pytest.mark.long
def test_a_wrong_option_is_told_in_the_words_of_the_command(mock: str, controls: Controls) -> None:
    controls.post(_PATH, {"url": mock, "key": "df_test", "only": "NONE-*"})
    [event] = _events(controls)

    assert (event["event"], event["exitCode"]) == ("failed", 2)
    assert event["text"].startswith("--only: there is no clause 'NONE-*'")


def test_the_mock_goes_on_answering_meanwhile(controls: Controls) -> None:
    with _silence() as address:
        controls.post(_PATH, {"url": address, "key": "df_test"})

        assert controls.get("/health")["status"] == "ok"
        assert controls.get(_PATH)["state"] == "running"


@pytest.mark.long
def test_nothing_is_told_before_the_first_run() -> None:
    with serving() as address, Controls(address) as controls:
        assert controls.get(_PATH)["state"] == "none"
        assert controls.ask("GET", f"{_PATH}/events").status_code == 404
        assert controls.ask("GET", f"{_PATH}/report").status_code == 404
        assert controls.ask("DELETE", _PATH).status_code == 204


@pytest.mark.parametrize(
    ("url", "status"),
    [
        pytest.param("http://example.com", 403, id="another host"),
        pytest.param("http://169.254.169.254/latest", 403, id="the metadata of a cloud"),
        pytest.param("http://10.0.0.1:8080", 403, id="a private network"),
        pytest.param("http://134744072", 403, id="an address as one number"),
        pytest.param("http://0.0.0.0:8484", 403, id="any address"),
        pytest.param("http://[::ffff:8.8.8.8]", 403, id="an address within IPv6"),
        pytest.param("http://127.0.0.1.nowhere.invalid", 403, id="a name like an address"),
        pytest.param("http://127.0.0.1@example.com", 400, id="a user before another host"),
        pytest.param("http://127.0.0.1\\@example.com", 400, id="a backslash"),
        pytest.param("http://127.0.0.1:99999", 400, id="no port"),
        pytest.param("http://127.0.0.1/a b", 400, id="a space"),
        pytest.param("file:///etc/passwd", 400, id="a file"),
        pytest.param("--help", 400, id="an option"),
        pytest.param("", 400, id="nothing"),
    ],
)
def test_only_this_machine_is_reached(controls: Controls, url: str, status: int) -> None:
    reply = controls.ask("POST", _PATH, {"url": url, "key": "df_test"})

    assert (reply.status_code, reply.json()["member"]) == (status, "/url")
    assert controls.get(_PATH)["url"] != url


@pytest.mark.parametrize(
    ("url", "told"),
    [
        pytest.param("http://127.0.0.1:1/api/v1?x=1", "leave out everything from `?` or `#` on", id="query"),
        pytest.param("http://127.0.0.1:1/api/v1#x", "leave out everything from `?` or `#` on", id="fragment"),
        pytest.param("http://127.0.0.1:1?", "leave out everything from `?` or `#` on", id="empty query"),
        pytest.param("http://me:hunter2@127.0.0.1:1", "leave `user:password@` out", id="user"),
        pytest.param("http://[::1", "it has no host, or one that no server can have", id="half an address"),
    ],
)
def test_a_url_that_the_command_refuses_starts_no_run(controls: Controls, url: str, told: str) -> None:
    reply = controls.ask("POST", _PATH, {"url": url, "key": "df_test"})

    assert (reply.status_code, reply.json()["member"]) == (400, "/url")
    assert told in reply.json()["detail"]
    assert "hunter2" not in reply.text


@pytest.mark.long
def test_a_redirect_to_elsewhere_is_not_followed(controls: Controls) -> None:
    with _noting() as (elsewhere, requests), _noting({"Location": elsewhere}, status=302) as (address, seen):
        controls.post(_PATH, {"url": address, "key": "df_test"})
        _events(controls)

    assert seen
    assert requests == []


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"Origin": "http://evil.example"}, id="another origin"),
        pytest.param({"Origin": "null"}, id="an opaque origin"),
        pytest.param({"Sec-Fetch-Site": "cross-site"}, id="another site"),
        pytest.param({"Host": "rebound.example"}, id="a rebound name"),
    ],
)
def test_other_pages_cannot_start_a_run(mock: str, controls: Controls, headers: Mapping[str, str]) -> None:
    reply = controls.client.post(_PATH, json={"url": mock, "key": "df_test"}, headers=headers)

    assert reply.status_code == 403


@pytest.mark.parametrize("member", ["url", "key", "accountToken", "websiteId", "only", "revision"])
def test_characters_that_no_argument_can_have_are_refused(mock: str, controls: Controls, member: str) -> None:
    reply = controls.ask("POST", _PATH, {"url": mock, member: "a\0b"})

    assert (reply.status_code, reply.json()["member"]) == (400, f"/{member}")


def test_a_form_cannot_start_a_run(mock: str, controls: Controls) -> None:
    reply = controls.client.post(
        _PATH, content=json.dumps({"url": mock}), headers={"Content-Type": "text/plain"}
    )

    assert reply.status_code == 415


def _target(url: str, *addresses: str, **options: Any) -> Target:
    """Returns the target of a URL whose host has these addresses."""

    async def look_up(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return asyncio.run(target_of(url, Options(**options), _PORT, look_up=look_up))


def test_a_name_is_looked_up_once_and_the_checked_address_is_kept() -> None:
    lookups = []

    async def look_up(host: str, port: int) -> list[str]:
        lookups.append((host, port))
        return ["127.0.0.1"] if len(lookups) == 1 else ["203.0.113.7"]

    target = asyncio.run(target_of("http://mine.test:3000/api/v1", Options(), _PORT, look_up=look_up))

    assert target == Target("http://mine.test:3000/api/v1", "127.0.0.1")
    assert lookups == [("mine.test", 3000)]


@pytest.mark.parametrize(
    "addresses",
    [
        pytest.param(("203.0.113.7",), id="elsewhere"),
        pytest.param(("127.0.0.1", "203.0.113.7"), id="here and elsewhere"),
        pytest.param((), id="unknown"),
    ],
)
def test_a_name_that_leads_elsewhere_is_refused(addresses: tuple[str, ...]) -> None:
    with pytest.raises(ProblemError, match=r"--verify-target http://mine\.test"):
        _target("http://mine.test", *addresses)


def test_of_several_addresses_the_one_that_answers_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

        assert _target(f"http://localhost:{port}", "::1", "127.0.0.1").address == "127.0.0.1"


def test_a_named_target_may_be_anywhere() -> None:
    named = {"verify_targets": ("https://staging.example",)}

    assert _target("https://Staging.example:443/api/v1", "203.0.113.7", **named).address is None
    with pytest.raises(ProblemError):
        _target("http://staging.example", "203.0.113.7", **named)


def test_an_exposed_mock_verifies_itself_and_no_other_port() -> None:
    assert _target(f"http://127.0.0.1:{_PORT}", "127.0.0.1", is_exposed=True).address == "127.0.0.1"
    with pytest.raises(ProblemError):
        _target("http://127.0.0.1:6379", "127.0.0.1", is_exposed=True)


def test_named_targets_are_listed_and_never_written_to() -> None:
    with (
        serving("--verify-target", "https://Staging.example/") as address,
        Controls(address) as controls,
    ):
        body = {"url": "https://staging.example", "key": "df_test", "writes": True}
        refused = controls.ask("POST", _PATH, body)

        assert controls.get(_PATH)["targets"] == ["https://staging.example"]
        assert (refused.status_code, refused.json()["member"]) == (403, "/writes")


@pytest.mark.long
def test_without_the_extra_it_says_how_to_install_it(tmp_path: Path) -> None:
    # Python looks for this file at its start.
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['httpx2'] = None\n")
    with serving(environment={"PYTHONPATH": str(tmp_path)}) as address, Controls(address) as controls:
        state = controls.get(_PATH)
        reply = controls.ask("POST", _PATH, {"url": address, "key": "df_test"})

    assert state["install"] == f"pip install '{EXTRA}'"
    assert reply.status_code == 501
    assert EXTRA in reply.json()["detail"]


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")
def test_a_run_does_not_outlive_the_mock() -> None:
    with _silence() as silent, started("--port", "0") as process:
        with Controls(address_of(process)) as controls:
            controls.post(_PATH, {"url": silent, "key": "df_test"})
            pid = _child_of(process.pid)
        process.send_signal(signal.SIGTERM)
        process.wait(30)

        eventually(lambda: not Path(f"/proc/{pid}").exists())


@pytest.mark.long
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's arguments in a file")
@pytest.mark.parametrize(
    ("wishes", "options"),
    [
        pytest.param({}, set(), id="none"),
        pytest.param(
            {"websiteId": "6" * 24, "revision": "2026-02", "only": " RT-* "},
            {f"--website-id={'6' * 24}", "--revision=2026-02", "--only=RT-*"},
            id="with values",
        ),
        pytest.param(
            {"mockTokens": True, "strict": True, "writes": True},
            {"--credentials=mock", "--strict", "--writes"},
            id="without values",
        ),
    ],
)
def test_each_wish_is_an_option_of_the_command(wishes: Json, options: set[str]) -> None:
    with _silence() as silent, started("--port", "0") as process, Controls(address_of(process)) as controls:
        controls.post(_PATH, {"url": silent, "key": "df_test", **wishes})
        told = Path(f"/proc/{_child_of(process.pid)}/cmdline").read_text("utf-8").split("\0")

    names = ("--website-id", "--revision", "--only", "--credentials", "--strict", "--writes")
    assert {option for option in told if option.startswith(names)} == options


@pytest.mark.long
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
@pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals")
def test_a_run_that_writes_removes_what_it_wrote_when_the_mock_ends(
    mock: str, tmp_path: Path, name: str
) -> None:
    with Controls(mock) as judged:
        key = judged.mint()

        def transactions(kind: str) -> set[str]:
            facts = judged.get("/facts", key=key, limit=1000)["facts"]
            return {fact["fact"]["transaction_id"] for fact in facts if fact["type"] == kind}

        number = signal.Signals[name]
        with heard(number), started("--port", "0", environment={"TMPDIR": str(tmp_path)}) as process:
            with Controls(address_of(process)) as controls:
                controls.post(_PATH, {"url": mock, "key": key, "writes": True, "only": "WRITE-*"})
            eventually(lambda: transactions("payment") != set())
            process.send_signal(number)
            process.wait(30)

        assert process.returncode == (130 if name == "SIGINT" else 0)
        assert transactions("payments_removed") == transactions("payment") != set()
        assert list(tmp_path.iterdir()) == []


def test_packages_and_reports_are_those_of_the_command() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8"))["project"]
    extra = project["optional-dependencies"]["verify"]

    assert sorted(PACKAGES) == sorted(re.split("[>=<]", package)[0] for package in extra)
    assert REPORTS.keys() < set(KINDS_OF_THE_COMMAND)


def _child_of(pid: int) -> int:
    """Returns the process id of the only child of a process."""
    [child] = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return int(child)


@contextmanager
def _noting(
    headers: Mapping[str, str] | None = None, *, status: int = 404
) -> Iterator[tuple[str, list[tuple[str, dict[str, str]]]]]:
    """Serves one status for everything; yields the address, and path and headers of each request."""
    requests: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            requests.append((self.path, dict(self.headers)))
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Writes nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", requests
        server.shutdown()


@contextmanager
def _silence() -> Iterator[str]:
    """Yields the address of a server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
