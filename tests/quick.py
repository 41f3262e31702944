"""Which parameters of a test are part of `make test`; the others are left to `make long`."""

from collections.abc import Iterable
from typing import Any

import pytest

LONG = pytest.mark.long


def quick(values: Iterable[Any], keep: int) -> list[pytest.ParameterSet]:
    """Returns the values as parameters, of which all but `keep` are marked as long.

    The first value is among those that are kept, and the others are evenly spread. A tuple has the values of
    several arguments. Raises ValueError if all would be kept.
    """
    parameters = [_parameter(value) for value in values]
    if keep >= len(parameters):
        raise ValueError(f"all of {len(parameters)} values are kept if {keep} shall be")
    kept = {n * len(parameters) // keep for n in range(keep)}
    return [one if n in kept else one._replace(marks=[*one.marks, LONG]) for n, one in enumerate(parameters)]


def _parameter(value: Any) -> pytest.ParameterSet:
    if isinstance(value, pytest.ParameterSet):
        return value
    return pytest.param(*value) if isinstance(value, tuple) else pytest.param(value)
