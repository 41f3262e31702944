"""docs/javascript.md is correct: Vitest, Jest and Playwright run its files against the command."""

import fcntl
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from mock_server.faults.amounts import FAULTS
from tests.browser.conftest import MISSING, NEEDED, chromium
from tests.command import COMMAND
from tests.node import NODE
from tests.ports import port_to_take

# The test runners come from npm, and `make test` needs only Python.
pytestmark = pytest.mark.long

PAGE = (Path(__file__).parent.parent / "docs" / "javascript.md").read_text(encoding="utf-8")
HERE = Path(__file__).parent / "javascript"
PACKAGES = HERE / "node_modules"
SHARED = ("A key for each test", "Starting the mock")
# A program in the PATH that runs the command, and holds a lock for as long as it runs.
LOCKING_COMMAND = """#!{python}
import fcntl, os, sys
lock = os.open("{lock}", os.O_CREAT | os.O_WRONLY)
fcntl.flock(lock, fcntl.LOCK_SH)
os.set_inheritable(lock, True)
os.execv("{command}", sys.argv)
"""
# A program that calls the setup as a test runner does; a test ends it while the mock runs.
RUNNER = """
import setup from "./datafast-setup.js";

await setup();
setInterval(() => {}, 1000);
process.kill(process.pid, "SIGTERM");
"""

# A program that asks for a visitor where nobody is.
LONELY = """
import setup from "./datafast-setup.js";
import { mint } from "./datafast.js";

const stop = await setup();
const datafast = await mint({ site: "empty" });
for (const asked of [datafast.visitor(), datafast.goal({ name: "signup" })])
  await asked.catch(({ message }) => console.log(message));
await stop();
"""

# A program that names the main member of each call, and not an object.
BRIEF = """
import setup from "./datafast-setup.js";
import { mint } from "./datafast.js";

const stop = await setup();
const datafast = await mint({ site: "empty" });
const visitorId = await datafast.pageview("/pricing");
await datafast.goal("signup");
await datafast.payment(29);
await datafast.identify("user 1");
await datafast.assertCalled("createGoal");
const sent = (await datafast.facts()).map(({ fact }) => fact);
console.log(sent.every((fact) => fact.datafast_visitor_id === visitorId));
console.log(sent[0].path, sent[1].name, sent[2].amount, sent[3].user_id);
await stop();
"""

# A program that expects requests that did not come.
DISAPPOINTED = """
import setup from "./datafast-setup.js";
import { mint } from "./datafast.js";

const stop = await setup();
const datafast = await mint();
await fetch(`${datafast.url}/analytics/realtime`, { headers: datafast.headers });
const twice = { query: { a: "1", b: "2" }, count: { min: 1, max: 2 } };
for (const expected of [{ operation: "getRealtime", count: 3 }, "getOverview", twice])
  await datafast.assertCalled(expected).catch(({ message }) => console.log(message));
await stop();
"""

# A program that mints a key where no mock is known.
HOMELESS = """
import { mint } from "./datafast.js";

await mint().catch(({ message }) => console.log(message));
"""


class Recipe(NamedTuple):
    """The sections of the page that make a project, and the program that runs its tests."""

    sections: tuple[str, ...]
    script: str
    options: tuple[str, ...] = ()


VITEST = Recipe((*SHARED, "Vitest", "One request only"), "vitest/vitest.mjs", ("run",))
JEST = Recipe((*SHARED, "Jest"), "jest/bin/jest.js")
PLAYWRIGHT = Recipe((*SHARED, "Playwright"), "@playwright/test/cli.js", ("test",))
FIXED_PORT = PLAYWRIGHT._replace(sections=(*PLAYWRIGHT.sections, "On a fixed port"))


class Run(NamedTuple):
    """The exit code of a test runner, and its output."""

    code: int
    told: str


class Project:
    """A folder with the files of a recipe and the packages that they import."""

    def __init__(self, folder: Path, recipe: Recipe) -> None:
        self.folder = folder
        self._recipe = recipe
        self._bin = folder / "bin"
        self._lock = folder / "lock"
        self._bin.mkdir()
        # Each project has its own folder, since tools keep caches in it.
        (folder / "node_modules").mkdir()
        for package in ("vitest", "jest", "@playwright"):
            (folder / "node_modules" / package).symlink_to(PACKAGES / package)
        (folder / "package.json").write_text('{"private": true, "type": "module"}', encoding="utf-8")
        for section in recipe.sections:
            for name, text in files_of(section).items():
                (folder / name).write_text(text, encoding="utf-8")

    @property
    def tests(self) -> list[Path]:
        """The test files of the project."""
        return [*self.folder.glob("*.test.js"), *self.folder.glob("*.spec.js")]

    def install_command(self) -> None:
        """Makes the command, but nothing else of this environment, available in the PATH."""
        text = LOCKING_COMMAND.format(python=sys.executable, lock=self._lock, command=COMMAND)
        (self._bin / "datafast-mock").write_text(text, encoding="utf-8")
        (self._bin / "datafast-mock").chmod(0o755)

    def run(self, **environment: str) -> Run:
        """Runs the project's tests."""
        path = f"{self._bin}{os.pathsep}{os.defpath}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("DATAFAST_")}
        script = PACKAGES / self._recipe.script
        result = subprocess.run(
            # Jest needs the flag, as the page says.
            [NODE, "--experimental-vm-modules", script, *self._recipe.options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            cwd=self.folder,
            env={**kept, "PATH": path, "NO_COLOR": "1", **environment},
            timeout=300,
            check=False,
        )
        return Run(result.returncode, result.stdout)

    def has_left_a_mock(self, *, seconds: float = 0) -> bool:
        """Returns whether the mock still runs after `seconds`. Raises FileNotFoundError if none ever ran."""
        end = time.monotonic() + seconds
        with self._lock.open() as lock:
            while is_held(lock):
                if time.monotonic() >= end:
                    return True
                time.sleep(0.02)
        return False


def is_held(lock: IO[str]) -> bool:
    """Returns whether another process holds a lock on the file."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    return False


def files_of(section: str) -> dict[str, str]:
    """Returns the code blocks under a heading, by the file name in their first line."""
    found = re.search(rf"^##+ {section}\n(.*?)(?=^##|\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None, f"the page has no section {section!r}"
    blocks = re.findall(r"^```js\n(// (\S+)\n.*?)^```", found[1], re.MULTILINE | re.DOTALL)
    return {name: text for text, name in blocks}


@pytest.fixture
def project(tmp_path: Path) -> Callable[[Recipe], Project]:
    """A function that makes the project of a recipe."""
    assert (PACKAGES / "vitest").exists(), "the npm packages are missing: `make test` installs them"
    return lambda recipe: Project(tmp_path, recipe)


@pytest.fixture
def free_port() -> Iterator[str]:
    """A free port for the mock."""
    with port_to_take() as port:
        yield str(port)


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(VITEST, id="Vitest"),
        pytest.param(JEST, id="Jest"),
        pytest.param(PLAYWRIGHT, id="Playwright"),
    ],
)
def test_all_tests_on_the_page_pass_and_no_mock_is_left(
    project: Callable[[Recipe], Project], recipe: Recipe
) -> None:
    made = project(recipe)
    made.install_command()
    count = sum(len(re.findall("^test\\(", test.read_text("utf-8"), re.MULTILINE)) for test in made.tests)

    run = made.run()

    assert run.code == 0, run.told
    assert re.search(rf"\b{count} passed\b", run.told), run.told
    assert not made.has_left_a_mock()


@pytest.mark.parametrize(
    "recipe",
    [
        pytest.param(VITEST, id="Vitest", marks=pytest.mark.slow),
        pytest.param(JEST, id="Jest"),
        pytest.param(FIXED_PORT, id="Playwright, on a fixed port"),
    ],
)
def test_wrong_expectation_alone_fails_and_no_mock_is_left(
    project: Callable[[Recipe], Project], recipe: Recipe, free_port: str
) -> None:
    made = project(recipe)
    made.install_command()
    for test in made.tests:
        # The site has visitors, but the page's tests expect none.
        test.write_text(test.read_text("utf-8").replace('site: "empty"', 'site: "shop"'), encoding="utf-8")

    run = made.run(DATAFAST_MOCK_PORT=free_port)

    assert run.code == 1, run.told
    assert re.search(r"\b1 failed\b", run.told), run.told
    assert "nobody is there" in run.told
    assert not made.has_left_a_mock()


@pytest.fixture
def bare(project: Callable[[Recipe], Project], tmp_path: Path) -> Project:
    """A project that calls the setup without any tests."""
    (tmp_path / "runner.js").write_text(RUNNER, encoding="utf-8")
    return project(Recipe(SHARED, str(tmp_path / "runner.js")))


def test_no_mock_is_left_by_a_runner_that_is_ended(bare: Project) -> None:
    bare.install_command()

    run = bare.run()

    assert run.code != 0
    assert run.told == ""
    assert not bare.has_left_a_mock(seconds=60)


def test_a_website_without_visitors_is_named_as_the_reason(
    project: Callable[[Recipe], Project], tmp_path: Path
) -> None:
    (tmp_path / "lonely.js").write_text(LONELY, encoding="utf-8")
    lonely = project(Recipe(SHARED, str(tmp_path / "lonely.js")))
    lonely.install_command()

    run = lonely.run()

    assert (run.code, run.told) == (
        0,
        2 * "nobody is on this website now: name a visitor, or set the clock\n",
    )


def test_a_call_takes_its_main_member_alone(project: Callable[[Recipe], Project], tmp_path: Path) -> None:
    (tmp_path / "brief.js").write_text(BRIEF, encoding="utf-8")
    brief = project(Recipe(SHARED, str(tmp_path / "brief.js")))
    brief.install_command()

    assert brief.run() == Run(0, "true\n/pricing signup 29 user 1\n")


def test_a_failed_assertion_says_what_was_expected_and_what_came(
    project: Callable[[Recipe], Project], tmp_path: Path
) -> None:
    (tmp_path / "disappointed.js").write_text(DISAPPOINTED, encoding="utf-8")
    disappointed = project(Recipe(SHARED, str(tmp_path / "disappointed.js")))
    disappointed.install_command()

    run = disappointed.run()

    path = "GET /api/v1/analytics/realtime → 200, but"
    assert (run.code, run.told.splitlines()) == (
        0,
        [
            'expected requests like {"operation":"getRealtime"}: 3; came: 1',
            'expected requests like {"operation":"getOverview"}: min 1; came: 0',
            f"nearest: {path} operation is 'getRealtime'",
            'expected requests like {"query":{"a":"1","b":"2"}}: min 1 max 2; came: 0',
            f"nearest: {path} query 'a' is missing; query 'b' is missing",
        ],
    )


def test_a_setup_that_did_not_run_is_reported(project: Callable[[Recipe], Project], tmp_path: Path) -> None:
    (tmp_path / "homeless.js").write_text(HOMELESS, encoding="utf-8")
    homeless = project(Recipe(SHARED, str(tmp_path / "homeless.js")))

    assert homeless.run() == Run(
        0, "DATAFAST_SERVER is not set: the setup that starts the mock did not run\n"
    )


def test_missing_command_is_reported(bare: Project) -> None:
    run = bare.run()

    assert run.code == 1
    assert "datafast-mock is not in the PATH; its README says how to install it" in run.told


def test_command_that_ends_early_is_reported_with_its_complaint(bare: Project) -> None:
    bare.install_command()

    run = bare.run(DATAFAST_MOCK_SITE="nowhere")

    assert run.code == 1
    assert "datafast-mock serve --port 0 ended with 2" in run.told
    assert "--site: there is no 'nowhere'" in run.told
    assert not bare.has_left_a_mock()


@pytest.mark.parametrize(
    ("spec", "count"),
    [
        pytest.param("page.spec.js", 3, id="its requests are answered by the mock"),
        pytest.param("faults.spec.js", 19, id="it meets each fault"),
    ],
)
def test_page_under_test(project: Callable[[Recipe], Project], spec: str, count: int) -> None:
    program = chromium()
    if program is None:
        (pytest.fail if os.environ.get(NEEDED) else pytest.skip)(MISSING)
    made = project(PLAYWRIGHT)
    made.install_command()
    shutil.copy(HERE / spec, made.folder)

    run = made.run(CHROMIUM=program)

    assert run.code == 0, run.told
    assert re.search(rf"\b{count} passed\b", run.told), run.told
    assert not made.has_left_a_mock()


def test_each_fault_is_met_by_a_page() -> None:
    spec = (HERE / "faults.spec.js").read_text(encoding="utf-8")

    assert set(re.findall(r'^  "?([a-z-]+)"?: \[', spec, re.MULTILINE)) == set(FAULTS)
