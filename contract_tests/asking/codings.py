"""Content codings (RFC 9110, 8.4.1). A body is decoded in pieces, so that a decompression bomb is bounded."""

import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress

from contract_tests.quoting import quoted

ACCEPTED = ("gzip", "deflate")
"""The codings that can be decoded, as `Accept-Encoding` names them."""

_PIECE = 256 * 1024
_NONE = frozenset({"", "identity"})
_ALIASES = {"x-gzip": "gzip"}
# The number of bytes that are enough to see whether the data has a zlib header.
_HEADER = 2
_GZIP, _ZLIB, _RAW = 16 + zlib.MAX_WBITS, zlib.MAX_WBITS, -zlib.MAX_WBITS


class UnreadableError(Exception):
    """An error for a body that cannot be decoded; the text says why, in a few words for people."""


class Decoder:
    """A decoder of one body. The pieces of its output are small, even for a decompression bomb."""

    def __init__(self, codings: Sequence[str]) -> None:
        """`codings` are the values of `Content-Encoding`.

        Raises UnreadableError for more than one coding, and for one that cannot be decoded.
        """
        named = [coding.strip().lower() for coding in codings]
        found = [_ALIASES.get(coding, coding) for coding in named if coding not in _NONE]
        unasked = [coding for coding in found if coding not in ACCEPTED]
        if unasked:
            asked = ", ".join(ACCEPTED)
            raise UnreadableError(
                f"the body has the content coding {quoted(unasked[0][:40])};"
                f" the request accepts {asked}, or none"
            )
        if len(found) > 1:
            raise UnreadableError(f"the body has {len(found)} content codings; at most one is decoded")
        self._coding = found[0] if found else None
        self._unpacked = None if self._coding is None else self._unpacker()
        self._head = b""

    def decode(self, part: bytes) -> Iterator[bytes]:
        """Yields the decoded bytes in pieces: at least one piece, which may be empty.

        Raises UnreadableError.
        """
        if self._unpacked is None:
            yield part
            return
        while True:
            if self._unpacked.eof:
                # A gzip file may have several members (RFC 1952, 2.2); other data after a member is ignored.
                if self._coding != "gzip" or not part.startswith(b"\x1f"):
                    yield b""
                    return
                self._unpacked = self._unpacker()
            piece = self._unpack(part)
            yield piece
            part = self._unpacked.unconsumed_tail or self._unpacked.unused_data
            # If a piece is full, the decoder may have more output for the same input.
            if not part and len(piece) < _PIECE:
                return

    def end(self) -> None:
        """Raises UnreadableError if the body is incomplete."""
        if self._unpacked is not None and self._head and not self._unpacked.eof:
            raise UnreadableError(f"the body is compressed by {self._coding} and ends early")

    def _unpack(self, part: bytes) -> bytes:
        assert self._unpacked is not None, "only what is packed is unpacked"
        begun = self._head
        if len(begun) < _HEADER:
            self._head += part[:_HEADER]
        try:
            return self._unpacked.decompress(part, _PIECE)
        except zlib.error:
            # Some servers send deflate without a header (RFC 9110, 8.4.1.2).
            if self._coding == "deflate" and len(begun) < _HEADER:
                self._unpacked = zlib.decompressobj(_RAW)
                with suppress(zlib.error):
                    return self._unpacked.decompress(begun + part, _PIECE)
            raise UnreadableError(
                f"the body is not {self._coding}, although `Content-Encoding` says so"
            ) from None

    def _unpacker(self) -> "zlib._Decompress":
        return zlib.decompressobj(_GZIP if self._coding == "gzip" else _ZLIB)
