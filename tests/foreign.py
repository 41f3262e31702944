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
    """Pytest in a folder, where warnings are errors.

    It loads the plugins of these names and none of the many others that are installed here: those take longer
    to import than all else that it does.
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
