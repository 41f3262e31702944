"""The properties with which goals are completed; a random number selects them for each completion."""

from collections.abc import Mapping

from mock_server.world.chance import UNIT_16, Choice, nth
from mock_server.world.site import Site


class Properties:
    """The properties of one site's goals."""

    def __init__(self, site: Site) -> None:
        """The site's weights are turned into choices."""
        self.choices: Mapping[str, Mapping[str, Choice[str]]] = {
            goal: {name: Choice(weights.items()) for name, weights in properties.items()}
            for goal, properties in site.goal_properties.items()
        }
        """For each goal and each of its properties, the choice among the property's values."""

    def of(self, goal: str, coin: int) -> dict[str, str]:
        """Returns the values of a completion by property; empty for a goal without properties.

        `coin` is a random number of 32 bits.
        """
        choices = self.choices.get(goal, {})
        return {
            name: choice.pick((nth(coin, n) & 0xFFFF) * UNIT_16)
            for n, (name, choice) in enumerate(choices.items())
        }
