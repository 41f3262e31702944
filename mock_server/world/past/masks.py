"""Sets of small numbers as bit masks, one set a row."""

import numpy as np

from mock_server.world.past.coins import Column

_WORD_BITS = 64


class Masks:
    """Makes and reads columns of sets of numbers below `size`: a byte a row, or as many as are needed."""

    def __init__(self, size: int) -> None:
        """A column has the shape (rows, words)."""
        self.size = size
        bits = next((bits for bits in (8, 16, 32) if size <= bits), _WORD_BITS)
        self._bits = bits
        self._type = np.dtype(f"u{bits // 8}")
        self.words = max(1, -(-size // bits))

    def empty(self, rows: int) -> Column:
        """A column without content."""
        return np.empty((rows, self.words), self._type)

    def of_runs(self, numbers: Column, first: Column, counts: Column | None = None) -> Column:
        """A set for each run of numbers, each from a `first` one; `counts` flags those that count."""
        masks = np.zeros((len(first), self.words), self._type)
        if not len(first):
            return masks
        place = numbers % self._bits
        bits = np.left_shift(np.ones(1, self._type), place.astype(self._type))
        if counts is not None:
            bits = np.where(counts, bits, self._type.type(0))
        for word in range(self.words):
            chosen = (
                bits if self.words == 1 else np.where(numbers // self._bits == word, bits, self._type.type(0))
            )
            masks[:, word] = np.bitwise_or.reduceat(chosen, first)
        return masks

    def of_rows(self, rows: Column, numbers: Column, count: int) -> Column:
        """A set for each of `count` rows: of the numbers that are told for it."""
        masks = np.zeros((count, self.words), self._type)
        for number in np.unique(numbers):
            masks[rows[numbers == number], number // self._bits] |= self._bit(int(number))
        return masks

    def have_any(self, masks: Column, numbers: list[int]) -> Column:
        """Whether each set has any of these numbers."""
        found = np.zeros(len(masks), bool)
        for word in range(self.words):
            here = [number for number in numbers if number // self._bits == word]
            if here:
                wanted = self._type.type(sum(1 << number % self._bits for number in here))
                found |= (masks[:, word] & wanted) != 0
        return found

    def counts(self, masks: Column) -> Column:
        """In how many of the sets each number is."""
        octets = np.ascontiguousarray(masks).view(np.uint8).reshape(len(masks), self.words * self._bits // 8)
        by_value = [np.bincount(octet, minlength=256) @ _BITS_OF_OCTETS for octet in octets.T]
        counts: Column = np.concatenate(by_value)[: self.size]
        return counts

    def _bit(self, number: int) -> np.unsignedinteger:
        bit: np.unsignedinteger = self._type.type(1 << number % self._bits)
        return bit


_BITS_OF_OCTETS = np.array([[value >> bit & 1 for bit in range(8)] for value in range(256)])
