"""The browser tests without Chromium: they are skipped with one line, or fail if a browser is required."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.browser.conftest import LEFT_OUT, MISSING, NEEDED

# The plugins that are installed here take longer to import than these tests do.
WITHOUT = {"CHROMIUM": "/nonexistent/chromium", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
TESTS = Path(__file__).with_name("test_page.py")


def run_without_browser(*options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs browser tests as on a machine without a browser."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "DATAFAST_"))
    }
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-pno:cacheprovider", *options, TESTS],
        capture_output=True,
        text=True,
        env={**kept, **WITHOUT, **environment},
        timeout=60,
        check=False,
    )


@pytest.mark.long
def test_browser_tests_are_left_out_with_one_line() -> None:
    result = run_without_browser("-pxdist", "-n", "2")

    assert result.returncode == 0, result.stdout
    assert result.stdout.count(LEFT_OUT) == 1, result.stdout
    assert "1 passed, 3 skipped" in result.stdout, result.stdout


@pytest.mark.long
def test_browser_tests_fail_where_a_browser_is_demanded() -> None:
    result = run_without_browser(**{NEEDED: "1"})

    assert result.returncode == 1, result.stdout
    assert f"{NEEDED} is set, and {MISSING}" in result.stdout, result.stdout
    assert "1 passed, 3 errors" in result.stdout, result.stdout
