"""The ids of visitors: UUIDs from which the visitors can be decoded."""

from uuid import UUID

from mock_server.world.chance import FEISTEL, Chance
from mock_server.world.visits import Visitor

_HALF_BITS = 61
_HALF = (1 << _HALF_BITS) - 1
_MINUTE_OFFSET = 1 << 39


class Ids:
    """The ids of visitors, made by a keyed Feistel permutation of the 122 free bits of a UUID v4."""

    def __init__(self, chance: Chance) -> None:
        """The permutation depends on the seed and the website of `chance`."""
        self._chance = chance

    def encode(self, visitor: Visitor) -> str:
        """Returns the visitor's id: their coordinates and 55 bits of zero padding, permuted."""
        plain = (visitor.kind << 119) | ((visitor.minute + _MINUTE_OFFSET) << 79) | (visitor.number << 55)
        left, right = plain >> _HALF_BITS, plain & _HALF
        for turn in range(4):
            left, right = right, left ^ self._round(turn, right)
        bits = (left << _HALF_BITS) | right
        # A UUID consists of 48 bits, the version, 12 bits, the variant and 62 bits.
        number = (
            (bits >> 74 << 80) | (4 << 76) | ((bits >> 62 & 0xFFF) << 64) | (2 << 62) | (bits & (1 << 62) - 1)
        )
        text = f"{number:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def decode(self, visitor_id: str) -> Visitor | None:
        """Returns the visitor with this id; None if its padding is not zero, since then it is nobody's id."""
        number = UUID(visitor_id).int
        bits = (number >> 80 << 74) | ((number >> 64 & 0xFFF) << 62) | (number & (1 << 62) - 1)
        left, right = bits >> _HALF_BITS, bits & _HALF
        for turn in reversed(range(4)):
            left, right = right ^ self._round(turn, left), left
        plain = (left << _HALF_BITS) | right
        if plain & (1 << 55) - 1:
            return None
        return Visitor(
            plain >> 119, (plain >> 79 & (1 << 40) - 1) - _MINUTE_OFFSET, plain >> 55 & (1 << 24) - 1
        )

    def _round(self, turn: int, half: int) -> int:
        return int.from_bytes(self._chance.digest(FEISTEL, turn, half)[:8], "little") & _HALF
