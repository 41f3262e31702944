"""A clause for each documented member: whether it is present, and which values it may have."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property, partial
from itertools import islice

from contract_tests.asking.needs import Need, by_writing
from contract_tests.clauses.clause import Clause, Violation
from contract_tests.clauses.values import Judge
from contract_tests.document import REPLACED, Document
from contract_tests.documented import OBSERVED, Row
from contract_tests.exchange import Exchange, Json
from contract_tests.pointers import escaped, objects_at, step, value_at
from contract_tests.recording import Recording

_MOST_VIOLATIONS = 1000
# How often a member is present, by `Row.breaks_if_absent`.
_PRESENCE = {True: "; always present", False: "; present at least once", None: ""}


class _Column:
    """The values that one answer has for a documented member.

    Judging the values together is four times as fast as judging them one by one.
    """

    def __init__(self, judge: Judge, exchange: Exchange, parents: Sequence[dict[str, Json]]) -> None:
        name, instead = judge.row.place[-1], REPLACED.get(judge.row.place)
        self.judge = judge
        self.exchange = exchange
        values = [parent[name] for parent in parents if name in parent]
        self.present = len(values)
        # A null that is only excused does not count as a value.
        is_excused = judge.row.is_null_excused
        self.values = [value for value in values if value is not None] if is_excused else values
        self.absent = sum(name not in parent and instead not in parent for parent in parents)

    @cached_property
    def violations(self) -> list[Violation]:
        """The violations of the clause by these values, at most _MOST_VIOLATIONS."""
        return [] if self.judge.are_good(self.values) else list(islice(self._found(), _MOST_VIOLATIONS))

    def pointers(self) -> Iterator[tuple[str, dict[str, Json]]]:
        """Yields, for each object that may have the member, the pointer to the member and the object."""
        *above, name = self.judge.row.place
        for pointer, parent in objects_at(self.exchange.json, tuple(above)):
            yield f"{pointer}/{escaped(name)}", parent

    def _found(self) -> Iterator[Violation]:
        name = self.judge.row.place[-1]
        for pointer, parent in self.pointers():
            if name in parent:
                for fault in self.judge.faults(parent[name]):
                    at = f"{pointer}{fault.below}"
                    value = value_at(parent[name], fault.below)
                    yield Violation(fault.problem, self.exchange, at, value, fault.is_warning)


def shape_clauses(contract: Document) -> list[Clause]:
    """Returns the clauses of a document's members, in its order; rows with the same id share a clause."""
    grouped: dict[str, list[Judge]] = defaultdict(list)
    for row in contract.rows:
        grouped[row.id].append(Judge(row))
    return [_clause(same) for same in grouped.values()]


def _clause(same: list[Judge]) -> Clause:
    row = same[0].row
    revisions = {judge.row.revision for judge in same}
    return Clause(
        id=row.id,
        sentence=f"`{'.'.join(row.place)}`: {same[0].words()}{_presence([judge.row for judge in same])}.",
        source=row.source,
        standing=row.standing,
        needs=_needs(row),
        cases=partial(_cases, same),
        check=_check,
        size=_size,
        # A value of another type breaks the contract even if the member is known from an example only.
        accuses=row.standing != OBSERVED,
        revision=revisions.pop() if len(revisions) == 1 else None,
        why_not=partial(_why_not, same),
        about=_about([judge.row for judge in same]),
    )


def _about(rows: Sequence[Row]) -> str:
    """Returns the document's description of a member; one for each revision if they differ."""
    told = {row.revision: " ".join(row.description.split()) for row in rows}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return " ".join(f"In {revision}: {description}" for revision, description in told.items())


def _presence(rows: Sequence[Row]) -> str:
    """Returns the end of the sentence: how often the member is present; empty if it may be absent."""
    told = {row.revision: _PRESENCE[row.breaks_if_absent] for row in rows}
    if len(set(told.values())) == 1:
        return next(iter(told.values()))
    return "".join(f"{presence} in {revision}" for revision, presence in told.items() if presence)


def _needs(row: Row) -> Need:
    return _obtained(row, f"an answer of {row.operation} with a value at `{'.'.join(row.place)}`")


def _obtained(row: Row, words: str) -> Need:
    """Returns the need for an answer of the row's operation, with the option without which it is not sent."""
    return Need(words) if row.is_read else by_writing(f"{words}, with ")


def _cases(same: list[Judge], recording: Recording) -> Iterator[_Column | list[_Column]]:
    """Yields, for each operation, all columns as one case, and then each column as a case of its own.

    All columns together show whether the member is present; each column shows its values in one answer.
    """
    columns = list(_columns(same, recording))
    for operation in {column.judge.row.operation: None for column in columns}:
        yield [column for column in columns if column.judge.row.operation == operation]
    yield from columns


def _why_not(same: list[Judge], recording: Recording) -> Need | None:
    """Returns a need which says that no object has a value at the row's place, or which answer is missing."""
    columns = list(_columns(same, recording))
    objects = sum(column.present + column.absent for column in columns)
    place = ".".join(same[0].row.place)
    return (
        Need(f"a value at `{place}`, which none of {objects} objects has")
        if objects
        else _missing(same[0].row, recording)
    )


def _missing(row: Row, recording: Recording) -> Need | None:
    """Returns the answer that is needed; None if there is one with a value.

    The words name the first part of the row's place at which no answer has a value.
    """
    values: Sequence[Json] = [exchange.json for exchange in recording.answers(row.operation)]
    if not values:
        return _obtained(row, f"a successful answer of {row.operation}")
    for length, name in enumerate(row.place, 1):
        values = [value for value in step(values, name) if value is not None]
        if not values:
            place = ".".join(row.place[:length])
            return Need(f"an answer of {row.operation} with a value at `{place}`")
    return None


def _columns(same: list[Judge], recording: Recording) -> Iterator[_Column]:
    rows = [judge.row for judge in same]
    for judge in same:
        above = judge.row.place[:-1]
        for exchange in recording.answers(judge.row.operation):
            revision = recording.revision_of(exchange)
            if exchange.status == judge.row.status and _is_judged_by(judge.row, rows, revision):
                make = partial(_column, judge, exchange, recording, above)
                yield recording.cached(exchange, id(judge), make)


def _column(judge: Judge, exchange: Exchange, recording: Recording, above: tuple[str, ...]) -> _Column:
    return _Column(judge, exchange, recording.objects_at(exchange, above))


def _is_judged_by(row: Row, same: list[Row], revision: str | None) -> bool:
    """Returns whether an answer of a revision is judged by a row.

    If the revision is unknown (None), the answer is judged by the rows that are equal in both revisions; only
    the first of two equal rows is used.
    """
    if row.revision is None or row.revision == revision:
        return True
    if revision is not None:
        return False
    twins = [twin for twin in same if (twin.place, twin.schema) == (row.place, row.schema)]
    return len(twins) > 1 and row is twins[0]


def _size(case: _Column | list[_Column]) -> int:
    return len(case.values) if isinstance(case, _Column) else 0


def _check(case: _Column | list[_Column]) -> Iterable[Violation]:
    return case.violations if isinstance(case, _Column) else _absent(case)


def _absent(columns: list[_Column]) -> Iterator[Violation]:
    """Yields a violation if the member is missing in all objects, or in some although all must have it.

    The violation is a warning if another object has the member, or if only an example shows the member.
    """
    row = columns[0].judge.row
    breaks = row.breaks_if_absent
    absent = sum(column.absent for column in columns)
    seen = sum(column.present for column in columns)
    if breaks is None or not absent or (seen and not breaks):
        return
    column = next(column for column in columns if column.absent)
    name = row.place[-1]
    pointer = next(pointer for pointer, parent in column.pointers() if name not in parent)
    objects = "the only object" if absent == 1 and not seen else f"{absent} of {absent + seen} objects"
    yield Violation(
        f"`{name}` is missing in {objects}", column.exchange, pointer, None, bool(seen) or not breaks
    )
