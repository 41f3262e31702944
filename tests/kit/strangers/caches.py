"""Strangers behind caches, and strangers of several servers."""

# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import random
import time
from collections.abc import Mapping
from dataclasses import replace
from email.utils import formatdate

from tests.kit.strangers.plain import Answer, Json, June, Person, Stranger


class BehindCdn(June):
    """Stands behind a cache, which keeps an answer for half a minute, and sends its `Age` and its `Date`."""

    period = 4

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self._held: dict[tuple[str, str], tuple[float, Answer]] = {}

    def found(self, path: str, query: Mapping[str, str], t: float) -> Answer:
        key = path, str(sorted(query.items()))
        at, answer = self._held.get(key, (0.0, self.refused(404, "")))
        if t - at > 30:
            # Another client may have requested the cached answer before.
            at = t - self._chance.random() * 28
            answer = super().found(path, query, at)
            self._held[key] = at, answer
        age = {"Age": str(int(t - at))} if t - at >= 1 else {}
        return answer._replace(headers={**answer.headers, **age, **self.dated(at)})

    def dated(self, at: float) -> dict[str, str]:
        """Returns the header `Date` that the cache has kept."""
        return {"Date": formatdate(at, usegmt=True)}


class BehindCdnWithItsDate(BehindCdn):
    """Stands behind a cache that sends its own `Date`."""

    def dated(self, _at: float) -> dict[str, str]:
        return {}


class HoldingTheMap(June):
    """Caches the map without an `Age`, while the counter is fresh.

    The website has existed for only five minutes.
    """

    period = 30

    def __init__(self) -> None:
        self._held: Json = None
        self._opened = time.time() - 300

    def people(self, t: float) -> list[Person]:
        return [person for person in super().people(t) if person.began > self._opened]

    def map(self, t: float) -> Json:
        if self._held is None:
            self._held = super().map(t - 25)
        return self._held


class Replicated(Stranger):
    """Answers from two machines in turn, which write the same instants in two ways."""

    _turns = 0

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        self._turns += 1
        return super().answer(path, query, headers)

    def stamp(self, t: float) -> str:
        written = super().stamp(t)
        return written if self._turns % 2 else written.replace("Z", "+00:00")


class BehindTwoCaches(Stranger):
    """Stands behind two caches in turn, which do not say so, and its visitors view a page every five seconds.

    One of the caches has profiles that are half a minute old.
    """

    def __init__(self) -> None:
        self._asked: dict[int, int] = {}

    def people(self, t: float) -> list[Person]:
        return [
            replace(
                person,
                pages=tuple((person.began + 5 * n, "/") for n in range(int(t - person.began) // 5 + 1)),
            )
            for person in super().people(t)
        ]

    def profile(self, person: Person, t: float) -> Json:
        asked = self._asked[person.number] = self._asked.get(person.number, 0) + 1
        at = t - 28 if asked % 2 == 0 and person.began < t - 28 else t
        return super().profile(person.until(at), at)
