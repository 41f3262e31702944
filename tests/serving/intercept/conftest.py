"""The fixtures of the intercepting proxy: the command, and environments without a package."""

import os
from collections.abc import Iterator

import pytest

from tests.quick import quick
from tests.serving.intercept.intercepting import Intercepting, intercepting_command


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """Environments in which one package is not installed, by the name of the package."""
    environments = {}
    for package in ("uvloop", "trustme"):
        folder = tmp_path_factory.mktemp(f"without_{package}")
        complaint = f"raise ModuleNotFoundError('no {package} here', name='{package}')\n"
        (folder / f"{package}.py").write_text(complaint, encoding="ascii")
        path = os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])
        environments[package] = {"PYTHONPATH": path}
    return environments


@pytest.fixture(scope="module", params=quick(["uvloop", "asyncio"], 1))
def command(request: pytest.FixtureRequest, without: dict[str, dict[str, str]]) -> Iterator[Intercepting]:
    """The command on both event loops that it supports."""
    environment = without["uvloop"] if request.param == "asyncio" else {}
    with intercepting_command(environment=environment) as command:
        yield command
