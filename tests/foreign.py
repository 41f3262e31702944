"""Runs pytest in a process of its own, on test files such as a user of the package would write."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path


def run_tests(
    folder: Path,
    *options: str,
    plugins: tuple[str, ...] = ("datafast-mock",),
    environment: Mapping[str, str] = os.environ,
) -> subprocess.CompletedProcess[str]:
    """Runs pytest in a folder, with warnings as errors.

    It loads only the plugins with these names, because importing all installed ones takes longer than the
    tests.
    """
    loaded = [f"-p{name}" for name in (*plugins, "no:cacheprovider")]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-W", "error", *loaded, *options],
        cwd=folder,
        env={**environment, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
