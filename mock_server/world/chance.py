"""Random numbers that do not depend on earlier ones, but only on a seed, a website and a coordinate.

A coordinate is a purpose, a minute, a wave and a kind of visitors. A random number is called a coin.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from hashlib import blake2b, shake_128
from itertools import accumulate
from struct import Struct, iter_unpack
from typing import Generic, TypeVar

T = TypeVar("T")

# The purposes for which coins are drawn; no two purposes share coins.
BIRTHS, HEADS, WAVE, PURCHASES, WALK, CAST_COINS, PERSONA, RENEWALS, PLAN, REGULAR_COINS = range(10)
# The purposes of digests, which are only drawn for single visitors, never for columns.
FEISTEL, OBJECT_ID, CLICK_ID, WRITTEN = range(4)

UNIT_16 = 1 / 65_536
UNIT_32 = 1 / 4_294_967_296

WORD = (1 << 64) - 1
"""The largest word of 64 bits."""
GAMMA = 0x9E3779B97F4A7C15
"""The increment of SplitMix64 from one word of a state to the next: 2**64 divided by the golden ratio."""
MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
SHIFTS = (30, 27, 31)
# The positions of a coordinate's parts in a word: a minute of 40 bits, a wave of 20, a kind of 4.
MINUTE_OFFSET = 1 << 39
WAVE_SHIFT, KIND_SHIFT = 40, 60
# In one Python integer, each word has a lane twice its width, which holds its products.
_LANE_BITS = 128
_LANE_BYTES = _LANE_BITS // 8
_MOST_LANES = 64
_DIGEST_COORDINATES = Struct("<Bqqqq")


def mix(word: int) -> int:
    """Returns the mix of a 64-bit word, by SplitMix64's finaliser. Different words have different mixes."""
    word = (word ^ word >> SHIFTS[0]) * MULTIPLIERS[0] & WORD
    word = (word ^ word >> SHIFTS[1]) * MULTIPLIERS[1] & WORD
    return word ^ word >> SHIFTS[2]


def nth(state: int, number: int) -> int:
    """Returns one of the words (or states) that follow from a state. The first has number 0."""
    return mix(state + (number + 1) * GAMMA & WORD)


def words(state: int, count: int, first: int = 0) -> bytes:
    """Returns `count` words of a state from the number `first` on, little-endian.

    Each word is followed by eight bytes to be ignored. Many are computed at once, in lanes of one large
    integer: 40 words cost five times as much as one.
    """
    if count > _MOST_LANES:
        starts = range(0, count, _MOST_LANES)
        return b"".join(words(state, min(count - n, _MOST_LANES), first + n) for n in starts)
    ones, ramp, mask = _lanes(count)
    lanes = (state + first * GAMMA & WORD) * ones + ramp & mask
    lanes = (lanes ^ lanes >> SHIFTS[0] & mask) * MULTIPLIERS[0] & mask
    lanes = (lanes ^ lanes >> SHIFTS[1] & mask) * MULTIPLIERS[1] & mask
    return (lanes ^ lanes >> SHIFTS[2]).to_bytes(count * _LANE_BYTES, "little")


@cache
def _lanes(count: int) -> tuple[int, int, int]:
    """Returns three integers, each of which consists of `count` lanes.

    Each lane of the first integer is 1. The lanes of the second are GAMMA times 1, times 2, and so on. Each
    lane of the third is a mask of 64 bits.
    """
    ones = sum(1 << n * _LANE_BITS for n in range(count))
    ramp = sum(((n + 1) * GAMMA & WORD) << n * _LANE_BITS for n in range(count))
    return ones, ramp, ones * WORD


class Chance:
    """The source of all random numbers of one website in one world.

    A coordinate has a state, a state has words, and a word holds a few random numbers.
    `mock_server.world.past.coins` draws the same words for many coordinates at once.
    """

    __slots__ = ("_secret", "keys", "state")

    def __init__(self, seed: int, website_id: str) -> None:
        """Two worlds have different random numbers if their seeds or their websites differ."""
        self._secret = blake2b(f"{seed}/{website_id}".encode()).digest()
        drawn = shake_128(self._secret).digest(8 * (REGULAR_COINS + 1))
        self.keys = [word for (word,) in iter_unpack("<Q", drawn)]
        """A word for each purpose."""
        # All visitors of a minute have one state for each purpose.
        self.state = lru_cache(1024)(self._state)

    def _state(self, purpose: int, minute: int, wave: int = 0, kind: int = 0) -> int:
        """Returns the state of a minute, for a wave and a kind of visitors.

        Minutes, or blocks of minutes, count from the epoch.
        """
        coordinate = kind << KIND_SHIFT | wave << WAVE_SHIFT | minute + MINUTE_OFFSET
        return mix(self.keys[purpose] ^ coordinate)

    def digest(self, purpose: int, a: int, b: int = 0, c: int = 0, d: int = 0) -> bytes:
        """Returns 64 random bytes for one coordinate. They are not needed as columns."""
        return blake2b(self._secret + _DIGEST_COORDINATES.pack(purpose, a, b, c, d)).digest()


class Choice(Generic[T]):
    """A weighted choice among items."""

    __slots__ = ("_last", "bounds", "items")

    def __init__(self, weighted: Iterable[tuple[T, float]]) -> None:
        """Items of weight 0 are never picked. Raises ValueError if all weights are 0."""
        pairs = [(item, weight) for item, weight in weighted if weight > 0]
        if not pairs:
            raise ValueError("nothing to choose from: every weight is 0")
        self.items: Sequence[T] = [item for item, _ in pairs]
        sums = list(accumulate(weight for _, weight in pairs))
        self.bounds = [part / sums[-1] for part in sums]
        """The upper end of each item's share."""
        self._last = len(pairs) - 1

    def pick(self, u: float) -> T:
        """Returns the item whose share of [0, 1) contains u."""
        return self.items[min(bisect_right(self.bounds, u), self._last)]
