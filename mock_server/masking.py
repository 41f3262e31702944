"""Tokens are secrets, even here: what is shown of a text that may hold one."""

import re

# A URL within a URL is escaped once more.
_PERCENT = "%(?:25)*"
_ESCAPE = rf"{_PERCENT}[0-9A-Fa-f]{{2}}|\\u[0-9A-Fa-f]{{4}}|\\x[0-9A-Fa-f]{{2}}|\\[abfnrtv]"


def _either(character: str) -> str:
    """A character as it is, or as a URL may write it."""
    return f"(?:{character}|{_PERCENT}{ord(character):X})"


# Any part of a token may be escaped; what stands before it may end with an escape.
_BEFORE = rf"(?:(?<![A-Za-z0-9])|({_ESCAPE}))"
_KIND = f"{_either('d')}{_either('f')}({_either('t')}?)(?:_|{_PERCENT}5[Ff])"
_REST = rf"(?:[A-Za-z0-9_-]|{_PERCENT}(?:3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|2[Dd]))+"
_TOKEN = re.compile(rf"(?=[d%\\]){_BEFORE}{_KIND}{_REST}")


def hidden(text: str) -> str:
    """The text with `df_***` for each token in it."""
    return _TOKEN.sub(lambda found: f"{found[1] or ''}{'dft' if found[2] else 'df'}_***", text)


def has_token(text: str) -> bool:
    """Whether there is a token in a text."""
    return _TOKEN.search(text) is not None
