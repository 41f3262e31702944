"""The options of reports: which files are written, and which are refused."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from contract_tests.asking.har.writing import write_har
from contract_tests.commands.verify import verify
from contract_tests.judging.run import Run
from contract_tests.report.files import WRITERS, write_report
from contract_tests.report.targets import TargetError, check_target
from tests.command import COMMAND, ended
from tests.kit.nobody import nobody
from tests.kit.reports import RUNS
from tests.kit.sample_runs import broken
from tests.quick import quick


def test_each_kind_of_report_can_be_asked_for() -> None:
    told = next(
        option.help
        for option in verify.params
        if isinstance(option, click.Option) and option.name == "reports"
    )

    assert told is not None
    assert all(kind in told for kind in WRITERS)


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize("make", RUNS.values(), ids=RUNS)
def test_a_report_takes_the_place_of_an_earlier_one_and_of_no_other_kind(
    kind: str, make: Callable[[], Run], tmp_path: Path
) -> None:
    path = tmp_path / "report"
    write_report(kind, path, make())

    check_target(kind, path, [])
    for other in {*WRITERS, "har"} - {kind}:
        with pytest.raises(TargetError, match=f"is not a {other} file that datafast-mock wrote"):
            check_target(other, path, [])


def test_a_recording_takes_the_place_of_an_earlier_one(tmp_path: Path) -> None:
    write_har(tmp_path / "run.har", broken().recording.exchanges)

    check_target("har", tmp_path / "run.har", [])


@pytest.mark.parametrize(
    "content",
    quick(
        ["{}", '{"version": 1}', "<html>", "# Notes\n", " ", "\x00", '{"log": {"version": "1.2"}}', "\n"], 2
    ),
)
@pytest.mark.parametrize("kind", [*WRITERS, "har"])
def test_what_somebody_else_wrote_is_not_ours(kind: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "a").write_text(content)

    with pytest.raises(TargetError, match="exists already"):
        check_target(kind, tmp_path / "a", [])


def test_a_report_that_cannot_be_written_is_told_in_a_line() -> None:
    with nobody() as address:
        result = ended("verify", address, "--report", "html=/dev/full")

    assert result.returncode == 2
    assert "--report: /dev/full: No space left on device" in result.stderr
    assert result.stdout.splitlines()[-1].startswith("No verdict: no answer")


def test_new_and_empty_files_and_devices_may_be_written(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "new" / "file", tmp_path / "empty", tmp_path / "pipe", Path("/dev/null")):
        check_target("json", path, [Path("/dev/null"), tmp_path / "other"])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        pytest.param(["--report", "html=."], "--report: .: this is a folder", id="a folder"),
        pytest.param(["--report", "json=notes"], "--report: notes: this file exists already", id="not ours"),
        pytest.param(
            ["--report", "json=link"], "--report: link: this file exists already", id="behind a link"
        ),
        pytest.param(
            ["--save-har", "notes"], "--save-har: notes: this file exists already", id="a recording"
        ),
        pytest.param(
            ["--report", "json=a", "--report", "junit=./a"],
            "--report: a: this file is given twice",
            id="twice",
        ),
        pytest.param(
            ["--report", "json=a", "--save-har", "a"], "--save-har: a: this file is given", id="both"
        ),
        pytest.param(
            ["--report", "json=notes/a"], "--report: notes/a: notes is not a folder", id="below a file"
        ),
    ],
)
def test_a_file_that_must_not_be_written_is_told_before_anything_is_asked(
    options: list[str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "notes").write_text("mine")
    (tmp_path / "link").symlink_to(tmp_path / "notes")
    with nobody() as address:
        result = ended("verify", address, *options, folder=tmp_path)

    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert (tmp_path / "notes").read_text() == "mine"


@pytest.mark.long
@pytest.mark.parametrize(
    ("environment", "is_colored"),
    [({"NO_COLOR": ""}, True), ({"NO_COLOR": "1"}, False)],
    ids=["NO_COLOR that is empty", "NO_COLOR"],
)
def test_a_terminal_is_colored_unless_it_shall_not_be(environment: dict[str, str], is_colored: bool) -> None:
    outer, inner = os.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with nobody() as address:
        subprocess.run([COMMAND, "verify", address], stdout=inner, env={**kept, **environment}, check=False)
    os.close(inner)
    told = os.read(outer, 65_536).decode()
    os.close(outer)

    assert "No verdict: no answer" in told
    assert ("\x1b[" in told) is is_colored
