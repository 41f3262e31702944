"""Makes mock_server/console/static/land.json: the outlines of the land, from Natural Earth.

Run by `make data`; see fixtures/data/README.md for source and licence. The file is a JSON text of rings with
spaces between them, without Antarctica and without parts too small to be seen. A ring is a polyline of
mock_server/console/polyline.py. It does not repeat its first point at the end. No ring crosses the 180th
meridian, another ring or itself. Rings of land run anticlockwise; the rings of the Caspian and the Black Sea
run clockwise.
"""

import argparse
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon, affinity

from mock_server.console.polyline import SCALE, polyline

OUT = Path(__file__).parent.parent / "mock_server" / "console" / "static" / "land.json"

# Antarctica is south of this latitude, all other land is north of it.
SOUTH = -60
# The width of a pixel at the equator on a map 2,000 pixels wide, in degrees. Smaller islands are left out.
PIXEL = 0.18
# The width of a pixel on a map 1,400 pixels wide, in degrees. Smaller corners are left out. With PIXEL the
# file would be a quarter larger, and coasts would look different only if the map is zoomed.
CORNER = 0.26
# Fjords and sounds narrower than twice this number of degrees are left out, since the lines of both shores
# would fill them; and so are enclosed seas of fewer square degrees than SEA.
NARROW = 0.04
SEA = 1

Point = tuple[float, float]


def main() -> None:
    """Writes the file, and prints its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("atlas", type=Path, help="land-50m.json of the npm package world-atlas")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    rings = make_land(json.loads(arguments.atlas.read_bytes()))
    text = json.dumps(" ".join(rings))
    arguments.out.write_text(text + "\n", encoding="utf-8")
    print(f"{arguments.out}: {len(rings)} rings, {len(text):,} bytes")


def make_land(atlas: Any) -> list[str]:
    """Returns the rings, the largest land first, each followed by the seas in it."""
    land = [polygon for polygon in _read_land(atlas) if polygon.bounds[3] > SOUTH]
    # Coasts are simplified on an equal-area map, so that northern coasts do not keep invisible details.
    flat = _without_small(_without_narrow(shapely.transform(land, _to_equal_area)))
    simple = shapely.transform(shapely.coverage_simplify(flat, CORNER), _from_equal_area)
    pieces = shapely.set_precision(_split(simple), 1 / SCALE)
    # Rounding can close a bay, which is a small sea then.
    filled = shapely.orient_polygons([_filled(piece) for piece in pieces.geoms])
    by_size = sorted(filled, key=lambda piece: (-piece.area, piece.bounds))
    rings = [ring for piece in by_size for ring in (piece.exterior, *piece.interiors)]
    return [polyline(ring.coords[:-1]) for ring in rings]


def _read_land(atlas: Any) -> Iterator[Polygon]:
    """Yields the polygons of a TopoJSON file, whose rings consist of arcs of delta-coded integers."""
    (x_scale, y_scale), (x, y) = atlas["transform"]["scale"], atlas["transform"]["translate"]
    arcs = [
        [(column * x_scale + x, row * y_scale + y) for column, row in accumulate(arc, _step)]
        for arc in atlas["arcs"]
    ]
    (land,) = atlas["objects"]["land"]["geometries"]
    for outline, *seas in land["arcs"]:
        yield Polygon(_unwrapped(arcs, outline), [_unwrapped(arcs, sea) for sea in seas])


def _step(point: Sequence[int], way: Sequence[int]) -> tuple[int, int]:
    return point[0] + way[0], point[1] + way[1]


def _unwrapped(arcs: Sequence[list[Point]], ring: Iterable[int]) -> list[Point]:
    """Joins arcs to a ring without jumps: beyond 180° it continues at 181°. Arc ~n is arc n reversed."""
    points = [point for n in ring for point in (arcs[n] if n >= 0 else arcs[~n][::-1])]
    turns = list(accumulate((round((a - b) / 360) for (a, _), (b, _) in pairwise(points)), initial=0))
    # The ring is moved by whole turns, so that most of its points are between -180° and 180°.
    home = round(sum(turns) / len(turns))
    return [(x + 360 * (turn - home), y) for (x, y), turn in zip(points, turns, strict=True)]


def _to_equal_area(points: Any) -> Any:
    x, y = points.T
    return np.stack([x, np.degrees(np.sin(np.radians(y)))], axis=1)


def _from_equal_area(points: Any) -> Any:
    x, y = points.T
    return np.stack([x, np.degrees(np.arcsin(np.radians(y)))], axis=1)


def _without_narrow(polygons: Iterable[Polygon]) -> list[Polygon]:
    """Returns the land without narrow water: it is grown and shrunk again, so that near shores become one."""
    land = shapely.union_all(shapely.make_valid(polygons))
    grown = land.buffer(NARROW, join_style="mitre")
    return list(grown.buffer(-NARROW, join_style="mitre").geoms)


def _without_small(polygons: Iterable[Polygon]) -> list[Polygon]:
    """Returns the land without islands, and without seas in it, that are too small to be drawn."""
    return [_filled(polygon) for polygon in polygons if polygon.area >= PIXEL**2]


def _filled(land: Polygon) -> Polygon:
    """Returns land without the seas in it that are too small to be drawn."""
    return Polygon(land.exterior, [sea for sea in land.interiors if Polygon(sea).area >= SEA])


def _split(polygons: Iterable[Polygon]) -> MultiPolygon:
    """Returns the land cut at the 180th meridian, so that all of it is between -180° and 180°."""
    land = MultiPolygon(list(polygons))
    turned = [affinity.translate(land, way) for way in (-360, 0, 360)]
    pieces = shapely.intersection(turned, shapely.box(-180, -90, 180, 90))
    # If an island only touches the meridian, its other part is a point.
    return MultiPolygon([piece for piece in shapely.get_parts(pieces) if piece.area])


if __name__ == "__main__":
    main()
