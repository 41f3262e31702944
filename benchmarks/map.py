"""How long does a map take: at a new instant (cold), a second later (tick), and when it is known already?"""

import gc
from functools import partial

from benchmarks.figures import milliseconds, tell
from mock_server.instants import DAY, HOUR, SECOND, instant_of
from mock_server.site import load_sites
from mock_server.views.call import Call
from mock_server.views.registry import VIEWS
from mock_server.world.world import World

START = instant_of("2026-02-06T05:27:30Z")
# What one answer may take, in ms: site → (rounds, cold, tick). `demo` has about 50 visitors with its cast.
WANTED = {"demo": (40, 6, 1), "launch_day": (5, 500, 30)}
TICKS = 15


def main() -> None:
    sites = load_sites()
    # As the server does when all is loaded.
    gc.collect()
    gc.freeze()
    for site, (rounds, cold_wanted, tick_wanted) in WANTED.items():
        world = World(42, sites[site])
        instants = [START + day * (DAY + HOUR) for day in range(rounds)]
        taken = [one_visit(world, instant) for instant in instants]
        visitors = sum(len(world.active(instant)) for instant in instants) // rounds
        print(f"{site}, {visitors} visitors on average")
        tell("a map, cold", [cold for cold, _ in taken], "ms", cold_wanted)
        tell("a map, a second later", [tick for _, ticks in taken for tick in ticks], "ms", tick_wanted)


def one_visit(world: World, instant: int) -> tuple[float, list[float]]:
    """The milliseconds of the first map at an instant, and those of the seconds that follow."""
    cold, *ticks = (
        milliseconds(partial(ask, world, instant + second * SECOND)) for second in range(TICKS + 1)
    )
    return cold, ticks


def ask(world: World, instant: int) -> bytes:
    return VIEWS["getRealtimeMap"](Call(world, instant, "2026-02", {}))


if __name__ == "__main__":
    main()
