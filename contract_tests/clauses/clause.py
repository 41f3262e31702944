"""Clauses: documented sentences, each with two small functions that judge exchanges by it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.document import ACCUSING
from contract_tests.exchange import Exchange, Json
from contract_tests.instants import ms
from contract_tests.recording import Recording


@dataclass(frozen=True, slots=True)
class Violation:
    """A contradiction to a clause: the problem, its JSON pointer ("" for the whole), and the value there."""

    problem: str
    exchange: Exchange
    pointer: str = ""
    value: Json = None
    is_warning: bool = False
    """Whether it is a warning even if the clause accuses: no more than an example speaks against it."""


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
    """Whether violations break the contract; otherwise all of them are warnings."""
    revision: str | None = None
    """The revision that alone has it; None for both."""
    is_local: bool = False
    """Whether each answer is judged by itself, whatever the others are."""
    why_not: Callable[[Recording], str] = lambda _recording: ""
    """Why the clause was not observed although its kind of answer was there; empty for no other reason."""
    about: str = ""
    """The document's description of the member, which is not judged; empty for other clauses."""
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
    reads: tuple[str, str] | None = None,
) -> Callable[[Check], Clause]:
    """Makes a clause of the function that checks one case.

    `reads` are an operation and a place in its answers, such as `data.recentEvents.*.timestamp`, at which the
    cases need an instant: if there is none, the verdict says so.
    """

    def made(check: Check) -> Clause:
        why_not = partial(_unreadable, reads) if reads is not None else _no_reason
        accuses = standing in ACCUSING
        return Clause(id, sentence, source, standing, needs, cases, check, accuses, revision, why_not=why_not)

    return made


def _no_reason(_recording: Recording) -> str:
    return ""


def _unreadable(reads: tuple[str, str], recording: Recording) -> str:
    """Says how many values at a place are no instants; empty if all are."""
    operation, place = reads
    *above, name = place.split(".")
    parents = [p for e in recording.answers(operation) for p in recording.objects_at(e, tuple(above))]
    values = [parent[name] for parent in parents if parent.get(name) is not None]
    unread = [value for value in values if ms(value) is None]
    if not unread:
        return ""
    return f"instants at `{place}`: {len(unread)} of {len(values)} values cannot be read as such"


def clauses_of(module: Mapping[str, Any]) -> Iterator[Clause]:
    """The clauses that a module defines, in its order."""
    return (value for value in module.values() if isinstance(value, Clause))
