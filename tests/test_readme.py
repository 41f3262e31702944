"""The README is correct: its commands run, its snippets work, and its links have targets."""

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from mock_server.testing import RunningMock
from tests.command import address_of, banner_of, ended, serving, started
from tests.credentials import bearer
from tests.foreign import run_tests
from tests.instants import DOCUMENTED
from tests.quick import quick

ROOT = Path(__file__).parent.parent
OTHERS = ["CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "fixtures/data/README.md"]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *(ROOT / name for name in OTHERS)]
README = PAGES[0].read_text(encoding="utf-8")
COMMANDS = [shlex.split(line, comments=True) for line in re.findall(r"^\$ (.+)$", README, re.MULTILINE)]
SERVES = [command[2:] for command in COMMANDS if command[:2] == ["datafast-mock", "serve"]]
PREFERENCES = [command for command in COMMANDS if "Prefer" in " ".join(command)]


@pytest.mark.parametrize("options", quick(SERVES, 1), ids=" ".join)
def test_documented_command_serves(
    options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my-sites").mkdir()
    site = (ROOT / "fixtures" / "sites" / "shop.yaml").read_text(encoding="utf-8")
    own = re.sub("(?m)^websiteId: .*", "websiteId: 0123456789abcdef01234567", site)
    (tmp_path / "my-sites" / "my-shop.yaml").write_text(own, encoding="utf-8")

    with serving(*options) as url:
        reply = httpx2.get(f"{url}/api/v1/analytics/realtime", headers=bearer("df_test"))

    assert reply.status_code == 200


def test_documented_curl_answers_as_shown(mock: RunningMock) -> None:
    command = next(command for command in COMMANDS if command[0] == "curl")
    shown = json.loads(re.findall(r'^\{"status".*', README, re.MULTILINE)[0])
    header, url = command[2], command[3].replace("http://127.0.0.1:8484/api/v1", mock.url)

    answer = httpx2.get(url, headers=dict([header.split(": ")])).json()

    assert answer.keys() == shown.keys()
    assert answer["data"][0].keys() == shown["data"][0].keys()


def test_page_about_interception_shows_the_count_of_its_instant(mock: RunningMock) -> None:
    page = (ROOT / "docs" / "intercept.md").read_text(encoding="utf-8")
    headers = {**bearer("df_test"), "Prefer": f'at="{DOCUMENTED}"'}

    (row,) = httpx2.get(f"{mock.url}/analytics/realtime", headers=headers).json()["data"]

    assert f"--now {DOCUMENTED}" in page
    assert set(re.findall(r'"visitors":(\d+)', page)) == {str(row["visitors"])}


def test_documented_websites_are_those_in_the_banner() -> None:
    with started("--port", "0") as process:
        told = [line for line in banner_of(process) if line.startswith("  df_")]

    assert re.findall(r"^  df_.*$", README, re.MULTILINE) == told


@pytest.mark.long
def test_documented_verdict_is_the_printed_one() -> None:
    (shown,) = re.findall(r"^\$ datafast-mock verify [^\n]*\n(.*?)```", README, re.MULTILINE | re.DOTALL)
    command = next(command for command in COMMANDS if command[:2] == ["datafast-mock", "verify"])
    with (
        serving("--now", DOCUMENTED) as upstream,
        started(
            "events out of the window", "--upstream", upstream, "--port", "0", command="mutate"
        ) as faulty,
    ):
        address = address_of(faulty)
        url = command[2].replace("http://127.0.0.1:3000", address)
        result = ended("verify", url, *command[3:])

    assert result.returncode == 1
    told = _without_moments(result.stdout.replace(address, "http://127.0.0.1:3000")).splitlines()
    # The lines are compared in order; a line of dots stands for any number of lines.
    rest = iter(told)
    assert [
        line for line in _without_moments(shown).splitlines() if line.strip() != "…" and line not in rest
    ] == []
    assert told.count("BROKEN") == 1


def _without_moments(text: str) -> str:
    """Returns a verdict without the numbers that change from run to run."""
    took, since, instant = (
        r"[\d.]+(?= s; judged)",
        r"(?<=at least )[\d a-z]+(?= older)",
        r"\d{4}-\d\d-\d\dT[\d:.]+Z",
    )
    asked, which = r"^\d+(?= answers from)", r"(?<=Events/)\d"
    moments = "|".join((took, since, instant, asked, which))
    return re.sub(moments, "0", text, flags=re.MULTILINE)


@pytest.mark.parametrize("command", quick(PREFERENCES, 1))
def test_documented_preference_is_applied(command: list[str], mock: RunningMock) -> None:
    headers = dict(word.split(": ", 1) for word in command if ": " in word)
    url = command[-1].replace("http://127.0.0.1:8484/api/v1", mock.url)

    with httpx2.stream("GET", url, headers=headers) as reply:
        assert reply.headers["Preference-Applied"] == headers["Prefer"]


@pytest.mark.parametrize("snippet", quick(re.findall(r"```python\n(.*?)```", README, re.DOTALL), 1))
def test_python_snippet_runs(snippet: str, tmp_path: Path) -> None:
    program = tmp_path / "test_snippet.py"
    program.write_text(snippet, encoding="utf-8")
    # A snippet without a test is run as a program.
    if "def test_" in snippet:
        result = run_tests(tmp_path)
    else:
        command = [sys.executable, "-W", "error", str(program)]
        result = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert result.returncode == 0, result.stderr
    assert result.stdout


@pytest.mark.parametrize("target", [command[1] for command in COMMANDS if command[0] == "make"])
def test_documented_make_target_exists(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_need_a_package_index_are_marked(page: Path) -> None:
    # An extra is installed beside the local package, so that pip fetches only its dependencies.
    fetching = r"(pip install|uvx|pipx \w+|uv tool install) '?datafast-mock(?!\[\w+\])|REGISTRY/OWNER"
    paragraphs = re.split(r"\n\s*\n", page.read_text(encoding="utf-8"))

    assert [part for part in paragraphs if re.search(fetching, part) and "nce released" not in part] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_inside_the_repository_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []
