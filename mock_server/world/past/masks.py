"""Sets of small numbers as bit masks, with a set in each row."""

import numpy as np

from mock_server.world.past.coins import Column, different

_WORD_BITS = 64


class Masks:
    """Columns of sets of numbers below `size`; each set takes as few bytes as possible."""

    def __init__(self, size: int) -> None:
        """A column has the shape (rows, words)."""
        self.size = size
        bits = next((bits for bits in (8, 16, 32) if size <= bits), _WORD_BITS)
        self._bits = bits
        self._type = np.dtype(f"u{bits // 8}")
        self.words = max(1, -(-size // bits))

    def empty(self, rows: int) -> Column:
        """Returns a column of undefined content."""
        return np.empty((rows, self.words), self._type)

    def of_runs(self, numbers: Column, first: Column, counts: Column | None = None) -> Column:
        """Returns a set for each run of numbers; `first` has the index at which each run begins.

        `counts` has a flag for each number, which says whether the number belongs to the set. None means all
        numbers.
        """
        masks = np.zeros((len(first), self.words), self._type)
        if not len(first):
            return masks
        offset = numbers % self._bits
        bits = np.left_shift(np.ones(1, self._type), offset.astype(self._type))
        if counts is not None:
            bits = np.where(counts, bits, self._type.type(0))
        for word in range(self.words):
            chosen = (
                bits if self.words == 1 else np.where(numbers // self._bits == word, bits, self._type.type(0))
            )
            masks[:, word] = np.bitwise_or.reduceat(chosen, first)
        return masks

    def of_rows(self, rows: Column, numbers: Column, count: int) -> Column:
        """Returns a set for each of `count` rows; `rows` has, for each number, the row of its set."""
        masks = np.zeros((count, self.words), self._type)
        for number in different(numbers):
            masks[rows[numbers == number], number // self._bits] |= self._bit(int(number))
        return masks

    def have_any(self, masks: Column, numbers: list[int]) -> Column:
        """Returns, for each row of a column of sets, whether its set contains any of these numbers."""
        found = np.zeros(len(masks), bool)
        for word in range(self.words):
            here = [number for number in numbers if number // self._bits == word]
            if here:
                wanted = self._type.type(sum(1 << number % self._bits for number in here))
                found |= (masks[:, word] & wanted) != 0
        return found

    def counts(self, masks: Column) -> Column:
        """Returns, for each number, the number of sets that contain it."""
        octets = np.ascontiguousarray(masks).view(np.uint8).reshape(len(masks), self.words * self._bits // 8)
        by_value = [np.bincount(octet, minlength=256) @ _BITS_OF_OCTETS for octet in octets.T]
        counts: Column = np.concatenate(by_value)[: self.size]
        return counts

    def _bit(self, number: int) -> np.unsignedinteger:
        bit: np.unsignedinteger = self._type.type(1 << number % self._bits)
        return bit


_BITS_OF_OCTETS = np.array([[value >> bit & 1 for bit in range(8)] for value in range(256)])
