"""The script that checks the version bounds of packages whose private parts we override."""

import tomllib
from importlib.metadata import version

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

from scripts.check_bounds import PACKAGES, PYPROJECT, problem_of, requirement_of


@pytest.mark.parametrize(
    ("asked", "installed", "newest", "problem"),
    [
        pytest.param("a>=1,<3", "2.1", "2.1", None, id="newest is installed"),
        pytest.param("a>=1,<3", "2.1", None, None, id="no index"),
        pytest.param("a>=1,<3", "2.1", "3.0", "a: 3.0 is out", id="newest is kept out"),
        pytest.param("a>=1,<3", "2.1", "2.2", "a: 2.2 is allowed, and 2.1 is installed", id="old one"),
        pytest.param("a>=1", "2.1", "2.1", "a: pyproject.toml has no upper bound", id="no bound"),
        pytest.param("a>=1", "2.1", None, "a: pyproject.toml has no upper bound", id="no bound, no index"),
    ],
)
def test_bounds(asked: str, installed: str, newest: str | None, problem: str | None) -> None:
    found = problem_of(Requirement(asked), Version(installed), None if newest is None else Version(newest))

    assert found is None if problem is None else (found or "").startswith(problem)


@pytest.mark.parametrize("name", PACKAGES)
def test_installed_packages_meet_their_requirements(name: str) -> None:
    declared = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["dependencies"]

    assert version(name) in requirement_of(name, declared).specifier
