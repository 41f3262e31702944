"""The two parts of a past that a report adds up: visitors of the world itself, and of written page views.

No visitor is in both parts, so the figures of a report are sums over the parts.
"""

from collections.abc import Sequence
from typing import NamedTuple

from mock_server.world.past.amended import AmendedPast
from mock_server.world.past.drawing import Drawing
from mock_server.world.past.table import Past
from mock_server.world.past.visited import Visited
from mock_server.world.reports.facts import Facts, facts_of, facts_of_visited
from mock_server.world.reports.filters import Filter, Matching
from mock_server.world.reports.selection import Selection
from mock_server.world.site import Site


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
        further = _visited_part(drawing.site, visited, past.instant, begin, end, filters)
    return Part(facts, _selection(facts, past, begin, end, filters, further))


def parts_of(facts: Facts, chosen: Selection) -> Sequence[Part]:
    """Returns all parts, the given one first."""
    first = Part(facts, chosen)
    return [first] if chosen.further is None else [first, chosen.further]


def _visited_part(
    site: Site, visited: Visited, instant: int, begin: int, end: int, filters: Sequence[Filter]
) -> Part:
    """Returns the selection among visitors of written page views. The latest ones are cached."""
    past = visited.at(instant)
    # All instants after the last event have the same past, so a new second needs no new selection.
    key = (Part, begin, min(end, past.instant + 1), past.instant, tuple(filters))
    part: Part | None = visited.kept.get(key)
    if part is None:
        facts = facts_of_visited(site, visited)
        part = visited.kept[key] = Part(facts, _selection(facts, past, begin, end, filters))
    return part


def _selection(
    facts: Facts, past: Past, begin: int, end: int, filters: Sequence[Filter], further: Part | None = None
) -> Selection:
    return Selection(past, begin, end, Matching(filters, facts.dimensions, facts.masks), further)
