"""The world's invariants at random instants of random worlds."""

import re
from collections import Counter
from functools import lru_cache
from itertools import product

import httpx2
import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mock_server.contract.document import REVISIONS
from mock_server.instants import DAY, DOCUMENTED, EARLIEST, HOUR, LATEST, instant_of, iso_of
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.resources.worlds import Worlds
from mock_server.testing import running
from mock_server.world.life import UnknownVisitorError
from mock_server.world.site import MOST_ONLINE
from mock_server.world.world import World
from tests.credentials import bearer
from tests.invariants import KINDS, WINDOW, Ask, check_past, check_picture, data_of, take_picture
from tests.quick import quick
from tests.sites import SITES

# launch_day has 5,000 visitors, which take long.
ALL_SITES = [
    pytest.param(site, marks=pytest.mark.long) if site == "launch_day" else site for site in sorted(SITES)
]
SMALL_SITES = sorted(set(SITES) - {"launch_day"})
# A new world for each answer takes long, so there are few examples here, and many in `make fuzz`.
FEWER = settings(max_examples=settings().max_examples // 3)
FIRST, LAST = (int(moment.timestamp()) * 1000 for moment in (EARLIEST, LATEST))

seeds = st.integers(-(2**63), 2**63 - 1) | st.sampled_from([0, 1, 42])
# Many instants are in the years in which the mock is used; others are in any later year.
BEGUN = instant_of("2026-01-01")
# All shipped websites began on this day.
BEGIN = instant_of("2025-03-03")
instants = st.integers(BEGUN // 1000, 2_082_758_400).map(lambda s: s * 1000) | st.integers(BEGUN, LAST)
lapses = st.integers(1, 20 * 60_000) | st.integers(1, 90 * DAY)


@lru_cache(8)
def world(seed: int, site: str) -> World:
    return World(seed, SITES[site])


def asking(world: World, instant: int, revision: str) -> Ask:
    """Returns a function that calls the resources without HTTP."""

    def ask(path: str) -> object:
        if path == "/analytics/realtime":
            return data_of(VIEWS["getRealtime"](Call(world, instant, revision, {})).body)
        if path == "/analytics/realtime/map":
            return data_of(VIEWS["getRealtimeMap"](Call(world, instant, revision, {})).body)
        visitor_id = path.removeprefix("/visitors/")
        return data_of(VIEWS["getVisitor"](Call(world, instant, revision, {"visitorId": visitor_id})).body)

    return ask


def test_all_answers_of_an_instant_agree() -> None:
    met: Counter[str] = Counter()

    @given(seeds, st.sampled_from(SMALL_SITES), st.sampled_from(REVISIONS), instants)
    def agree(seed: int, site: str, revision: str, instant: int) -> None:
        picture = take_picture(asking(world(seed, site), instant, revision), instant, most_profiles=8)
        met.update(check_picture(picture))

    # These examples have cases of every kind, whatever else is drawn.
    for site, revision, lapse in product(("edge_cases", "no_revenue"), REVISIONS, (0, HOUR)):
        agree = example(42, site, revision, instant_of(DOCUMENTED) + lapse)(agree)
    agree()

    # This fails for each kind of case that hardly occurred, because such a kind was not checked.
    assert {kind: met[kind] for kind in KINDS if met[kind] < 3} == {}


def test_the_past_is_never_rewritten() -> None:
    met: Counter[str] = Counter()

    # Fewer examples may have too few identified visitors.
    @settings(max_examples=max(settings().max_examples, 60))
    @given(seeds, st.sampled_from(SMALL_SITES), instants, lapses)
    def stays(seed: int, site: str, instant: int, lapse: int) -> None:
        now = asking(world(seed, site), instant, "2026-02")
        later = asking(world(seed, site), instant + lapse, "2026-02")
        picture = take_picture(now, instant, most_profiles=6)
        for visitor_id, profile in picture.profiles.items():
            check_past(profile, later(f"/visitors/{visitor_id}"))
            met["identified" if profile["profile"] else "anonymous"] += 1

    stays()

    assert min(met["identified"], met["anonymous"]) > 10, met


@FEWER
@given(seeds, st.sampled_from(SMALL_SITES), instants, st.integers(1, HOUR))
def test_earlier_requests_change_no_answer(seed: int, site: str, instant: int, lapse: int) -> None:
    used, fresh = World(seed, SITES[site]), World(seed, SITES[site])
    for earlier in (instant - lapse, instant + lapse, instant - 1000):
        take_picture(asking(used, earlier, "2026-02"), earlier, most_profiles=2)

    for revision in REVISIONS:
        reply = VIEWS["getRealtimeMap"](Call(used, instant, revision, {}))
        assert reply == VIEWS["getRealtimeMap"](Call(fresh, instant, revision, {}))


def test_a_crowd_has_worlds_of_other_seeds_too() -> None:
    crowd = msgspec.structs.replace(SITES["launch_day"], online=MOST_ONLINE)

    worlds = Worlds(42, {"crowd": crowd, "quiet": SITES["quiet"]})

    assert worlds.world(7, "crowd").site is crowd
    assert worlds.world(7, "quiet").site.name == "quiet"


@FEWER
@given(
    seeds,
    st.sampled_from(SMALL_SITES),
    instants,
    st.lists(st.integers(0, 5_000) | st.integers(-HOUR, HOUR) | st.just(8 * 60_000), min_size=2, max_size=4),
)
def test_going_on_from_instant_to_instant_changes_no_answer(
    seed: int, site: str, instant: int, steps: list[int]
) -> None:
    used = World(seed, SITES[site])
    for n, step in enumerate(steps):
        instant += step
        # At every second instant only the map is requested.
        for name in ("getRealtime", "getRealtimeMap")[n % 2 :]:
            for revision in REVISIONS[step % 2 :]:
                call, fresh = (Call(one, instant, revision, {}) for one in (used, World(seed, SITES[site])))
                assert VIEWS[name](call) == VIEWS[name](fresh)


@given(seeds, st.sampled_from(SMALL_SITES), st.sampled_from(REVISIONS), st.integers(FIRST, BEGIN))
def test_nobody_is_there_before_the_website(seed: int, site: str, revision: str, instant: int) -> None:
    ask = asking(world(seed, site), instant, revision)

    picture = take_picture(ask, instant, most_profiles=8)

    check_picture(picture)
    assert picture.map["count"] == 0
    assert world(seed, site).cast(instant) == {}


def test_whoever_comes_later_is_unknown_before_the_website() -> None:
    demo = world(42, "demo")
    ids = [
        visitor["visitorId"]
        for visitor in asking(demo, BEGIN + DAY, "2026-02")("/analytics/realtime/map")["visitors"]
    ]

    assert len(ids) > 5
    for visitor_id in ids:
        with pytest.raises(UnknownVisitorError):
            demo.life(visitor_id, BEGIN - 1)


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("site", quick(ALL_SITES, 3))
def test_all_answers_agree_over_http(site: str, revision: str) -> None:
    instant = FIRST + 56 * 365 * DAY + len(site) * HOUR
    mock = running(site=site, seed=len(site), revision=revision, now=iso_of(instant), speed=0)

    with mock as served, httpx2.Client(base_url=served.url, headers=bearer(served.key)) as api:
        picture = take_picture(lambda path: data_of(api.get(path).content), instant, most_profiles=20)

    check_picture(picture)


def test_only_a_customers_first_payment_is_new() -> None:
    shop = world(42, "shop")
    windows = range(FIRST + 56 * 365 * DAY, FIRST + 56 * 365 * DAY + 3 * DAY, WINDOW)
    again = [
        (instant, payment.session.visitor_id)
        for instant in windows
        for payment in shop.payments(instant)
        if payment.session and len(shop.life(payment.session.visitor_id, instant).payments) > 1
    ]

    assert again
    for instant, visitor_id in again:
        ask = asking(shop, instant, "2026-02")
        picture = take_picture(ask, instant, most_profiles=0)
        check_picture(picture._replace(profiles={visitor_id: ask(f"/visitors/{visitor_id}")}))


@pytest.mark.long
def test_launch_day_agrees_as_well() -> None:
    instant = FIRST + 55 * 365 * DAY

    picture = take_picture(asking(world(42, "launch_day"), instant, "2026-02"), instant, most_profiles=50)

    check_picture(picture)


@pytest.mark.parametrize("site", quick(sorted(set(SITES) - {"launch_day"}), 2))
def test_about_as_many_are_online_as_the_site_says(site: str) -> None:
    days = [FIRST + 56 * 365 * DAY + n * 17 * HOUR + n * 60_000 * 7 for n in range(60)]

    mean = sum(world(42, site).online(day) for day in days) / len(days)

    # Each role of the cast has about two members at a time, as docs/sites.md says.
    expected = SITES[site].online + 2 * len(SITES[site].cast)
    assert mean == pytest.approx(expected, rel=0.05, abs=0.05)


@pytest.mark.long
@pytest.mark.parametrize("site", ALL_SITES)
def test_description_tells_how_many_are_there(site: str) -> None:
    told = re.search(r"(about|(?P<fewest>[\d,]+) to) (?P<most>[\d,]+) visitors", SITES[site].description)
    if told is None:
        assert not re.search(r"\d", SITES[site].description)
        return
    fewest, most = (int((told[name] or told["most"]).replace(",", "")) for name in ("fewest", "most"))
    start, hours = instant_of("2026-02-02T00:00:00Z"), 7 * 24 if most < 1_000 else 6

    counts = sorted(
        world(seed, site).online(start + hour * HOUR) for seed in (1, 42) for hour in range(hours)
    )

    # 95 % of the counts are in the documented range, and the range is not wider than that.
    usual = counts[len(counts) // 40 : -len(counts) // 40 or None]
    assert fewest * 0.95 <= usual[0] <= fewest * 1.1
    assert most * 0.9 <= usual[-1] <= most * 1.05
