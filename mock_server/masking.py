"""Tokens are secrets, even here: what is shown of a text that may hold one."""

import re

_TOKEN = re.compile(r"(?<![A-Za-z0-9])(dft?)_[A-Za-z0-9_-]+")


def hidden(text: str) -> str:
    """The text with `df_***` for each token in it."""
    return _TOKEN.sub(r"\1_***", text)


def has_token(text: str) -> bool:
    """Whether there is a token in a text."""
    return _TOKEN.search(text) is not None
