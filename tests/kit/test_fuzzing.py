"""`datafast-mock verify --fuzz`: the mock passes, and a fault that only unusual requests show is found."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

import pytest

from contract_tests.asking.own_mock import INSTANT
from tests.command import ended, serving


@pytest.mark.slow
def test_the_mock_holds_every_clause_when_fuzzed(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    begun = time.monotonic()
    with serving("--now", INSTANT) as address:
        ready = time.monotonic()
        options = ("--credentials", "mock", "--pause", "0.2", "--writes", "--fuzz", "--fuzz-examples", "3")
        result = ended("verify", address, *options, "--report", f"json={report}")
    over = time.monotonic()
    assert result.returncode == 0, result.stdout + result.stderr
    content = json.loads(report.read_bytes())
    others = {
        clause["id"] for clause in content["clauses"] if clause["outcome"] not in ("holds", "other revision")
    }
    # MAP-93 needs a visitor who has just paid.
    assert others <= {"MAP-93"}
    # The probes alone make fewer than 50 requests.
    assert content["answers"] > 100
    # The time limit is a multiple of the time in which the mock starts.
    assert over - ready < 30 + 90 * (ready - begun)


@pytest.mark.long
def test_a_fault_that_only_odd_requests_meet(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    with serving("--now", INSTANT) as upstream, _faulty(upstream) as address:
        options = ("--key", "df_demo", "--pause", "0", "--only", "RT-*", "--report", f"json={report}")
        without = ended("verify", address, *options)
        fuzzed = ended("verify", address, *options, "--fuzz", "--fuzz-examples", "3", seconds=1_200)
    assert (without.returncode, fuzzed.returncode) == (0, 1), fuzzed.stdout
    broken = [c["id"] for c in json.loads(report.read_bytes())["clauses"] if c["outcome"] == "broken"]
    assert broken == ["RT-01"]
    assert "visitors" in fuzzed.stdout
    assert "df_demo" not in fuzzed.stdout


@contextmanager
def _faulty(upstream: str) -> Iterator[str]:
    """Yields the address of a proxy that sends a negative count for a parameter that no probe sends."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {k: v for k, v in self.headers.items() if k.lower() == "authorization"}
            try:
                with urlopen(Request(upstream + self.path, headers=headers), timeout=60) as reply:
                    status, body = reply.status, reply.read()
            except HTTPError as error:
                status, body = error.code, error.read()
            known = {"websiteId", "fields", "startAt", "endAt", "timezone", "limit", "filter_country"}
            parts = urlsplit(self.path)
            if status == 200 and parts.path.endswith("/realtime") and parse_qs(parts.query).keys() - known:
                body = b'{"status": "success", "data": [{"visitors": -1}]}'
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            """Logs nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
