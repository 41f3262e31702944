"""Paths with wildcards, as the steps of funnels name them."""

import re
from fnmatch import translate
from functools import lru_cache


@lru_cache(256)
def wildcard(path: str) -> re.Pattern[str]:
    """Returns the pattern of a path in which `*` stands for any number of characters."""
    # fnmatch has further wildcards, so their characters are escaped. Its pattern needs no backtracking.
    return re.compile(translate(re.sub(r"([?[])", r"[\1]", path)))
