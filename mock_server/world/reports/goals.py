"""The goals that visitors reached in a period, and the links that they clicked."""

from typing import Any

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.selection import Selection, distinct


def goals(facts: Facts, chosen: Selection) -> list[dict[str, Any]]:
    """A row for each custom goal that was reached: `goal, completions, visitors`, most completions first."""
    names = [target.name for target in facts.drawing.walks.goals]
    return _rows(chosen, "goal", "completions", names)


def exit_clicks(facts: Facts, chosen: Selection) -> list[dict[str, Any]]:
    """A row for each link that was clicked: `url, clicks, visitors`, most clicks first."""
    urls = [target.url for target in facts.drawing.walks.goals]
    return _rows(chosen, "url", "clicks", urls)


def reached_by(facts: Facts, chosen: Selection, name: str) -> dict[int, int]:
    """The visitors who reached a goal, by number, with the instant at which each did for the last time."""
    numbers = [n for n, target in enumerate(facts.drawing.walks.goals) if target.name == name]
    there = np.flatnonzero(np.isin(chosen.goals.goal, numbers))
    there = there[np.argsort(chosen.goals.at[there], kind="stable")]
    visitors = _visitors(chosen, there)
    return dict(zip(visitors.tolist(), chosen.goals.at[there].tolist(), strict=True))


def _rows(chosen: Selection, name: str, counted: str, values: list[str | None]) -> list[dict[str, Any]]:
    rows = []
    for number, value in enumerate(values):
        there = np.flatnonzero(chosen.goals.goal == number)
        if value is not None and len(there):
            visitors = distinct(_visitors(chosen, there), chosen.past.visitors.count)
            rows.append({name: value, counted: len(there), "visitors": visitors})
    return sorted(rows, key=lambda row: (-row[counted], row[name]))


def _visitors(chosen: Selection, there: Column) -> Column:
    visitors: Column = chosen.past.rows.visitor[chosen.goals.row[there]]
    return visitors
