"""`datafast-mock verify --events` and `--connect-to`, with which other programs run the kit."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest

from mock_server.testing import RunningMock
from tests.command import address_of, ended, started

_SWIFT = ("--credentials", "mock", "--pause", "0.1", "--events")
Json = Any


@pytest.fixture(scope="module")
def events(mock: RunningMock, tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Json], Json]:
    """The events of a run against the mock, and its JSON report."""
    file = tmp_path_factory.mktemp("events") / "report.json"
    result = ended("verify", mock.server, *_SWIFT, "--report", f"json={file}")
    assert result.returncode == 0, result.stderr
    return [json.loads(line) for line in result.stdout.splitlines()], json.loads(file.read_bytes())


def test_the_events_begin_and_end_with_the_run(events: tuple[list[Json], Json]) -> None:
    told, report = events

    assert [told[0]["event"], told[-1]["event"]] == ["begin", "end"]
    assert told[0]["clauses"] == len(report["clauses"])
    assert {name: told[-1][name] for name in ("verdict", "exitCode", "totals", "answers", "revision")} == {
        name: report[name] for name in ("verdict", "exitCode", "totals", "answers", "revision")
    }


def test_each_answer_is_told_as_it_comes(events: tuple[list[Json], Json]) -> None:
    told, report = events
    answers = [event for event in told if event["event"] == "answer"]

    assert [answer["number"] for answer in answers] == list(range(1, report["answers"] + 1))
    assert len(answers) <= told[0]["requests"]


def test_verdicts_are_told_before_the_end_and_the_last_one_counts(events: tuple[list[Json], Json]) -> None:
    told, report = events
    last = {event["id"]: event for event in told if event["event"] == "verdict"}
    kinds = [event["event"] for event in told]
    last_answer = len(kinds) - 1 - kinds[::-1].index("answer")

    assert last == {clause["id"]: {"event": "verdict", **clause} for clause in report["clauses"]}
    assert "verdict" in kinds[:last_answer]


@pytest.mark.long
def test_a_broken_clause_is_told_with_its_request(mock: RunningMock) -> None:
    with started("count-too-small", "--upstream", mock.server, "--port", "0", command="mutate") as mutate:
        result = ended("verify", address_of(mutate), *_SWIFT, "--only", "MAP-*")
    told = [json.loads(line) for line in result.stdout.splitlines()]
    broken = [event for event in told if event.get("outcome") == "broken"]

    assert result.returncode == told[-1]["exitCode"] == 1
    assert broken[0]["violations"][0]["curl"].startswith("curl -i")


def test_a_server_that_does_not_answer_ends_the_events_too() -> None:
    result = ended("verify", "http://127.0.0.1:9", "--key", "df_secret", "--events")
    told = [json.loads(line) for line in result.stdout.splitlines()]

    assert [told[0]["event"], told[-1]["event"], told[-1]["exitCode"]] == ["begin", "end", 3]
    assert "df_secret" not in result.stdout


def test_the_address_is_used_in_place_of_what_the_name_resolves_to(mock: RunningMock) -> None:
    port = urlsplit(mock.server).port
    result = ended(
        "verify", f"http://nowhere.invalid:{port}", *_SWIFT, "--only", "RT-*", "--connect-to", "127.0.0.1"
    )

    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.long
def test_the_server_gets_the_name_of_the_url() -> None:
    with _noting_hosts() as (port, hosts):
        ended("verify", f"http://shop.invalid:{port}", *_SWIFT, "--connect-to", "127.0.0.1")

    assert set(hosts) == {f"shop.invalid:{port}"}


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(("--connect-to", "localhost"), "not a numeric address", id="a name"),
        pytest.param(("--connect-to", "127.0.0.1", "--fuzz"), "leave --connect-to out", id="fuzzing"),
        pytest.param(("--events", "--explain-coverage"), "--events", id="nothing is sent"),
    ],
)
def test_options_that_do_not_go_together_are_refused(options: tuple[str, ...], told: str) -> None:
    result = ended("verify", "http://127.0.0.1:9", "--key", "df_x", *options)

    assert result.returncode == 2
    assert told in result.stderr


def test_recorded_traffic_has_no_events(tmp_path: Path) -> None:
    result = ended("verify", "--har", str(tmp_path / "some.har"), "--events")

    assert result.returncode == 2


@contextmanager
def _noting_hosts() -> Iterator[tuple[int, list[str]]]:
    """Serves 404 for everything, and yields the port and the `Host` of each request."""
    hosts: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            hosts.append(self.headers["Host"])
            self.send_error(404)

        def log_message(self, *_arguments: object) -> None:
            """Writes nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, hosts
        server.shutdown()
