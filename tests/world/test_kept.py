"""The cached pasts stay within their bound, however many websites and seeds are requested."""

import sys
import tracemalloc
import weakref
from collections.abc import Iterator
from ctypes import CDLL
from mmap import PAGESIZE
from pathlib import Path

import pytest

from mock_server.instants import DAY, HOUR, SECOND, instant_of
from mock_server.world.amended import AmendedWorld
from mock_server.world.facts import GoalReached, changes_at
from mock_server.world.past.kept import KeptPasts
from mock_server.world.reports.facts import facts_of
from mock_server.world.world import World
from tests.sites import SITES

INSTANT = instant_of("2026-02-06T05:27:30Z")
BEGIN = INSTANT - 330 * DAY


@pytest.fixture
def traced() -> Iterator[None]:
    """Measures the used memory during the test."""
    tracemalloc.start()
    yield
    tracemalloc.stop()


def test_what_makes_room_is_freed_at_once() -> None:
    pasts = KeptPasts(most_bytes=1)
    drawing, _ = pasts.at(World(1, SITES["quiet"]), BEGIN, INSTANT)
    facts_of(drawing)
    gone = weakref.ref(drawing)
    del drawing

    pasts.at(World(2, SITES["quiet"]), BEGIN, INSTANT)

    assert gone() is None


@pytest.mark.usefixtures("traced")
@pytest.mark.parametrize("site", ["quiet", pytest.param("shop", marks=pytest.mark.long)])
def test_the_bound_counts_what_a_past_uses(site: str) -> None:
    pasts, world = KeptPasts(), World(1, SITES[site])
    before, _ = tracemalloc.get_traced_memory()

    drawing, _ = pasts.at(world, BEGIN, INSTANT)
    facts_of(drawing)

    used = tracemalloc.get_traced_memory()[0] - before
    assert used < 1.1 * pasts.nbytes


@pytest.mark.long
@pytest.mark.usefixtures("traced")
def test_the_oldest_past_is_removed_before_another_takes_its_memory() -> None:
    pasts, peaks = KeptPasts(most_bytes=1), []
    before, _ = tracemalloc.get_traced_memory()

    for seed in (1, 2, 3):
        tracemalloc.reset_peak()
        pasts.at(World(seed, SITES["quiet"]), BEGIN, INSTANT)
        peaks.append(tracemalloc.get_traced_memory()[1] - before)

    # The second one replaces the first, which is alone and may be too large.
    assert max(peaks[1:]) < 1.1 * peaks[0]


@pytest.mark.long
@pytest.mark.usefixtures("traced")
def test_facts_keep_no_past_of_another_instant() -> None:
    """A past before the last settled visits, after the clock was set back, has columns of its own."""
    pasts, world = KeptPasts(), World(1, SITES["no_revenue"])
    used, size = list[int](), 0
    visitor_id = world.shown(INSTANT - HOUR, lambda _world, session, _at: (1, session.visitor_id))[0]
    pasts.at(world, BEGIN, INSTANT)
    before, _ = tracemalloc.get_traced_memory()

    for n in range(20):
        at = INSTANT - HOUR + n * SECOND
        facts = [GoalReached(written=at, event_id=f"{n:024x}", visitor_id=visitor_id, name=f"goal_{n}")]
        drawing, past = pasts.at(AmendedWorld(world, changes_at(facts, at)), BEGIN, at)
        past.with_goal_sets()
        facts_of(drawing, past)
        size = max(size, tracemalloc.get_traced_memory()[0] - before)
        del past
        used.append(tracemalloc.get_traced_memory()[0] - before)

    assert size > 10_000_000
    assert max(used) < size / 4


@pytest.mark.long
@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(CDLL(None), "malloc_trim"), reason="only glibc keeps freed memory"
)
def test_the_memory_of_the_computation_is_given_back() -> None:
    pasts = KeptPasts()
    pasts.at(World(1, SITES["edge_cases"]), BEGIN, INSTANT)
    resident = _resident()

    CDLL(None).malloc_trim(0)

    assert resident - _resident() < 4_000_000


def _resident() -> int:
    """Returns the resident memory of this process in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGESIZE
