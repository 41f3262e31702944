"""The coordinates of cities for the console's map, since revision 2026-06 has none in its answers."""

from functools import cache

import msgspec

from mock_server.assets import FIXTURES, read_rows

_PLACES = FIXTURES / "data" / "places.csv"


@cache
def places_json() -> bytes:
    """Returns the cities by country, as JSON: `{"DE": {"": [1341, 5252], "Berlin": [1341, 5252], …}, …}`.

    A city has its longitude and latitude in hundredths of a degree; the empty name stands for the country.
    """
    countries: dict[str, dict[str, tuple[int, int]]] = {}
    for code, city, longitude, latitude in read_rows(_PLACES, "countryCode", "city", "longitude", "latitude"):
        place = _hundredths(longitude), _hundredths(latitude)
        # The largest city of a country comes first; it stands for the country, and for cities of its name.
        countries.setdefault(code, {"": place}).setdefault(city, place)
    return msgspec.json.encode(countries)


def _hundredths(degrees: str) -> int:
    return round(float(degrees) * 100)
