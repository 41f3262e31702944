"""The answers of a run in numbers: statuses and times of each operation, and how often the server failed."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median_low

from contract_tests.asking import labels
from contract_tests.clauses.telling import counted
from contract_tests.exchange import Exchange
from contract_tests.judging.run import Run

_FAILURE = 500


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers of one operation: how many had each status, and how long they took, in ms."""

    operation: str
    statuses: Mapping[int, int]
    median: int
    slowest: int

    def statuses_told(self) -> str:
        """Returns the statuses in words, such as `9 × 200, 2 × 401`."""
        return ", ".join(f"{count} × {status}" for status, count in self.statuses.items())

    def times_told(self) -> str:
        """Returns the times in words, such as `median 5 ms, slowest 80 ms`."""
        return f"median {self.median} ms, slowest {self.slowest} ms"


def answers_of(run: Run) -> list[Answers]:
    """Returns the answers of each operation of the document, in the order of the first requests."""
    found: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in run.recording.exchanges:
        if exchange.operation is not None:
            found[exchange.operation].append(exchange)
    return [_answers(operation, exchanges) for operation, exchanges in found.items()]


def failures_of(run: Run) -> str | None:
    """Returns a sentence about the failures (5xx) that no probe expected; None if there are none.

    The sentence says that the server is flaky if an equal request did not fail.
    """
    exchanges = run.recording.exchanges
    failed = [e for e in exchanges if e.status >= _FAILURE and labels.SERVER_ERROR not in e.labels]
    if not failed:
        return None
    well = {_asked(exchange) for exchange in exchanges if exchange.status < _FAILURE}
    mended = sum(_asked(exchange) in well for exchange in failed)
    statuses = " or ".join(str(status) for status in sorted({exchange.status for exchange in failed}))
    answers = counted(len(exchanges), "answer was", "answers were")
    told = f"{len(failed)} of {answers} {statuses}"
    if not mended:
        return f"{told}."
    return f"{told}; {mended} of these requests did not fail at another time: the server is flaky."


def _answers(operation: str, exchanges: list[Exchange]) -> Answers:
    trips = [exchange.trip for exchange in exchanges]
    statuses = dict(sorted(Counter(exchange.status for exchange in exchanges).items()))
    return Answers(operation, statuses, median_low(trips), max(trips))


def _asked(exchange: Exchange) -> tuple[str, str, str | None, bytes]:
    """Returns a value that is equal for two equal requests."""
    return exchange.method, exchange.url, exchange.token, exchange.request_body
