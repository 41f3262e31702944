"""The facts about a website that its reports share: the meaning of its columns' numbers, and its currency."""

from collections.abc import Mapping, Sequence
from copy import copy

from mock_server.world.past.amended import AmendedPast
from mock_server.world.past.drawing import Drawing
from mock_server.world.past.masks import Masks
from mock_server.world.past.table import Past
from mock_server.world.past.visited import Visited
from mock_server.world.past.vocabulary import Drawn
from mock_server.world.past.written import USUAL_CURRENCY, USUAL_DECIMALS, WrittenGoal
from mock_server.world.reports.amounts import major, symbol_of
from mock_server.world.reports.dimensions import Dimensions
from mock_server.world.site import Money, Site


class Facts:
    """The facts that are needed to read the columns of a website's past.

    They are not the facts that are written through the API.
    """

    def __init__(self, drawn: Drawn, money: Money | None) -> None:
        """The dimensions are made on first use. `money` is None for a website that sells nothing."""
        words = drawn.vocabulary
        self.drawn = drawn
        self.vocabulary = words
        self.dimensions = Dimensions(words)
        self.masks: dict[str, Masks] = {"pages": words.page_sets, "goals": words.goal_sets}
        self.goals: Sequence[str | None] = [target.name for target in words.goals]
        """The name of each goal by its number; None for a link to another website."""
        self.links: Sequence[str | None] = [target.url for target in words.goals]
        """The URL of each link by its number as a goal; None for a goal."""
        self.written_goals: Mapping[int, Mapping[str, str]] = {}
        """The properties of goals that were written through the API, by the number of the goal."""
        self.currency = symbol_of(money.currency) if money else None
        """The currency's symbol; None if the site sells nothing."""
        self._decimals = money.decimals if money else 0

    def with_goals(self, names: Sequence[str], targets: Sequence[WrittenGoal], sets: Masks) -> "Facts":
        """Returns a copy of the facts with written goals.

        `names` are the names that the website does not have, `targets` the goals in the order of their
        numbers, and `sets` the sets of the column `goals`.
        """
        facts = copy(self)
        facts.dimensions = self.dimensions.with_goals(names)
        facts.masks = {**self.masks, "goals": sets}
        facts.goals = [*self.goals, *(target.name for target in targets)]
        facts.written_goals = {len(self.goals) + n: target.properties for n, target in enumerate(targets)}
        return facts

    def with_payments(self) -> "Facts":
        """Returns the facts for the same past with payments that were written."""
        if self.currency is not None:
            return self
        facts = copy(self)
        facts.currency, facts._decimals = symbol_of(USUAL_CURRENCY), USUAL_DECIMALS
        return facts

    def numbers_of(self, goal: str) -> list[int]:
        """Returns all numbers that stand for a custom goal."""
        return [number for number, name in enumerate(self.goals) if name == goal]

    def amount(self, minor: int) -> float:
        """Returns an amount in major units from one in minor units."""
        return major(int(minor), self._decimals)


def facts_of(drawing: Drawing, past: Past | None = None) -> Facts:
    """Returns the facts for a past.

    They are cached with the drawing, or with the amendment if the past has written facts. A `past` of None
    means one without written facts.
    """
    facts: Facts | None = drawing.kept.get(Facts)
    if facts is None:
        facts = drawing.kept[Facts] = Facts(drawing, drawing.site.money)
    if not isinstance(past, AmendedPast):
        return facts
    kept = past.amendment.kept
    known: Facts | None = kept.get(Facts)
    if known is None:
        written = past.amendment.written
        known = facts.with_goals(written.further_names, written.targets, written.sets)
        known = kept[Facts] = known.with_payments() if past.amendment.has_payments else known
    return known


def facts_of_visited(site: Site, visited: Visited) -> Facts:
    """Returns the facts for the visitors who are known from page views."""
    facts = Facts(visited, site.money)
    return facts.with_goals(visited.names, visited.targets, visited.vocabulary.goal_sets)
