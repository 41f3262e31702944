"""Wrong shapes of each documented member: another type, absence, and values out of bounds."""

from collections.abc import Iterator
from functools import partial

from contract_tests.document import EXAMPLE, Document, Row
from contract_tests.exchange import Exchange, Json
from contract_tests.mutants.mutant import Mutant, Mutation
from contract_tests.mutants.planting import rewriting
from contract_tests.pointers import objects_at

_GONE = object()


def shape_mutants(contract: Document) -> Iterator[Mutant]:
    """The mutants of all rows; those that both revisions have alike are planted in one."""
    seen: set[str] = set()
    for row in contract.rows:
        for fault, value in _faults(row):
            name = f"{row.id} {'.'.join(row.place)} {fault}"
            if name not in seen:
                seen.add(name)
                yield Mutant(name, row.id, partial(_planted, row, value), row.revision)


def _faults(row: Row) -> Iterator[tuple[str, Json]]:
    kinds = row.schema.get("type", [])
    kinds = kinds if isinstance(kinds, list) else [kinds]
    yield "of another type", "wrong" if {"number", "integer"} & set(kinds) else 5
    if row.is_required:
        yield "missing", _GONE
    # An example shows a type, not which other values there may be.
    if row.standing == EXAMPLE:
        return
    if "null" not in kinds:
        yield "null", None
    if "integer" in kinds:
        yield "a fraction", 1.5
    if "minimum" in row.schema:
        yield "below its least", row.schema["minimum"] - 1
    if "maximum" in row.schema:
        yield "above its most", row.schema["maximum"] + 1
    if row.schema.keys() & {"pattern", "enum", "const", "format"}:
        yield "another text", "~"


def _planted(row: Row, value: Json) -> Mutation:
    name = row.place[-1]

    def plant(body: Json, _exchange: Exchange) -> None:
        for _, parent in objects_at(body, row.place[:-1]):
            if value is _GONE:
                parent.pop(name, None)
            elif name in parent:
                parent[name] = value

    return rewriting(row.operation, plant)
