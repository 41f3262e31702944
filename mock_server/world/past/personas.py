"""The places and devices of visitors, as row numbers of two tables."""

from typing import NamedTuple

import numpy as np

from mock_server.world.chance import PERSONA, Chance
from mock_server.world.past.coins import Column, Picks, coins_of_32, nth, shares_of, states
from mock_server.world.past.visits import Visits
from mock_server.world.persona import ELSEWHERE, NOWHERE, Personas, Place, Places, cities_of, country_codes
from mock_server.world.site import Site
from mock_server.world.visits import REGULAR


class System(NamedTuple):
    """A device with its operating system and browser; None means that the browser does not report it."""

    device: str | None
    os: str | None
    browser: str | None


class PersonaColumns:
    """The places and devices of visitors, drawn as columns. `Personas` draws the same ones one by one."""

    def __init__(self, chance: Chance, site: Site, personas: Personas) -> None:
        """Makes the tables of places and devices."""
        self._chance = chance
        self._site = site
        self.places: list[Place] = [NOWHERE]
        systems = [*personas.systems.items, *((system, browser) for _, system, browser in personas.regulars)]
        self.systems = [
            System(None, None, None),
            *(System(system.device, system.os, browser.name) for system, browser in systems),
        ]
        count = len(personas.systems.items)
        self._system_picks = Picks([personas.systems], [list(range(1, count + 1))], 32)
        self._regular_systems = np.arange(count + 1, len(self.systems), dtype=np.int32)
        self._make_places(personas.places)
        self._regular_places = np.array(
            self._add_places([place for place, _, _ in personas.regulars]), np.int32
        )
        self._make_countries()

    def of(self, visits: Visits) -> tuple[Column, Column]:
        """Returns the row numbers of the place and of the device of each visit's visitor."""
        state = nth(states(self._chance, PERSONA, visits.minute, kind=visits.kind), visits.number)
        fates, origins = coins_of_32(nth(state, 0)).T
        elsewhere, cities = coins_of_32(nth(state, 2)).T
        place = self._pick_place(origins, elsewhere, cities)
        u = shares_of(fates)
        place = np.where(u >= 1 - self._site.unlocated, self._country_of[place], place)
        system = self._system_picks.pick(coins_of_32(nth(state, 1))[:, 0])
        regular = np.flatnonzero(visits.kind == REGULAR)
        if len(regular):
            place[regular] = self._regular_places[visits.number[regular]]
            system[regular] = self._regular_systems[visits.number[regular]]
        is_withheld = u < self._site.withheld
        place[is_withheld] = system[is_withheld] = 0
        return place.astype(np.uint16), system.astype(np.uint16)

    def _pick_place(self, origins: Column, elsewhere: Column, cities: Column) -> Column:
        """Returns the row number of each visitor's place.

        An origin is a row number, or a negative number that stands for a country, in which a city is drawn.
        """
        origin = self._origin_picks.pick(origins)
        other = np.flatnonzero(origin == self._elsewhere)
        origin[other] = self._elsewhere_picks.pick(elsewhere[other])
        in_country = np.flatnonzero(origin < 0)
        place = origin.copy()
        place[in_country] = self._city_picks.pick(cities[in_country], -1 - origin[in_country])
        return place

    def _make_places(self, choices: Places) -> None:
        codes = country_codes()
        below_zero = {code: -1 - n for n, code in enumerate(codes)}
        self._elsewhere = below_zero[ELSEWHERE] = -1 - len(codes)
        origins = []
        for origin in choices.origins.items:
            if isinstance(origin, Place):
                self.places.append(origin)
                origins.append(len(self.places) - 1)
            else:
                origins.append(below_zero[origin])
        cities = [self._add_places(list(cities_of(code).items)) for code in codes]
        others = [below_zero[code] for code in choices.elsewhere.items]
        self._origin_picks = Picks([choices.origins], [origins], 32)
        self._elsewhere_picks = Picks([choices.elsewhere], [others], 32)
        self._city_picks = Picks([cities_of(code) for code in codes], cities, 32)

    def _make_countries(self) -> None:
        """Makes a copy of each place that has only the country, for visitors whose city is unknown."""
        countries = [NOWHERE._replace(country_code=p.country_code, country=p.country) for p in self.places]
        each_once = list(dict.fromkeys(countries))
        number = dict(zip(each_once, self._add_places(each_once), strict=True))
        self._country_of = np.array([number[country] for country in countries], np.int32)

    def _add_places(self, places: list[Place]) -> list[int]:
        first = len(self.places)
        self.places += places
        return list(range(first, len(self.places)))
