"""The cache of answers, and the cost of many clocks at different instants."""

import gc
import sys
import tracemalloc
from contextlib import suppress
from types import FrameType
from typing import Any
from weakref import ref

import msgspec
import pytest

from mock_server.contract.operations import bare_operation
from mock_server.contract.values import Values
from mock_server.errors import ApiError
from mock_server.instants import instant_of
from mock_server.resources.cache import AnswerCache, Read, read_of
from mock_server.resources.call import Call, Reply
from mock_server.resources.registry import VIEWS
from mock_server.resources.reporter import Reporter
from mock_server.resources.worlds import WorldChoice, Worlds
from mock_server.state.accounts import Account, load_accounts
from mock_server.world.site import Site
from mock_server.world.site_files import SITES as FOLDER
from mock_server.world.site_files import load_sites
from mock_server.world.world import World
from tests.instants import INSTANT

SITES = load_sites((FOLDER,))
DEMO = load_accounts(SITES)["demo"]
CHOICE = WorldChoice(42, "empty", "2026-02")
MEGABYTE = 1024 * 1024


class Counted:
    """A resource whose answers have a given size, and that records its calls."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.asked: list[str] = []

    def __call__(self, call: Call) -> Reply:
        """Records a call, and returns the answer."""
        self.asked.append(call.path["visitorId"])
        return Reply(bytes(self.size))


def answer(
    cache: AnswerCache, view: Counted, visitor_id: str, instant: int = 0, account: Account = DEMO
) -> bytes:
    """Returns the body of a resource's answer about a visitor."""
    read = Read("getVisitor", view, (("visitorId", visitor_id),), (), is_shared=True, weight=0)
    return cache.answer(read, CHOICE, instant, account).body


@pytest.fixture
def cache() -> AnswerCache:
    sites = {"empty": SITES["empty"]}
    return AnswerCache(Worlds(42, sites), Reporter(42, sites))


def test_a_polled_answer_stays_cached_while_others_come_and_go(cache: AnswerCache) -> None:
    view = Counted(MEGABYTE)
    for n in range(100):
        answer(cache, view, "polled")
        answer(cache, view, f"passing {n}")

    assert view.asked.count("polled") == 1


@pytest.mark.parametrize(
    ("method", "is_read"),
    [("get", True), ("post", False), ("put", False), ("patch", False), ("delete", False)],
)
def test_only_a_get_can_be_cached(method: str, is_read: bool) -> None:
    operation = bare_operation("anything", method, "/anything")

    assert (read_of(operation, Counted(1), Values({}, {})) is not None) == is_read


def test_accounts_share_an_answer_until_one_of_them_is_written_to(cache: AnswerCache) -> None:
    view = Counted(1)
    one, other = (DEMO.as_shipped() for _ in range(2))

    asked = []
    for _ in range(3):
        for account in (one, other):
            answer(cache, view, "anyone", account=account)
        asked.append(len(view.asked))
        one.log.clear()

    assert asked == [1, 2, 3]


def test_the_least_recently_used_answer_is_removed(cache: AnswerCache) -> None:
    view = Counted(MEGABYTE)
    for n in (*range(40), 39, 0):
        answer(cache, view, str(n), n % 3)

    assert view.asked[40:] == ["0"]


def test_an_answer_larger_than_all_that_may_be_kept_is_made_once(cache: AnswerCache) -> None:
    view = Counted(40 * MEGABYTE)
    for _ in range(3):
        assert len(answer(cache, view, "crowd")) == 40 * MEGABYTE

    assert view.asked == ["crowd"]


def test_small_answers_to_many_requests_stay_within_the_bound(cache: AnswerCache) -> None:
    view = Counted(1)
    reads = [
        Read("any", view, (("visitorId", str(n)),), (), is_shared=True, weight=MEGABYTE) for n in range(40)
    ]
    for read in (*reads, reads[-1], reads[0]):
        cache.answer(read, CHOICE, 0, DEMO)

    assert view.asked[40:] == ["0"]


def test_after_an_answer_that_was_too_large_others_are_kept_again(cache: AnswerCache) -> None:
    large, small = Counted(40 * MEGABYTE), Counted(MEGABYTE)
    answer(cache, large, "crowd")
    for _ in range(3):
        answer(cache, small, "someone")

    assert small.asked == ["someone"]


def calls_of(site: Site, clocks: int, ticks: int) -> int:
    """Returns the average number of Python calls per map, with requests by several clocks in turn.

    The clocks are seven hours apart; the first requests of each are not counted.
    """
    world, calls = World(42, site), 0

    def counted(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    for tick in range(ticks + 1):
        for clock in range(clocks):
            call = Call(world, instant_of(INSTANT) + clock * 25_200_000 + tick * 1_000, "2026-02", {})
            sys.setprofile(counted if tick else None)
            body = VIEWS["getRealtimeMap"](call).body
            sys.setprofile(None)
            assert msgspec.json.decode(body)["status"] == "success"
    return calls // (clocks * ticks)


@pytest.mark.long
@pytest.mark.parametrize(
    ("site", "clocks"),
    [
        pytest.param(SITES["demo"], 8, id="demo"),
        pytest.param(msgspec.structs.replace(SITES["launch_day"], online=1_000), 2, id="a crowd"),
    ],
)
def test_clocks_side_by_side_cost_no_more_than_one(site: Site, clocks: int) -> None:
    assert calls_of(site, clocks, ticks=20) < 4 * calls_of(site, 1, ticks=20)


@pytest.mark.long
def test_all_worlds_with_other_seeds_take_a_bounded_memory() -> None:
    worlds = Worlds(42, SITES)
    made = [ref(worlds.world(seed, "demo")) for seed in range(100, 200)]
    gc.collect()
    kept = [world for world in made if world() is not None]

    tracemalloc.start()
    try:
        _use_much(worlds.world(199, "demo"))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(kept) >= 8
    assert len(kept) * most < 120 * MEGABYTE


def _use_much(world: World) -> None:
    """Asks a world for many maps, and for the profiles of their visitors."""
    show_map, show_profile = VIEWS["getRealtimeMap"], VIEWS["getVisitor"]
    for day in range(1, 17):
        instant = instant_of(f"2027-03-{day:02}T{day:02}:00:00Z")
        found = show_map(Call(world, instant, "2026-02", {}, {"limit": 100}))
        for visitor in msgspec.json.decode(found.body)["data"]["visitors"]:
            with suppress(ApiError):
                path = {"visitorId": visitor["visitorId"]}
                show_profile(Call(world, instant, "2026-02", path, {}))
