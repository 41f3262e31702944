"""Columns that grow at their end without being copied each time."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any, Generic, TypeVar

import numpy as np

from mock_server.world.past.coins import Column

R = TypeVar("R")
_SPARE = 4_096


def columns_of(record: Any) -> Sequence[Any]:
    """Returns the columns of a record, which is a dataclass of columns of one length."""
    columns: Sequence[Any] = _getter(record.__class__)(record)
    return columns


@cache
def _getter(kind: type) -> Callable[[Any], Any]:
    return attrgetter(*(field.name for field in fields(kind)))


def taken(record: R, rows: Any) -> R:
    """Returns the rows of a record that an index or a slice selects."""
    return type(record)(*(column[rows] for column in columns_of(record)))


def joined(first: R, second: R) -> R:
    """Returns the rows of one record, and after them the rows of another."""
    both = zip(columns_of(first), columns_of(second), strict=True)
    return type(first)(*(np.concatenate(pair) for pair in both))


class GrowingColumn:
    """A column of integers that can be extended at its end; `values` are its content."""

    def __init__(self, values: Column) -> None:
        """Begins with a copy of the values, and has their type."""
        self._buffer = values.copy()
        self.values: Column = self._buffer

    def __len__(self) -> int:
        return len(self.values)

    @property
    def nbytes(self) -> int:
        """The size in bytes, with the room for values to come."""
        return self._buffer.nbytes

    def extend(self, values: Column) -> None:
        """Appends values. The earlier ones are copied only when the room is used up."""
        count = len(self.values)
        needed = count + len(values)
        if needed > len(self._buffer):
            buffer = np.empty(needed + needed // 8 + _SPARE, self._buffer.dtype)
            buffer[:count] = self.values
            self._buffer = buffer
        self._buffer[count:needed] = values
        self.values = self._buffer[:needed]


class Growing(Generic[R]):
    """A record whose first `count` rows are settled. Rows behind them can be written again and again."""

    def __init__(self, empty: R) -> None:
        """`empty` is a record without rows, whose columns have the right types."""
        self.count = 0
        self._record = empty
        self._room = 0

    @property
    def nbytes(self) -> int:
        """The size of all columns in bytes."""
        return sum(column.nbytes for column in columns_of(self._record))

    @property
    def settled(self) -> R:
        """The settled rows."""
        return taken(self._record, slice(self.count))

    def reserve(self, rows: int) -> None:
        """Makes room for this many rows behind the settled ones."""
        needed = self.count + rows
        if needed <= self._room:
            return
        self._room = needed + needed // 8 + _SPARE
        grown = []
        for column in columns_of(self._record):
            larger = np.empty((self._room, *column.shape[1:]), column.dtype)
            larger[: self.count] = column[: self.count]
            grown.append(larger)
        self._record = type(self._record)(*grown)

    def with_tail(self, tail: R) -> R:
        """Returns the settled rows, followed by the rows of `tail`.

        The returned rows are views of a shared buffer. The next call overwrites the rows of `tail`.
        """
        columns = columns_of(tail)
        end = self.count + len(columns[0])
        self.reserve(len(columns[0]))
        for column, more in zip(columns_of(self._record), columns, strict=True):
            column[self.count : end] = more
        return taken(self._record, slice(end))

    def settle(self, rows: R) -> None:
        """Adds rows to the settled ones, which never change."""
        self.with_tail(rows)
        self.count += len(columns_of(rows)[0])
