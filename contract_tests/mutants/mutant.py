"""Mutants: faults with a name."""

from collections.abc import Callable
from dataclasses import dataclass

from contract_tests.exchange import Exchange

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
