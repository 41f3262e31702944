"""The data of the console's map, land.json and places.json, and the modules that read them, in Node."""

import json
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate, pairwise
from typing import NamedTuple

import pytest

from mock_server.assets import FIXTURES, read_rows
from mock_server.console.files import STATIC
from mock_server.console.places import mark_of, places_json
from mock_server.console.polyline import SCALE, polyline
from mock_server.contract.document import REVISION_2026_06
from mock_server.resources.call import Call
from mock_server.resources.realtime_map import realtime_map
from mock_server.world.world import World
from tests.console.node import evaluated
from tests.invariants import data_of
from tests.sites import SITES

INSTANT = 1_770_355_650_000
MARKS = {code: re.findall("...", marks) for code, (marks, _) in json.loads(places_json()).items()}
# NOWHERE are the places of visitors who cannot be drawn; OWN are drawn, though places.csv lacks them. All of
# them are in edge_cases.yaml.
NOWHERE = {(None, None), (None, "<i>Nowhere</i>"), ("AQ", None), ("AQ", "South Pole")}
OWN = {
    ("FJ", "Taveuni"),
    ("US", "Attu"),
    ("CA", "Alert"),
    ("NO", "Å"),
    ("GB", "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch"),
    ("JP", "東京都"),
    ("EG", "القاهرة"),
}
TWO_MARKS = mark_of("New York City") + mark_of("Boise")
TWO_CITIES = {"US": [TWO_MARKS, polyline([(-74.01, 40.71), (-116.2, 43.62)])]}


class Point(NamedTuple):
    """A point, in the units of a polyline."""

    x: int
    y: int


Edge = tuple[Point, Point]


def decoded(text: str) -> list[Point]:
    """Returns the points of an encoded polyline."""
    ring: list[int] = []
    number = shift = 0
    for digit in (ord(character) - 63 for character in text):
        number |= (digit & 31) << shift
        shift += 5
        if digit < 32:
            ring.append(~(number >> 1) if number & 1 else number >> 1)
            number = shift = 0
    ways = zip(ring[::2], ring[1::2], strict=True)
    return [Point(*point) for point in accumulate(ways, lambda one, way: (one[0] + way[0], one[1] + way[1]))]


RINGS = [decoded(ring) for ring in json.loads((STATIC / "land.json").read_bytes()).split()]
EDGES = [edge for ring in RINGS for edge in pairwise([*ring, ring[0]])]


def is_land(longitude: float, latitude: float) -> bool:
    """Returns whether a point is on land: a line from it to the west crosses an odd number of coasts."""
    x, y = longitude * SCALE, latitude * SCALE
    level = [(a, b) for a, b in EDGES if (a.y > y) != (b.y > y)]
    return sum(a.x + (y - a.y) / (b.y - a.y) * (b.x - a.x) < x for a, b in level) % 2 == 1


def area(ring: Iterable[Point]) -> float:
    """Returns twice the area of a ring, which is negative if it runs clockwise."""
    points = list(ring)
    return sum(a.x * b.y - b.x * a.y for a, b in pairwise([*points, points[0]]))


def crossings(edges: Iterable[Edge]) -> Iterator[tuple[Edge, Edge]]:
    """Yields all pairs of edges that cross between their ends."""
    from_west = sorted((min(edge), max(edge)) for edge in edges)
    for n, one in enumerate(from_west, 1):
        end = bisect_right(from_west, one[1].x, key=lambda edge: edge[0].x)
        yield from ((one, two) for two in from_west[n:end] if _parts(one, two) and _parts(two, one))


def _parts(line: Edge, edge: Edge) -> bool:
    """Returns whether the ends of an edge are on different sides of a line."""
    return area((*line, edge[0])) * area((*line, edge[1])) < 0


def test_land_is_a_small_file() -> None:
    assert (STATIC / "land.json").stat().st_size < 20_000


def test_land_lies_on_the_globe_without_antarctica() -> None:
    longitudes, latitudes = zip(*(point for ring in RINGS for point in ring), strict=True)

    assert (min(longitudes), max(longitudes)) == (-180 * SCALE, 180 * SCALE)
    assert -60 * SCALE < min(latitudes) < max(latitudes) < 90 * SCALE


def test_rings_close_by_themselves() -> None:
    assert all(len(ring) >= 3 and ring[0] != ring[-1] for ring in RINGS)


def test_no_ring_jumps_across_the_180th_meridian() -> None:
    assert max(abs(a.x - b.x) for a, b in EDGES) < 20 * SCALE


def test_no_ring_crosses_itself_or_another() -> None:
    assert list(crossings(EDGES)) == []


def test_crossing_edges_are_found() -> None:
    falling, rising = (Point(0, 9), Point(9, 0)), (Point(0, 0), Point(9, 9))

    assert list(crossings([falling, rising])) == [(rising, falling)]


def test_only_the_caspian_and_the_black_sea_run_clockwise() -> None:
    seas = [ring for ring in RINGS if area(ring) < 0]

    assert len(seas) == 2


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        pytest.param(2.35, 48.86, id="Paris"),
        pytest.param(36.82, -1.29, id="Nairobi"),
        pytest.param(-104.98, 39.74, id="Denver"),
        pytest.param(-47.88, -15.79, id="Brasília"),
        pytest.param(116.39, 39.91, id="Beijing"),
        pytest.param(133.88, -23.70, id="Alice Springs"),
        pytest.param(138.20, 36.65, id="Nagano"),
        pytest.param(-0.13, 51.51, id="London"),
        pytest.param(103.82, 1.36, id="Singapore"),
        pytest.param(57.55, -20.30, id="Mauritius"),
        pytest.param(-155.5, 19.6, id="Hawaii"),
        pytest.param(-42.0, 75.0, id="Greenland"),
        pytest.param(179.0, 67.5, id="Chukotka, west of the 180th meridian"),
        pytest.param(-175.0, 66.5, id="Chukotka, east of the 180th meridian"),
    ],
)
def test_place_is_on_land(longitude: float, latitude: float) -> None:
    assert is_land(longitude, latitude)


@pytest.mark.parametrize(
    ("longitude", "latitude"),
    [
        pytest.param(-35.0, 30.0, id="Atlantic"),
        pytest.param(-150.0, 0.0, id="Pacific"),
        pytest.param(179.9, 30.0, id="Pacific, at the 180th meridian"),
        pytest.param(80.0, -30.0, id="Indian Ocean"),
        pytest.param(18.0, 35.0, id="Mediterranean"),
        pytest.param(35.0, 43.0, id="Black Sea"),
        pytest.param(51.0, 41.0, id="Caspian Sea"),
        pytest.param(38.0, 20.0, id="Red Sea"),
        pytest.param(3.0, 56.0, id="North Sea"),
        pytest.param(-85.0, 60.0, id="Hudson Bay"),
    ],
)
def test_place_is_at_sea(longitude: float, latitude: float) -> None:
    assert not is_land(longitude, latitude)


def test_places_are_a_small_file() -> None:
    assert len(places_json()) < 20_000


def test_each_city_of_the_world_has_a_place_and_a_mark_of_its_own() -> None:
    cities = set(read_rows(FIXTURES / "data" / "places.csv", "countryCode", "city"))

    marks = sorted((country, mark_of(city)) for country, city in cities)
    assert marks == sorted((country, mark) for country, marks in MARKS.items() for mark in marks)
    assert marks == sorted(set(marks))


def test_the_page_has_the_same_marks_of_cities() -> None:
    cities = ["Berlin", "Å", "東京都", "𝒳", ""]

    assert evaluated("given.map(markOf)", cities) == [mark_of(city) for city in cities]


def test_a_polyline_keeps_its_points() -> None:
    points = [(-180.0, 90.0), (13.4, 52.55), (13.4, 52.55), (0.0, 0.0)]

    assert evaluated("pointsOf(given)", polyline(points)) == [list(point) for point in points]


@pytest.mark.parametrize(
    ("country", "city", "place"),
    [
        pytest.param("DE", "Berlin", [13.41, 52.52], id="city"),
        pytest.param("DE", None, [13.41, 52.52], id="country: its largest city"),
        pytest.param("US", "Columbus", [-83.0, 39.96], id="two of a name: the one in Ohio"),
        pytest.param("US", "Springfield", [-93.3, 37.22], id="two of a name: the one in Missouri"),
    ],
)
def test_place_of_a_city(country: str, city: str | None, place: list[float]) -> None:
    given = [json.loads(places_json()), [country, city]]

    found = evaluated("placeOf(readPlaces(given[0]), ...given[1])", given)

    assert found == pytest.approx(place, abs=0.5 / SCALE)


# launch_day has the same places as demo, and would take five seconds.
@pytest.mark.parametrize("site", sorted(SITES.keys() - {"launch_day"}))
def test_visitors_of_each_site_have_a_place(site: str) -> None:
    reply = realtime_map(Call(World(42, SITES[site]), INSTANT, REVISION_2026_06, {}))
    locations = [visitor["location"] for visitor in data_of(reply.body)["visitors"]]
    told = {(location["countryCode"], location["city"]) for location in locations}

    unknown = {
        (country, city)
        for country, city in told
        if country not in MARKS or (city and mark_of(city) not in MARKS[country])
    }

    assert unknown <= NOWHERE | OWN


@pytest.mark.parametrize(
    ("country", "city", "place"),
    [
        pytest.param("US", "Boise", [-116.2, 43.62], id="city"),
        pytest.param("US", None, [-74.01, 40.71], id="no city: the country"),
        pytest.param("US", "Attu", [-74.01, 40.71], id="unknown city: the country"),
        pytest.param("US", "constructor", [-74.01, 40.71], id="city that every object has"),
        pytest.param("AQ", "South Pole", None, id="unknown country"),
        pytest.param("constructor", None, None, id="country that every object has"),
        pytest.param(None, "Boise", None, id="no country"),
        pytest.param(None, None, None, id="nothing"),
    ],
)
def test_place_of_a_visitor(country: str | None, city: str | None, place: list[float] | None) -> None:
    found = evaluated("placeOf(readPlaces(given[0]), ...given[1])", [TWO_CITIES, [country, city]])

    assert found == (None if place is None else pytest.approx(place, abs=0.5 / SCALE))


def test_projection_is_equal_earth() -> None:
    # PROJ's own test of +proj=eqearth, on a sphere of 6,378,137 m, and the bounds of EPSG:8857.
    x, y = 14_795_421.79 / 6_378_137, 5_486_671.72 / 6_378_137
    east = 17_243_959.06 / 6_371_007.18

    (centre, equator), (corner, north) = evaluated("[project(0, 0), project(180, 45)]")

    assert (corner - centre) / centre == pytest.approx(x / east)
    assert (equator - north) / centre == pytest.approx(y / east)


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        pytest.param([180, 0], "[WIDTH, project(0, 0)[1]]", id="east"),
        pytest.param([-180, 0], "[0, project(0, 0)[1]]", id="west"),
        pytest.param([0, 84], "[WIDTH / 2, 0]", id="north"),
        pytest.param([540, 10], "project(180, 10)", id="beyond the east"),
        pytest.param([-181, 10], "project(-180, 10)", id="beyond the west"),
        pytest.param([30, 90], "project(30, 84)", id="North Pole"),
        pytest.param([30, -90], "project(30, -58)", id="South Pole"),
    ],
)
def test_edge_of_the_map(place: list[int], expected: str) -> None:
    drawn, edge = evaluated(f"[project(...given), {expected}]", place)

    assert drawn == pytest.approx(edge)


def test_whole_world_is_within_the_drawing() -> None:
    expression = "[[WIDTH, HEIGHT], given.map(([longitude, latitude]) => project(longitude, latitude))]"
    world = [(longitude, latitude) for longitude in range(-180, 181, 20) for latitude in range(-90, 91, 10)]

    (width, height), points = evaluated(expression, world)

    assert all(0 <= x <= width and 0 <= y <= height for x, y in points)
    assert max(y for _, y in points) > height - 1


def test_places_further_east_and_north_are_drawn_further_right_and_up() -> None:
    expression = "[given.map((n) => project(n * 3, 50)[0]), given.map((n) => project(20, n)[1])]"

    rights, downs = evaluated(expression, list(range(-58, 61)))

    assert rights == sorted(set(rights))
    assert downs == sorted(set(downs), reverse=True)


def test_land_is_drawn_as_a_path_of_closed_rings() -> None:
    # From 0° E, 0° N by 180° E, 0° N to 0° E, 45° N; and from 180° W, 0° N by 179° W, 1° N to 179° W, 0° N.
    rings = [polyline([(0, 0), (180, 0), (0, 45)]), polyline([(-180, 0), (-179, 1), (-179, 0)])]

    path = evaluated("landPath(given)", " ".join(rings))

    assert path == "M500 241.4L1000 241.4L500 82.5ZM0 241.4L2.8 237.6L2.8 241.4Z"


def test_whole_land_is_drawn() -> None:
    path = evaluated("landPath(given)", json.loads((STATIC / "land.json").read_bytes()))

    assert path.count("M") == path.count("Z") == len(RINGS)
    assert "NaN" not in path
