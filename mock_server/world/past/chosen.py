"""Chosen and chained rows of tables. A report needs few of their columns, and each is made on first use."""

from collections.abc import Sequence, Sized
from typing import Any

import numpy as np

from mock_server.world.past.coins import Column


class ChosenRows:
    """The chosen rows of a table."""

    def __init__(self, rows: Sized, indices: Column | None) -> None:
        """`rows` are a record of columns. `indices` are the numbers of the chosen rows; None means all."""
        self._rows = rows
        self._indices = indices
        self._columns: dict[str, Column] = {}

    def __len__(self) -> int:
        return len(self._rows) if self._indices is None else len(self._indices)

    def __getattr__(self, name: str) -> Column:
        """Returns the column with a name."""
        if name not in self._columns:
            column = getattr(self._rows, name)
            self._columns[name] = column if self._indices is None else column[self._indices]
        return self._columns[name]


class ChainedRows:
    """The rows of several tables, one after the other."""

    def __init__(self, parts: Sequence[Sized], **columns: Any) -> None:
        """`parts` are records of columns; `columns` are whole columns, which replace those of the parts."""
        self._parts = parts
        self._columns: dict[str, Column] = columns

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getattr__(self, name: str) -> Column:
        """Returns the column with a name."""
        if name not in self._columns:
            parts = [part for part in self._parts if len(part)] or self._parts[:1]
            columns = [getattr(part, name) for part in parts]
            self._columns[name] = columns[0] if len(columns) == 1 else np.concatenate(columns)
        return self._columns[name]

    def with_goals(self, goals: Any) -> "ChainedRows":
        """Returns the same rows with another column `goals`."""
        return ChainedRows(self._parts, **{**self._columns, "goals": goals})
