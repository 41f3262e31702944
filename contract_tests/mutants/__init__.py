"""Faults to plant in a correct server's answers: each breaks one thing that one clause has to notice."""

from functools import cache

from contract_tests.document import Document, document
from contract_tests.mutants.access import ACCESS_MUTANTS
from contract_tests.mutants.agreement import AGREEMENT_MUTANTS
from contract_tests.mutants.envelope import ENVELOPE_MUTANTS
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.paging import paging_mutants
from contract_tests.mutants.polls import POLLS_MUTANTS
from contract_tests.mutants.realtime import REALTIME_MUTANTS
from contract_tests.mutants.realtime_map import REALTIME_MAP_MUTANTS
from contract_tests.mutants.selection import SELECTION_MUTANTS
from contract_tests.mutants.shape import shape_mutants
from contract_tests.mutants.statuses import status_mutants
from contract_tests.mutants.sums import SUMS_MUTANTS
from contract_tests.mutants.visitor import VISITOR_MUTANTS
from contract_tests.mutants.writes import WRITES_MUTANTS


@cache
def all_mutants() -> tuple[Mutant, ...]:
    """Returns the mutants for the document that the kit ships with."""
    return mutants_for(document())


def mutants_for(contract: Document) -> tuple[Mutant, ...]:
    """Returns the mutants written by hand and those made from a document."""
    return (
        *ENVELOPE_MUTANTS,
        *ACCESS_MUTANTS,
        *status_mutants(contract),
        *REALTIME_MUTANTS,
        *REALTIME_MAP_MUTANTS,
        *VISITOR_MUTANTS,
        *POLLS_MUTANTS,
        *AGREEMENT_MUTANTS,
        *SUMS_MUTANTS,
        *SELECTION_MUTANTS,
        *WRITES_MUTANTS,
        *paging_mutants(contract),
        *shape_mutants(contract),
    )
