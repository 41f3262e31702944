"""The log of an account: its order, its limits, and its separation from other accounts."""

import time
from collections.abc import Callable

import pytest

from mock_server.errors import ApiError
from mock_server.state.accounts import load_accounts
from mock_server.state.credentials import Credential
from mock_server.state.key import Key
from mock_server.state.keys import IDLE_SECONDS, MOST_KEYS, Keys
from mock_server.state.log import MOST_BYTES, MOST_FACTS, MOST_REMOVALS, Log
from mock_server.state.space import COMMON, SHARE, Space
from mock_server.world.facts import Fact
from tests.sites import SITES
from tests.state.facts import DEMO, SHOP, fill, goal, removal

LONG = "x" * 4_000
CLEARED = "DELETE /__mock/facts"


def test_entries_are_numbered_in_the_order_in_which_they_were_written() -> None:
    log = Log()
    entries = [log.append(DEMO, goal(1)), log.append(SHOP, goal(2), 7), log.append(DEMO, goal(3))]

    assert list(log) == entries
    assert [entry.sequence for entry in entries] == [1, 2, 3]
    assert [entry.request for entry in entries] == [None, 7, None]
    assert log.after(1) == entries[1:]
    assert log.after(0) == entries
    assert log.after(3) == []


def test_facts_are_those_of_one_website() -> None:
    log = Log()
    for website, fact in ((DEMO, goal(1)), (SHOP, goal(2)), (DEMO, goal(3))):
        log.append(website, fact)

    assert log.facts(DEMO) == (goal(1), goal(3))
    assert log.facts(SHOP) == (goal(2),)
    assert log.facts("665f0b3c4d2e1a0000000009") == ()


def test_the_facts_of_a_website_are_one_object_until_something_is_written_about_it() -> None:
    log = Log()
    log.append(DEMO, goal(1))
    before = log.facts(DEMO)
    log.append(SHOP, goal(2))

    assert log.facts(DEMO) is before
    log.append(DEMO, goal(3))
    assert log.facts(DEMO) is not before
    assert before == (goal(1),)


def test_clearing_removes_everything_and_the_numbers_go_on() -> None:
    log = Log()
    for number in range(3):
        log.append(DEMO, goal(number))
    log.clear()

    assert (list(log), log.facts(DEMO), log.version) == ([], (), 4)
    assert log.append(DEMO, goal()).sequence == 5


@pytest.mark.parametrize(
    ("write", "reason", "least"),
    [
        pytest.param(goal, "an account may have 10,000 facts", MOST_FACTS, id="facts"),
        pytest.param(removal, "a website may have 1,000 deletions", MOST_REMOVALS, id="deletions"),
        pytest.param(
            lambda number: goal(number, LONG), "the facts of an account may take 16 MiB", 3_000, id="bytes"
        ),
    ],
)
def test_a_full_log_refuses_more_and_keeps_what_it_has(
    write: Callable[[int], Fact], reason: str, least: int
) -> None:
    log = Log()
    message = fill(log, write)
    entries, version = list(log), log.version

    assert len(entries) >= least
    assert message.startswith("500: ")
    assert (reason in message, CLEARED in message) == (True, True)
    with pytest.raises(ApiError):
        log.append(DEMO, write(0))
    assert (list(log), log.version) == (entries, version)
    log.clear()
    assert log.append(DEMO, write(0)).sequence == version + 2


def test_a_website_that_may_have_no_more_deletions_still_takes_goals() -> None:
    log = Log()
    fill(log, removal)

    assert log.append(DEMO, goal()).sequence == MOST_REMOVALS + 1
    assert log.append(SHOP, removal()).sequence == MOST_REMOVALS + 2


def test_accounts_that_write_much_leave_the_others_their_share() -> None:
    common = Space()
    greedy = [Log(space=common) for _ in range(COMMON // MOST_BYTES + 1)]
    reasons = [fill(log, lambda number: goal(number, LONG)) for log in greedy]
    small = Log(space=common)

    assert "all accounts together" in reasons[-1]
    assert "all accounts together" in fill(small, goal)
    assert len(list(small)) > 10
    greedy[0].clear()
    assert small.append(DEMO, goal())


def test_all_logs_together_are_bounded() -> None:
    accounts = MOST_KEYS + len(load_accounts(SITES))

    assert COMMON + accounts * SHARE <= 64 * 1024 * 1024


def test_appending_to_a_long_log_costs_no_more_than_to_a_short_one() -> None:
    log = Log()

    def appended() -> float:
        began = time.thread_time()
        for number in range(500):
            log.append(DEMO, goal(number))
        return time.thread_time() - began

    took = [appended() for _ in range(20)]

    assert min(took[15:]) < 3 * min(took[:5])


class _Time:
    """A clock for idle keys, in seconds."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> _Time:
    return _Time()


@pytest.fixture
def keys(seconds: _Time) -> Keys:
    return Keys({}, load_accounts(SITES), allow_any=True, seconds=seconds)


def _minted(keys: Keys, *tokens: str) -> list[Key]:
    """Mints keys of one new account."""
    account = keys.new_account()
    return [keys.mint(Credential(token=token, account=account.name), account, "") for token in tokens]


def test_an_account_has_what_was_written_until_its_last_key_is_deleted(keys: Keys) -> None:
    first, second = _minted(keys, "df_first", "dft_second")
    first.account.log.append(DEMO, goal())
    keys.forget("df_first")

    assert second.account.log.facts(DEMO) == (goal(),)
    keys.forget("dft_second")
    assert second.account.log.facts(DEMO) == ()


def test_what_was_written_goes_with_a_key_that_nobody_used_for_an_hour(keys: Keys, seconds: _Time) -> None:
    idle, asked = (key for token in ("df_idle", "df_asked") for key in _minted(keys, token))
    for key in (idle, asked):
        key.account.log.append(DEMO, goal())
    seconds.now += IDLE_SECONDS + 1
    keys.find("df_asked")
    list(keys.all())

    assert [list(key.account.log) for key in (idle, asked)] == [[], []]


def test_a_key_that_joined_an_account_of_the_mock_leaves_what_was_written(keys: Keys) -> None:
    account = keys.account("demo")
    keys.mint(Credential(token="df_guest"), account, "").account.log.append(DEMO, goal())
    keys.forget("df_guest")

    assert keys.account("demo").log.facts(DEMO) == (goal(),)


def test_keys_that_nobody_described_share_the_account_of_df_test(keys: Keys) -> None:
    one, other = (keys.named(f"Bearer {token}") for token in ("df_any", "dft_any"))
    assert one is not None
    one.account.log.append(DEMO, goal())

    assert other is not None
    assert other.account.log.facts(DEMO) == (goal(),)
    assert keys.account("demo") is one.account


def test_a_reset_removes_what_was_written_to_all_accounts(keys: Keys) -> None:
    (minted,) = _minted(keys, "df_minted")
    for account in (minted.account, keys.account("demo")):
        account.log.append(DEMO, goal())
    keys.reset()

    assert list(keys.account("demo").log) == []
    assert keys.account("demo").version == 0
    assert keys.named("Bearer df_minted") is not minted
