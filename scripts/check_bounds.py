"""Checks the upper version bounds of the packages whose private parts we override."""

import json
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.version import Version

PYPROJECT = Path(__file__).parent.parent / "pyproject.toml"
PACKAGES = ("uvicorn",)
"""The packages whose private parts we use, which any release may change (docs/decisions/dependencies.md)."""


def main() -> int:
    """Prints what to do for each package; returns 1 if there is something to do, else 0."""
    declared = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["dependencies"]
    problems = []
    for name in PACKAGES:
        newest = newest_of(name)
        if newest is None:
            print(f"{name}: no package index is reached, so its newest release is not known")
        problem = problem_of(requirement_of(name, declared), Version(version(name)), newest)
        problems += [problem] if problem else []
    print("\n".join(problems) or "Each upper bound is kept.")
    return 1 if problems else 0


def requirement_of(name: str, declared: Iterable[str]) -> Requirement:
    """Returns the requirement of a package in pyproject.toml."""
    return next(found for found in map(Requirement, declared) if found.name == name)


def problem_of(asked: Requirement, installed: Version, newest: Version | None) -> str | None:
    """Returns a sentence about a wrong bound; None if the bound is right.

    `newest` is None if the newest release is not known.
    """
    name = asked.name
    if not any(one.operator in ("<", "<=") for one in asked.specifier):
        return f"{name}: pyproject.toml has no upper bound, and we use private parts of it."
    if newest is None or newest == installed:
        return None
    if newest not in asked.specifier:
        return (
            f"{name}: {newest} is out, and pyproject.toml asks for {asked.specifier}: run the tests with it, "
            f"and raise the bound."
        )
    return (
        f"{name}: {newest} is allowed, and {installed} is installed: `make clean setup`, and run the tests."
    )


def newest_of(name: str) -> Version | None:
    """Returns the newest release in pip's index, or None if the index cannot be reached."""
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--dry-run"]
    options = ["--no-deps", "--ignore-installed", "--retries", "1", "--timeout", "15", "--report", "-"]
    result = subprocess.run([*command, *options, name], capture_output=True, text=True, check=False)
    if result.returncode != 0:
        return None
    [item] = json.loads(result.stdout)["install"]
    return Version(item["metadata"]["version"])


if __name__ == "__main__":
    sys.exit(main())
