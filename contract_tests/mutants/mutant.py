"""Mutants: faults with a name."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from contract_tests.exchange import Exchange

Weight = Literal["breaks", "warns", "nothing"]
Mutation = Callable[[Exchange], Exchange]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A fault with a name.

    `make` gives the mutation, which may remember what it has seen: each use makes its own. `clause` is the
    one that has to notice; `revision` the one whose answers have what is broken, None for both.
    """

    name: str
    clause: str
    make: Callable[[], Mutation]
    revision: str | None = None
    weight: Weight | None = None
    """The expected weight; None for whichever weight the clause has."""
    is_for_all: bool = True
    """Whether all clauses are judged, to see which of them fall; otherwise only `clause` is."""
