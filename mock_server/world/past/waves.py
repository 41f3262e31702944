"""The waves, which bring all visitors who were born in one minute back in another one."""

from collections.abc import Sequence

import numpy as np

from mock_server.world.chance import WAVE, Chance
from mock_server.world.past.coins import Column, states
from mock_server.world.site import Wave


class Waves:
    """The minutes between which the waves of a website move its visitors."""

    def __init__(self, chance: Chance, waves: Sequence[Wave]) -> None:
        """`waves` are those of the website. Wave 0 is the first visit of each visitor."""
        self._chance = chance
        self._waves = [None, *waves]
        self.reach = max((wave.gap + (1 << wave.block) for wave in waves), default=0)
        """The number of minutes from a visitor's birth to the last possible visit."""

    def __len__(self) -> int:
        return len(self._waves)

    def sources(self, wave: int, minutes: Column) -> Column:
        """Returns the minutes of birth of the visitors whom a wave brings back in `minutes`.

        In wave 0 these are the same minutes.
        """
        spec = self._waves[wave]
        if spec is None:
            return minutes
        size = 1 << spec.block
        blocks, offsets = np.divmod(minutes, size)
        factors, shifts = self._keys(wave, blocks)
        moved = (offsets.astype(np.uint64) - shifts) * _inverses(factors)
        return blocks * size + (moved & np.uint64(size - 1)).astype(np.int64) - spec.gap

    def targets(self, wave: int, births: Column) -> Column:
        """Returns the minutes in which a wave brings back the visitors born in the minutes `births`."""
        spec = self._waves[wave]
        if spec is None:
            return births
        size = 1 << spec.block
        blocks, offsets = np.divmod(births + spec.gap, size)
        factors, shifts = self._keys(wave, blocks)
        moved = factors * offsets.astype(np.uint64) + shifts
        return blocks * size + (moved & np.uint64(size - 1)).astype(np.int64)

    def _keys(self, wave: int, blocks: Column) -> tuple[Column, Column]:
        """Returns the odd factors and the shifts of blocks."""
        words = states(self._chance, WAVE, blocks, wave=wave)
        return words & np.uint64(0xFFFFFFFF) | np.uint64(1), words >> np.uint64(32)


def _inverses(factors: Column) -> Column:
    """Returns the inverses of odd factors modulo 2**64, by Newton's method.

    Each step doubles the number of correct bits.
    """
    inverses = factors.copy()
    for _ in range(6):
        inverses *= np.uint64(2) - factors * inverses
    return inverses
