"""The coordinates of cities for the console's map, since revision 2026-06 has none in its answers."""

from functools import cache

import msgspec

from mock_server.assets import FIXTURES, read_rows
from mock_server.console.polyline import polyline

_PLACES = FIXTURES / "data" / "places.csv"
_SHIFTS = (12, 6, 0)
"""The first bits of the three characters of a mark, six bits each."""


@cache
def places_json() -> bytes:
    """Returns the cities by country, as JSON: `{"DE": ["uRV…", "_~fAkgxE…"], …}`.

    Each country has the marks of its cities, and a polyline of their places. The largest city comes first; it
    is used if a visitor's city is unknown. If cities of a country have the same name, only the largest is
    kept.
    """
    countries: dict[str, dict[str, tuple[float, float]]] = {}
    for code, city, longitude, latitude in read_rows(_PLACES, "countryCode", "city", "longitude", "latitude"):
        countries.setdefault(code, {}).setdefault(city, (float(longitude), float(latitude)))
    return msgspec.json.encode(
        {code: ("".join(map(mark_of, of)), polyline(of.values())) for code, of in countries.items()}
    )


def mark_of(city: str) -> str:
    """Returns the mark of a city: three characters that stand for its name, and are a third as long.

    They are bits of the hash in `hash.js`: FNV-1a over UTF-16, with the bits mixed once more.
    """
    text = city.encode("utf-16-le")
    number = 2_166_136_261
    for low, high in zip(text[::2], text[1::2], strict=True):
        number = (number ^ (high << 8 | low)) * 16_777_619 & 0xFFFFFFFF
    number = (number ^ number >> 15) * 2_246_822_507 & 0xFFFFFFFF
    number ^= number >> 13
    return "".join(chr(63 + (number >> shift & 63)) for shift in _SHIFTS)
