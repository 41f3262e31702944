"""The form of the reference server's answers: missing or further members, their order, kinds of numbers."""

import random
from collections.abc import Iterator
from typing import Any

from tests.kit.reference.habits import ALL, Wording

Json = Any


class Writer:
    """A writer of the `data` of answers, always in the same form."""

    def __init__(self, wording: Wording, seed: int) -> None:
        """`seed` decides the order of members, and which objects lack a member."""
        self._wording = wording
        self._seed = seed
        self._chance = random.Random(seed)

    def more(self) -> dict[str, Json]:
        """Returns undocumented members of the envelope."""
        return {"requestId": "r-1", "pagination": None} if self._wording.has_more else {}

    def written(self, data: Json) -> Json:
        """Returns `data` in this server's form. The argument is changed."""
        for place, share in sorted(self._wording.nulls):
            for parent, name in self._found(data, place, share):
                parent[name] = None
        for place, share in sorted(self._wording.absent):
            for parent, name in self._found(data, place, share):
                del parent[name]
        wording = self._wording
        return (
            self._rewritten(data) if wording.has_more or wording.is_shuffled or wording.has_points else data
        )

    def _found(self, data: Json, place: str, share: str) -> Iterator[tuple[dict[str, Json], str]]:
        """Yields all or some of the objects that have the member at a place, each with the member's name."""
        *above, name = place.split(".")
        found = [data] if isinstance(data, dict) else []
        for part in above:
            found = found if part == "*" else [one[part] for one in found if part in one]
            found = [
                x for one in found for x in (one if isinstance(one, list) else [one]) if isinstance(x, dict)
            ]
        for n, parent in enumerate(found):
            # The objects are chosen in the same way in each answer.
            if name in parent and (share == ALL or (n + self._seed) % 2):
                yield parent, name

    def _rewritten(self, value: Json) -> Json:
        if isinstance(value, dict):
            members = [(name, self._rewritten(part)) for name, part in value.items()]
            if self._wording.has_more:
                members += ("x_new", [{"a": None}]), ("", 1)
            if self._wording.is_shuffled:
                self._chance.shuffle(members)
            return dict(members)
        if isinstance(value, list):
            return [self._rewritten(part) for part in value]
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        return float(value) if is_whole and self._wording.has_points else value
