"""Visitors on a map, each with the profile that was requested after the map."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation
from contract_tests.clauses.question import Website, website_of
from contract_tests.exchange import Exchange, Json
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import Recording, rows

# In ms. A profile that was requested later than SOON after the map is not compared: the visitor may have
# travelled, or been deleted.
SOON = 120_000
SEVERAL = 2
"""The number of visitors from which on a fault of all of them has no other reason."""


class Met(NamedTuple):
    """A visitor on a map, with the profile that was requested after the map."""

    visitor: dict[str, Json]
    profile: Exchange


def met(recording: Recording) -> Iterator[Met]:
    """Yields each visitor on a map whose profile was requested within two minutes after the map.

    Map and profile are those of one website.
    """
    latest: dict[tuple[Website, str], tuple[int, dict[str, Json]]] = {}
    for exchange in recording.about(MAP, VISITOR):
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


def ids_of(found: Iterable[Met]) -> set[str]:
    """Returns the ids of the visitors, each once, even if a profile was requested more than once."""
    return {case.visitor["visitorId"].lower() for case in found}


def by_visitor(found: Iterable[Met]) -> list[Met]:
    """Returns one case for each visitor: the one with the last profile.

    Some programs request a profile again and again, and each visitor counts once.
    """
    last = {(website_of(case.profile), case.visitor["visitorId"].lower()): case for case in found}
    return list(last.values())


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
    each = by_visitor(found)
    others = [violations for case in each if (violations := list(differences(case)))]
    if len(others) > len(each) / 2:
        yield from (replace(violation, is_warning=len(each) == 1) for violation in others[0])
