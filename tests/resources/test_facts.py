"""The world with facts: answers depend on the facts and the instant only, not on earlier requests."""

from asyncio import run
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mock_server.contract.operations import bare_operation
from mock_server.contract.values import Values
from mock_server.errors import ApiError
from mock_server.instants import DOCUMENTED, HOUR, MINUTE, SECOND, instant_of, iso_of
from mock_server.resources.cache import AnswerCache, Read, read_of
from mock_server.resources.registry import VIEWS
from mock_server.resources.reporter import Reporter
from mock_server.resources.worlds import WorldChoice, Worlds
from mock_server.state.accounts import Account, load_accounts
from mock_server.world.facts import Fact, GoalsRemoved, PageViewed, PaymentsRemoved
from mock_server.world.world import World
from tests.sites import SITES
from tests.world.writing import GOALS, facts_about

SITE = "quiet"
CHOICE = WorldChoice(42, SITE, "2026-02")
WEBSITE = SITES[SITE].website_id
WORLD = World(42, SITES[SITE])
NOW = instant_of(DOCUMENTED) // SECOND * SECOND
DEMO = load_accounts(SITES)["demo"]
PERIOD = {"startAt": iso_of(NOW - HOUR), "endAt": iso_of(NOW + 3 * HOUR), "limit": 100, "offset": 0}
NEWCOMERS = ("11111111-2222-4333-8444-555555555555", "11111111-2222-4333-8444-666666666666")

# The instants are in no order, because a clock can run, stand still, and be set forward and back.
instants = st.integers(0, 3 * 60).map(lambda minutes: NOW + minutes * MINUTE)
removals = st.builds(
    GoalsRemoved, written=instants, name=st.none() | st.sampled_from(GOALS), begin=st.none() | instants
) | st.builds(PaymentsRemoved, written=instants, end=st.none() | instants)
views = st.builds(
    PageViewed,
    written=instants,
    event_id=st.integers(0, 2**64 - 1).map(lambda number: f"{number:024x}"),
    visitor_id=st.sampled_from(NEWCOMERS),
    hostname=st.just("localhost"),
    path=st.sampled_from(["/", "/one", "/two"]),
)


@st.composite
def sequences(draw: st.DrawFn) -> list[Any]:
    """Draws a sequence of steps: facts to write, instants at which all is read, and None to clear the log."""
    steps: list[Any] = []
    for _ in range(draw(st.integers(2, 10))):
        match draw(st.sampled_from(["about", "about", "removal", "view", "read", "read", "clear"])):
            case "about":
                steps += draw(facts_about(WORLD, draw(instants), 2))
            case "removal":
                steps.append(draw(removals))
            case "view":
                steps.append(draw(views))
            case "read":
                steps.append(draw(instants))
            case "clear":
                steps.append(None)
    return [*steps, NOW + 3 * HOUR]


def new_cache() -> AnswerCache:
    sites = {SITE: SITES[SITE]}
    return AnswerCache(Worlds(42, sites), Reporter(42, sites))


def asked(cache: AnswerCache, account: Account, instant: int, visitor_ids: set[str]) -> list[bytes | str]:
    """Returns the answers of counter and map, of some visitors' profiles, and of some reports."""
    found: list[bytes | str] = []
    profiles = [("getVisitor", {"visitorId": one}) for one in sorted(visitor_ids)]
    for name, path in [("getRealtime", {}), ("getRealtimeMap", {}), *profiles]:
        try:
            found.append(cache.answer(read_named(name, Values(path, {})), CHOICE, instant, account).body)
        except ApiError as error:
            found.append(error.message)
    reports = [(name, PERIOD) for name in ("getOverview", "getPages", "getGoals", "listVisitors")]
    for name, query in (*reports, ("getOverview", {**PERIOD, "filter_goal": ",".join(GOALS)})):
        read = read_named(name, Values({}, query))
        found.append(run(cache.report(read, CHOICE, instant, account)).body)
    return found


def read_named(name: str, values: Values) -> Read:
    read = read_of(bare_operation(name, "get", f"/{name}"), VIEWS[name], values)
    assert read is not None
    return read


def visitors_of(facts: list[Fact]) -> set[str]:
    return {str(fact.visitor_id) for fact in facts if getattr(fact, "visitor_id", None) is not None}


@given(sequences())
def test_answers_are_those_of_a_new_mock_with_the_same_log(steps: list[Any]) -> None:
    cache, account = new_cache(), DEMO.as_shipped()
    written: list[Fact] = []
    for step in steps:
        if step is None:
            account.log.clear()
            written.clear()
        elif isinstance(step, int):
            other = DEMO.as_shipped()
            for fact in written:
                other.log.append(WEBSITE, fact)
            ids = visitors_of(written)
            assert asked(cache, account, step, ids) == asked(new_cache(), other, step, ids)
        else:
            account.log.append(WEBSITE, step)
            written.append(step)


@pytest.mark.long
@given(sequences(), sequences())
@settings(max_examples=settings().max_examples // 2)
def test_accounts_never_see_what_another_one_wrote(one: list[Any], other: list[Any]) -> None:
    shared = new_cache()
    accounts = [DEMO.as_shipped(), DEMO.as_shipped()]
    alone = [DEMO.as_shipped(), DEMO.as_shipped()]
    for n in range(max(len(one), len(other))):
        for steps, account, single in zip((one, other), accounts, alone, strict=True):
            step = steps[n] if n < len(steps) else None
            if step is not None and not isinstance(step, int):
                account.log.append(WEBSITE, step)
                single.log.append(WEBSITE, step)
    ids = visitors_of([step for step in (*one, *other) if step is not None and not isinstance(step, int)])

    for instant in (NOW + HOUR, NOW + 3 * HOUR, NOW):
        for account, single in zip(accounts, alone, strict=True):
            assert asked(shared, account, instant, ids) == asked(new_cache(), single, instant, ids)


def test_a_fact_about_one_website_changes_no_other() -> None:
    account = DEMO.as_shipped()
    before = asked(new_cache(), account, NOW, set())
    account.log.append(
        SITES["demo"].website_id,
        PageViewed(written=NOW, event_id="0" * 24, visitor_id=NEWCOMERS[0], hostname="localhost", path="/"),
    )

    assert asked(new_cache(), account, NOW, set()) == before
