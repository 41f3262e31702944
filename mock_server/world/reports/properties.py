"""The properties with which a goal was completed in a period, and their values."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mock_server.world.past.coins import Column, Picks, coins_of_16, nth
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.selection import Selection, distinct


def properties(facts: Facts, chosen: Selection, goal: str) -> list[dict[str, Any]]:
    """Returns `propertyName, completions, visitors` of each property, sorted by name.

    The world completes a goal with all of its properties; a completion that was written has its own. Returns
    no row if the goal is unknown, has no properties, or was not completed.
    """
    own, written = _completions(facts, chosen, goal)
    places: dict[str, list[Column]] = {}
    if len(own):
        places = {name: [own] for name in facts.drawing.properties.choices.get(goal, {})}
    for place, held in written:
        for name in held:
            places.setdefault(name, []).append(np.array([place]))
    return [
        {"propertyName": name, **_figures(chosen, np.concatenate(parts))}
        for name, parts in sorted(places.items())
    ]


def values(facts: Facts, chosen: Selection, goal: str, name: str) -> list[dict[str, Any]]:
    """Returns `value, completions, visitors` of each value of a property that occurs, most completions first.

    Values with as many completions are sorted by themselves. Returns no row for an unknown goal or property.
    """
    own, written = _completions(facts, chosen, goal)
    places = {value: [there] for value, there in _own_values(facts, chosen, goal, name, own).items()}
    for place, held in written:
        if name in held:
            places.setdefault(held[name], []).append(np.array([place]))
    rows = [{"value": value, **_figures(chosen, np.concatenate(parts))} for value, parts in places.items()]
    return sorted(rows, key=lambda row: (-row["completions"], row["value"]))


def _own_values(facts: Facts, chosen: Selection, goal: str, name: str, own: Column) -> dict[str, Column]:
    """Returns the places of the world's own completions with each value of a property that occurs."""
    choices = facts.drawing.properties.choices.get(goal, {})
    if name not in choices:
        return {}
    choice, number = choices[name], list(choices).index(name)
    coins = coins_of_16(nth(chosen.goals.coin[own].astype(np.uint64), number))[:, 0]
    picked = Picks([choice], [range(len(choice.items))], 16).pick(coins)
    there = {value: own[picked == n] for n, value in enumerate(choice.items)}
    return {value: places for value, places in there.items() if len(places)}


def _figures(chosen: Selection, there: Column) -> dict[str, int]:
    visitors = distinct(chosen.visitors_with(there), chosen.past.visitors.count)
    return {"completions": len(there), "visitors": visitors}


def _completions(
    facts: Facts, chosen: Selection, goal: str
) -> tuple[Column, list[tuple[int, Mapping[str, str]]]]:
    """Returns the places of a goal's own completions, then those of written ones with their properties."""
    there = np.flatnonzero(np.isin(chosen.goals.goal, facts.numbers_of(goal)))
    is_written = chosen.goals.goal[there] >= len(facts.links)
    written = there[is_written].tolist()
    return there[~is_written], [
        (place, facts.written_goals[int(chosen.goals.goal[place])]) for place in written
    ]
