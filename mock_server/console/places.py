"""The coordinates of cities for the console's map, since revision 2026-06 has none in its answers."""

from functools import cache

import msgspec

from mock_server.assets import FIXTURES, read_rows
from mock_server.console.polyline import polyline

_PLACES = FIXTURES / "data" / "places.csv"
_SHIFTS = (12, 6, 0)
"""The lowest bit of each of the three characters of a mark. A character stands for six bits."""


@cache
def places_json() -> bytes:
    """Returns the cities by country, as JSON: `{"DE": ["uRV…", "_~fAkgxE…"], …}`.

    Each country has the marks of its cities, and a polyline of their places. The largest city comes first; it
    is used if a visitor's city is unknown. The others follow from west to east, so that the steps of the
    polyline are short. If cities of a country have the same name, only the largest is kept.
    """
    countries: dict[str, dict[str, tuple[float, float]]] = {}
    for code, city, longitude, latitude in read_rows(_PLACES, "countryCode", "city", "longitude", "latitude"):
        countries.setdefault(code, {}).setdefault(city, (float(longitude), float(latitude)))
    return msgspec.json.encode({code: _written(cities) for code, cities in countries.items()})


def _written(cities: dict[str, tuple[float, float]]) -> tuple[str, str]:
    """Returns the marks and the polyline of cities, of which the first is the largest."""
    largest, *others = cities.items()
    names, points = zip(largest, *sorted(others, key=lambda city: city[1]), strict=True)
    return "".join(map(mark_of, names)), polyline(points)


def mark_of(city: str) -> str:
    """Returns the mark of a city: three characters that stand for its name.

    The characters are bits of the hash in `hash.js`: FNV-1a over UTF-16, with the bits mixed once more.
    """
    text = city.encode("utf-16-le")
    number = 2_166_136_261
    for low, high in zip(text[::2], text[1::2], strict=True):
        number = (number ^ (high << 8 | low)) * 16_777_619 & 0xFFFFFFFF
    number = (number ^ number >> 15) * 2_246_822_507 & 0xFFFFFFFF
    number ^= number >> 13
    return "".join(chr(63 + (number >> shift & 63)) for shift in _SHIFTS)
