"""The question of how long the contract kit takes to judge a recording, and to prove its clauses."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from email.utils import formatdate
from time import perf_counter

from benchmarks.figures import Row, at_most, spread_of
from benchmarks.plan import Plan, apart, say
from benchmarks.servers import INSTANT, ROOT
from benchmarks.table import number
from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP
from contract_tests.recording import Recording
from mock_server.contract.document import REVISION_2026_02
from mock_server.instants import SECOND, instant_of
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.world.site_files import load_sites
from mock_server.world.world import World

_MAPS = 1_000
_ROUNDS = 3
# The fault replaces a boolean by a text, so that the kit has violations to report.
_FAULT = (b'"isCustomer":false', b'"isCustomer":"no"')
_JUDGED, _PROVEN = at_most(10), at_most(60)


def kit(_plan: Plan) -> Iterator[Row]:
    """Yields the figures of judging and of proving."""
    say(f"kit: {_MAPS} maps are judged, {_ROUNDS} times; `prove`")
    taken, size, broken = zip(*(apart(judged) for _ in range(_ROUNDS)), strict=True)
    yield Row(
        f"judging {_MAPS:,} recorded maps",
        spread_of(taken),
        "s",
        _JUDGED,
        f"{number(size[0])} MB, all clauses; broken: {broken[0]}",
    )
    begin = perf_counter()
    subprocess.run(
        [sys.executable, "-m", "mock_server", "prove", "--quiet"], cwd=ROOT, check=True, capture_output=True
    )
    yield Row("`datafast-mock prove`", spread_of([perf_counter() - begin]), "s", _PROVEN, "all cores")


def judged() -> tuple[float, float, int]:
    """Judges the recording, and returns the seconds, the megabytes and the number of broken clauses."""
    exchanges = recorded()
    begin = perf_counter()
    verdicts = judge(Recording(exchanges), all_clauses())
    taken = perf_counter() - begin
    assert not any(verdict.outcome is Outcome.FAILED for verdict in verdicts), "the kit is whole"
    broken = [verdict for verdict in verdicts if verdict.violations]
    assert all(violation.problem for verdict in broken for violation in verdict.violations), "it says why"
    return taken, sum(len(exchange.body) for exchange in exchanges) / 1e6, len(broken)


def recorded() -> list[Exchange]:
    """Returns maps of about 50 visitors, a second apart. Visitors on the last map have a fault."""
    world, start = World(42, load_sites()["demo"]), instant_of(INSTANT)
    exchanges = [_exchange(world, start + n * SECOND) for n in range(_MAPS)]
    last = exchanges[-1]
    return [*exchanges[:-1], replace(last, body=last.body.replace(*_FAULT))]


def _exchange(world: World, instant: int) -> Exchange:
    return _exchange_of(VIEWS["getRealtimeMap"](Call(world, instant, REVISION_2026_02, {})).body, instant)


def _exchange_of(body: bytes, instant: int) -> Exchange:
    return Exchange(
        method="GET",
        url="http://127.0.0.1/api/v1/analytics/realtime/map",
        operation=MAP,
        labels=frozenset({labels.OK, labels.POLL}),
        sent=instant,
        trip=1,
        status=200,
        headers={"content-type": "application/json", "date": formatdate(instant / 1000, usegmt=True)},
        body=body,
        token="df_***",
        successes=frozenset({200}),
    )
