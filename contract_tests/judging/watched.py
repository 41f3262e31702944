"""Recordings that note which operations a clause reads, so that it is judged again only if they change."""

from collections.abc import Iterable, Sequence

from contract_tests.clauses.clause import Clause
from contract_tests.exchange import Exchange
from contract_tests.judging.verdict import judge
from contract_tests.recording import Recording


class Watched(Recording):
    """A recording that notes the operations of all exchanges that it hands out."""

    def __init__(self, exchanges: Iterable[Exchange]) -> None:
        """Keeps the exchanges. The revision is the one that the answers indicate."""
        super().__init__(exchanges)
        self.read: set[str | None] = set()
        """The operations of the exchanges that were handed out; None stands for unknown paths."""

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """All exchanges."""
        self.read.update(exchange.operation for exchange in self._exchanges)
        return self._exchanges

    def labelled(self, label: str) -> list[Exchange]:
        """Returns the exchanges with a label."""
        found = super().labelled(label)
        self.read.update(exchange.operation for exchange in found)
        return found

    def about(self, *operations: str) -> list[Exchange]:
        """Returns the exchanges of the operations."""
        self.read.update(operations)
        return super().about(*operations)

    def answers(self, operation: str) -> Sequence[Exchange]:
        """Returns the successful answers of an operation that are JSON objects."""
        self.read.add(operation)
        return super().answers(operation)


class Reads:
    """The operations that each clause reads in a recording.

    A clause is a function of the answers that it reads. So its verdict stays the same if only answers of
    other operations are changed, as long as the same operations exist and the same revision is indicated.
    """

    def __init__(self, exchanges: Iterable[Exchange], clauses: Iterable[Clause]) -> None:
        """Judges the exchanges by each clause."""
        watched = Watched(exchanges)
        self._revision, self._absent = watched.revision, watched.absent.keys()
        self._by_clause: dict[str, frozenset[str | None]] = {}
        for clause in clauses:
            watched.read.clear()
            judge(watched, [clause])
            self._by_clause[clause.id] = frozenset(watched.read)

    def concerned(
        self, clauses: Iterable[Clause], whole: Recording, changed: Iterable[Exchange]
    ) -> list[Clause]:
        """Returns the clauses that may get another verdict, because these exchanges are changed."""
        if whole.revision != self._revision or whole.absent.keys() != self._absent:
            return list(clauses)
        operations = {exchange.operation for exchange in changed}
        return [clause for clause in clauses if not self._by_clause[clause.id].isdisjoint(operations)]
