"""The question of whether the mock's memory grows in an hour of polling, at 1,000 requests a second.

Time is simulated: the mock's clock runs so fast that its hour takes the real seconds of the plan, and the
load generator sends requests over real sockets as fast as it can. The table shows how many it sent.
"""

from collections.abc import Iterator
from itertools import cycle
from time import perf_counter

from benchmarks.figures import Row, at_most, spread_of
from benchmarks.plan import Plan, say
from benchmarks.servers import MAP, REALTIME, mock, profile_path, resident_megabytes, target
from benchmarks.table import number

_HOUR_SECONDS = 3_600
_SLICES = 24
# From this slice on, the journal and the caches are full.
_FULL_AFTER = _SLICES // 2
# In MB: growth that may come from the allocator.
_GROWTH = at_most(1)


def polling(plan: Plan) -> Iterator[Row]:
    """Yields how much the mock's memory grows in the second half of a simulated hour, and in all of it."""
    speed = _HOUR_SECONDS / plan.hour
    say(f"polling: an hour of the world in {plan.hour:g} s")
    with mock("--speed", f"{speed:g}") as (server, pid):
        at_rest = resident_megabytes(pid)
        sizes, requests = [], 0
        begin = perf_counter()
        for n, path in zip(range(_SLICES), cycle((REALTIME, MAP, None)), strict=False):
            asked = target(server, path or profile_path(server))
            # Each slice ends at its time, even if an earlier one took longer.
            left = begin + plan.hour * (n + 1) / _SLICES - perf_counter()
            requests += plan.generator.measure(asked, max(left, 1)).answers
            sizes.append(resident_megabytes(pid))
        hour = (perf_counter() - begin) * speed / 60
    told = f"{requests:,} requests in {hour:.0f} min of the world, at ×{speed:g}"
    full, last = max(sizes[:_FULL_AFTER]), sizes[-1]
    yield Row(
        "growth over an hour of polling, once full",
        spread_of([last - full]),
        "MB",
        _GROWTH,
        f"{number(full)} → {number(last)} MB; {told}",
    )
    yield Row(
        "growth over an hour of polling, from rest",
        spread_of([last - at_rest]),
        "MB",
        None,
        f"{number(at_rest)} → {number(last)} MB: caches and journal fill",
    )
