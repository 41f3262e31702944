"""The file of `--state`: facts survive a stop, a kill and a full disk; unusable files are refused."""

import random
import resource
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mock_server.errors import ApiError, InputError
from mock_server.state.accounts import load_accounts
from mock_server.state.keys import Keys
from mock_server.state.log import Log
from mock_server.state.state_file import SCHEMA, StateFile
from mock_server.world.facts import (
    Fact,
    GoalReached,
    GoalsRemoved,
    Identified,
    PaymentMade,
    PaymentsRemoved,
)
from mock_server.world.site_files import load_sites
from tests.command import ended
from tests.state.facts import DEMO, SHOP, fill, goal
from tests.state.writer import State, state_of

VISITOR = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
FACTS: list[Fact] = [
    GoalReached(written=1_770_355_640_000, event_id="a" * 24, visitor_id=VISITOR, name="signup"),
    GoalReached(
        written=1, event_id="b" * 24, visitor_id=VISITOR, name="x", description="é\0'", properties={"a": "☃"}
    ),
    PaymentMade(
        written=2, event_id="c" * 24, transaction_id="t", at=1, amount=19.99, currency="JPY", is_refunded=True
    ),
    Identified(
        written=3,
        event_id="d" * 24,
        profile_id="e" * 24,
        visitor_id=VISITOR,
        user_id="u",
        metadata={"name": "Ada", "tags": [1, None, {"deep": True}]},
    ),
    GoalsRemoved(written=4, name="signup", begin=0, end=9),
    PaymentsRemoved(written=5, transaction_id="t"),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state.db"


@contextmanager
def _log(path: Path, account: str = "demo") -> Iterator[Log]:
    """Opens the log of an account in a file for the length of the block."""
    with closing(StateFile(path)) as store:
        yield Log(account, store)


def _change(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()


def _assert_whole(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.mark.parametrize("fact", FACTS, ids=lambda fact: type(fact).__name__)
def test_a_fact_of_each_kind_comes_back_as_it_was(fact: Fact, path: Path) -> None:
    with _log(path) as log:
        log.append(DEMO, fact, request=7)

    with _log(path) as log:
        assert log.facts(DEMO) == (fact,)
        assert [(entry.sequence, entry.request) for entry in log] == [(1, None)]


def test_numbers_go_on_after_a_restart(path: Path) -> None:
    with _log(path) as log:
        for number in range(3):
            log.append(DEMO, goal(number))
    with _log(path) as log:
        log.append(SHOP, goal(3))
        log.clear()
    with _log(path) as log:
        entry = log.append(DEMO, goal(4))

    assert entry.sequence == 6
    with _log(path) as log:
        assert list(log) == [entry]


def test_accounts_are_kept_apart(path: Path) -> None:
    with closing(StateFile(path)) as store:
        one, other = (Log(name, store) for name in ("demo", "roe"))
        one.append(DEMO, goal(1))
        other.append(DEMO, goal(2))
        one.clear()

    with _log(path, "roe") as log:
        assert log.facts(DEMO) == (goal(2),)
    with _log(path, "demo") as log:
        assert log.facts(DEMO) == ()


def test_a_reset_empties_the_file_and_minted_keys_write_nothing_to_it(path: Path) -> None:
    accounts = load_accounts(load_sites())
    with closing(StateFile(path)) as store:
        keys = Keys({}, accounts, allow_any=False, store=store)
        keys.account("demo").log.append(DEMO, goal(1))
        keys.reset()
        keys.new_account().log.append(DEMO, goal(2))

    with closing(StateFile(path)) as store:
        assert store.version("demo") == 0
        assert [list(store.entries(name)) for name in ("demo", "account-1")] == [[], []]


def test_a_start_that_ended_too_early_leaves_a_file_that_can_be_used(path: Path) -> None:
    _change(path, "PRAGMA journal_mode = WAL")
    with _log(path) as log:
        log.append(DEMO, goal())

    _assert_whole(path)


@pytest.mark.parametrize(
    ("statements", "problem"),
    [
        pytest.param(
            [f"PRAGMA user_version = {SCHEMA + 1}"],
            "was written by a newer version of the mock"
            f" (its schema is {SCHEMA + 1}, this one knows {SCHEMA}): update the mock, or give another file",
            id="newer version",
        ),
        pytest.param(
            ["PRAGMA application_id = 1"],
            "is a database of another program: give another file",
            id="another program",
        ),
        pytest.param(
            ['UPDATE facts SET fact = \'{"type": "miracle"}\''],
            ": the fact 1 of the account 'demo' cannot be read (Invalid value 'miracle' - at `$.type`)",
            id="unknown fact",
        ),
    ],
)
def test_a_file_that_this_version_cannot_read_is_refused_and_left_as_it_is(
    statements: list[str], problem: str, path: Path
) -> None:
    with _log(path) as log:
        log.append(DEMO, goal())
    _change(path, *statements)
    before = path.read_bytes()

    refused = ended("serve", "--state", str(path))

    assert refused.returncode == 2
    assert f"--state: {path}" in refused.stderr
    assert problem in refused.stderr
    assert "Traceback" not in refused.stderr
    assert path.read_bytes() == before


def _is_text(path: Path) -> None:
    path.write_text("These are my notes, and no database at all.\n" * 50)


def _is_cut(path: Path) -> None:
    with _log(path) as log:
        for number in range(500):
            log.append(DEMO, goal(number))
    path.write_bytes(path.read_bytes()[:12_288])


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        pytest.param(_is_text, "is not an SQLite database: give another file", id="text"),
        pytest.param(_is_cut, "is damaged: give another file", id="half a database"),
        pytest.param(Path.mkdir, "is a directory: give a file in it", id="directory"),
        pytest.param(
            lambda path: path.symlink_to("/proc/nowhere/state.db"),
            "cannot be written (unable to open database file): give a file in a folder that exists",
            id="place that cannot be written",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(make: object, problem: str, path: Path) -> None:
    assert callable(make)
    make(path)

    refused = ended("serve", "--state", str(path))

    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert f"--state: {path} {problem}" in refused.stderr


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="give a file in a folder that exists"):
        StateFile(tmp_path / "no" / "state.db")


def test_a_file_is_for_one_mock_at_a_time(path: Path) -> None:
    with closing(StateFile(path)) as store:
        refused = ended("serve", "--state", str(path))
        Log("demo", store).append(DEMO, goal())

    assert refused.returncode == 2
    assert "is in use by another process, such as another mock: stop it, or give another" in refused.stderr
    with _log(path) as log:
        assert len(list(log)) == 1


@contextmanager
def _full_disk(size: int) -> Iterator[None]:
    """Lets no file grow beyond a size for the length of the block, as on a full disk."""
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, usual[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)


def test_on_a_full_disk_nothing_changes_and_reading_goes_on(path: Path) -> None:
    with _log(path) as log:
        with _full_disk(60_000):
            refusal = fill(log, goal)
            before = [*log]
            with pytest.raises(ApiError):
                log.clear()

            assert list(log) == before
            assert log.facts(DEMO) == tuple(map(goal, range(len(before))))
        after = log.append(DEMO, goal())

    assert refusal.startswith("500: ")
    assert "nothing has changed" in refusal
    assert len(before) > 1
    _assert_whole(path)
    with _log(path) as log:
        assert list(log) == [*before, after]


@pytest.mark.parametrize(
    "rounds",
    [2, pytest.param(15, marks=pytest.mark.long), pytest.param(100, marks=pytest.mark.slow)],
)
def test_whatever_was_acknowledged_outlives_a_kill_in_the_middle_of_writing(rounds: int, path: Path) -> None:
    chance = random.Random(rounds)
    for _ in range(rounds):
        acknowledged = _killed_after(chance.randrange(1, 200), path)

        _assert_whole(path)
        with _log(path) as log:
            assert all(entry.fact == goal(entry.sequence) for entry in log)
            # The last change may have been made, but not printed yet.
            assert state_of(log) in (acknowledged, acknowledged.following())


def _killed_after(changes: int, path: Path) -> State:
    """Kills a process that writes, after some changes; returns the last state that it printed."""
    command = [sys.executable, "-m", "tests.state.writer", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None, "started with a pipe"
        lines = [process.stdout.readline() for _ in range(changes)]
        process.kill()
        lines += process.stdout.readlines()
    whole = [line for line in lines if line.endswith("\n")]
    version, *sequences = map(int, whole[-1].split())
    return State(version, sequences)
