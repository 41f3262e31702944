"""`pytest --pyargs contract_tests` shows the verdict as one test for each clause."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.asking.own_mock import INSTANT
from tests.command import address_of, serving, started
from tests.kit.nobody import nobody

_MOCK = ("--datafast-credentials", "mock")


def _pytest(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Runs the contract tests as a user does, in one of the user's own folders."""
    command = [sys.executable, "-m", "pytest", "--pyargs", "contract_tests", "-rfs"]
    # Other plugins take seconds to import, and these tests do not need them.
    without = (f"-pno:{name}" for name in ("cacheprovider", "schemathesis", "hypothesispytest", "anyio"))
    return subprocess.run(
        [*command, *without, *options], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.long
def test_without_an_address_the_mock_is_started_and_holds_all(tmp_path: Path) -> None:
    result = _pytest(tmp_path, "-n", "2", "-W", "error")
    assert result.returncode == 0, result.stdout
    assert re.search(r"\d{3} passed, \d+ skipped in ", result.stdout)
    reasons = re.findall(r"^SKIPPED \[\d+\] \S+: (.*)$", result.stdout, re.MULTILINE)
    known = "speaks another revision than 2026-06$|`payment` event that is more than a minute old$"
    assert [reason for reason in reasons if not re.search(known, reason)] == []
    assert "SKIPPED [4]" in result.stdout


@pytest.mark.long
def test_a_broken_clause_is_a_failed_test(tmp_path: Path) -> None:
    with (
        serving("--now", INSTANT) as upstream,
        started("count too small", "--upstream", upstream, "--port", "0", command="mutate") as mutate,
    ):
        result = _pytest(tmp_path, "--datafast-url", address_of(mutate), *_MOCK)
    assert result.returncode == 1
    assert "1 failed" in result.stdout
    assert re.search(r"FAILED .*\[MAP-72 `count` is at least the number of listed visitors", result.stdout)
    assert "/data/count = " in result.stdout
    # The message of a skipped test says what is needed to observe its clause.
    assert "not observed; needed: three rounds of map, counter, map" in result.stdout
    assert "df_demo" not in result.stdout


@pytest.mark.long
def test_writing_is_judged_on_demand_and_what_stays_is_a_warning(tmp_path: Path) -> None:
    with serving("--now", INSTANT) as address:
        options = ("--datafast-url", address, *_MOCK, "-k", "WRITE or nothing_stays")
        unasked = _pytest(tmp_path, *options)
        asked = _pytest(tmp_path, *options, "--datafast-writes")

    assert "the option `--writes`" in unasked.stdout
    told = r"ContractWarning: the identity mock_\w+ of the visitor .* stays on the server"
    assert re.search(told, asked.stdout)
    assert asked.returncode == 0
    assert "skipped" not in asked.stdout.splitlines()[-1]


@pytest.mark.long
def test_another_machine_is_only_written_to_by_its_owner(tmp_path: Path) -> None:
    options = ("--datafast-url", "http://203.0.113.1", "--datafast-writes", *_MOCK, "-k", "seen_to_answer")
    result = _pytest(tmp_path, *options)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert "add --datafast-i-own-this-server" in result.stderr


@pytest.mark.long
@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(("--datafast-credentials", "none.yaml"), "none.yaml: No such file", id="no file"),
        pytest.param(("--datafast-key", "dft_1"), "is given as the website's key", id="a token as the key"),
        pytest.param(("--datafast-url", "foo"), "--datafast-url: 'foo' is not a URL", id="no URL"),
    ],
)
def test_unusable_credentials_are_told_and_nothing_is_sent(
    tmp_path: Path, options: tuple[str, str], told: str
) -> None:
    with nobody() as address:
        result = _pytest(tmp_path, "--datafast-url", address, *options)

    # One line, and not one for each clause.
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert result.stderr.strip().startswith("ERROR: ")
    assert result.stderr.count("\n") <= 2
    assert told in result.stderr
    assert "no answer from" not in result.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        pytest.param(("--datafast-key", "df_x"), "--datafast-key: it needs --datafast-url", id="key"),
        pytest.param(("--datafast-credentials", "mock"), "it needs --datafast-url", id="credentials"),
        pytest.param(("--datafast-i-own-this-server",), "it needs --datafast-url", id="owner"),
        pytest.param(("--datafast-url", ""), "--datafast-url: '' is not a URL", id="empty variable"),
    ],
)
def test_a_forgotten_address_is_no_good_news(tmp_path: Path, options: tuple[str, ...], told: str) -> None:
    result = _pytest(tmp_path, *options)
    assert result.returncode == pytest.ExitCode.USAGE_ERROR
    assert told in result.stderr


@pytest.mark.long
def test_a_forgotten_key_is_no_good_news(tmp_path: Path) -> None:
    with serving("--now", INSTANT) as address:
        result = _pytest(tmp_path, "--datafast-url", address, "-k", "seen_to_answer")
    assert result.returncode == 1
    assert "no successful answer of getRealtime was seen (it answered 401)" in result.stdout
    assert "--datafast-key" in result.stdout


@pytest.mark.long
def test_a_server_that_is_down_is_told_once(tmp_path: Path) -> None:
    with nobody() as address:
        result = _pytest(tmp_path, "--datafast-url", address, *_MOCK, "-k", "MAP-7")
    assert result.returncode == 1
    assert f"no answer from {address}/api/v1" in result.stdout
    # The first test fails, and all others are skipped with the same reason.
    assert re.search(r" [1-9]\d* skipped, \d+ deselected, 1 error in ", result.stdout)
    assert f"no verdict: no answer from {address}/api/v1" in result.stdout
    assert "Traceback" not in result.stdout


@pytest.mark.long
@pytest.mark.parametrize("package", ["filelock", "harfile"])
def test_a_missing_package_is_reported_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    (tmp_path / f"{package}.py").write_text("raise ModuleNotFoundError(f'No module named {__name__!r}')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    result = _pytest(tmp_path, "--tb=short")
    assert result.returncode == 2, result.stdout
    sentence = (
        f"The tests need more packages: pip install 'datafast-mock[pytest]' (No module named '{package}')"
    )
    # The chained exception would repeat the sentence.
    assert [line for line in result.stdout.splitlines() if f"'{package}'" in line] == [sentence]


def test_the_options_cost_no_imports() -> None:
    listed = "[name for name in sys.modules if name.startswith('contract')]"
    code = f"import sys, contract_tests.pytest_plugin; print({listed})"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "['contract_tests', 'contract_tests.pytest_plugin']"
