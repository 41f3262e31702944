"""The properties with which a goal was completed in a period, and their values."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from mock_server.world.past.coins import Column, Picks, coins_of_16, nth
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.parts import parts_of
from mock_server.world.reports.selection import Selection, distinct


def properties(facts: Facts, chosen: Selection, goal: str) -> list[dict[str, Any]]:
    """Returns `propertyName, completions, visitors` of each property, sorted by name.

    The world completes a goal with all of the goal's properties; a written completion has its own properties.
    Returns no row if the goal is unknown, has no properties, or was not completed.
    """
    found: dict[str, Counter[str]] = {}
    for part in parts_of(facts, chosen):
        own, written = _completions(part.facts, part.chosen, goal)
        indices: dict[str, list[Column]] = {}
        if len(own):
            indices = {name: [own] for name in part.facts.vocabulary.properties.get(goal, {})}
        for index, held in written:
            for name in held:
                indices.setdefault(name, []).append(np.array([index]))
        _add(found, part.chosen, indices)
    return [{"propertyName": name, **figures} for name, figures in sorted(found.items())]


def values(facts: Facts, chosen: Selection, goal: str, name: str) -> list[dict[str, Any]]:
    """Returns `value, completions, visitors` of each value of a property that occurs.

    The value with the most completions comes first; equal ones are sorted by value. Returns no row for an
    unknown goal or property.
    """
    found: dict[str, Counter[str]] = {}
    for part in parts_of(facts, chosen):
        own, written = _completions(part.facts, part.chosen, goal)
        own_values = _own_values(part.facts, part.chosen, goal, name, own)
        indices = {value: [there] for value, there in own_values.items()}
        for index, held in written:
            if name in held:
                indices.setdefault(held[name], []).append(np.array([index]))
        _add(found, part.chosen, indices)
    rows: list[dict[str, Any]] = [{"value": value, **figures} for value, figures in found.items()]
    return sorted(rows, key=lambda row: (-row["completions"], row["value"]))


def _own_values(facts: Facts, chosen: Selection, goal: str, name: str, own: Column) -> dict[str, Column]:
    """Groups the indices of the world's own completions by the value of a property."""
    choices = facts.vocabulary.properties.get(goal, {})
    if name not in choices or not len(own):
        return {}
    choice, number = choices[name], list(choices).index(name)
    coins = coins_of_16(nth(chosen.goals.coin[own].astype(np.uint64), number))[:, 0]
    picked = Picks([choice], [range(len(choice.items))], 16).pick(coins)
    there = {value: own[picked == n] for n, value in enumerate(choice.items)}
    return {value: indices for value, indices in there.items() if len(indices)}


def _add(found: dict[str, Counter[str]], chosen: Selection, indices: Mapping[str, list[Column]]) -> None:
    """Adds figures to `found`, by name. `indices` has the indices of the completions with each name."""
    for name, parts in indices.items():
        there = np.concatenate(parts)
        visitors = distinct(chosen.visitors_with(there), chosen.past.visitors.count)
        found.setdefault(name, Counter()).update(completions=len(there), visitors=visitors)


def _completions(
    facts: Facts, chosen: Selection, goal: str
) -> tuple[Column, list[tuple[int, Mapping[str, str]]]]:
    """Returns the world's own completions of a goal as indices, and the written ones with properties.

    A written completion is a pair: its index, and its properties.
    """
    there = np.flatnonzero(np.isin(chosen.goals.goal, facts.numbers_of(goal)))
    is_written = chosen.goals.goal[there] >= len(facts.links)
    written = there[is_written].tolist()
    return there[~is_written], [
        (index, facts.written_goals[int(chosen.goals.goal[index])]) for index in written
    ]
