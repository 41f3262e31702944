"""The goals that visitors reached in a period, and the links that they clicked."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.parts import parts_of
from mock_server.world.reports.selection import Selection, distinct

_Values = Sequence[str | None]


def goals(facts: Facts, chosen: Selection) -> list[dict[str, Any]]:
    """Returns a row for each completed custom goal: `goal, completions, visitors`.

    The goal with the most completions comes first; equal ones are sorted by name.
    """
    rows = _rows(facts, chosen, "goal", "completions", lambda one: one.goals)
    return sorted(rows, key=lambda row: (-row["completions"], row["goal"]))


def exit_clicks(facts: Facts, chosen: Selection) -> list[dict[str, Any]]:
    """Returns a row for each clicked link to another website: `url, clicks, visitors`.

    The link with the most visitors comes first, as in every breakdown; equal ones are sorted by URL.
    """
    rows = _rows(facts, chosen, "url", "clicks", lambda one: one.links)
    return sorted(rows, key=lambda row: (-row["visitors"], row["url"]))


def reached_by(facts: Facts, chosen: Selection, name: str) -> dict[int, int]:
    """Returns the last completion of a goal by each visitor.

    The result maps visitors' numbers to indices in `chosen.goals`.
    """
    there = np.flatnonzero(np.isin(chosen.goals.goal, facts.numbers_of(name)))
    there = there[np.argsort(chosen.goals.at[there], kind="stable")]
    visitors = chosen.visitors_with(there)
    return dict(zip(visitors.tolist(), there.tolist(), strict=True))


def _rows(
    facts: Facts,
    chosen: Selection,
    name: str,
    counted: str,
    values_of: Callable[[Facts], _Values],
) -> list[dict[str, Any]]:
    rows: dict[str, dict[str, Any]] = {}
    for part in parts_of(facts, chosen):
        for value, there in _indices(part.facts, part.chosen, values_of(part.facts)).items():
            row = rows.setdefault(value, {name: value, counted: 0, "visitors": 0})
            row[counted] += len(there)
            row["visitors"] += distinct(part.chosen.visitors_with(there), part.chosen.past.visitors.count)
    return list(rows.values())


def _indices(facts: Facts, chosen: Selection, values: Sequence[str | None]) -> dict[str, Column]:
    """Groups the indices of `chosen.goals` by a value.

    `values` has the value of each goal, by the goal's number. Goals with the value None are left out.
    """
    parts: dict[str, list[Column]] = {}
    goal = chosen.goals.goal
    own = len(facts.links)
    for number, value in enumerate(values[:own]):
        if value is not None:
            parts.setdefault(value, []).append(np.flatnonzero(goal == number))
    if facts.written_goals:
        # Written goals have few completions, but may have many numbers.
        written = np.flatnonzero(goal >= own)
        for index, number in zip(written.tolist(), goal[written].tolist(), strict=True):
            value = values[number] if number < len(values) else None
            if value is not None:
                parts.setdefault(value, []).append(np.array([index]))
    joined = {value: np.concatenate(indices) for value, indices in parts.items()}
    return {value: indices for value, indices in joined.items() if len(indices)}
