"""The journal on disk: a line for each request, for as long as the file can be written."""

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.command import ended, serving
from tests.credentials import bearer
from tests.state.journal import KNOWN, REALTIME


def test_the_journal_on_disk(tmp_path: Path) -> None:
    file = tmp_path / "journal.jsonl"
    file.write_text("{}\n")
    with serving("--journal", str(file)) as url, httpx2.Client(base_url=url) as web:
        web.get(f"/api/v1{REALTIME}", headers=bearer("df_test"))
        lines = file.read_text("utf-8").splitlines()
        listed = web.get("/__mock/requests").json()["requests"]

    assert len(lines) == 2
    assert json.loads(lines[1]) == {name: value for name, value in listed[0].items() if name != "lint"}
    assert "Bearer df_***" in lines[1]


@pytest.mark.long
def test_a_full_disk_ends_the_journal_and_nothing_else(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with (
        log.open("w") as stream,
        serving("--journal", "/dev/full", stderr=stream) as url,
        httpx2.Client(base_url=url) as web,
    ):
        statuses = [web.get(f"/api/v1{REALTIME}", headers=bearer("df_test")).status_code for _ in range(2)]

    assert statuses == [200, 200]
    assert (
        log.read_text("utf-8").count("--journal: /dev/full cannot be written (No space left on device)") == 1
    )


def test_a_journal_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    result = ended("serve", "--journal", str(tmp_path / "no" / "where"))

    assert result.returncode == 2
    assert "--journal" in result.stderr


_with_pipes = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pipes with a path")


@_with_pipes
def test_a_pipe_that_nobody_reads_stops_the_start(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")

    result = ended("serve", "--port", "0", "--journal", "pipe", folder=tmp_path, seconds=20)

    assert result.returncode == 2
    assert "--journal: pipe cannot be written (it is a pipe that nobody reads)" in result.stderr


@_with_pipes
def test_a_reader_gets_the_requests_and_may_stop_reading(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    errors = tmp_path / "errors"
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    with (
        errors.open("w") as stream,
        serving("--journal", str(tmp_path / "pipe"), stderr=stream) as url,
        httpx2.Client(base_url=f"{url}/api/v1", headers={"X-Long": "x" * 8_000}) as web,
    ):
        statuses = [web.get(REALTIME, headers=bearer("df_demo")).status_code for _ in range(20)]
        line = os.read(reader, 65_536).split(b"\n")[0]
    os.close(reader)

    assert statuses == [200] * 20
    assert json.loads(line)["operation"] == "getRealtime"
    assert errors.read_text("utf-8").count("cannot be written (what reads it does not keep up)") == 1


def _moved(file: Path) -> None:
    file.rename(file.with_suffix(".1"))


def _replaced(file: Path) -> None:
    _moved(file)
    file.touch()


def _truncated(file: Path) -> None:
    file.with_suffix(".1").write_bytes(file.read_bytes())
    file.write_bytes(b"")


@pytest.mark.long
@pytest.mark.parametrize("rotate", [_moved, _replaced, _truncated])
def test_a_journal_on_disk_may_be_rotated(tmp_path: Path, rotate: Callable[[Path], None]) -> None:
    file = tmp_path / "journal.log"
    with serving("--journal", str(file)) as url, httpx2.Client(base_url=f"{url}/api/v1") as web:
        web.get(REALTIME, headers=bearer("df_demo"))
        rotate(file)
        web.get(KNOWN, headers=bearer("df_demo"))
        web.get("/nothing", headers=bearer("df_demo"))

    older, newer = (
        [json.loads(line)["path"].removeprefix("/api/v1") for line in one.read_text("utf-8").splitlines()]
        for one in (file.with_suffix(".1"), file)
    )
    assert (older, newer) == ([REALTIME], [KNOWN, "/nothing"])


@pytest.mark.long
def test_a_journal_whose_folder_is_gone_ends_with_a_word(tmp_path: Path) -> None:
    folder, errors = tmp_path / "logs", tmp_path / "errors"
    folder.mkdir()
    with (
        errors.open("w") as stream,
        serving("--journal", str(folder / "journal.log"), stderr=stream) as url,
        httpx2.Client(base_url=f"{url}/api/v1") as web,
    ):
        shutil.rmtree(folder)
        replies = [web.get(REALTIME, headers=bearer("df_demo")) for _ in range(2)]

    assert [reply.status_code for reply in replies] == [200, 200]
    assert (
        errors.read_text("utf-8").count("cannot be written (No such file or directory); later requests") == 1
    )
