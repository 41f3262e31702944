"""Faults to plant in a correct server's answers: each breaks one thing that one clause has to notice."""

from functools import cache

from contract_tests.mutants.answers import ANSWER_MUTANTS
from contract_tests.mutants.meaning import MEANING_MUTANTS
from contract_tests.mutants.mutant import Mutant
from contract_tests.mutants.shape import shape_mutants


@cache
def all_mutants() -> tuple[Mutant, ...]:
    """Every mutant: of statuses and envelopes, of what members mean, and of each member's shape."""
    return (*ANSWER_MUTANTS, *MEANING_MUTANTS, *shape_mutants())
