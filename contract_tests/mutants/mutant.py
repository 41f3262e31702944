"""Mutants: named faults in a server's answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from contract_tests.exchange import Exchange

Weight = Literal["breaks", "warns", "nothing"]
"""How a clause judges a fault: it breaks the contract, it is a warning, or it is no deviation."""
Mutation = Callable[[Exchange], Exchange]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A named fault in a server's answers.

    `make` returns a new mutation for each use, because a mutation may keep state. `clause` is the id of the
    clause that has to notice the fault. `revision` is the only revision whose answers can have the fault;
    None for both.
    """

    name: str
    clause: str
    make: Callable[[], Mutation]
    revision: str | None = None
    weight: Weight | None = None
    """The expected weight; None if any weight but `nothing` is right."""
    is_for_all: bool = True
    """Whether all clauses are judged, to see which of them break; otherwise only `clause` is judged."""
