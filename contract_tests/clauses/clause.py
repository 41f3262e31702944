"""Clauses: each is a documented sentence, with two functions that find its cases and check them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from contract_tests.asking.needs import Need
from contract_tests.documented import ACCUSING
from contract_tests.exchange import Exchange, Json
from contract_tests.instants import ms
from contract_tests.recording import Recording


@dataclass(frozen=True, slots=True)
class Violation:
    """A part of an answer that contradicts a clause: the problem, a JSON pointer, and the value there.

    A pointer of "" means the whole answer.
    """

    problem: str
    exchange: Exchange
    pointer: str = ""
    value: Json = None
    is_warning: bool = False
    """Whether the violation is a warning even if the clause accuses, because the evidence is weak."""


Cases = Callable[[Recording], Iterable[Any]]
Check = Callable[[Any], Iterable[Violation]]


@dataclass(frozen=True, slots=True)
class Clause:
    """One documented sentence.

    `cases` returns the parts of a recording to which the sentence applies; `check` yields the violations of
    one case. A clause without a case was not observed, and `needs` says which answer would be a case.
    `source` is a page and a heading on it.
    """

    id: str
    sentence: str
    source: str
    standing: str
    needs: Need
    cases: Cases
    check: Check
    accuses: bool
    """Whether violations break the contract; otherwise all of them are warnings."""
    revision: str | None = None
    """The only revision to which the clause applies; None for both."""
    is_local: bool = False
    """Whether the verdict on an answer does not depend on other answers."""
    why_not: Callable[[Recording], Need | None] = lambda _recording: None
    """Returns what a recording lacks that has answers of the right kind; None if it has none of them."""
    about: str = ""
    """The document's description of the member, for readers only; empty for a clause about no member."""
    size: Callable[[Any], int] = lambda _case: 1
    """Returns how many cases an item of `cases` stands for; it may be 0."""


def clause(  # noqa: PLR0913 - the arguments are named, and a clause has this many parts
    id: str,  # noqa: A002 - the clause's own word
    sentence: str,
    *,
    source: str,
    standing: str,
    needs: Need | str,
    cases: Cases,
    revision: str | None = None,
    reads: tuple[str, str] | None = None,
    dated: str | None = None,
    is_timed: bool = False,
) -> Callable[[Check], Clause]:
    """Returns a decorator that makes a clause of a function that checks one case.

    The other arguments make the verdict of an unobserved clause more exact. `reads` names an operation and a
    place in its answers, such as `data.recentEvents.*.timestamp`: the verdict says if no instant can be read
    there. `dated` names an operation: the verdict says if none of its answers has a readable `Date`. With
    `is_timed`, it says if the instants of requests are unknown.
    """
    reasons: list[Callable[[Recording], str]] = [
        *([_untimed] if is_timed else []),
        *([partial(_undated, dated)] if dated is not None else []),
        *([partial(_unreadable, reads)] if reads is not None else []),
    ]

    def made(check: Check) -> Clause:
        accuses = standing in ACCUSING
        why_not = partial(_first, reasons)
        need = needs if isinstance(needs, Need) else Need(needs)
        return Clause(id, sentence, source, standing, need, cases, check, accuses, revision, why_not=why_not)

    return made


def _first(reasons: Iterable[Callable[[Recording], str]], recording: Recording) -> Need | None:
    found = next(filter(None, (reason(recording) for reason in reasons)), None)
    return None if found is None else Need(found)


def _untimed(recording: Recording) -> str:
    """Returns a text which says how many requests have no known instant; empty if all have one."""
    asked = recording.exchanges
    unknown = sum(exchange.sent is None for exchange in asked)
    if not unknown:
        return ""
    return f"requests with a known time: the time of {unknown} of {len(asked)} requests is unknown"


def _undated(operation: str, recording: Recording) -> str:
    """Returns a text which says that no answer of an operation has a readable `Date`; empty if one has."""
    answers = recording.answers(operation)
    if not answers or any(exchange.now is not None for exchange in answers):
        return ""
    told = sum("date" in exchange.headers for exchange in answers)
    number = len(answers)
    what = f"in {told} of {number} it is not an instant" if told else f"none of {number} has one"
    return f"answers of {operation} with a `Date` header: {what}"


def _unreadable(reads: tuple[str, str], recording: Recording) -> str:
    """Returns a text which says how many values at a place are not instants; empty if all are."""
    operation, place = reads
    *above, name = place.split(".")
    parents = [p for e in recording.answers(operation) for p in recording.objects_at(e, tuple(above))]
    values = [parent[name] for parent in parents if parent.get(name) is not None]
    unread = [value for value in values if ms(value) is None]
    if not unread:
        return ""
    return f"instants at `{place}`: {len(unread)} of {len(values)} values are not instants"


def clauses_of(module: Mapping[str, Any]) -> Iterator[Clause]:
    """Yields the clauses that a module defines, in its order."""
    return (value for value in module.values() if isinstance(value, Clause))
