"""The place of a browser, guessed from its time zone and its language, without any network."""

import re
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from mock_server.assets import FIXTURES, read_rows

_PLACES = FIXTURES / "data" / "places.csv"
# The region of a language tag (BCP 47): `fr-FR`, `zh-Hant-TW`.
_REGION = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z]{4})?-(?P<country>[A-Za-z]{2})(?:-.*)?")


class Whereabouts(NamedTuple):
    """A country, a region and a city; each is None if it is unknown."""

    country_code: str | None = None
    region: str | None = None
    city: str | None = None


def whereabouts_of(zone: str | None, language: str | None) -> Whereabouts:
    """Returns the city after which a time zone is named.

    If that city is unknown, it returns the zone's largest city. Cities of the language's country are
    preferred. For an unknown zone it returns the language's country only.
    """
    tag = _REGION.fullmatch(language or "")
    country = tag["country"].upper() if tag else None
    name = _current_names().get(zone or "", zone or "")
    cities = _cities().get(name, [])
    cities = [city for city in cities if city.country_code == country] or cities
    if not cities:
        return Whereabouts(country if country in _countries() else None)
    named = name.rpartition("/")[2].replace("_", " ")
    return next((city for city in cities if city.city == named), cities[0])


@cache
def _cities() -> Mapping[str, list[Whereabouts]]:
    """Returns the cities of each time zone, the largest first."""
    columns = ("timezone", "population", "countryCode", "region", "city")
    rows = sorted(read_rows(_PLACES, *columns), key=lambda row: -float(row[1]))
    found: dict[str, list[Whereabouts]] = {}
    for zone, _, country, region, city in rows:
        found.setdefault(zone, []).append(Whereabouts(country, region or None, city))
    return found


@cache
def _countries() -> frozenset[str | None]:
    return frozenset(city.country_code for cities in _cities().values() for city in cities)


@cache
def _current_names() -> Mapping[str, str]:
    """Returns the current names of time zones by their old names, which many browsers still send."""
    text = files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="utf-8")
    links = (line.split() for line in text.splitlines() if line.startswith("L "))
    known = _cities()
    return {old: present for _, present, old in links if old not in known}
