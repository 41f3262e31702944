"""Faults to plant in a correct server's answers: each breaks one thing that one clause has to notice."""

from functools import cache

from contract_tests.document import Document, document
from contract_tests.mutants.answers import ANSWER_MUTANTS, rule_mutants
from contract_tests.mutants.meaning import MEANING_MUTANTS
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.paging import paging_mutants
from contract_tests.mutants.shape import shape_mutants


@cache
def all_mutants() -> tuple[Mutant, ...]:
    """Every mutant of the document that the kit ships with."""
    return mutants_for(document())


def mutants_for(contract: Document) -> tuple[Mutant, ...]:
    """The mutants of statuses and envelopes, of what members mean, and of each member's shape."""
    return (
        *ANSWER_MUTANTS,
        *rule_mutants(contract),
        *MEANING_MUTANTS,
        *paging_mutants(contract),
        *shape_mutants(contract),
    )
