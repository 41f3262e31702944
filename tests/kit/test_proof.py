"""The proof that the clauses notice: every mutant is killed, every clause has one that only it kills."""

import re
from collections import Counter

from contract_tests.clauses import all_clauses
from contract_tests.mutants import all_mutants
from tests.command import ended

_KILLED = re.compile(r"killed +(\S+) +(.+?): (.+) at (/\S*)(?:  \(fell: .+\))?$")


def test_every_mutant_is_killed_by_the_clause_that_it_breaks() -> None:
    result = ended("prove", seconds=170)
    *lines, summary = result.stdout.splitlines()
    assert result.returncode == 0, summary
    told = {(found[2], found[1]) for line in lines if (found := _KILLED.fullmatch(line))}
    assert told == {(mutant.name, mutant.clause) for mutant in all_mutants()}
    assert len(lines) == len(told) > 120
    assert f"{len(told)} mutants, {len(told)} killed, 0 survived; 0 clauses unproven" in summary


def test_names_are_unique() -> None:
    names = Counter(mutant.name.lower() for mutant in all_mutants())
    ids = Counter(clause.id for clause in all_clauses())
    assert [name for name, count in (names + ids).items() if count > 1] == []


def test_every_mutant_breaks_a_clause_that_there_is() -> None:
    assert {mutant.clause for mutant in all_mutants()} == {clause.id for clause in all_clauses()}
