"""The pytest fixture `datafast`, as users' tests use it."""

import subprocess
from pathlib import Path

import pytest

from tests.foreign import run_tests

CALLS = """
import urllib.request

def ask(mock):
    request = urllib.request.Request(mock.url + "/analytics/realtime", headers=mock.headers)
    with urllib.request.urlopen(request, timeout=60) as reply:
        return reply.read()
"""


def run(
    folder: Path, test: str, *options: str, plugins: tuple[str, ...] = ("datafast-mock",)
) -> subprocess.CompletedProcess[str]:
    """Runs one file of tests in a folder of its own."""
    (folder / "test_it.py").write_text(CALLS + test, encoding="utf-8")
    return run_tests(folder, *options, plugins=plugins)


@pytest.mark.parametrize(
    ("plugins", "options"),
    [
        pytest.param(("datafast-mock",), (), id="in one process"),
        pytest.param(("datafast-mock", "xdist"), ("-n", "2"), id="in two workers", marks=pytest.mark.long),
    ],
)
def test_each_test_has_a_key_of_its_own(
    tmp_path: Path, plugins: tuple[str, ...], options: tuple[str, ...]
) -> None:
    test = """
import pytest

@pytest.mark.parametrize("site", ["empty", "demo"] * 3)
def test_site(datafast, site, request):
    datafast.site(site)
    assert (b'"visitors":0' in ask(datafast)) == (site == "empty")
    assert [row["label"] for row in datafast.requests] == [request.node.nodeid]
"""
    result = run(tmp_path, test, *options, plugins=plugins)

    assert result.returncode == 0, result.stdout
    assert "6 passed" in result.stdout


@pytest.mark.long
def test_settings_are_overridden(tmp_path: Path) -> None:
    test = """
import pytest

@pytest.fixture(scope="session")
def datafast_settings():
    return {"now": "2026-02-06T05:27:20Z", "speed": 0, "site": "empty"}

def test_it(datafast):
    assert datafast.now.isoformat() == "2026-02-06T05:27:20+00:00"
    assert b'"visitors":0' in ask(datafast)
"""
    result = run(tmp_path, test)

    assert result.returncode == 0, result.stdout


@pytest.mark.long
@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ("times=1", "expected 1 request like"),
        ("", "expected at least 1 request like"),
        ("at_most=1", "expected 1 request like"),
        ("at_least=2, at_most=3", "expected 2 to 3 requests like"),
    ],
)
def test_a_failed_expectation_of_one_request_speaks_of_one(expected: str, told: str, tmp_path: Path) -> None:
    test = f"""
def test_it(datafast):
    datafast.assert_called("getRealtimeMap", {expected})
"""
    result = run(tmp_path, test)

    assert f'{told} {{"operation": "getRealtimeMap"}}, but 0 came' in result.stdout


@pytest.mark.long
def test_a_failed_expectation_names_the_nearest_requests(tmp_path: Path) -> None:
    test = """
def test_it(datafast):
    ask(datafast)
    datafast.assert_called("getRealtimeMap", times=2)
"""
    result = run(tmp_path, test)

    assert result.returncode == 1
    assert 'expected 2 requests like {"operation": "getRealtimeMap"}, but 0 came' in result.stdout
    assert "GET /api/v1/analytics/realtime → 200, but" in result.stdout
    assert "operation is 'getRealtime'" in result.stdout


@pytest.mark.long
def test_a_test_may_give_its_key_back_itself(tmp_path: Path) -> None:
    result = run(tmp_path, "def test_it(datafast):\n    datafast.forget()\n")

    assert result.returncode == 0, result.stdout


@pytest.mark.long
def test_a_session_without_the_fixture_imports_nothing_of_the_mock(tmp_path: Path) -> None:
    test = """
import sys

def test_it():
    assert [name for name in sys.modules if name.startswith("mock_server.")] == ["mock_server.pytest_plugin"]
"""
    result = run(tmp_path, test)

    assert result.returncode == 0, result.stdout
