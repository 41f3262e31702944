"""The cached pasts stay within their bound, however many websites and seeds are requested."""

import tracemalloc
import weakref
from collections.abc import Iterator

import pytest

from mock_server.instants import DAY, instant_of
from mock_server.world.past.kept import KeptPasts
from mock_server.world.reports.facts import facts_of
from mock_server.world.site import load_sites
from mock_server.world.world import World

SITES = load_sites()
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
