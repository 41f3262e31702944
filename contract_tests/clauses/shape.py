"""One clause for each documented member: whether it is there, and what its value may be."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache, partial
from typing import Any

import jsonschema_rs
from jsonschema import Draft202012Validator

from contract_tests.clause import EXAMPLE, Clause, Violation
from contract_tests.document import Row, rows
from contract_tests.exchange import Exchange, Json
from contract_tests.pointers import escaped, objects_at
from contract_tests.recording import Recording

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Column:
    """All values that one answer has at a row's place. Judged one by one they take four times as long."""

    row: Row
    exchange: Exchange
    values: list[Json]
    missing: int
    """How many objects lack the member, where it is required."""


def shape_clauses() -> list[Clause]:
    """The clauses made of the document's marks, in its order; rows of both revisions share one."""
    grouped: dict[str, list[Row]] = defaultdict(list)
    for row in rows():
        grouped[row.id].append(row)
    return [_clause(same) for same in grouped.values()]


def _clause(same: list[Row]) -> Clause:
    row = same[0]
    revisions = {row.revision for row in same}
    return Clause(
        id=row.id,
        sentence=f"`{'.'.join(row.place)}`: {_words(row)}. {row.description.strip()}",
        source=row.source,
        standing=row.standing,
        needs=_needs(row),
        cases=partial(_cases, same),
        check=_check,
        size=_size,
        # A wrong type is one even where only an example shows the right one.
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


def _cases(same: list[Row], recording: Recording) -> Iterator[_Column]:
    for row in same:
        for exchange in recording.answers(row.operation):
            if _is_judged_by(row, same, recording.revision_of(exchange)):
                yield _column(row, exchange, recording)


def _is_judged_by(row: Row, same: list[Row], revision: str | None) -> bool:
    """Whether a row holds for an answer. One of unknown revision is judged where both say the same."""
    if row.revision is None or row.revision == revision:
        return True
    if revision is not None:
        return False
    twins = [twin for twin in same if (twin.place, twin.schema) == (row.place, row.schema)]
    return len(twins) > 1 and row is twins[0]


def _column(row: Row, exchange: Exchange, recording: Recording) -> _Column:
    """What an answer has at a row's place; a member that is absent counts where it is required."""
    *above, name = row.place
    parents = recording.objects_at(exchange, tuple(above))
    values = [parent[name] for parent in parents if name in parent]
    missing = len(parents) - len(values) if row.is_required else 0
    if row.standing == EXAMPLE:
        values = [value for value in values if value is not None]
    return _Column(row, exchange, values, missing)


def _size(column: _Column) -> int:
    return len(column.values) + column.missing


def _check(column: _Column) -> Iterable[Violation]:
    row = column.row
    if not column.missing and _judge(_key(row)).is_valid(column.values) and _are_instants(column):
        return
    *above, name = row.place
    for pointer, parent in objects_at(column.exchange.json, tuple(above)):
        yield from _violations(row, column.exchange, f"{pointer}/{escaped(name)}", parent.get(name, _ABSENT))


def _violations(row: Row, exchange: Exchange, pointer: str, value: Any) -> Iterator[Violation]:
    """What is wrong with a single value."""
    name = row.place[-1]
    if value is _ABSENT:
        if row.is_required:
            yield Violation(f"`{name}` is missing", exchange, pointer)
        return
    if value is None and row.standing == EXAMPLE:
        return
    for error in _validator(_key(row)).iter_errors(value):
        yield Violation(f"`{name}`: {error.message[:200]}", exchange, pointer, value)
    if _is_dated(row) and isinstance(value, str) and not _is_instant(value):
        yield Violation(f"`{name}` is no ISO 8601 instant", exchange, pointer, value)


def _are_instants(column: _Column) -> bool:
    """Whether the strings of a column are instants, where they should be."""
    return not _is_dated(column.row) or all(
        _is_instant(value) for value in column.values if isinstance(value, str)
    )


def _is_dated(row: Row) -> bool:
    return row.schema.get("format") == "date-time" and row.standing != EXAMPLE


def _key(row: Row) -> tuple[str, tuple[str, ...], str | None]:
    return row.id, row.place, row.revision


@cache
def _schemas() -> dict[tuple[str, tuple[str, ...], str | None], dict[str, Any]]:
    """What each row's values are judged by. An example shows a type, not which other values there may be."""
    return {
        _key(row): {"type": row.schema["type"]} if row.standing == EXAMPLE else _documented(row.schema)
        for row in rows()
    }


def _documented(schema: Mapping[str, Any]) -> dict[str, Any]:
    """A schema as far as the pages go, which say nowhere that letters are capitals."""
    found = dict(schema)
    if "pattern" in found:
        found["pattern"] = f"(?i){found['pattern']}"
    return found


@cache
def _judge(key: tuple[str, tuple[str, ...], str | None]) -> Any:
    """Says only whether all values of a list are good, a hundred times faster than the validator below."""
    return jsonschema_rs.validator_for({"type": "array", "items": _schemas()[key]})


@cache
def _validator(key: tuple[str, tuple[str, ...], str | None]) -> Draft202012Validator:
    """Says what is wrong."""
    return Draft202012Validator(_schemas()[key])


def _is_instant(text: str) -> bool:
    try:
        datetime.fromisoformat(text.upper())
    except ValueError:
        return False
    return True
