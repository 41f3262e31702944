"""The persona of a visitor: place, device and name, which never change."""

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from hashlib import blake2b
from struct import Struct
from typing import NamedTuple

import msgspec

from contract_tests.quoting import quoted
from mock_server.assets import FIXTURES, read_record, read_rows
from mock_server.errors import InputError
from mock_server.world.chance import PERSONA, UNIT_32, Chance, Choice, T, nth, words
from mock_server.world.facts import Client
from mock_server.world.site import DEVICES, OwnPlace, Regular, Site
from mock_server.world.visits import REGULAR, Visitor

_SYSTEMS = FIXTURES / "systems.yaml"
_PLACES = FIXTURES / "data" / "places.csv"
_PEOPLE = FIXTURES / "data" / "people.csv"

# The coins of a persona: fate and origin, system and person, elsewhere and city, reported device, mail and
# user id.
_COINS = Struct("<2I8x 2I8x 2I8x 4H8x 2HI8x")
_WORDS = 5
# Domains that are reserved for examples: mail to them reaches nobody.
_MAIL_DOMAINS = ("example.com", "example.org", "example.net")
_DEFAULT_LOCALE = "en_US"
# The key in a site's `countries` that stands for all countries without a key.
ELSEWHERE = "*"


class Place(NamedTuple):
    """A place; an unknown part is None. Latitude is in degrees north, longitude in degrees east."""

    city: str | None
    region: str | None
    country_code: str | None
    country: str | None
    latitude: float
    longitude: float
    locale: str


NOWHERE = Place(None, None, None, None, 0.0, 0.0, _DEFAULT_LOCALE)
"""The place of visitors of whom nothing is known."""


class Person(NamedTuple):
    """A name; `handle` is its form in e-mail addresses."""

    name: str
    handle: str
    company: str


class Device(NamedTuple):
    """A device with its operating system and browser; None means that the browser does not report it."""

    type: str | None
    os: str | None
    os_version: str | None
    browser: str | None
    browser_version: str | None
    vendor: str | None
    model: str | None
    width: int | None
    height: int | None


class Persona(NamedTuple):
    """The persona of a visitor. If `is_withheld` is true, every member that may be null is null."""

    place: Place
    device: Device
    person: Person
    email: str
    user_id: str
    is_withheld: bool


class Personas:
    """The personas of one website's visitors."""

    def __init__(self, chance: Chance, site: Site) -> None:
        """Raises InputError if the site names an unknown country, city, operating system or browser."""
        self._chance = chance
        self._site = site
        self.places = Places(site)
        self.systems = Choice(
            ((system, browser), site.devices.get(system.device, 0) * share)
            for system, browser, share in _browsers()
        )
        self.regulars = [
            (_regular_place(site, regular), *_regular_browser(site, regular)) for regular in site.regulars
        ]
        _check_lifts(site)

    @cached_property
    def _people(self) -> Mapping[str, list[Person]]:
        """The people by locale, read when the first persona is asked for."""
        return _people_of(self._site)

    def of(self, visitor: Visitor) -> Persona:
        """Returns the visitor's persona, which thirteen random numbers decide."""
        kind, minute, number = visitor
        coins = _COINS.unpack(words(nth(self._chance.state(PERSONA, minute, 0, kind), number), _WORDS))
        fate, origin, system_coin, person_coin, elsewhere, city = coins[:6]
        mail_number, mail_domain, user = coins[10:]
        is_withheld = fate * UNIT_32 < self._site.withheld
        if visitor.kind == REGULAR:
            place, system, browser = self.regulars[visitor.number]
        else:
            place = self.places.pick((origin * UNIT_32, elsewhere * UNIT_32, city * UNIT_32))
            system, browser = self.systems.pick(system_coin * UNIT_32)
            if fate * UNIT_32 >= 1 - self._site.unlocated:
                place = place._replace(city=None, region=None)
        people = self._people.get(place.locale) or self._people[_DEFAULT_LOCALE]
        person = people[person_coin % len(people)]
        if is_withheld:
            place = NOWHERE._replace(locale=place.locale)
        return Persona(
            place,
            _NO_DEVICE if is_withheld else _device(system, browser, coins[6:10]),
            person,
            f"{person.handle}{mail_number % 90 + 10}@{_MAIL_DOMAINS[mail_domain % 3]}",
            f"user_{user:08x}",
            is_withheld,
        )

    def known_by(self, visitor_id: str, client: Client) -> Persona:
        """Returns the persona of a visitor who is known from page views.

        Name and e-mail address are made up.
        """
        coin = int.from_bytes(blake2b(visitor_id.encode(), digest_size=8, person=b"persona").digest(), "big")
        place = place_of(client)
        people = self._people.get(place.locale) or self._people[_DEFAULT_LOCALE]
        person = people[coin % len(people)]
        device = Device(
            client.device,
            client.os,
            client.os_version,
            client.browser,
            client.browser_version,
            client.vendor,
            client.model,
            client.width,
            client.height,
        )
        email = f"{person.handle}{coin % 90 + 10}@{_MAIL_DOMAINS[coin % 3]}"
        return Persona(place, device, person, email, f"user_{coin & 0xFFFFFFFF:08x}", is_withheld=False)


class _Browser(msgspec.Struct, frozen=True):
    name: str
    versions: tuple[str, ...]
    weight: float


class _System(msgspec.Struct, frozen=True, rename="camel"):
    device: str
    weight: float
    os: str
    os_version: tuple[str, ...]
    vendor: str | None
    models: tuple[str | None, ...]
    browsers: tuple[_Browser, ...]
    viewports: tuple[tuple[int, int], ...]


_NO_DEVICE = Device(None, None, None, None, None, None, None, None, None)


def _device(system: _System, browser: _Browser, coins: Sequence[int]) -> Device:
    width, height = _at(system.viewports, coins[0])
    return Device(
        system.device,
        system.os,
        _at(system.os_version, coins[1]),
        browser.name,
        _at(browser.versions, coins[2]),
        system.vendor,
        _at(system.models, coins[3]),
        width,
        height,
    )


def _at(items: Sequence[T], coin: int) -> T:
    """Returns the item that a random number of 16 bits selects."""
    return items[coin * len(items) >> 16]


@cache
def _browsers() -> list[tuple[_System, _Browser, float]]:
    """Returns every browser on every operating system, with its share among the devices of that type."""
    systems = read_record(_SYSTEMS, tuple[_System, ...])
    devices = {s.device: sum(o.weight for o in systems if o.device == s.device) for s in systems}
    return [
        (s, b, s.weight / devices[s.device] * b.weight / sum(o.weight for o in s.browsers))
        for s in systems
        for b in s.browsers
    ]


def country_codes() -> list[str]:
    """Returns the codes of all countries that have inhabitants."""
    return [code for code, cities in _world_places().items() if any(size for _, size in cities)]


@cache
def _world_places() -> Mapping[str, list[tuple[Place, float]]]:
    """Returns the cities of the world with their inhabitants, by country code."""
    countries: dict[str, list[tuple[Place, float]]] = {}
    columns = ("city", "region", "countryCode", "country", "latitude", "longitude", "locale", "population")
    for city, region, code, country, latitude, longitude, locale, population in read_rows(_PLACES, *columns):
        place = Place(city, region or None, code, country, float(latitude), float(longitude), locale)
        countries.setdefault(code, []).append((place, float(population)))
    return countries


def place_of(client: Client) -> Place:
    """Returns the place of a client. An unknown place has the coordinates 0, 0."""
    places = [place for place, _ in _world_places().get(client.country_code or "", [])]
    there = [place for place in places if (place.region, place.city) == (client.region, client.city)]
    if there:
        return there[0]
    country = places[0].country if places else None
    return NOWHERE._replace(
        city=client.city, region=client.region, country_code=client.country_code, country=country
    )


@cache
def cities_of(country: str) -> Choice[Place]:
    """Returns a country's cities as a choice, in which large cities are more likely."""
    return Choice(_world_places()[country])


@cache
def _world_people() -> Mapping[str, list[Person]]:
    """Returns the people in `people.csv` by locale."""
    people: dict[str, list[Person]] = {}
    for locale, name, handle, company in read_rows(_PEOPLE, "locale", "name", "handle", "company"):
        people.setdefault(locale, []).append(Person(name, handle, company))
    return people


class Places:
    """The places that a site's visitors come from: its own, and the world's cities by country and size."""

    def __init__(self, site: Site) -> None:
        world = _world_places()
        for country in site.countries:
            if country not in world and country != ELSEWHERE:
                raise InputError(f"{site.file}: $.countries", f"no place is known in {quoted(country)}")
        own = [(_own_place(place), place.weight) for place in site.places]
        self.origins: Choice[Place | str] = Choice([*own, *site.countries.items()])
        self.elsewhere = Choice(
            (country, sum(size for _, size in cities))
            for country, cities in world.items()
            if country not in site.countries
        )

    def pick(self, u: Sequence[float]) -> Place:
        """Returns the place that three random numbers in [0, 1) select."""
        chosen = self.origins.pick(u[0])
        if isinstance(chosen, Place):
            return chosen
        country = self.elsewhere.pick(u[1]) if chosen == ELSEWHERE else chosen
        return cities_of(country).pick(u[2])


def _own_place(place: OwnPlace) -> Place:
    return Place(
        *(place.city, place.region, place.country_code, place.country, place.latitude, place.longitude),
        locale=_DEFAULT_LOCALE,
    )


def _people_of(site: Site) -> Mapping[str, list[Person]]:
    if not site.people:
        return _world_people()
    own = [Person(person.name, person.handle, person.company) for person in site.people]
    return {_DEFAULT_LOCALE: own}


def _regular_place(site: Site, regular: Regular) -> Place:
    for place, _ in _world_places().get(regular.country_code, []):
        if place.city == regular.city:
            return place
    raise InputError(
        f"{site.file}: $.regulars", f"no place {quoted(regular.city)} is known in {regular.country_code}"
    )


def _regular_browser(site: Site, regular: Regular) -> tuple[_System, _Browser]:
    for system, browser, _ in _browsers():
        if (system.device, system.os, browser.name) == (regular.device, regular.os, regular.browser):
            return system, browser
    raise InputError(
        f"{site.file}: $.regulars",
        f"no {quoted(regular.browser)} on {quoted(regular.os)} on a {quoted(regular.device)} is known",
    )


def _check_lifts(site: Site) -> None:
    """Raises InputError if the site's prediction names a device, system, browser or country of no visitor."""
    if site.prediction is None:
        return
    known = {
        "device": DEVICES,
        "os": list(dict.fromkeys(system.os for system, _, _ in _browsers())),
        "browser": list(dict.fromkeys(browser.name for _, browser, _ in _browsers())),
    }
    for dimension, names in known.items():
        for name in getattr(site.prediction, dimension):
            if name not in names:
                problem = f"{quoted(name)} is not one of {', '.join(names)}"
                raise InputError(f"{site.file}: $.prediction.{dimension}", problem)
    countries = {*_world_places(), *(place.country_code for place in site.places)}
    for code in site.prediction.country:
        if code not in countries:
            raise InputError(f"{site.file}: $.prediction.country", f"no place is known in {quoted(code)}")
