"""How long from the command to the first answer, and how much memory does it take at rest?"""

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
# 0.2 s was set where the minimal application took 0.09 s.
_BESIDE_MINIMAL = at_most(round(0.2 / 0.09, 1))


class _Start(NamedTuple):
    """Seconds from the command until the first counter and the first map, and MB before anybody asked."""

    ready: float
    map: float
    resident: float


def start(_plan: Plan) -> Iterator[Row]:
    """Ready, and resident at rest."""
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
