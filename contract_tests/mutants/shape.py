"""Mutants in which a documented member has a wrong shape.

The mutants, and the weights that they must get, are made from the document.
"""

import re
from collections.abc import Callable, Collection, Iterator
from functools import partial
from typing import NamedTuple

from contract_tests.document import REPLACED, Document
from contract_tests.documented import EXAMPLE, OBSERVED, Row
from contract_tests.exchange import Exchange, Json
from contract_tests.mutants.mutant import Mutant, Mutation, Weight
from contract_tests.mutants.planting import rewriting
from contract_tests.operations import MAP
from contract_tests.pointers import ANY_ITEM, objects_at
from contract_tests.recording import REVISION_2026_06

_GONE = object()
_VALUES: dict[str, Json] = {
    "string": "wrong",
    "integer": 5,
    "number": 0.5,
    "boolean": True,
    "array": [],
    "object": {},
}
# The places of the lists whose order is documented, with the clauses that judge the order.
_ORDERED = {
    ("data", "recentEvents"): "MAP-90",
    ("data", "recentPayments"): "MAP-81",
    ("data", "activity", "visitedPages"): "VIS-71",
}
# The distances beyond a bound that are tried, by the words for them in the mutant's name.
_BEYOND = {"": 1, " by far": 1000}


class _Fault(NamedTuple):
    """A fault of a member.

    `change` turns a right value into a wrong one, or into _GONE, which removes the member. `is_for_all` is as
    in Mutant. With `is_single`, only the first object has the fault. `clause` is the clause that has to
    notice the fault; None means the clause of the member.
    """

    name: str
    change: Callable[[Json], Json]
    weight: Weight
    is_for_all: bool = False
    is_single: bool = False
    clause: str | None = None


def shape_mutants(contract: Document) -> Iterator[Mutant]:
    """Yields the mutants of all rows. Mutants that are equal in both revisions are yielded once."""
    seen: set[str] = set()
    for row in contract.rows:
        telling = contract.telling.get(row.operation, {}).get(row.place, {})
        for fault in _faults(row, telling.keys()):
            name = f"{row.id} {'.'.join(row.place)} {fault.name}"
            if name not in seen:
                seen.add(name)
                revision = row.revision or (REVISION_2026_06 if row.place in REPLACED else None)
                make = partial(_planted, row, fault)
                yield Mutant(name, fault.clause or row.id, make, revision, fault.weight, fault.is_for_all)


def _faults(row: Row, telling: Collection[str]) -> Iterator[_Fault]:
    yield from _absence(row)
    yield from _types(row, telling)
    yield from _bounds(row)
    yield from _texts(row)
    if "array" in _kinds(row):
        is_counted = bool(row.schema.keys() & {"minItems", "maxItems"})
        weight = _softly(row) if is_counted else "nothing"
        yield _Fault("empty", lambda _: [], weight)
        yield _Fault("doubled", lambda value: [*value, *value], weight)
        if not is_counted:
            ordered = _ORDERED.get(row.place)
            order: Weight = "warns" if ordered else "nothing"
            yield _Fault("reversed", lambda value: value[::-1], order, clause=ordered)


def _absence(row: Row) -> Iterator[_Fault]:
    weights: dict[bool | None, Weight] = {True: "breaks", False: "warns", None: "nothing"}
    yield _Fault("missing", lambda _: _GONE, weights[row.breaks_if_absent], row.is_required)
    if row.operation == MAP and ANY_ITEM in row.place:
        weight: Weight = "warns" if row.breaks_if_absent else "nothing"
        yield _Fault("missing once", lambda _: _GONE, weight, is_single=True)


def _types(row: Row, telling: Collection[str]) -> Iterator[_Fault]:
    """Yields faults of another type, except for types that indicate another revision, which break REV-01."""
    kinds = _kinds(row)
    allowed = {*kinds, *(["integer"] if "number" in kinds else [])}
    usual = "string" if {"number", "integer"} & kinds else "integer"
    weight = _firmly(row)
    yield _Fault("of another type", _constant(_VALUES[usual]), weight, is_for_all=True)
    yield _Fault("of another type once", _constant(_VALUES[usual]), weight, is_single=True)
    for kind, value in _VALUES.items():
        if kind not in allowed and kind not in telling and kind != usual:
            yield _Fault(f"of the type {kind}", _constant(value), weight)
    if "null" not in kinds:
        is_wrong = not row.is_null_excused
        yield _Fault("null", _constant(None), weight if is_wrong else "nothing", is_wrong)
    if "integer" in kinds:
        yield _Fault("a fraction", _constant(1.5), weight, row.standing != EXAMPLE)
    if "items" in row.schema:
        for name, item in (("a number", 5), ("null", None), ("a list", [])):
            yield _Fault(f"with {name} among its items", _with_item(item), weight)


def _bounds(row: Row) -> Iterator[_Fault]:
    for far, by in _BEYOND.items():
        is_for_all = row.standing != EXAMPLE and not far
        if "minimum" in row.schema:
            value = row.schema["minimum"] - by
            yield _Fault(f"below the minimum{far}", _constant(value), _softly(row), is_for_all)
        if "maximum" in row.schema:
            value = row.schema["maximum"] + by
            yield _Fault(f"above the maximum{far}", _constant(value), _softly(row), is_for_all)


def _texts(row: Row) -> Iterator[_Fault]:
    if "string" not in _kinds(row):
        return
    is_bound = bool(row.schema.keys() & {"pattern", "enum", "const", "format"})
    weight = _softly(row) if is_bound else "nothing"
    yield _Fault("another text", _constant("~"), weight, is_bound and row.standing != EXAMPLE)
    yield _Fault("an empty text", _constant(""), weight)
    if "pattern" in row.schema:
        yield _Fault("with a line feed at its end", _of_text(lambda text: f"{text}\n"), weight)
    if row.schema.get("format") == "date-time":
        yield _Fault("without an offset", _of_text(_without_offset), "warns")
        yield _Fault("a date alone", _of_text(lambda text: text[:10]), weight)
        yield _Fault("in a local format", _constant("02/06/2026 5:27 AM"), weight)
    elif ("a-f" in row.schema.get("pattern", "")) != ("A-" in row.schema.get("pattern", "")):
        yield _Fault("in the other case", _of_text(str.swapcase), "warns")


def _softly(row: Row) -> Weight:
    """Returns the weight of a wrong value. It is a warning if only an example shows the member."""
    return "warns" if row.standing == EXAMPLE else _firmly(row)


def _firmly(row: Row) -> Weight:
    """Returns the weight of a value of another type. It is a warning if only programs report the member."""
    return "warns" if row.standing == OBSERVED else "breaks"


def _kinds(row: Row) -> set[str]:
    kinds = row.schema.get("type", [])
    return set(kinds if isinstance(kinds, list) else [kinds])


def _constant(value: Json) -> Callable[[Json], Json]:
    return lambda _value: value


def _with_item(item: Json) -> Callable[[Json], Json]:
    return lambda value: [*value[1:], item] if isinstance(value, list) else value


def _without_offset(instant: str) -> str:
    return re.sub(r"(Z|[+-]\d\d:\d\d)$", "", instant)


def _of_text(change: Callable[[str], str]) -> Callable[[Json], Json]:
    return lambda value: change(value) if isinstance(value, str) else value


def _planted(row: Row, fault: _Fault) -> Mutation:
    name = row.place[-1]
    is_planted = False

    def plant(body: Json, _exchange: Exchange) -> None:
        nonlocal is_planted
        for _, parent in objects_at(body, row.place[:-1]):
            if name not in parent or (fault.is_single and is_planted):
                continue
            is_planted = True
            value = fault.change(parent[name])
            if value is _GONE:
                del parent[name]
            else:
                parent[name] = value

    return rewriting(row.operation, plant)
