"""The question of how long the command takes until its first answer, and how much memory it needs at rest."""

import time
from collections.abc import Iterator
from time import perf_counter
from typing import NamedTuple

from benchmarks.figures import Row, at_most, ratios, spread_of
from benchmarks.plan import Plan, say
from benchmarks.servers import MAP, REALTIME, captured, minimal, mock, resident_megabytes, target

_STARTS = 10
_REST_SECONDS = 0.3
_READY, _RESIDENT = at_most(0.2), at_most(50)
# The limit of 0.2 s was set on a machine where the minimal application took 0.09 s.
_BESIDE_MINIMAL = at_most(round(0.2 / 0.09, 1))


class _Start(NamedTuple):
    """The seconds from the command to the first counter and to the first map, and the MB at rest."""

    ready: float
    map: float
    resident: float


def start(_plan: Plan) -> Iterator[Row]:
    """Yields the time of the start, and the memory at rest."""
    say(f"start: {_STARTS} times, each with all its data loaded, and a minimal application, in turns")
    starts, least = zip(*((_one_start(), _minimal_start()) for _ in range(_STARTS)), strict=True)
    ready = [one.ready for one in starts]
    first_map = spread_of(one.map for one in starts).middle
    yield Row(
        "ready: first answer after start",
        spread_of(ready),
        "s",
        _READY,
        f"`getRealtime`; first map after {first_map:.2f} s",
    )
    yield Row(
        "ready ÷ minimal Starlette application",
        ratios(ready, least),
        "×",
        _BESIDE_MINIMAL,
        f"which takes {spread_of(least).middle:.2f} s",
    )
    yield Row("resident at rest", spread_of(one.resident for one in starts), "MB", _RESIDENT)


def _minimal_start() -> float:
    begin = perf_counter()
    with minimal() as (server, _):
        captured(target(server, REALTIME))
        return perf_counter() - begin


def _one_start() -> _Start:
    begin = perf_counter()
    with mock() as (server, pid):
        captured(target(server, REALTIME))
        ready = perf_counter() - begin
        captured(target(server, MAP))
        first_map = perf_counter() - begin
        time.sleep(_REST_SECONDS)
        return _Start(ready, first_map, resident_megabytes(pid))
