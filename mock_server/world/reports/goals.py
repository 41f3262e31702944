"""The goals that visitors reached in a period, and the links that they clicked."""

from typing import Any

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.selection import Selection, distinct


def goals(facts: Facts, chosen: Selection) -> list[dict[str, Any]]:
    """Returns a row for each completed custom goal: `goal, completions, visitors`.

    The goal with the most completions comes first; goals with equally many are sorted by name.
    """
    names = [target.name for target in facts.drawing.walks.goals]
    rows = _rows(chosen, "goal", "completions", names)
    return sorted(rows, key=lambda row: (-row["completions"], row["goal"]))


def exit_clicks(facts: Facts, chosen: Selection) -> list[dict[str, Any]]:
    """Returns a row for each clicked link to another website: `url, clicks, visitors`.

    The link with the most visitors comes first, as in every breakdown; equal ones are sorted by URL.
    """
    urls = [target.url for target in facts.drawing.walks.goals]
    rows = _rows(chosen, "url", "clicks", urls)
    return sorted(rows, key=lambda row: (-row["visitors"], row["url"]))


def reached_by(facts: Facts, chosen: Selection, name: str) -> dict[int, int]:
    """Returns the latest instant at which each visitor reached a goal, by the visitor's number."""
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
    return rows


def _visitors(chosen: Selection, there: Column) -> Column:
    visitors: Column = chosen.past.rows.visitor[chosen.goals.row[there]]
    return visitors
