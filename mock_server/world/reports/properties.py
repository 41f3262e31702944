"""The properties with which a goal was completed in a period, and their values."""

from typing import Any

import numpy as np

from mock_server.world.past.coins import Column, Picks, coins_of_16, nth
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.selection import Selection, distinct


def properties(facts: Facts, chosen: Selection, goal: str) -> list[dict[str, Any]]:
    """Returns `propertyName, completions, visitors` of each property, sorted by name.

    A goal is completed with all of its properties, so all have the figures of the goal. Returns no row if
    the goal is unknown, has no properties, or was not completed.
    """
    there = _completions(facts, chosen, goal)
    visitors = distinct(_visitors(chosen, there), chosen.past.visitors.count)
    names = sorted(facts.drawing.properties.choices.get(goal, {})) if len(there) else []
    return [{"propertyName": name, "completions": len(there), "visitors": visitors} for name in names]


def values(facts: Facts, chosen: Selection, goal: str, name: str) -> list[dict[str, Any]]:
    """Returns `value, completions, visitors` of each value of a property that occurs, most completions first.

    Values with as many completions are sorted by themselves. Returns no row for an unknown goal or property.
    """
    choices = facts.drawing.properties.choices.get(goal, {})
    if name not in choices:
        return []
    choice, number = choices[name], list(choices).index(name)
    there = _completions(facts, chosen, goal)
    coins = coins_of_16(nth(chosen.goals.coin[there].astype(np.uint64), number))[:, 0]
    picked = Picks([choice], [range(len(choice.items))], 16).pick(coins)
    rows = []
    for n, value in enumerate(choice.items):
        completions = there[picked == n]
        visitors = distinct(_visitors(chosen, completions), chosen.past.visitors.count)
        if visitors:
            rows.append({"value": value, "completions": len(completions), "visitors": visitors})
    return sorted(rows, key=lambda row: (-row["completions"], row["value"]))


def _completions(facts: Facts, chosen: Selection, goal: str) -> Column:
    """The rows of a custom goal among the goals of the period."""
    numbers = [n for n, target in enumerate(facts.drawing.walks.goals) if target.name == goal]
    return np.flatnonzero(np.isin(chosen.goals.goal, numbers))


def _visitors(chosen: Selection, there: Column) -> Column:
    visitors: Column = chosen.past.rows.visitor[chosen.goals.row[there]]
    return visitors
