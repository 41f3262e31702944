"""The question of what a map costs after a tick: for each visitor who changed, and for all visitors."""

import gc
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from statistics import linear_regression, median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

import msgspec

from benchmarks.figures import Bound, Row, at_least, at_most, spread_of
from benchmarks.plan import Plan, apart, say
from benchmarks.servers import INSTANT
from benchmarks.table import number
from mock_server.contract.document import REVISION_2026_02
from mock_server.instants import SECOND, instant_of
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.world.site import Site
from mock_server.world.site_files import SITES, load_site
from mock_server.world.world import World

# The seconds between maps, in turns. In a longer step more visitors change, but their number stays the same.
_STEPS = (1, 2, 4, 8)
_WARM_STEPS = 4
_SHARE = at_least(0.5)


class Crowd(NamedTuple):
    """A site, the number of its visitors, the number of ticks to measure, and the bound of a tick.

    An `online` of None keeps the number in the site's file.
    """

    site: str
    online: int | None
    ticks: int
    bound: Bound


CROWDS = (
    Crowd("demo", None, 120, at_most(1)),
    Crowd("launch_day", None, 60, at_most(20)),
    Crowd("launch_day", 50_000, 40, at_most(250)),
)


class Refresh(NamedTuple):
    """A map that was requested `step` seconds after another map.

    `taken` is its cost in ms, and `changed` the number of visitors who changed since the other map. `written`
    is the cost of joining the JSON of all visitors, in ms.
    """

    step: int
    taken: float
    written: float
    changed: int
    visitors: int


class Cost(NamedTuple):
    """The cost of a tick in ms: for `each` visitor who changed, and for the `crowd` if nobody changed."""

    each: float
    crowd: float


def ticks(_plan: Plan) -> Iterator[Row]:
    """Yields the cost of a tick for each crowd. For the largest, it also yields a share of that cost.

    This is the share that the changed visitors cause. It is computed without the time for writing the answer,
    which always lists all visitors.
    """
    for crowd in CROWDS:
        say(f"ticks: {crowd.site}, {crowd.online or 'its own'} visitors")
        refreshes = apart(partial(refreshed, crowd))
        seconds = [refresh for refresh in refreshes if refresh.step == 1]
        cost = cost_of(refreshes)
        row = _tick_row(crowd, seconds, cost)
        yield row
    written = median(refresh.written for refresh in seconds)
    part = 1 - max(cost.crowd - written, 0) / (row.found.middle - written)
    name = f"part of the {row.what} for what changed"
    beside = f"writing the answer, {number(written)} ms, left out"
    yield Row(name, spread_of([part]), "of 1", _SHARE, beside)


def cost_of(refreshes: Sequence[Refresh]) -> Cost:
    """Returns the cost of a tick, by a line fitted to the costs of maps with different numbers of changes."""
    # Medians are used, because the first tick of a minute also has the cost of all new visits of the minute.
    steps = [[one for one in refreshes if one.step == step] for step in _STEPS]
    each, crowd = linear_regression(
        [median(one.changed for one in step) for step in steps],
        [median(one.taken for one in step) for step in steps],
    )
    # Noise can make the cost of a small crowd negative.
    return Cost(each, max(crowd, 0))


def _tick_row(crowd: Crowd, seconds: Sequence[Refresh], cost: Cost) -> Row:
    visitors = round(median(refresh.visitors for refresh in seconds))
    changed = median(refresh.changed for refresh in seconds)
    each, rest = f"{cost.each * 1000:,.0f} µs for each", f"{number(cost.crowd)} ms for the others"
    beside = f"{changed:,.0f} changed; {each}, {rest}"
    found = spread_of(refresh.taken for refresh in seconds)
    return Row(f"tick at {visitors:,} visitors", found, "ms", crowd.bound, beside)


def refreshed(crowd: Crowd) -> list[Refresh]:
    """Measures successive maps of one warm world. Each is 1, 2, 4 or 8 s later than the one before it."""
    with site_of(crowd) as site:
        world = World(42, site)
    # The server does the same after loading.
    gc.collect()
    gc.freeze()
    instant = instant_of(INSTANT)
    before = _visitors(_map(world, instant))
    refreshes = []
    steps = [1] * _WARM_STEPS + [_STEPS[n % len(_STEPS)] for n in range(crowd.ticks)]
    for step in steps:
        instant += step * SECOND
        begin = perf_counter()
        body = _map(world, instant)
        taken = (perf_counter() - begin) * 1000
        after = _visitors(body)
        begin = perf_counter()
        b",".join(after)
        written = (perf_counter() - begin) * 1000
        refreshes.append(Refresh(step, taken, written, len(after - before), len(after)))
        before = after
    return refreshes[_WARM_STEPS:]


@contextmanager
def site_of(crowd: Crowd) -> Iterator[Site]:
    """Yields the shipped site, or a copy of it with more visitors."""
    path = SITES / f"{crowd.site}.yaml"
    if crowd.online is None:
        yield load_site(path)
        return
    with TemporaryDirectory() as folder:
        larger = Path(folder) / path.name
        lines = path.read_text(encoding="utf-8").splitlines()
        larger.write_text("\n".join(_with_online(lines, crowd.online)), encoding="utf-8")
        yield load_site(larger)


def _with_online(lines: Iterable[str], online: int) -> Iterator[str]:
    """Yields the lines of a site's file with this many visitors, and with the retention that they allow."""
    for line in lines:
        if not line.startswith("retention:"):
            yield f"online: {online}" if line.startswith("online:") else line


def _map(world: World, instant: int) -> bytes:
    return VIEWS["getRealtimeMap"](Call(world, instant, REVISION_2026_02, {})).body


def _visitors(body: bytes) -> frozenset[bytes]:
    """Returns the JSON of each visitor of a map."""
    return frozenset(bytes(visitor) for visitor in msgspec.json.decode(body, type=_Reply).data.visitors)


class _Data(msgspec.Struct):
    visitors: list[msgspec.Raw]


class _Reply(msgspec.Struct):
    data: _Data
