"""Visitors on a map, each with the profile that was requested after the map."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation
from contract_tests.clauses.question import Website, parameter_of, website_of
from contract_tests.exchange import Exchange, Json
from contract_tests.operations import CREATE_GOAL, MAP, VISITOR, WRITES
from contract_tests.recording import Recording, rows
from contract_tests.shown import sent_in

# In ms. A profile that was requested later than SOON after the map is not compared: the visitor may have
# travelled, or been deleted.
SOON = 120_000
_VISITOR_ID = "datafast_visitor_id"
# A new goal contradicts no earlier map.
_CHANGES = tuple(operation for operation in WRITES if operation != CREATE_GOAL)
SEVERAL = 2
"""The number of visitors from which on a fault of all of them has no other reason."""


class Met(NamedTuple):
    """A visitor on a map, with the profile that was requested after the map."""

    visitor: dict[str, Json]
    profile: Exchange


def met(recording: Recording) -> Iterator[Met]:
    """Yields each visitor on a map whose profile was requested within two minutes after the map.

    Map and profile are those of one website, and between them nothing was written about the visitor.
    """
    latest: dict[tuple[Website, str], tuple[int, dict[str, Json]]] = {}
    for exchange in recording.about(MAP, VISITOR, *_CHANGES):
        if exchange.operation in _CHANGES and exchange.is_accepted:
            changed = _visitor_of(exchange)
            for key in [k for k in latest if k[0] == website_of(exchange) and changed in (None, k[1])]:
                del latest[key]
        if exchange.sent is None:
            continue
        if exchange.operation == MAP:
            for row in rows(exchange.data, "visitors"):
                if isinstance(row.get("visitorId"), str):
                    latest[website_of(exchange), row["visitorId"].lower()] = (exchange.sent, row)
        elif labels.MET in exchange.labels:
            key = website_of(exchange), exchange.path.get("visitorId", "").lower()
            at, row = latest.get(key, (0, {}))
            if row and exchange.sent - at <= SOON:
                yield Met(row, exchange)


def _visitor_of(write: Exchange) -> str | None:
    """Returns the id of the only visitor whom a write is about; None if it may be about others."""
    visitor_id = sent_in(write).get(_VISITOR_ID) or parameter_of(write, _VISITOR_ID)
    return visitor_id.lower() if isinstance(visitor_id, str) else None


def ids_of(found: Iterable[Met]) -> set[str]:
    """Returns the ids of the visitors, each once, even if a profile was requested more than once."""
    return {case.visitor["visitorId"].lower() for case in found}


def most_differ(found: Iterable[Met], differs: Callable[[Met], bool]) -> tuple[Met | None, int]:
    """Returns a case of a visitor who differs if more than half of the visitors do, and their whole number.

    Some programs request a profile again and again. Each visitor counts once, and differs only if all of the
    visitor's cases do.
    """
    cases: dict[tuple[Website, str], list[Met]] = {}
    for case in found:
        cases.setdefault((website_of(case.profile), case.visitor["visitorId"].lower()), []).append(case)
    others = [same[0] for same in cases.values() if all(map(differs, same))]
    return others[0] if len(others) > len(cases) / 2 else None, len(cases)


def having(part: str) -> Callable[[Recording], list[Met]]:
    """Returns a function that picks the visitors whose profile has an object such as `identity`."""
    return lambda recording: [
        case
        for case in met(recording)
        if isinstance(case.profile.data, dict) and isinstance(case.profile.data.get(part), dict)
    ]


def usual(found: list[Met], differences: Callable[[Met], Iterable[Violation]]) -> Iterable[Violation]:
    """Yields the differences between map and profile of one visitor, if more than half of them have some.

    They are warnings if there is only one visitor, who may have changed between the two answers.
    """
    other, number = most_differ(found, lambda case: any(True for _ in differences(case)))
    if other is not None:
        yield from (replace(violation, is_warning=number == 1) for violation in differences(other))
