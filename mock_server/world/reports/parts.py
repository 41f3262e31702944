"""The two parts of a past that a report adds up: visitors of the world itself, and of written page views.

No visitor is in both parts, so the figures of a report are sums over the parts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mock_server.world.past.amended import AmendedPast
from mock_server.world.past.drawing import Drawing
from mock_server.world.past.table import Past
from mock_server.world.reports.facts import Facts, facts_of, facts_of_visited
from mock_server.world.reports.filters import Filter, Matching
from mock_server.world.reports.selection import Selection


class Part(NamedTuple):
    """The selection of a request in one part, with the facts that are needed to read the part's columns."""

    facts: Facts
    chosen: Selection


def select(drawing: Drawing, past: Past, begin: int, end: int, filters: Sequence[Filter]) -> Part:
    """Returns the selection in the period from `begin` to before `end`, in ms.

    It has the world's own visitors; `parts_of` also returns the other part.
    """
    facts = facts_of(drawing, past)
    visited = past.amendment.visited if isinstance(past, AmendedPast) else None
    further = None
    if visited is not None:
        own = facts_of_visited(drawing.site, visited)
        further = Part(own, _selection(own, visited.at(past.instant), begin, end, filters))
    return Part(facts, _selection(facts, past, begin, end, filters, further))


def parts_of(facts: Facts, chosen: Selection) -> Sequence[Part]:
    """Returns all parts, the given one first."""
    first = Part(facts, chosen)
    return [first] if chosen.further is None else [first, chosen.further]


def _selection(
    facts: Facts, past: Past, begin: int, end: int, filters: Sequence[Filter], further: Part | None = None
) -> Selection:
    return Selection(past, begin, end, Matching(filters, facts.dimensions, facts.masks), further)
