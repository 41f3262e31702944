"""The words and the places in what a clause has found."""

import pytest

from contract_tests.clauses import all_clauses
from contract_tests.clauses.telling import figure_told, time_told
from contract_tests.exchange import Exchange
from contract_tests.judging.verdict import judge
from contract_tests.mutants import all_mutants
from contract_tests.recording import Recording


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


@pytest.mark.parametrize(
    ("name", "pointer"),
    [
        ("everybody elsewhere", "/data/visitors/0/currentUrl"),
        ("half in another revision", "/data/visitors/0/system/os"),
        ("visitor travels", "/data/visitors/37/location/region"),
        ("a goal that is shown twice", "/data/activity/completedGoals/2/name"),
        ("a goal from a payment provider", "/data/activity/completedGoals/1/origin"),
        ("a goal that is accepted and not shown", "/data/activity/completedGoals"),
        ("a goal of another visitor on the map", "/data/recentEvents/4/visitorId"),
        ("a goal that is counted twice", "/data/7/completions"),
        ("a goal that is removed and still shown", "/data/activity/completedGoals/1/name"),
        ("a payment that is on the map twice", "/data/recentPayments/1/amount"),
        ("a payer who is no customer", "/data/visitors/0/isCustomer"),
        ("an identity that is not on the map", "/data/visitors/0/profileData/hasProfile"),
    ],
)
def test_a_fault_is_told_at_its_own_place(recorded: list[Exchange], name: str, pointer: str) -> None:
    mutant = next(mutant for mutant in all_mutants() if mutant.name == name)
    mutate = mutant.make()
    clauses = [clause for clause in all_clauses() if clause.id == mutant.clause]

    verdict = judge(Recording([mutate(exchange) for exchange in recorded]), clauses)[0]

    assert verdict.violations[0].pointer == pointer
