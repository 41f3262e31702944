"""Recordings: all exchanges of a run, which clauses can search."""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar

from contract_tests.document import Document, document
from contract_tests.exchange import GATEWAY, Exchange, Json
from contract_tests.families import BY_HAND
from contract_tests.pointers import kind_of, step

T = TypeVar("T")

_NOT_THERE = frozenset({404, 405, 501})
_PASSING = frozenset({429}) | GATEWAY
# The labels of requests that show whether a server has an operation. Requests without a valid token are used
# only if no correct request was sent.
_DECISIVE = (frozenset({"ok", "account-token"}), frozenset({"no-credential", "unknown-credential"}))

REVISION_2026_02, REVISION_2026_06 = "2026-02", "2026-06"


class Recording:
    """All exchanges of a run, in the order in which they were sent."""

    def __init__(
        self, exchanges: Iterable[Exchange], revision: str | None = None, contract: Document | None = None
    ) -> None:
        """Keeps the exchanges.

        `revision` is the revision by which the answers are judged; None means the one that the answers
        indicate. `contract` describes the operations; None stands for the document that the kit ships with.
        """
        given = list(exchanges)
        absent = _absent(given)
        self._exchanges = [e for e in given if e.operation not in absent]
        self.absent: Mapping[str, Sequence[Exchange]] = absent
        """The exchanges of operations that the server does not have. They are not among `exchanges`."""
        self.demanded = revision
        self._contract = contract or document()
        self._base: Recording | None = None
        self._known: dict[tuple[int, Hashable], Any] = {}
        self._ids = frozenset(map(id, self._exchanges))
        self._found: dict[tuple[int, tuple[str, ...]], Sequence[Json]] = {}
        self._objects: dict[tuple[int, tuple[str, ...]], list[dict[str, Json]]] = {}

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """All exchanges, except for those of operations that the server does not have."""
        return self._exchanges

    def is_bare(self, exchange: Exchange) -> bool:
        """Returns whether successful answers of the exchange's operation are documented without `data`."""
        return exchange.operation in self._contract.bare

    def changed(self, exchanges: Iterable[Exchange]) -> "Recording":
        """Returns a recording of other exchanges.

        The cached values of exchanges that both recordings contain are used by both.
        """
        other = Recording(exchanges, self.demanded, self._contract)
        other._base = self
        return other

    def cached(self, exchange: Exchange, key: Hashable, make: Callable[[], T]) -> T:
        """Returns the result of `make`, which is called only once for the same exchange and key."""
        if self._base is not None and id(exchange) in self._base._ids:
            return self._base.cached(exchange, key, make)
        if (id(exchange), key) not in self._known:
            self._known[id(exchange), key] = make()
        found: T = self._known[id(exchange), key]
        return found

    def part(self, exchanges: Iterable[Exchange]) -> "Recording":
        """Returns a recording of some of the exchanges. It is judged by the same revision as this one."""
        return Recording(exchanges, self.judged_by, self._contract)

    def labelled(self, label: str) -> list[Exchange]:
        """Returns the exchanges with a label."""
        return [exchange for exchange in self._exchanges if label in exchange.labels]

    def about(self, *operations: str) -> list[Exchange]:
        """Returns the exchanges of the operations, whatever was answered, in the order of the recording."""
        return [exchange for exchange in self._exchanges if exchange.operation in operations]

    def answers(self, operation: str) -> Sequence[Exchange]:
        """Returns the successful answers of an operation that are JSON objects."""
        return self._answers.get(operation, ())

    @cached_property
    def _answers(self) -> dict[str, list[Exchange]]:
        """The successful answers that are JSON objects, by operation."""
        found: dict[str, list[Exchange]] = {}
        for exchange in self._exchanges:
            if exchange.operation and exchange.is_success and isinstance(exchange.json, dict):
                found.setdefault(exchange.operation, []).append(exchange)
        return found

    def objects(self, operation: str) -> list[tuple[Exchange, dict[str, Json]]]:
        """Returns the answers of an operation whose `data` is an object, each with that object."""
        return [(e, e.data) for e in self.answers(operation) if isinstance(e.data, dict)]

    def objects_at(self, exchange: Exchange, place: tuple[str, ...]) -> list[dict[str, Json]]:
        """Returns all objects at a place of an answer, in the order of `pointers.objects_at`."""
        key = (id(exchange), place)
        if key not in self._objects:
            found = self._found_at(exchange, place)
            self._objects[key] = [value for value in found if isinstance(value, dict)]
        return self._objects[key]

    def _found_at(self, exchange: Exchange, place: tuple[str, ...]) -> Sequence[Json]:
        """Returns all values at a place. Each step is cached, because many places have the same beginning."""
        if not place:
            return [exchange.json]
        key = (id(exchange), place)
        if key not in self._found:
            self._found[key] = step(self._found_at(exchange, place[:-1]), place[-1])
        return self._found[key]

    @cached_property
    def revision(self) -> str | None:
        """The revision that the answers indicate; None if they indicate none, or both."""
        found = frozenset().union(*self._votes.values())
        return next(iter(found)) if len(found) == 1 else None

    @property
    def judged_by(self) -> str | None:
        """The revision by which the run is judged: the demanded one, or the one that the answers indicate."""
        return self.demanded or self.revision

    def revision_of(self, exchange: Exchange) -> str | None:
        """Returns the revision by which an answer is judged; None if it is unknown.

        This is the demanded revision, or else the one that the answer itself indicates, or else the one that
        all answers indicate.
        """
        own = self.votes(exchange)
        return self.demanded or (next(iter(own)) if len(own) == 1 else self.revision)

    def votes(self, exchange: Exchange) -> frozenset[str]:
        """Returns the revisions that an answer indicates by JSON types that differ between the revisions."""
        return self._votes.get(id(exchange), frozenset())

    @cached_property
    def _votes(self) -> dict[int, frozenset[str]]:
        """The revisions that each answer indicates; the key is the `id()` of its exchange."""
        return {
            id(exchange): self.cached(exchange, Recording.votes, partial(self._told, exchange, operation))
            for operation in self._contract.telling
            for exchange in self.answers(operation)
        }

    def _told(self, exchange: Exchange, operation: str) -> frozenset[str]:
        """Returns the revisions that an answer of an operation indicates."""
        return frozenset(
            revision
            for (*above, name), revisions in self._contract.telling[operation].items()
            for parent in self.objects_at(exchange, tuple(above))
            if (revision := revisions.get(kind_of(parent.get(name)))) is not None
        )


def rows(data: Json, name: str) -> list[dict[str, Json]]:
    """Returns the objects in the list called `name`; empty if the member is not a list."""
    return [row for _, row in numbered(data, name)]


def numbered(data: Json, name: str) -> list[tuple[int, dict[str, Json]]]:
    """Returns the objects in the list called `name`, each with its number in the list."""
    found = data.get(name) if isinstance(data, dict) else None
    listed = found if isinstance(found, list) else []
    return [(n, row) for n, row in enumerate(listed) if isinstance(row, dict)]


def _absent(exchanges: Iterable[Exchange]) -> dict[str, list[Exchange]]:
    """Returns the exchanges of operations that the server does not have, by operation.

    Such an operation answers 404, 405 or 501 even to a correct request. The operations in BY_HAND are always
    expected.
    """
    by_operation: dict[str, list[Exchange]] = defaultdict(list)
    for exchange in exchanges:
        if exchange.operation is not None and exchange.operation not in BY_HAND:
            by_operation[exchange.operation].append(exchange)
    return {operation: found for operation, found in by_operation.items() if _is_absent(found)}


def _is_absent(exchanges: Sequence[Exchange]) -> bool:
    asked = ([e.status for e in exchanges if e.labels & labels] for labels in _DECISIVE)
    statuses = next((found for found in asked if found), None)
    if statuses is None:
        # A 404 that is not JSON is no answer of the API, which reports an unknown id in JSON.
        return all(e.status in _NOT_THERE and not isinstance(e.json, dict) for e in exchanges)
    return (
        not any(e.is_success for e in exchanges)
        and not _NOT_THERE.isdisjoint(statuses)
        and set(statuses) <= _NOT_THERE | _PASSING
    )
