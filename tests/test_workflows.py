"""The workflows of the repository: what they may do, what they run, and on which versions of Python."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / ".github" / "workflows"
FILES = sorted(FOLDER.glob("*.yml"))
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

of_each_workflow = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def _read(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), yaml.BaseLoader)


def _steps(file: Path) -> list[dict[str, Any]]:
    return [step for job in _read(file)["jobs"].values() for step in job["steps"]]


@pytest.mark.long
def test_workflows_are_as_their_schema_says() -> None:
    program = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows"]
    checked = subprocess.run([*program, *FILES], capture_output=True, text=True, check=False, timeout=60)

    assert checked.returncode == 0, checked.stdout + checked.stderr


@of_each_workflow
def test_actions_are_pinned_to_commits(file: Path) -> None:
    used = re.findall(r"uses: (.+)", file.read_text(encoding="utf-8"))

    assert [
        line for line in used if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    ] == []


@of_each_workflow
def test_nothing_is_permitted_that_no_job_names(file: Path) -> None:
    assert _read(file)["permissions"] == {}
    assert all("permissions" in job for job in _read(file)["jobs"].values())


@of_each_workflow
def test_nothing_given_from_outside_is_part_of_a_script_and_no_token_is_kept(file: Path) -> None:
    checkouts = [step for step in _steps(file) if step.get("uses", "").startswith("actions/checkout@")]

    assert [step["run"] for step in _steps(file) if "${{" in step.get("run", "")] == []
    assert checkouts
    assert all(step["with"]["persist-credentials"] == "false" for step in checkouts)


def test_a_change_is_checked_as_everywhere_and_cannot_write() -> None:
    workflow = _read(FOLDER / "ci.yml")

    assert set(workflow["on"]) == {"push", "pull_request"}
    assert [step["run"] for step in _steps(FOLDER / "ci.yml") if "run" in step] == [".ci/run"]
    assert workflow["jobs"]["check"]["permissions"] == {"contents": "read"}


def test_the_oldest_and_the_newest_python_are_checked() -> None:
    versions = re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    checked = _read(FOLDER / "ci.yml")["jobs"]["check"]["strategy"]["matrix"]["python"]

    assert checked == [versions[0], versions[-1]]
    assert PROJECT["requires-python"] == f">={versions[0]}"
