"""The scripts of action.yml and of the snippets for CI run, as far as they can without a forge."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.asking.own_mock import INSTANT
from tests.command import address_of, serving, started

ROOT = Path(__file__).parent.parent.parent
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def _script(name: str) -> Any:
    return next(step for step in ACTION["runs"]["steps"] if step["name"] == name)


def _run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs a script as CI runners do, with bash, which stops at the first error."""
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """Returns the environment variables of a runner; the command is the one installed here."""
    return {
        "BIN": str(Path(sys.executable).parent),
        "GITHUB_JOB": "contract",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_ACTION_PATH": str(ROOT),
    }


def _inputs(**given: str) -> dict[str, str]:
    """Returns the environment of the step Verify: the given inputs, and the defaults of the others."""
    values = {name: str(told.get("default", "")) for name, told in ACTION["inputs"].items()} | given
    written = _script("Verify")["env"]
    names = {
        variable: re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text) for variable, text in written.items()
    }
    return {variable: values[found[1]] for variable, found in names.items() if found}


def test_every_input_reaches_the_script() -> None:
    written = " ".join(_script("Verify")["env"].values())
    assert {name for name in ACTION["inputs"] if f"inputs.{name} " not in written} == set()
    # No input is pasted into a script.
    assert not any("${{" in step.get("run", "") for step in ACTION["runs"]["steps"])


@pytest.mark.parametrize(("fault", "code"), [(None, 0), ("count too small", 1)])
@pytest.mark.long
def test_the_action_gives_the_verdict_and_the_reports(
    fault: str | None, code: int, tmp_path: Path, runner: dict[str, str]
) -> None:
    with serving("--now", INSTANT) as upstream:
        given = {"credentials": "mock", "arguments": "--pause\n0.2\n--revision\n2026-02\n", "key": "df_demo"}
        if fault is None:
            result = _run(_script("Verify")["run"], tmp_path, **runner, **_inputs(url=upstream, **given))
        else:
            with started(fault, "--upstream", upstream, "--port", "0", command="mutate") as mutate:
                inputs = _inputs(url=address_of(mutate), **given)
                result = _run(_script("Verify")["run"], tmp_path, **runner, **inputs)
    assert result.returncode == code, result.stdout + result.stderr
    reports = tmp_path / "datafast-report"
    assert {file.name for file in reports.iterdir()} == {
        "report.json",
        "junit.xml",
        "report.md",
        "report.html",
    }
    assert json.loads((reports / "report.json").read_bytes())["exitCode"] == code
    assert (tmp_path / "summary.md").read_text("utf-8") == (reports / "report.md").read_text("utf-8")
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert outputs["exit-code"] == str(code)


@pytest.mark.parametrize(
    ("reports", "beginning"),
    [
        pytest.param("datafast-report", "datafast-report-contract-", id="as by default"),
        pytest.param("out/a b/report", "out-a-b-report-contract-", id="a path, which no name may hold"),
    ],
)
def test_each_use_of_the_action_has_an_artifact_of_its_own(
    tmp_path: Path, runner: dict[str, str], reports: str, beginning: str
) -> None:
    for _ in range(2):
        # No server listens there: the artifact has a name whatever the outcome is.
        inputs = _inputs(url="http://127.0.0.1:1/api/v1", wait="0s", reports=reports)
        assert _run(_script("Verify")["run"], tmp_path, **runner, **inputs).returncode == 3

    names = re.findall("^artifact=(.*)$", (tmp_path / "output").read_text(), re.MULTILINE)
    assert len(set(names)) == 2
    assert all(re.fullmatch(re.escape(beginning) + "[0-9a-f]{8}", name) for name in names)
    assert _script("Keep the reports")["with"]["name"] == "${{ steps.verify.outputs.artifact }}"


@pytest.mark.parametrize(
    ("python", "folder"),
    [
        pytest.param("python3", "bin", id="Linux, macOS"),
        pytest.param("python", "Scripts", id="Windows"),
    ],
)
def test_the_action_installs_into_the_folder_that_is_there(
    tmp_path: Path, runner: dict[str, str], python: str, folder: str
) -> None:
    # `python` makes environments with the folder `folder`; the other interpreter is too old.
    made = tmp_path / "temp" / "datafast" / folder
    stand_in(tmp_path / python, f'if [ "$2" = venv ]; then mkdir -p {made}; cp "$0" {made}/python; fi')
    stand_in(tmp_path / ("python" if python == "python3" else "python3"), "exit 1")

    path = f"{tmp_path}:{os.environ['PATH']}"
    result = _run(_script("Install")["run"], tmp_path, **runner, PATH=path)

    assert (result.returncode, result.stderr) == (0, "")
    assert (tmp_path / "output").read_text() == f"bin={made}\n"


def test_the_action_says_which_python_it_needs(tmp_path: Path, runner: dict[str, str]) -> None:
    for name in ("python", "python3"):
        stand_in(tmp_path / name, "exit 1")

    result = _run(_script("Install")["run"], tmp_path, **runner, PATH=f"{tmp_path}:{os.environ['PATH']}")

    assert result.returncode == 1
    assert "::error::datafast-mock needs Python 3.11 or newer" in result.stdout


def stand_in(path: Path, script: str) -> None:
    """Writes a shell script as an executable file."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_the_reports_are_kept_always() -> None:
    kept = _script("Keep the reports")
    assert kept["if"].startswith("always() && ")
    assert kept["with"]["path"] == "${{ inputs.reports }}"


@pytest.mark.long
def test_the_gitlab_job_runs(tmp_path: Path) -> None:
    snippets = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    job = next(snippet["contract"] for snippet in snippets if "contract" in snippet)
    *_, install, verify = job["script"]
    assert (
        install == "pip install --quiet 'datafast-mock[verify] @ git+https://github.com/OWNER/datafast-mock'"
    )
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with serving("--now", INSTANT) as address:
        result = _run(verify, tmp_path, PATH=path, DATAFAST_URL=address, DATAFAST_KEY="df_demo")
    assert result.returncode == 0, result.stdout + result.stderr
    assert (tmp_path / job["artifacts"]["reports"]["junit"]).exists()
    assert job["artifacts"]["when"] == "always"


def test_the_workflow_gives_inputs_that_there_are() -> None:
    snippets = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    steps = next(snippet["jobs"]["contract"]["steps"] for snippet in snippets if "jobs" in snippet)
    given = next(step["with"] for step in steps if "with" in step)
    assert given.keys() <= ACTION["inputs"].keys()
    assert {name for name, told in ACTION["inputs"].items() if told.get("required")} <= given.keys()
