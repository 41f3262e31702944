"""The modules of the console's map that only compute, in Node: clusters, view, made-up names."""

import math
import random
from typing import Any

import pytest

from tests.console.node import evaluated
from tests.quick import quick

CLUSTERED = """clustered(given.spots, given.scale).map(({ x, y, spots }) =>
  ({ x, y, ids: spots.map(({ id }) => id), radius: spots.length === 1 ? 4.5 : radiusOf(spots.length) }))"""


def spots(count: int, spread: float, *, alone: int = 0) -> list[dict[str, Any]]:
    """Returns `count` random places around a point; the first `alone` of them must not be in clusters."""
    chance = random.Random(7)
    return [
        {"id": n, "x": chance.gauss(500, spread), "y": chance.gauss(200, spread), "isAlone": n < alone}
        for n in range(count)
    ]


@pytest.mark.parametrize("scale", quick([1, 8, 32], 1))
def test_each_visitor_is_in_one_cluster_and_the_marked_ones_are_alone(scale: int) -> None:
    clusters = evaluated(CLUSTERED, {"spots": spots(2_000, 40, alone=3), "scale": scale})

    assert sorted(id_ for cluster in clusters for id_ in cluster["ids"]) == list(range(2_000))
    assert [cluster["ids"] for cluster in clusters][-3:] == [[0], [1], [2]]


def test_discs_do_not_cover_each_other() -> None:
    clusters = evaluated(CLUSTERED, {"spots": spots(2_000, 40), "scale": 4})

    covered = [
        (one, other)
        for n, one in enumerate(clusters)
        for other in clusters[n + 1 :]
        if math.hypot(one["x"] - other["x"], one["y"] - other["y"]) * 4
        < 0.6 * (one["radius"] + other["radius"])
    ]
    assert len(clusters) > 20
    assert covered == []


def test_a_disc_gives_way_to_a_dot_that_stands_alone() -> None:
    given = [{"id": n, "x": 500 + n / 10, "y": 200, "isAlone": n == 0} for n in range(9)]

    disc, dot = evaluated(CLUSTERED, {"spots": given, "scale": 1})

    assert (len(disc["ids"]), dot["ids"]) == (8, [0])
    assert disc["x"] - dot["x"] >= disc["radius"] + 4


def test_a_large_zoom_divides_all_discs() -> None:
    clusters = evaluated(CLUSTERED, {"spots": spots(200, 40), "scale": 5_000})

    assert len(clusters) == 200


def test_a_zoom_keeps_the_point_below_the_pointer() -> None:
    frame = {"width": 1200, "height": 400}
    expression = """(() => {
      const at = { x: 500, y: 150 };
      const point = (view) => {
        const box = boxOf(view, given);
        return [box.x + box.width * at.x / given.width, box.y + box.height * at.y / given.height];
      };
      const near = { x: 480, y: 200, zoom: 4 };
      return [point(near), point(zoomed(near, given, 3, at))];
    })()"""

    before, after = evaluated(expression, frame)

    assert after == pytest.approx(before)


@pytest.mark.long
@pytest.mark.parametrize("size", [(1200, 400), (390, 220), (300, 900)])
def test_no_move_and_no_zoom_leaves_the_world(size: tuple[int, int]) -> None:
    frame = {"width": size[0], "height": size[1]}
    expression = """[[1e6, 1e6], [-1e6, -1e6], [0, 0]].flatMap(([right, down]) => [1, 7, 99].map((factor) => {
      const { x, y, width, height } = boxOf(moved(zoomed(WHOLE, given, factor), given, right, down), given);
      return [x, x + width, y, y + height];
    }))"""

    for left, right, top, bottom in evaluated(expression, frame):
        # If the frame is longer than the world in one direction, the world is in its middle.
        assert (left >= -1e-6 and right <= 1000 + 1e-6) or left + right == pytest.approx(1000)
        assert (top >= -1e-6) or top + bottom == pytest.approx(evaluated("HEIGHT"))


def test_made_up_names_are_many_and_stay() -> None:
    ids = [f"{n:08x}-0000-4000-8000-000000000000" for n in range(3_000)]

    names, again = evaluated("[given.map(madeUpName), given.map(madeUpName)]", ids)

    assert names == again
    assert len(set(names)) > 1_000
    assert all(len(name.split()) == 2 for name in names)
    assert evaluated("nameOf(given)", {"visitorId": ids[0], "name": "Ada Lovelace"}) == "Ada Lovelace"
