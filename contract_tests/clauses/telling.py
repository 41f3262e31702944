"""The words in which clauses say what they found: numbers, counts, lengths of time and values."""

import msgspec

from contract_tests.exchange import Json

# In ms, the largest first.
_UNITS = ((86_400_000, "days"), (3_600_000, "hours"), (60_000, "minutes"), (1_000, "seconds"))
_MOST_UNITS = 2
_LONGEST = 80


def number_told(value: float) -> str:
    """Returns a number as text without an exponent and without the noise of binary fractions."""
    return f"{value:.0f}" if value % 1 == 0 else f"{value:.6f}".rstrip("0").rstrip(".")


def counted(number: int, one: str, many: str) -> str:
    """Returns a number with its noun, such as `1 clause` or `2 clauses`."""
    return f"{number} {one if number == 1 else many}"


def figure_told(name: str, value: float) -> str:
    """Returns a figure of a report as text, such as `1 visitor`, `2 visitors` or `a revenue of 9.5`."""
    if name == "revenue":
        return f"a revenue of {number_told(value)}"
    return f"{number_told(value)} {name.removesuffix('s') if value == 1 else name}"


def rows_told(number: int) -> str:
    """Returns a number of rows as text, such as `1 row`."""
    return figure_told("rows", number)


def range_told(least: float, most: float) -> str:
    """Returns the numbers from `least` to `most` as text; a single number if both are equal."""
    return number_told(least) if least == most else f"{number_told(least)} to {number_told(most)}"


def time_told(length: float) -> str:
    """Returns a length of time in ms as text in its two largest units, such as `1 minute 30 seconds`.

    It is rounded down.
    """
    told: list[str] = []
    left = length
    for unit, name in _UNITS:
        number, left = divmod(left, unit)
        told += [figure_told(name, number)] if number and len(told) < _MOST_UNITS else []
    return " ".join(told) or "less than a second"


def value_told(value: Json) -> str:
    """Returns a value as JSON, cut to a length that fits into a sentence."""
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
