"""Clauses about the status that a kind of request is answered with."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contract_tests.clauses.clause import Clause, Violation, clause
from contract_tests.exchange import Exchange
from contract_tests.families import WRITTEN
from contract_tests.recording import Recording

LIMITED = 429


class Answered(NamedTuple):
    """A clause about the statuses that answer the requests with a label.

    `operation` is the only one that it is about; None stands for all whose access clauses are written by
    hand.
    """

    id: str
    label: str
    statuses: tuple[int, ...]
    sentence: str
    source: str
    standing: str
    needs: str
    operation: str | None = None

    def clause(self) -> Clause:
        """The clause itself."""
        return clause(
            self.id,
            self.sentence,
            source=self.source,
            standing=self.standing,
            needs=self.needs,
            cases=self.cases,
        )(self.check)

    def cases(self, recording: Recording) -> Iterator[Exchange]:
        """The answers to the labelled requests, without those of a limit or of a failing server."""
        for exchange in recording.labelled(self.label):
            is_meant = (
                exchange.operation == self.operation if self.operation else exchange.operation in WRITTEN
            )
            if is_meant and exchange.status != LIMITED and exchange.status < 500:
                yield exchange

    def check(self, exchange: Exchange) -> Iterable[Violation]:
        """Yields a violation for an answer with another status."""
        if exchange.status not in self.statuses:
            wanted = " or ".join(map(str, self.statuses))
            yield Violation(f"answered {exchange.status}, not {wanted}", exchange, "", exchange.status)
