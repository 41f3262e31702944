"""The scripts of action.yml and of the CI snippets are run, as far as that is possible outside of GitHub."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

import pytest
import yaml

from contract_tests.asking.own_mock import INSTANT
from tests.command import address_of, ended, serving, started
from tests.quick import quick

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
        timeout=300,
        check=False,
    )


@pytest.fixture
def runner(tmp_path: Path) -> dict[str, str]:
    """Returns the environment variables of a runner that has this environment's command installed."""
    (tmp_path / "temp").mkdir()
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
    defaults = {name: str(told.get("default", "")) for name, told in ACTION["inputs"].items()}
    values = defaults | {name.replace("_", "-"): value for name, value in given.items()}
    written = _script("Verify")["env"]
    names = {
        variable: re.fullmatch(r"\$\{\{ inputs\.([\w-]+) \}\}", text) for variable, text in written.items()
    }
    return {variable: values[found[1]] for variable, found in names.items() if found}


def _outputs(folder: Path) -> dict[str, str]:
    """Returns the outputs that the steps have set."""
    return dict(line.split("=", 1) for line in (folder / "output").read_text("utf-8").splitlines())


class Command(NamedTuple):
    """A workflow command in the output of a step."""

    name: str
    title: str
    text: str


def _commands(output: str) -> list[Command]:
    """Returns the commands that GitHub's runner finds in the output of a step.

    It looks for `::name title=…::text` after white space, and for `##[name]text` anywhere in a line. After
    `::stop-commands::token` it only looks for `::token::`.
    """
    found: list[Command] = []
    token = None
    for line in output.splitlines():
        new = re.match(r"\s*::([\w-]+)(?: title=([^:,]*))?::(.*)", line)
        told = new or re.search(r"##\[([\w-]+)()[^]]*\](.*)", line)
        if token is not None:
            token = None if new and new[1] == token else token
        elif new and new[1] == "stop-commands":
            token = new[3]
        elif told:
            found.append(Command(*map(_unescaped, told.groups(""))))
    assert token is None, "the runner obeys commands again"
    return found


def _unescaped(text: str) -> str:
    for code, character in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        text = text.replace(code, character)
    return text


def test_every_input_reaches_a_script() -> None:
    written = " ".join(text for step in ACTION["runs"]["steps"] for text in step.get("env", {}).values())
    assert {name for name in ACTION["inputs"] if f"inputs.{name} " not in written} == set()
    # Inputs are passed as variables, and never pasted into a script.
    assert not any("${{" in step.get("run", "") for step in ACTION["runs"]["steps"])


@pytest.mark.long
def test_the_action_is_as_its_schema_says() -> None:
    _check("github-actions", ROOT / "action.yml")


def _check(schema: str, *files: Path) -> None:
    """Checks files by one of the published schemas that check-jsonschema contains."""
    program = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", f"vendor.{schema}"]
    checked = subprocess.run([*program, *files], capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stdout + checked.stderr


@pytest.mark.parametrize("name", [step["name"] for step in ACTION["runs"]["steps"] if "run" in step])
def test_shellcheck_finds_nothing_in_a_script(name: str) -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    # shellcheck does not know that `env` sets variables (SC2153, SC2154).
    checked = subprocess.run(
        [shellcheck, "--shell=bash", "--exclude=SC2153,SC2154", "-"],
        input=_script(name)["run"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (checked.returncode, checked.stdout) == (0, "")


@pytest.mark.parametrize(
    ("fault", "inputs", "wanted", "annotations"),
    [
        pytest.param(None, {}, (0, "holds"), ["notice DataFast contract"], id="holds"),
        pytest.param(
            "count too small",
            {"sarif": "true"},
            (1, "broken"),
            ["error DataFast contract", "error MAP-72: broken"],
            id="broken",
        ),
        pytest.param(
            None,
            {"writes": "true", "only": "WRITE-*"},
            (0, "holds"),
            ["notice DataFast contract", "warning DataFast contract: left on the server"],
            id="writing",
        ),
        pytest.param(
            "success as text/html",
            {},
            (0, "holds"),
            ["notice DataFast contract", "warning ENV-07: warning"],
            id="a warning",
        ),
        pytest.param(
            "success as text/html",
            {"strict": "true"},
            (1, "broken"),
            ["error DataFast contract", "error ENV-07: broken"],
            id="a warning, strictly",
        ),
    ],
)
@pytest.mark.long
def test_the_action_gives_the_verdict_and_the_reports(
    fault: str | None,
    inputs: dict[str, str],
    wanted: tuple[int, str],
    annotations: list[str],
    tmp_path: Path,
    runner: dict[str, str],
) -> None:
    given = {"credentials": "mock", "arguments": "--pause\n0.2\n", "revision": "2026-02", "key": "df_demo"}
    with _served(fault) as url:
        result = _run(_script("Verify")["run"], tmp_path, **runner, **_inputs(url=url, **given, **inputs))

    code, verdict = wanted
    assert result.returncode == code, result.stdout + result.stderr
    reports = tmp_path / "datafast-report"
    files = {"report.json", "junit.xml", "report.md", "report.html"}
    assert {file.name for file in reports.iterdir()} == files | (
        {"report.sarif"} if "sarif" in inputs else set()
    )
    assert json.loads((reports / "report.json").read_bytes())["exitCode"] == code
    assert (tmp_path / "summary.md").read_bytes() == (reports / "report.md").read_bytes()
    assert [f"{command.name} {command.title}" for command in _commands(result.stdout)] == annotations
    outputs = _outputs(tmp_path)
    assert (outputs["exit-code"], outputs["verdict"]) == (str(code), verdict)
    assert outputs["report"] == "datafast-report/report.json"
    assert outputs.get("sarif") == ("datafast-report/report.sarif" if "sarif" in inputs else None)


@contextmanager
def _served(fault: str | None) -> Iterator[str]:
    """Yields the address of a mock, with a fault planted in its answers."""
    with serving("--now", INSTANT) as upstream:
        if fault is None:
            yield upstream
        else:
            with started(fault, "--upstream", upstream, "--port", "0", command="mutate") as mutate:
                yield address_of(mutate)


class _Injecting(BaseHTTPRequestHandler):
    """Answers with workflow commands wherever a server can write a text."""

    def do_GET(self) -> None:
        """Answers any request."""
        self.send_response(404)
        self.send_header("Content-Type", "##[add-mask]a  ::add-mask::b")
        self.send_header("Location", "::add-mask::c")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the parent
        """Keeps silent."""


@pytest.mark.long
def test_inputs_that_a_matrix_leaves_empty_mean_the_defaults(tmp_path: Path, runner: dict[str, str]) -> None:
    empty = {name: "" for name in ACTION["inputs"] if name != "url"}
    result = _run(
        _script("Verify")["run"], tmp_path, **runner, **_inputs(url="http://127.0.0.1:1/api/v1", **empty)
    )

    assert result.returncode == 3, result.stdout + result.stderr
    assert _outputs(tmp_path)["report"] == "datafast-report/report.json"


@pytest.mark.long
def test_a_server_s_text_is_no_workflow_command(tmp_path: Path, runner: dict[str, str]) -> None:
    with HTTPServer(("127.0.0.1", 0), _Injecting) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        inputs = _inputs(url=f"http://127.0.0.1:{server.server_port}/api/v1", key="df_demo", wait="0s")
        result = _run(_script("Verify")["run"], tmp_path, **runner, **inputs)
        server.shutdown()

    assert result.returncode == 3
    assert "##[add-mask]a" in result.stdout
    assert [(command.name, command.title) for command in _commands(result.stdout)] == [
        ("error", "DataFast contract")
    ]
    assert _outputs(tmp_path)["verdict"] == "no verdict"


def test_an_input_is_no_part_of_a_script(tmp_path: Path, runner: dict[str, str]) -> None:
    text = '$(touch pwned)`touch pwned`"; touch pwned; "\ntouch pwned'
    inputs = _inputs(url="http://127.0.0.1:1", only=text, reports=text, strict=text, sarif=text, wait="0s")
    result = _run(_script("Verify")["run"], tmp_path, **runner, **inputs)

    assert result.returncode == 2
    assert "--only: there is no clause" in result.stderr
    [command] = _commands(result.stdout)
    assert command.name == "error"
    assert command.text.startswith(
        "datafast-mock verify wrote no reports; its exit code is 2. datafast-mock: "
    )
    assert not (tmp_path / "pwned").exists()


@pytest.mark.long
@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        pytest.param({"only": "MAP"}, "--only: there is no clause 'MAP'; for the whole", id="clauses"),
        pytest.param({"wait": "100%"}, "--wait: '100%' is not a duration, such as 30s", id="a percent sign"),
        pytest.param({"url": ""}, "'' is not a URL: it must begin with http://", id="no URL"),
    ],
)
def test_the_annotation_says_which_input_is_wrong(
    tmp_path: Path, runner: dict[str, str], inputs: dict[str, str], told: str
) -> None:
    given = _inputs(**{"url": "http://127.0.0.1:1", **inputs})
    result = _run(_script("Verify")["run"], tmp_path, **runner, **given)

    [command] = _commands(result.stdout)
    assert (result.returncode, command.name) == (2, "error")
    assert f"its exit code is 2. datafast-mock: {told}" in command.text
    assert told in result.stderr


@pytest.mark.long
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
        # No server listens at this address, because the artifact has a name even if the run fails.
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
    # A virtual environment has its programs in `folder`, and the stand-in for Python makes such a folder.
    made = tmp_path / "temp" / "datafast" / folder
    told = f'echo "$@" >>{tmp_path}/told'
    stand_in(
        tmp_path / python, f'{told}\nif [ "$2" = venv ]; then mkdir -p {made}; cp "$0" {made}/python; fi'
    )

    path = f"{tmp_path}:{os.environ['PATH']}"
    result = _run(_script("Install")["run"], tmp_path, **runner, PATH=path, PYTHON=python, EXTRA="verify")

    assert (result.returncode, result.stderr) == (0, "")
    assert _outputs(tmp_path) == {"bin": str(made)}
    assert (tmp_path / "told").read_text().splitlines()[-1].endswith(f" {ROOT}[verify]")


@pytest.mark.parametrize(("fuzz", "extra"), quick([("false", "verify"), ("true", "fuzz"), ("", "verify")], 1))
def test_the_action_finds_python_and_the_folder_to_cache(
    tmp_path: Path, runner: dict[str, str], fuzz: str, extra: str
) -> None:
    # The other interpreter on the path is too old.
    stand_in(tmp_path / "python3", "exit 1")
    stand_in(tmp_path / "python", f'exec {sys.executable} "$@"')

    path = f"{tmp_path}:{os.environ['PATH']}"
    result = _run(_script("Find Python")["run"], tmp_path, **runner, PATH=path, FUZZ=fuzz)

    assert (result.returncode, result.stderr) == (0, "")
    outputs = _outputs(tmp_path)
    assert (outputs["python"], outputs["extra"]) == ("python", extra)
    assert re.fullmatch(rf"datafast-mock-{extra}-\w+-\w+-3\.[\d.]+-[0-9a-f]{{16}}", outputs["key"])
    assert Path(outputs["cache"]).is_absolute()


@pytest.mark.long
def test_the_action_caches_nothing_if_pip_does_not(tmp_path: Path, runner: dict[str, str]) -> None:
    environment = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "PIP_NO_CACHE_DIR": "1"}
    result = _run(_script("Find Python")["run"], tmp_path, **runner, **environment, FUZZ="false")

    assert result.returncode == 0, result.stderr
    assert _outputs(tmp_path)["cache"] == ""
    assert _script("Cache packages")["if"] == "steps.python.outputs.cache != ''"


def test_the_action_says_which_python_it_needs(tmp_path: Path, runner: dict[str, str]) -> None:
    for name in ("python", "python3"):
        stand_in(tmp_path / name, "exit 1")

    path = f"{tmp_path}:{os.environ['PATH']}"
    result = _run(_script("Find Python")["run"], tmp_path, **runner, PATH=path, FUZZ="false")

    assert result.returncode == 1
    assert "::error::datafast-mock needs Python 3.11 or newer" in result.stdout


def stand_in(path: Path, script: str) -> None:
    """Writes a shell script as an executable file."""
    path.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    path.chmod(0o755)


def test_the_reports_are_kept_always() -> None:
    kept = _script("Keep the reports")
    assert kept["if"].startswith("always() && ")
    assert kept["with"]["path"] == "${{ inputs.reports || 'datafast-report' }}"


@pytest.mark.long
def test_the_gitlab_job_runs(tmp_path: Path) -> None:
    snippets = map(yaml.safe_load, _snippets())
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


def test_the_workflows_give_inputs_and_use_outputs_that_there_are() -> None:
    workflows = [text for text in _snippets() if "jobs:" in text]
    used = {name for text in workflows for name in re.findall(r"steps\.contract\.outputs\.(\w+)", text)}
    steps = [step for text in workflows for step in yaml.safe_load(text)["jobs"]["contract"]["steps"]]
    given = [step["with"] for step in steps if step.get("uses") == "OWNER/datafast-mock@main"]

    assert len(given) == len(workflows) > 1
    assert used == {"sarif"} <= ACTION["outputs"].keys()
    assert {name for step in given for name in step} <= ACTION["inputs"].keys()
    required = {name for name, told in ACTION["inputs"].items() if told.get("required")}
    assert all(required <= step.keys() for step in given)


def test_what_the_pages_require_is_observed_with_one_key() -> None:
    manual = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    required = {
        *re.findall(r"--require '([^']+)'", manual),
        *re.findall(r"require: (\S+)", PAGE),
        *re.findall(r"not observed, such as (\S+)\.", ACTION["inputs"]["require"]["description"]),
    }
    assert len(required) == 1
    [pattern] = required
    with serving("--now", INSTANT) as address:
        result = ended("verify", address, "--key", "df_demo", "--only", pattern, "--require", pattern)
    assert result.returncode == 0, result.stdout


def test_the_page_names_every_input_and_output() -> None:
    assert [name for name in (*ACTION["inputs"], *ACTION["outputs"]) if f"`{name}" not in PAGE] == []


@pytest.mark.long
def test_the_snippets_are_as_their_schemas_say(tmp_path: Path) -> None:
    files: dict[str, list[Path]] = {"github-workflows": [], "gitlab-ci": []}
    for number, text in enumerate(_snippets()):
        file = tmp_path / f"{number}.yml"
        file.write_text(text, encoding="utf-8")
        files["github-workflows" if "jobs:" in text else "gitlab-ci"].append(file)

    assert [len(found) for found in files.values()] == [2, 1]
    for schema, found in files.items():
        _check(schema, *found)


def _snippets() -> list[str]:
    """Returns the snippets of YAML on the page about CI."""
    return re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
