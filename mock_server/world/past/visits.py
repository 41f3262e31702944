"""Visits as columns: their visitors, instants, lengths and outcomes."""

from dataclasses import dataclass, fields

import numpy as np

from mock_server.world.past.coins import Column
from mock_server.world.past.growing import taken


@dataclass(frozen=True, slots=True)
class Visits:
    """Visits as columns, with the members of `Visit` and `Past`.

    `earlier` is the number of the visitor's earlier visits. Times are in ms.
    """

    kind: Column
    minute: Column
    number: Column
    wave: Column
    start: Column
    duration: Column
    outcome: Column
    earlier: Column
    is_customer: Column
    is_identified: Column

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: Column) -> "Visits":
        """Returns the rows with these indices, in this order."""
        return taken(self, rows)


def joined(parts: list[Visits]) -> Visits:
    """Returns the rows of all parts, one part after the other."""
    return Visits(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Visits)))


def no_visits() -> Visits:
    """Returns columns without rows."""
    return Visits(*np.zeros((8, 0), np.int64), *np.zeros((2, 0), bool))
