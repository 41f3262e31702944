"""The words for numbers, figures and lengths of time in what a clause has found."""

import pytest

from contract_tests.clauses.telling import figure_told, time_told


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (999, "less than a second"),
        (1_000, "1 second"),
        (61_000, "1 minute 1 second"),
        (7_200_000, "2 hours"),
        (90_061_000, "1 day 1 hour"),
    ],
)
def test_a_length_of_time_is_told_in_its_two_largest_units(length: int, words: str) -> None:
    assert time_told(length) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("visitors", 1, "1 visitor"),
        ("visitors", 1_234_567, "1234567 visitors"),
        ("payments", 0, "0 payments"),
        ("revenue", 0.1 + 0.2, "a revenue of 0.3"),
        ("revenue", 12_345_678.9, "a revenue of 12345678.9"),
    ],
)
def test_a_figure_is_told_with_its_noun(name: str, value: float, words: str) -> None:
    assert figure_told(name, value) == words
