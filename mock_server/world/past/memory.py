"""Gives the memory that freed columns took back to the operating system."""

import sys
from collections.abc import Callable
from ctypes import CDLL, c_size_t
from functools import cache


def give_back() -> None:
    """Returns unused memory to the operating system, where the C library is glibc.

    glibc keeps the memory of freed columns of up to 32 MiB for later ones, and those rarely fit. Other
    libraries return it on their own.
    """
    trim = _trim()
    if trim is not None:
        trim(0)


@cache
def _trim() -> Callable[[int], object] | None:
    if sys.platform != "linux":
        return None
    # Only glibc has this function; musl, for example, has not.
    trim = getattr(CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim.argtypes = [c_size_t]
    return trim
