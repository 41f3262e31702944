"""Output that cannot be written, or that nobody reads: the verdict, its exit code and the files remain."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from tests.command import COMMAND, ended

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="`/dev/full` and closed streams are POSIX's")
_FULL = Path("/dev/full")


@contextmanager
def _abandoned() -> Iterator[int]:
    """Yields a pipe whose reader has left."""
    reader, writer = os.pipe()
    os.close(reader)
    try:
        yield writer
    finally:
        os.close(writer)


@contextmanager
def _full() -> Iterator[IO[bytes]]:
    """Yields a device without space."""
    with _FULL.open("wb") as file:
        yield file


@pytest.fixture
def traffic(tmp_path: Path) -> Path:
    return _traffic(tmp_path / "good.har", 42)


@pytest.fixture
def broken_traffic(tmp_path: Path) -> Path:
    return _traffic(tmp_path / "bad.har", "many")


def _traffic(path: Path, visitors: object) -> Path:
    """Writes a HAR file with one answer of realtime, and an entry that is left out with a message."""
    body = json.dumps({"status": "success", "data": [{"visitors": visitors}]})
    entry = {
        "startedDateTime": "2026-02-06T05:27:30Z",
        "request": {"method": "GET", "url": "http://x/api/v1/analytics/realtime", "headers": []},
        "response": {"status": 200, "headers": [], "content": {"text": body}},
    }
    path.write_text(json.dumps({"log": {"entries": [entry, {}]}}))
    return path


def _verified(
    traffic: Path,
    *options: str,
    stdout: IO[bytes] | int = subprocess.PIPE,
    stderr: IO[bytes] | int = subprocess.PIPE,
) -> subprocess.CompletedProcess[str]:
    command = [str(COMMAND), "verify", "--har", str(traffic), "--only", "RT-*", *options]
    return subprocess.run(command, stdout=stdout, stderr=stderr, text=True, check=False, timeout=60)


@pytest.mark.long
@pytest.mark.parametrize("kind", ["json", "junit", "markdown", "html"])
def test_a_report_is_written_though_the_reader_of_the_output_has_left(traffic: Path, kind: str) -> None:
    report = traffic.with_suffix(f".{kind}")
    with _abandoned() as pipe:
        result = _verified(traffic, "--report", f"{kind}={report}", stdout=pipe)

    assert (result.returncode, "Traceback" in result.stderr) == (0, False), result.stderr
    assert report.stat().st_size > 300


@pytest.mark.long
def test_a_reader_that_left_does_not_change_a_verdict(broken_traffic: Path) -> None:
    with _abandoned() as pipe:
        assert _verified(broken_traffic, stdout=pipe).returncode == 1


@pytest.mark.long
def test_a_verdict_that_cannot_be_printed_is_told_with_a_code_of_its_own(traffic: Path) -> None:
    report = traffic.with_suffix(".json")
    with _full() as file:
        result = _verified(traffic, "--report", f"json={report}", stdout=file)

    assert result.returncode == 74
    assert "standard output cannot be written (No space left on device)" in result.stderr
    assert json.loads(report.read_bytes())["exitCode"] == 0


@pytest.mark.long
def test_a_broken_contract_counts_more_than_a_full_disk(broken_traffic: Path) -> None:
    with _full() as file:
        result = _verified(broken_traffic, stdout=file)

    assert result.returncode == 1
    assert "standard output cannot be written (No space left on device)" in result.stderr


@pytest.mark.long
def test_messages_that_cannot_be_written_are_dropped(traffic: Path) -> None:
    with _abandoned() as pipe, _full() as file:
        codes = [_verified(traffic, stderr=stream).returncode for stream in (pipe, file)]

    assert codes == [0, 0]


@pytest.mark.long
def test_closed_streams_do_not_matter(traffic: Path) -> None:
    report = traffic.with_suffix(".json")
    line = f'"{COMMAND}" verify --har "{traffic}" --only "RT-*" --report "json={report}" >&- 2>&-'

    assert subprocess.run(["sh", "-c", line], check=False, timeout=60).returncode == 0
    assert report.exists()


def test_one_report_that_cannot_be_written_leaves_the_others_and_the_verdict(traffic: Path) -> None:
    report = traffic.with_suffix(".xml")
    options = ("--only", "RT-*", "--report", f"json={_FULL}", "--report", f"junit={report}")
    result = ended("verify", "--har", str(traffic), *options)

    assert result.returncode == 2
    assert f"--report: {_FULL}: No space left on device" in result.stderr
    assert report.exists()
    assert "The contract holds" in result.stdout


@pytest.mark.long
@pytest.mark.parametrize("arguments", [["explain"], ["explain", "RT-01"], ["mutate"]], ids=" ".join)
def test_a_full_disk_is_no_bug_in_the_kit(arguments: list[str]) -> None:
    with _full() as file:
        result = subprocess.run(
            [COMMAND, *arguments], stdout=file, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )

    assert result.returncode == 74
    assert result.stderr == "datafast-mock: standard output cannot be written (No space left on device)\n"
