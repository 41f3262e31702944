"""Tokens are secrets, even here: what is shown of a text that may hold one."""

import re


def _either(character: str) -> str:
    """A character as it is, or as a URL may write it."""
    return f"(?:{character}|%{ord(character):X})"


# Any part of a token may be percent-encoded; what stands before it may end with such an escape.
_BEFORE = r"(?=[d%])(?:(?<![A-Za-z0-9])|(?<=%[0-9A-Fa-f]{2}))"
_KIND = f"{_either('d')}{_either('f')}({_either('t')}?)(?:_|%5[Ff])"
_REST = r"(?:[A-Za-z0-9_-]|%3[0-9]|%[46][1-9A-Fa-f]|%[57][0-9Aa]|%5[Ff]|%2[Dd])+"
_TOKEN = re.compile(_BEFORE + _KIND + _REST)


def hidden(text: str) -> str:
    """The text with `df_***` for each token in it."""
    return _TOKEN.sub(lambda found: "dft_***" if found[1] else "df_***", text)


def has_token(text: str) -> bool:
    """Whether there is a token in a text."""
    return _TOKEN.search(text) is not None
