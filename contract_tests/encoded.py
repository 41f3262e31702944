"""Finds tokens that stand in a text in base64 or in hexadecimal digits."""

import re
from base64 import urlsafe_b64decode
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

# At least three characters follow the prefix; a random text hardly ever contains such a token.
_TOKEN = re.compile(rb"df(t?)_[A-Za-z0-9_-]{3,}")
_WINDOW = 64
# The line breaks within base64 whose lines are as long as in mail or in PEM files.
_FOLD = re.compile(r"(?<=[A-Za-z0-9+/_-]{64})\r?\n[ \t]*(?=[A-Za-z0-9+/_-])")
# Base64 of a text that is ASCII. It hardly ever has other digits, and none if the text is base64 itself.
_DIGITS = re.compile(r"[A-Za-z0-9]{16,}={0,2}")
# Three groups of four digits in which the first bit of each byte is 0.
_ASCII = re.compile("(?:[A-Za-f][A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589][A-Za-z0-9]){3}")


class _Code(NamedTuple):
    """One way to write bytes in digits of `bits` bits each.

    `start` finds the digits of a token's prefix, and `run` any digits. In base64 a token may begin within a
    group of four digits, behind `before` bytes of other text.
    """

    bits: int
    before: int
    start: re.Pattern[str]
    run: re.Pattern[str]
    decode: Callable[[str], bytes]


def _base64(digits: str) -> bytes:
    # `A` stands for six bits of zero.
    return urlsafe_b64decode(digits.replace("+", "-").replace("/", "_") + "A" * (-len(digits) % 4))


def _hexadecimal(digits: str) -> bytes:
    return bytes.fromhex(digits[: len(digits) // 2 * 2])


_HEXADECIMAL = re.compile("[0-9A-Fa-f]+")
_BASE64 = re.compile("[A-Za-z0-9+/_-]+")
_CODES = (
    _Code(4, 0, re.compile("6466(?:74)?5[Ff]"), _HEXADECIMAL, _hexadecimal),
    # The prefix `df_`, or else `dft_`. Some bits of the first digit may belong to the byte before it.
    _Code(6, 0, re.compile("ZGZ(?:f|0X)"), _BASE64, _base64),
    _Code(6, 1, re.compile("[GWm2]Rm(?:X[w-z0-3]|dF[89])"), _BASE64, _base64),
    _Code(6, 2, re.compile("[BFJNRVZdhlptx159]k(?:Zl[89]|ZnRf)"), _BASE64, _base64),
)


def encoded_tokens(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields the start index, the end index and the kind (`df` or `dft`) of each token in such digits."""
    for code in _CODES:
        at = 0
        while (found := code.start.search(text, at)) is not None:
            start, at = found.start(), found.end()
            token = _token_at(text, start, code)
            if token is not None:
                at, kind = token
                yield start, at, kind


def unfolded(text: str, places: Sequence[int]) -> tuple[str, Sequence[int]] | None:
    """Returns a text without the line breaks within base64; None if there is none.

    `places`, the index in the original of each character, are returned without those of the line breaks.
    """
    parts: list[str] = []
    kept: list[int] = []
    at = 0
    for fold in _FOLD.finditer(text):
        parts.append(text[at : fold.start()])
        kept += places[at : fold.start()]
        at = fold.end()
    return ("".join([*parts, text[at:]]), [*kept, *places[at:]]) if parts else None


def texts_in_base64(text: str) -> Iterator[tuple[int, int, str]]:
    """Yields the start index and the end index of what may be an ASCII text in base64, and that text.

    Nobody knows at which of four digits a group begins, so there may be several texts for one place.
    """
    for digits in _DIGITS.finditer(text):
        for before in range(4):
            if _ASCII.match(text, digits.start() + before):
                whole = digits[0][before:].rstrip("=")
                found = _base64(whole)[: len(whole) * 6 // 8]
                if _is_text(found):
                    yield digits.start() + before, digits.end(), found.decode()


def _is_text(found: bytes) -> bool:
    return found.isascii() and (found.decode().isprintable() or b"\n" in found)


def _token_at(text: str, start: int, code: _Code) -> tuple[int, str] | None:
    """Returns the end index and the kind of the token whose digits begin at an index, if there is one.

    It decodes no more than about twice the token's length, however long the text is.
    """
    length = _WINDOW
    while True:
        run = code.run.match(text, start, start + length)
        assert run is not None, "it begins with the prefix"
        whole = (code.before + len(run[0])) * code.bits // 8
        token = _TOKEN.match(code.decode("A" * code.before + run[0])[:whole], code.before)
        if token is None:
            return None
        kind = f"df{token[1].decode()}"
        if token.end() < whole:
            return start + -(-8 * token.end() // code.bits) - code.before, kind
        if len(run[0]) < length:
            # The text may be cut within a byte.
            return run.end(), kind
        length *= 2
