"""action.yml and the snippets for CI: their scripts run, as far as a machine without a forge can run them."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from contract_tests.own_mock import INSTANT
from tests.command import address_of, serving, started

ROOT = Path(__file__).parent.parent.parent
ACTION: Any = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")


def _script(name: str) -> Any:
    return next(step for step in ACTION["runs"]["steps"] if step["name"] == name)


def _run(script: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script as runners run it: bash that stops at the first error."""
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
    """What a runner's environment has; the installed command is this environment's."""
    (tmp_path / "temp" / "datafast").mkdir(parents=True)
    (tmp_path / "temp" / "datafast" / "bin").symlink_to(Path(sys.executable).parent)
    return {
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
        "GITHUB_ACTION_PATH": str(ROOT),
    }


def _inputs(**given: str) -> dict[str, str]:
    """The verify step's environment, with the action's defaults where nothing is given."""
    values = {name: str(told.get("default", "")) for name, told in ACTION["inputs"].items()} | given
    written = _script("Verify")["env"]
    names = {
        variable: re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text) for variable, text in written.items()
    }
    return {variable: values[found[1]] for variable, found in names.items() if found}


def test_every_input_reaches_the_script() -> None:
    written = " ".join(_script("Verify")["env"].values())
    assert {name for name in ACTION["inputs"] if f"inputs.{name} " not in written} == set()
    # Nothing that somebody gives is ever a part of a script.
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
    assert (tmp_path / "output").read_text() == f"exit-code={code}\n"


def test_the_reports_are_kept_always() -> None:
    kept = _script("Keep the reports")
    assert kept["if"] == "always()"
    assert kept["with"]["path"] == "${{ inputs.reports }}"


@pytest.mark.long
def test_the_gitlab_job_runs(tmp_path: Path) -> None:
    snippets = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)]
    job = next(snippet["contract"] for snippet in snippets if "contract" in snippet)
    install, verify = job["script"]
    assert install == "pip install --quiet 'datafast-mock[verify]'"
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
