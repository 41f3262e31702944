"""All clauses, in the order in which they are told."""

from dataclasses import replace
from functools import cache

from contract_tests.clause import Clause, clauses_of
from contract_tests.clauses import access, agreement, envelope, polls, realtime_map, visitor
from contract_tests.clauses.access import ACCESS
from contract_tests.clauses.shape import shape_clauses

_FAMILIES = ("ENV", "AUTH", "ERR", "REV", "RT", "MAP", "VIS", "POLL", "AGR")


@cache
def all_clauses() -> tuple[Clause, ...]:
    """Every clause, by family and number."""
    found = [*shape_clauses(), *ACCESS]
    for module in (envelope, realtime_map, visitor):
        # All that these judge is in one answer.
        found += (replace(clause, is_local=True) for clause in clauses_of(vars(module)))
    for module in (access, polls, agreement):
        found += clauses_of(vars(module))
    return tuple(sorted(found, key=_order))


def _order(clause: Clause) -> tuple[int, int]:
    family, _, number = clause.id.partition("-")
    return _FAMILIES.index(family), int(number)
