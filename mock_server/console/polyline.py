"""Points on the globe as a text, in the encoded polyline algorithm format."""

from collections.abc import Iterable

SCALE = 20
"""The number of units in a degree. If the world is 1,250 pixels wide, a unit is a sixth of a pixel."""


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """Returns longitudes and latitudes in degrees as a text.

    The text contains the first point, and then the difference between each point and the next.
    """
    text, last = "", (0, 0)
    for x, y in points:
        point = round(x * SCALE), round(y * SCALE)
        text += _digits(point[0] - last[0]) + _digits(point[1] - last[1])
        last = point
    return text


def _digits(number: int) -> str:
    """Returns a number as characters of five bits each, the lowest bits first. The lowest bit is the sign."""
    rest = ~(number << 1) if number < 0 else number << 1
    digits = ""
    while rest >= 1 << 5:
        digits += chr((1 << 5 | rest & 31) + 63)
        rest >>= 5
    return digits + chr(rest + 63)
