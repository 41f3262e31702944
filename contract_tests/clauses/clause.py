"""Clauses: documented sentences, each with two small functions that judge exchanges by it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contract_tests.document import IMPLIED, OTHER, PAGE
from contract_tests.exchange import Exchange, Json
from contract_tests.recording import Recording

_ACCUSES = frozenset({PAGE, OTHER, IMPLIED})


@dataclass(frozen=True, slots=True)
class Violation:
    """A contradiction to a clause: the problem, its JSON pointer ("" for the whole), and the value there."""

    problem: str
    exchange: Exchange
    pointer: str = ""
    value: Json = None


Cases = Callable[[Recording], Iterable[Any]]
Check = Callable[[Any], Iterable[Violation]]


@dataclass(frozen=True, slots=True)
class Clause:
    """One documented sentence.

    `cases` picks from a recording what it can be judged on, `check` yields what is wrong with one of them.
    No case means that it was not observed; `needs` says what would make it so. `source` is page and heading.
    """

    id: str
    sentence: str
    source: str
    standing: str
    needs: str
    cases: Cases
    check: Check
    accuses: bool
    revision: str | None = None
    """The revision that alone has it; None for both."""
    is_local: bool = False
    """Whether each answer is judged by itself, whatever the others are."""
    size: Callable[[Any], int] = lambda _case: 1
    """How many cases one of `cases` stands for; 0 for none."""


def clause(  # noqa: PLR0913 - they are named, and a clause has so many parts
    id: str,  # noqa: A002 - the clause's own word
    sentence: str,
    *,
    source: str,
    standing: str,
    needs: str,
    cases: Cases,
    revision: str | None = None,
) -> Callable[[Check], Clause]:
    """Makes a clause of the function that checks one case."""

    def made(check: Check) -> Clause:
        return Clause(id, sentence, source, standing, needs, cases, check, standing in _ACCUSES, revision)

    return made


def clauses_of(module: Mapping[str, Any]) -> Iterator[Clause]:
    """The clauses that a module defines, in its order."""
    return (value for value in module.values() if isinstance(value, Clause))
