"""Plants small faults in copies of our own code, one at a time, and lists those that no test notices.

`make mutants SEED=7 ARGS="--each 12 mock_server/world"`; docs/testing.md says how to read what it prints.
"""

import argparse
import difflib
import os
import queue
import random
import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

import libcst as cst
import yaml
from libcst import metadata
from mutmut.mutation.mutators import mutation_operators

ROOT = Path(__file__).parent.parent
PACKAGES = ("mock_server", "contract_tests")
# Mutations that change no visible behaviour, each with its reason.
EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")
AIM = 0.95
_COMMAND = ("test_command.py", "test_refused_starts.py")
# Tests of a folder or file that run first, besides those that have its name, import it or mirror its folder.
TESTS_OF = {
    "mock_server": ["serving/test_http.py", *_COMMAND, "state/test_journal.py"],
    "mock_server/console": ["console/test_console.py", "console/test_console_data.py"],
    "mock_server/contract": ["serving/test_http.py", "serving/test_information.py"],
    "mock_server/control": [f"state/test_{name}.py" for name in ("keys", "journal", "clock")],
    "mock_server/faults": ["serving/test_peek.py"],
    "mock_server/resources": ["golden/test_golden.py", "contract/test_contract.py", "world/test_world.py"],
    "mock_server/world": ["golden/test_golden.py"],
    "contract_tests": ["kit/test_verify.py", "kit/test_har.py"],
    "contract_tests/asking": [f"kit/test_{name}.py" for name in ("verify", "har", "har_entries", "hostile")],
    "contract_tests/asking/probes": ["kit/test_probes.py", "kit/test_further_operations.py"],
    "contract_tests/clauses": ["kit/test_proof.py", "kit/test_strangers.py"],
    "contract_tests/commands": ["kit/test_coverage.py", "kit/test_proxy.py", "kit/test_verify.py"],
    "contract_tests/judging": ["kit/test_verify.py", "kit/test_proxy.py"],
    "contract_tests/mutants": ["kit/test_proof.py"],
    "contract_tests/report": [f"kit/test_{name}.py" for name in ("reports", "injections", "words", "page")],
    "contract_tests/test_contract.py": ["kit/test_pytest_plugin.py"],
}
# In seconds. Tests that take longer hang because of the mutant, unless the machine is slow.
LONGEST = {"first": 600, "rest": 1800}
_NO_TESTS = 5  # the exit code of pytest if all tests are deselected
_QUIET = ("-q", "-x", "--no-header", "-p", "no:cacheprovider", "--hypothesis-profile=long")


class Mutant(NamedTuple):
    """A change of one line or a few in one file."""

    file: str
    line: int
    before: str
    after: str
    source: str

    def told(self) -> str:
        """Returns the place and the change, as one line."""
        return f"{self.file}:{self.line}: {self.before}  =>  {self.after or '(nothing)'}"


def main() -> int:
    """Draws, tests and reports mutants; returns 1 if too many survive in a package, else 0."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("packages", nargs="*", help="folders such as mock_server/world; by default all")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--each", type=int, default=10, help="how many of each package")
    parser.add_argument("--jobs", type=int, default=2, help="how many are tested at the same time")
    parser.add_argument(
        "--python", default=sys.executable, help="the interpreter that has the tests' packages"
    )
    given = parser.parse_args()
    packages = given.packages or all_packages()
    chance = random.Random(given.seed)
    drawn = {package: draw(package, given.each, chance) for package in packages}
    print(
        f"{sum(map(len, drawn.values()))} mutants of {len(packages)} packages, seed {given.seed}", flush=True
    )
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(given.jobs) as pool:
        copies: queue.SimpleQueue[Path] = queue.SimpleQueue()
        for n in range(given.jobs):
            copies.put(copied(Path(folder) / str(n)))

        def outcome(mutant: Mutant) -> str:
            copy = copies.get()
            try:
                result = tested(mutant, copy, given.python)
            finally:
                copies.put(copy)
            print(f"{result:10} {mutant.told()}", flush=True)
            return result

        check_copy(copies, given.python)
        check_tests(copies, given.python, [mutant for mutants in drawn.values() for mutant in mutants])
        results = {package: Counter(pool.map(outcome, mutants)) for package, mutants in drawn.items()}
    return report(results)


def report(results: dict[str, Counter[str]]) -> int:
    """Prints a line for each package; returns 1 if a package has a smaller share than AIM, else 0."""
    missed = 0
    for package, counts in results.items():
        survived = counts["survived"]
        share = 1 - survived / max(1, counts.total() - counts["equivalent"])
        missed |= share < AIM
        told = ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
        print(f"{package:30} {told}: {share:.0%}")
    return int(missed)


def all_packages() -> list[str]:
    """Returns the folders of our own code, as paths from the root."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return sorted({str(file.parent.relative_to(ROOT)) for file in files if file.name != "__init__.py"})


# --- drawing ---------------------------------------------------------------------------------------------


def draw(package: str, count: int, chance: random.Random) -> list[Mutant]:
    """Draws `count` mutants of a package's own files, about as many of each kind of change."""
    kinds: dict[str, list[Change]] = {}
    for file in sorted((ROOT / package).glob("*.py")):
        for change in changes_of(file):
            kinds.setdefault(change.kind, []).append(change)
    left = {kind: chance.sample(found, len(found)) for kind, found in sorted(kinds.items())}
    drawn: dict[str, Mutant] = {}
    while len(drawn) < count and left:
        kind = chance.choice(sorted(left))
        mutant = left[kind].pop().made()
        if not left[kind]:
            del left[kind]
        if mutant is not None:
            drawn.setdefault(mutant.told(), mutant)
    return list(drawn.values())


class Change(NamedTuple):
    """A change from which a mutant can be made. Finding the change is faster than making the mutant."""

    kind: str
    file: str
    line: int
    module: cst.Module
    node: cst.CSTNode
    changed: cst.CSTNode | cst.RemovalSentinel

    def made(self) -> Mutant | None:
        """Makes the mutant; returns None if it is not valid Python, or unchanged."""
        before = self.module.code
        after = self.module.deep_replace(self.node, self.changed).code
        try:
            compile(after, self.file, "exec")
        except SyntaxError:
            return None
        return None if after == before else _mutant(self.file, self.line, before, after)


def changes_of(file: Path) -> Iterator[Change]:
    """Yields all changes that are possible in a file."""
    wrapper = metadata.MetadataWrapper(
        cst.parse_module(file.read_text(encoding="utf-8")), unsafe_skip_copy=True
    )
    places = wrapper.resolve(metadata.PositionProvider)
    name = str(file.relative_to(ROOT))
    for node in _mutable(wrapper.module):
        for kind, changed in _changes(node):
            yield Change(kind, name, places[node].start.line, wrapper.module, node, changed)


def _mutable(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """Yields the nodes below a node that can affect the running program."""
    for child in node.children:
        if isinstance(child, cst.Annotation | cst.Import | cst.ImportFrom | cst.Decorator):
            continue
        if isinstance(child, cst.SimpleString) and " " in child.value:
            continue  # a text for people, which tests do not compare word by word
        if isinstance(child, cst.Expr) and isinstance(child.value, cst.BaseString):
            continue  # a docstring
        yield child
        yield from _mutable(child)


def _changes(node: cst.CSTNode) -> Iterator[tuple[str, cst.CSTNode | cst.RemovalSentinel]]:
    """Yields mutmut's changes of a node, and our own: a branch never taken, a `raise` or a call left out."""
    for kind, operator in mutation_operators:
        if isinstance(node, kind):
            yield from ((operator.__name__, changed) for changed in operator(node))
    if isinstance(node, cst.If) and not isinstance(node.test, cst.Name):
        yield "never", node.with_changes(test=cst.Name("False"))
    if isinstance(node, cst.Raise):
        yield "no raise", cst.Pass()
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.Call):
        yield "no call", cst.Pass()


def _mutant(file: str, line: int, before: str, after: str) -> Mutant:
    changes = difflib.unified_diff(before.splitlines(), after.splitlines(), n=0, lineterm="")
    lines = [change for change in changes if not change.startswith(("---", "+++", "@@"))]
    told = [" ".join(text[1:].strip() for text in lines if text[0] == sign) for sign in "-+"]
    return Mutant(file, line, told[0], told[1], after)


# --- testing ---------------------------------------------------------------------------------------------


def copied(folder: Path) -> Path:
    """Copies the files that git has or would add, so that the checkout is never changed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, text=True).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    return folder


def check_copy(copies: "queue.SimpleQueue[Path]", python: str) -> None:
    """Exits if the tests would run against other code than the copy's."""
    copy = copies.get()
    copies.put(copy)
    command = [python, "-c", "import mock_server, contract_tests; print(mock_server.__file__)"]
    told = subprocess.run(
        command, cwd=copy.parent, env=_environment(copy), capture_output=True, text=True, check=False
    )
    if not told.stdout.startswith(str(copy)):
        sys.exit(f"the tests would run against {told.stdout.strip() or told.stderr}")


def check_tests(copies: "queue.SimpleQueue[Path]", python: str, mutants: Sequence[Mutant]) -> None:
    """Exits if tests fail in a copy without any fault, since they would notice every mutant."""
    copy = copies.get()
    copies.put(copy)
    first = dict.fromkeys(test for mutant in mutants for test in first_tests(mutant.file))
    if _failure(copy, python, [*first, "-n", "2"], LONGEST["rest"]):
        sys.exit("tests fail or take too long without any fault; run `make test` first")


def tested(mutant: Mutant, copy: Path, python: str) -> str:
    """Returns `killed`, `hung`, `survived` or `equivalent`; the tests about the mutated file run first."""
    if (mutant.file, mutant.before, mutant.after) in _equivalent():
        return "equivalent"
    place = copy / mutant.file
    original = place.read_text(encoding="utf-8")
    _write(place, mutant.source)
    try:
        first = first_tests(mutant.file)
        rest = ["-n", "2", *(f"--deselect={test}" for test in first)]
        return (
            _failure(copy, python, [*first, "-n", "0"], LONGEST["first"])
            or _failure(copy, python, rest, LONGEST["rest"])
            or _failure(copy, python, [*first, "-m", "long"], LONGEST["rest"])
            or "survived"
        )
    finally:
        _write(place, original)


def first_tests(file: str) -> list[str]:
    """Returns the few test files about a file, by which most mutants are noticed."""
    path = Path(file)
    module = file.removesuffix(".py").replace("/", ".")
    named = {f"test_{path.stem}.py", f"test_{path.parent.name}.py", f"test_{path.stem}s.py"}
    found = [
        (test.name not in named, str(test.relative_to(ROOT)))
        for test in (ROOT / "tests").rglob("test_*.py")
        if "browser" not in test.parts
        and (test.name in named or f"from {module} import" in test.read_text(encoding="utf-8"))
    ]
    more = [f"tests/{name}" for name in TESTS_OF.get(file, TESTS_OF.get(str(path.parent), []))]
    nearest = [test for _, test in sorted(found)][:4]
    return list(dict.fromkeys([*nearest, *more, *_tests_of_room(path.parent)]))


def _tests_of_room(folder: Path) -> list[str]:
    """Returns the test files of the room that mirrors a folder, or a folder above it; none for a package."""
    package, *rooms = folder.parts
    mirror = ROOT / "tests" / ("kit" if package == "contract_tests" else "")
    found = (sorted(mirror.joinpath(*rooms[:n]).glob("test_*.py")) for n in range(len(rooms), 0, -1))
    return [str(test.relative_to(ROOT)) for test in next(filter(None, found), [])]


def _failure(copy: Path, python: str, options: Sequence[str], seconds: float) -> str | None:
    """Returns `killed` if a test fails twice, `hung` if the tests take too long, and None if all pass.

    On a busy machine a correct program may fail a test once.
    """
    told = _run(copy, python, options, seconds)
    while told is not None and told.returncode not in (0, _NO_TESTS):
        failed = re.findall(r"^(?:FAILED|ERROR) (\S+)", told.stdout, re.MULTILINE)
        # If the tests cannot be collected, no failed test is named.
        again = _run(copy, python, [*failed, "-n", "0"], seconds) if failed else told
        if again is None or again.returncode:
            return "hung" if again is None else "killed"
        options = [*options, *(f"--deselect={test}" for test in failed)]
        told = _run(copy, python, options, seconds)
    return "hung" if told is None else None


def _run(
    copy: Path, python: str, options: Sequence[str], seconds: float
) -> subprocess.CompletedProcess[str] | None:
    """Runs pytest and returns its output, or None if it took too long."""
    try:
        return subprocess.run(
            [python, "-m", "pytest", *_QUIET, *options],
            cwd=copy,
            env=_environment(copy),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None


def _write(place: Path, text: str) -> None:
    """Writes a file, and sets its time two seconds later: Python compares bytecode times in whole seconds."""
    later = place.stat().st_mtime_ns + 2_000_000_000
    place.write_text(text, encoding="utf-8")
    os.utime(place, ns=(later, later))


def _environment(copy: Path) -> dict[str, str]:
    """Returns an environment in which Python, also in processes of tests, imports from the copy first."""
    # Without bytecode, each of the many processes that tests start would compile all modules.
    return {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(copy)}


@cache
def _equivalent() -> set[tuple[str, str, str]]:
    rows = yaml.safe_load(EQUIVALENT.read_text(encoding="utf-8")) or []
    return {(row["file"], row["before"], row["after"]) for row in rows}


if __name__ == "__main__":
    sys.exit(main())
