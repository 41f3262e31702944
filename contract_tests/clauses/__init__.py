"""All clauses, with the list of the modules that they come from, in the order of reports."""

from dataclasses import replace
from functools import cache

from contract_tests.clauses import access, agreement, envelope, polls, realtime, realtime_map, visitor
from contract_tests.clauses.access import ACCESS, access_clauses
from contract_tests.clauses.clause import Clause, clauses_of
from contract_tests.clauses.paging import paging_clauses
from contract_tests.clauses.realtime import REALTIME_CLAUSES
from contract_tests.clauses.shape import shape_clauses
from contract_tests.document import Document, document
from contract_tests.families import order_of


@cache
def all_clauses() -> tuple[Clause, ...]:
    """Every clause of the document that the kit ships with, by family and number."""
    return clauses_for(document())


def clauses_for(contract: Document) -> tuple[Clause, ...]:
    """The clauses that are written by hand, and those that a document gives for its operations."""
    found = [*shape_clauses(contract), *ACCESS, *REALTIME_CLAUSES]
    for module in (envelope, realtime_map, visitor):
        # Each answer is judged by itself.
        found += (replace(clause, is_local=True) for clause in clauses_of(vars(module)))
    for module in (access, realtime, polls, agreement):
        found += clauses_of(vars(module))
    found += (*access_clauses(contract), *paging_clauses(contract))
    return tuple(sorted(found, key=lambda clause: order_of(clause.id)))
