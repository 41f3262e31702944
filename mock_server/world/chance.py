"""Keyed chance: every coin is a function of (seed, website, coordinates), never of the order of asking."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from hashlib import blake2b, shake_128
from itertools import accumulate
from struct import Struct
from typing import Generic, TypeVar

T = TypeVar("T")

# What a digest is drawn for is its first coordinate, so that no two purposes share coins.
BIRTHS, HEADS, WAVE, PURCHASES, BUYERS, WALK, CAST_COINS = range(7)
PERSONA, OBJECT_ID, RENEWALS, FEISTEL, PLAN, CLICK_ID, REGULAR_COINS = range(7, 14)

DIGEST_SIZE = 64
_COORDINATES = Struct("<Bqqqq")
UNIT_16 = 1 / 65_536
UNIT_32 = 1 / 4_294_967_296


class Chance:
    """The chance of one website in one world."""

    __slots__ = ("_key",)

    def __init__(self, seed: int, website_id: str) -> None:
        """Two worlds differ in every coin as soon as seed or website differ."""
        self._key = blake2b(f"{seed}/{website_id}".encode(), digest_size=DIGEST_SIZE).digest()

    def digest(self, purpose: int, a: int, b: int = 0, c: int = 0, d: int = 0) -> bytes:
        """64 bytes for one coordinate: many coins for the price of one hash."""
        return blake2b(self._key + _COORDINATES.pack(purpose, a, b, c, d)).digest()

    def stream(self, size: int, purpose: int, a: int, b: int = 0, c: int = 0, d: int = 0) -> bytes:
        """`size` bytes for one coordinate; another size gives other bytes."""
        if size <= DIGEST_SIZE:
            return self.digest(purpose, a, b, c, d)[:size]
        return shake_128(self._key + _COORDINATES.pack(purpose, a, b, c, d)).digest(size)


class Choice(Generic[T]):
    """A weighted choice among items: `pick(u)` for a u in [0, 1)."""

    __slots__ = ("_bounds", "_last", "items")

    def __init__(self, weighted: Iterable[tuple[T, float]]) -> None:
        """Items of weight 0 are never picked; raises ValueError if nothing is left to pick."""
        pairs = [(item, weight) for item, weight in weighted if weight > 0]
        if not pairs:
            raise ValueError("nothing to choose from: every weight is 0")
        self.items: Sequence[T] = [item for item, _ in pairs]
        sums = list(accumulate(weight for _, weight in pairs))
        self._bounds = [part / sums[-1] for part in sums]
        self._last = len(pairs) - 1

    def pick(self, u: float) -> T:
        """The item whose share of [0, 1) holds u."""
        return self.items[min(bisect_right(self._bounds, u), self._last)]
