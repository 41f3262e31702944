"""Strangers with fewer, more or other visitors than the plain one."""

# ruff: noqa: D102 - Stranger describes each method, and a subclass's docstring says how it differs

import random
import time
from collections.abc import Mapping
from dataclasses import replace

from tests.kit.strangers.plain import Answer, Json, June, Person, Stranger, new_person


class EmptyWebsite(Stranger):
    """Has no visitors."""

    def people(self, _t: float) -> list[Person]:
        return []


class Busy(Stranger):
    """Has visitors who come, leave, return or view another page at every request."""

    realtime_window = 600

    def __init__(self) -> None:
        self._chance = random.Random(7)
        self._known: dict[int, Person] = {}
        self._here: set[int] = set()

    def answer(self, path: str, query: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        t = self.now()
        for number in range(20):
            if self._chance.random() < 0.3:
                self._move(number, t)
        return super().answer(path, query, headers)

    def _move(self, number: int, t: float) -> None:
        person = self._known.get(number)
        if number in self._here and self._chance.random() < 0.5:
            self._here.discard(number)
        elif person is None:
            self._known[number] = replace(
                new_person(number, t), pages=((t, "/"),), visits=1, first=t, before=()
            )
            self._here.add(number)
        elif number in self._here:
            self._known[number] = replace(person, pages=(*person.pages, (t, f"/{int(t * 1000) % 97}")))
        else:
            before = (*person.before, *person.pages)
            self._known[number] = replace(
                person, pages=((t, "/back"),), visits=person.visits + 1, before=before
            )
            self._here.add(number)

    def people(self, t: float) -> list[Person]:
        return [self._known[number].until(t) for number in sorted(self._here)]


class Crowded(June):
    """Has hundreds of visitors at once."""

    period = 2

    def __init__(self) -> None:
        self._people: list[Person] = []

    def people(self, t: float) -> list[Person]:
        # Nobody comes or leaves during a run.
        if not self._people:
            self._people = super().people(t)
        return self._people

    def realtime(self, t: float) -> Json:
        return [{"visitors": len(self.people(t))}]


class Quiet(Stranger):
    """Has three visitors, idle for six minutes: on the map, but not in the counter. One has no profile."""

    def __init__(self) -> None:
        self._people = [new_person(n, time.time() - 460 - n) for n in range(3)]

    def people(self, _t: float) -> list[Person]:
        return self._people

    def find(self, visitor_id: str, t: float) -> Person | None:
        return None if visitor_id.endswith("2") else super().find(visitor_id, t)


class Travelling(Stranger):
    """Has visitors who return from another country or whose city changes, and profiles with region names."""

    def __init__(self) -> None:
        self._asked = 0

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        self._asked += 1
        if person.number % 15 == 0 and self._asked > 60:
            told["location"]["city"] = f"Between {self._asked // 60}"
        return told

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["identity"]["region"] = "Colorado"
        if person.visits > 1:
            told["identity"] |= {"city": "Lagos", "countryCode": "NG", "country": "Nigeria"}
        return told


class Alone(Stranger):
    """Has one visitor, on the first visit, who changes network and account between map and profile."""

    def __init__(self) -> None:
        begun = self.now() - 300
        self._person = replace(new_person(3, begun), visits=1, first=begun, paid=None)

    def people(self, _t: float) -> list[Person]:
        return [self._person]

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["identity"]["city"] = "Lagos"
        told["profile"]["userId"] = "another"
        return told
