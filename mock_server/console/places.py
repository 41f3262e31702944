"""The coordinates of cities for the console's map, since revision 2026-06 has none in its answers."""

from functools import cache

import msgspec

from mock_server.assets import FIXTURES, read_rows
from mock_server.console.polyline import polyline

_PLACES = FIXTURES / "data" / "places.csv"
SEPARATOR = "|"
"""The character between two names of cities, which no name contains."""


@cache
def places_json() -> bytes:
    """Returns the cities by country, as JSON: `{"DE": ["Berlin|Hamburg|…", "_~fAkgxE…"], …}`.

    Each country has the names of its cities, and a polyline of their places. The largest city comes first; it
    is used if a visitor's city is unknown. If cities of a country have the same name, only the largest is
    kept.
    """
    countries: dict[str, dict[str, tuple[float, float]]] = {}
    for code, city, longitude, latitude in read_rows(_PLACES, "countryCode", "city", "longitude", "latitude"):
        countries.setdefault(code, {}).setdefault(city, (float(longitude), float(latitude)))
    return msgspec.json.encode(
        {code: (SEPARATOR.join(cities), polyline(cities.values())) for code, cities in countries.items()}
    )
