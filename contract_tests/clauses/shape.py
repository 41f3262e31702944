"""A clause for each documented member: whether it is present, and which values it may have."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator

from contract_tests.clauses.clause import Clause, Violation
from contract_tests.document import EXAMPLE, Document, Row
from contract_tests.exchange import Exchange, Json
from contract_tests.pointers import escaped, objects_at
from contract_tests.recording import Recording

_ABSENT = object()


class _Judged:
    """A row with the validators of its values, compiled on first use."""

    def __init__(self, row: Row) -> None:
        self.row = row

    @cached_property
    def schema(self) -> dict[str, Any]:
        """The schema of a value. An example shows a type, not which other values there may be."""
        if self.row.standing == EXAMPLE:
            return {name: self.row.schema[name] for name in ("type",) if name in self.row.schema}
        return _documented(self.row.schema)

    @cached_property
    def all_fit(self) -> Callable[[list[Json]], bool]:
        """Tells whether all values of a list are valid, a hundred times faster than `errors`."""
        judge = jsonschema_rs.validator_for({"type": "array", "items": self.schema})
        return judge.is_valid

    @cached_property
    def errors(self) -> Callable[[Json], Iterable[Any]]:
        """Yields the errors of a value."""
        return Draft202012Validator(self.schema).iter_errors


@dataclass(frozen=True, slots=True)
class _Column:
    """All values that one answer has at a row's place. To judge them one by one takes four times as long."""

    judged: _Judged
    exchange: Exchange
    values: list[Json]
    missing: int
    """How many objects lack the member, where it is required."""


def shape_clauses(contract: Document) -> list[Clause]:
    """The clauses of a document's members, in its order; rows with the same id share one."""
    grouped: dict[str, list[_Judged]] = defaultdict(list)
    for row in contract.rows:
        grouped[row.id].append(_Judged(row))
    return [_clause(same) for same in grouped.values()]


def _clause(same: list[_Judged]) -> Clause:
    row = same[0].row
    revisions = {judged.row.revision for judged in same}
    return Clause(
        id=row.id,
        sentence=f"`{'.'.join(row.place)}`: {_words(row)}. {row.description.strip()}",
        source=row.source,
        standing=row.standing,
        needs=_needs(row),
        cases=partial(_cases, same),
        check=_check,
        size=_size,
        # Even an example is enough to call another type wrong.
        accuses=True,
        revision=revisions.pop() if len(revisions) == 1 else None,
        is_local=True,
    )


def _needs(row: Row) -> str:
    if row.standing == EXAMPLE:
        return f"an answer of {row.operation} with a value at `{'.'.join(row.place)}`"
    return f"an answer of {row.operation} with `{'.'.join(row.place[:-1]) or 'a body'}`"


def _words(row: Row) -> str:
    """The type in words: `string or null`."""
    kind = row.schema.get("type", "any value")
    return " or ".join(kind) if isinstance(kind, list) else kind


def _cases(same: list[_Judged], recording: Recording) -> Iterator[_Column]:
    rows = [judged.row for judged in same]
    for judged in same:
        for exchange in recording.answers(judged.row.operation):
            revision = recording.revision_of(exchange)
            if exchange.status == judged.row.status and _is_judged_by(judged.row, rows, revision):
                yield _column(judged, exchange, recording)


def _is_judged_by(row: Row, same: list[Row], revision: str | None) -> bool:
    """Whether a row holds for an answer. In an unknown revision it does if both revisions say the same."""
    if row.revision is None or row.revision == revision:
        return True
    if revision is not None:
        return False
    twins = [twin for twin in same if (twin.place, twin.schema) == (row.place, row.schema)]
    return len(twins) > 1 and row is twins[0]


def _column(judged: _Judged, exchange: Exchange, recording: Recording) -> _Column:
    """The values that an answer has at a row's place, and how many are missing there."""
    row = judged.row
    *above, name = row.place
    parents = recording.objects_at(exchange, tuple(above))
    values = [parent[name] for parent in parents if name in parent]
    missing = len(parents) - len(values) if row.is_required else 0
    if row.standing == EXAMPLE and "null" not in row.schema.get("type", ()):
        values = [value for value in values if value is not None]
    return _Column(judged, exchange, values, missing)


def _size(column: _Column) -> int:
    return len(column.values) + column.missing


def _check(column: _Column) -> Iterable[Violation]:
    row = column.judged.row
    if not column.missing and column.judged.all_fit(column.values) and _are_instants(column):
        return
    *above, name = row.place
    for pointer, parent in objects_at(column.exchange.json, tuple(above)):
        yield from _violations(
            column.judged, column.exchange, f"{pointer}/{escaped(name)}", parent.get(name, _ABSENT)
        )


def _violations(judged: _Judged, exchange: Exchange, pointer: str, value: Any) -> Iterator[Violation]:
    """The faults of a single value."""
    row = judged.row
    name = row.place[-1]
    if value is _ABSENT:
        if row.is_required:
            yield Violation(f"`{name}` is missing", exchange, pointer)
        return
    if value is None and row.standing == EXAMPLE:
        return
    for error in judged.errors(value):
        yield Violation(f"`{name}`: {error.message[:200]}", exchange, pointer, value)
    if _is_dated(row) and isinstance(value, str) and not _is_instant(value):
        yield Violation(f"`{name}` is no ISO 8601 instant", exchange, pointer, value)


def _are_instants(column: _Column) -> bool:
    """Whether the strings of a column are instants, where they should be."""
    return not _is_dated(column.judged.row) or all(
        _is_instant(value) for value in column.values if isinstance(value, str)
    )


def _is_dated(row: Row) -> bool:
    return row.schema.get("format") == "date-time" and row.standing != EXAMPLE


def _documented(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Returns a schema without the case of letters, about which no page says anything."""
    found = dict(schema)
    if "pattern" in found:
        found["pattern"] = f"(?i){found['pattern']}"
    return found


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True
