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
from contract_tests.exchange import Exchange
from contract_tests.pointers import escaped
from contract_tests.recording import Recording

_ABSENT = object()


@dataclass(frozen=True, slots=True)
class _Case:
    """A place at which a member was met, or should have been."""

    row: Row
    exchange: Exchange
    pointer: str
    value: Any


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


def _cases(same: list[Row], recording: Recording) -> Iterator[_Case]:
    for row in same:
        for exchange in recording.answers(row.operation):
            if _is_judged_by(row, same, recording.revision_of(exchange)):
                yield from _found(row, exchange, recording)


def _is_judged_by(row: Row, same: list[Row], revision: str | None) -> bool:
    """Whether a row holds for an answer. One of unknown revision is judged where both say the same."""
    if row.revision is None or row.revision == revision:
        return True
    if revision is not None:
        return False
    twins = [twin for twin in same if (twin.place, twin.schema) == (row.place, row.schema)]
    return len(twins) > 1 and row is twins[0]


def _found(row: Row, exchange: Exchange, recording: Recording) -> Iterator[_Case]:
    """The places of a row in an answer; a member that is absent counts where it is required."""
    *parents, name = row.place
    step = f"/{escaped(name)}"
    for pointer, parent in recording.objects_at(exchange, tuple(parents)):
        value = parent.get(name, _ABSENT)
        if value is _ABSENT and not row.is_required:
            continue
        if value is None and row.standing == EXAMPLE:
            continue
        yield _Case(row, exchange, pointer + step, value)


def _check(case: _Case) -> Iterable[Violation]:
    row = case.row
    if case.value is _ABSENT:
        yield Violation(f"`{row.place[-1]}` is missing", case.exchange, case.pointer)
        return
    if _judge(_key(row)).is_valid(case.value) and not _is_dated(row):
        return
    for error in _validator(_key(row)).iter_errors(case.value):
        yield Violation(f"`{row.place[-1]}`: {error.message[:200]}", case.exchange, case.pointer, case.value)
    if _is_dated(row) and isinstance(case.value, str) and not _is_instant(case.value):
        problem = f"`{row.place[-1]}` is no ISO 8601 instant"
        yield Violation(problem, case.exchange, case.pointer, case.value)


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
    """Says only whether a value is good, a hundred times faster than the validator below."""
    return jsonschema_rs.validator_for(_schemas()[key])


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
