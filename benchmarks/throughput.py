"""The question of how many answers a second the mock gives, and how fast, compared with bare uvicorn."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

from benchmarks.figures import Bound, Row, at_least, at_most, ratios
from benchmarks.load import Sample
from benchmarks.plan import Plan, say
from benchmarks.servers import MAP, REALTIME, bare_uvicorn, captured, data_of, mock, profile_path, target
from benchmarks.table import number

_OURS, _BARE = "mock", "bare"
_P99 = at_most(2)


@dataclass(frozen=True, slots=True)
class Case:
    """A path and a site, and the share of bare uvicorn's rate that the mock must reach.

    A path of None means the profile of a visitor on the map.
    """

    name: str
    path: str | None
    bound: Bound
    site: str = "demo"


CASES = (
    Case("realtime", REALTIME, at_least(0.85)),
    Case("map of 50 visitors", MAP, at_least(0.85)),
    Case("visitor profile", None, at_least(0.75)),
    Case("map of 5,000 visitors", MAP, at_least(0.85), "launch_day"),
)


def throughput(plan: Plan) -> Iterator[Row]:
    """Yields the rates of all cases, then their latencies."""
    measured = [(case, *_measured(plan, case)) for case in CASES]
    for case, what, ours, bare in measured:
        yield _rate_row(case, what, ours, bare)
    for case, _, ours, bare in measured:
        yield _latency_row(case, ours, bare)


def _measured(plan: Plan, case: Case) -> tuple[str, list[Sample], list[Sample]]:
    """Returns a description of the answer, and the rounds of the mock and of bare uvicorn."""
    say(f"{case.name}: {plan.rounds} rounds of {plan.seconds:g} s of the mock and of bare uvicorn, in turns")
    with ExitStack() as stack:
        server, _ = stack.enter_context(mock())
        path = case.path or profile_path(server)
        ours = target(server, path, case.site)
        answer = captured(ours)
        bare = target(stack.enter_context(bare_uvicorn(answer)), path, case.site)
        samples = plan.interleaved({_OURS: ours, _BARE: bare})
    size = f"{number(len(answer.body) / 1000)} kB"
    what = f"{data_of(answer)['count']:,} visitors, {size}" if path == MAP else size
    return what, samples[_OURS], samples[_BARE]


def _rate_row(case: Case, what: str, ours: list[Sample], bare: list[Sample]) -> Row:
    found = ratios([sample.rate for sample in ours], [sample.rate for sample in bare])
    beside = f"{_middle(ours).rate:,.0f} of {_middle(bare).rate:,.0f} answers/s; {what}"
    return Row(f"{case.name} ÷ bare uvicorn", found, "×", case.bound, beside)


def _latency_row(case: Case, ours: list[Sample], bare: list[Sample]) -> Row:
    found = ratios([sample.p99 for sample in ours], [sample.p99 for sample in bare])
    late = sorted(sample.p99 for sample in ours)[len(ours) // 2]
    bare_late = sorted(sample.p99 for sample in bare)[len(bare) // 2]
    beside = f"{number(late)} beside {number(bare_late)} ms"
    return Row(f"p99, {case.name} ÷ bare uvicorn's", found, "×", _P99, beside)


def _middle(samples: list[Sample]) -> Sample:
    return sorted(samples)[len(samples) // 2]
