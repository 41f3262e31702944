"""The facts that all reports of a website share: its dimensions and its money."""

from mock_server.world.past.drawing import Drawing
from mock_server.world.past.masks import Masks
from mock_server.world.reports.amounts import major, symbol_of
from mock_server.world.reports.dimensions import Dimensions


class Facts:
    """The facts by which the columns of one website's past are read."""

    def __init__(self, drawing: Drawing) -> None:
        """Dimensions are worked out when they are asked for."""
        money = drawing.site.money
        self.drawing = drawing
        self.dimensions = Dimensions(drawing)
        self.masks: dict[str, Masks] = {
            "pages": drawing.walks.page_masks,
            "goals": drawing.walks.goal_masks,
        }
        self.currency = symbol_of(money.currency) if money else None
        """The currency's symbol; None where nothing is sold."""
        self._decimals = money.decimals if money else 0

    def amount(self, minor: int) -> float:
        """Returns an amount in major units."""
        return major(int(minor), self._decimals)


def facts_of(drawing: Drawing) -> Facts:
    """Returns the facts of a drawing, which are made once and live as long as it."""
    facts: Facts | None = drawing.kept.get(Facts)
    if facts is None:
        facts = drawing.kept[Facts] = Facts(drawing)
    return facts
