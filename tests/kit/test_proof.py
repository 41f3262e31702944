"""The proof: every mutant has its weight, and every clause has a mutant that only it notices."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import pytest

from contract_tests.clauses import all_clauses
from contract_tests.document import document
from contract_tests.exchange import Exchange
from contract_tests.judging.proof import clean_recordings, fallen
from contract_tests.judging.watched import Reads
from contract_tests.mutants import all_mutants
from contract_tests.recording import Recording
from tests.command import ended

_TOLD = re.compile(
    r"(?:killed|passed) +(\S+) +(.+?): (.+ at /\S*(?:  \(noticed by: .+\))?|nothing forbids it)"
)


@pytest.mark.long
def test_a_recording_does_not_depend_on_the_machine(recordings: dict[str, list[Exchange]]) -> None:
    assert _asked(clean_recordings()) == _asked(recordings)


def _asked(recordings: Mapping[str, Sequence[Exchange]]) -> list[tuple[str, str | None, int, str]]:
    """Returns the revision, the operation, the status and the date of each answer."""
    return [
        (revision, exchange.operation, exchange.status, exchange.headers["date"])
        for revision, exchanges in recordings.items()
        for exchange in exchanges
    ]


@pytest.mark.long
def test_every_mutant_has_its_weight() -> None:
    result = ended("prove", seconds=600)
    *lines, summary = result.stdout.splitlines()

    wrong = [line for line in lines if line.startswith(("unproven", "survived"))]
    assert result.returncode == 0, "\n".join([*wrong, summary])
    told = {(found[2], found[1]) for line in lines if (found := _TOLD.fullmatch(line))}
    assert told == {(mutant.name, mutant.clause) for mutant in all_mutants()}
    assert len(lines) == len(told) > 1600
    assert summary.startswith(f"{len(told)} mutants of {len(document().rows)} documented members: ")
    assert ", 0 survived; 0 clauses unproven; " in summary


@pytest.mark.long
def test_clauses_that_read_no_changed_answer_need_not_be_judged(
    recordings: dict[str, list[Exchange]],
) -> None:
    mutants = [mutant for mutant in all_mutants() if mutant.is_for_all][::31]

    for revision, exchanges in recordings.items():
        clean, reads = Recording(exchanges), Reads(exchanges, all_clauses())
        left_out = 0
        for mutant in mutants:
            if mutant.revision not in (None, revision):
                continue
            mutate = mutant.make()
            planted = [mutate(exchange) for exchange in exchanges]
            changed = [new for old, new in zip(exchanges, planted, strict=True) if new is not old]
            concerned = {
                clause.id for clause in reads.concerned(all_clauses(), clean.changed(planted), changed)
            }
            left_out += len(all_clauses()) - len(concerned)
            assert fallen(planted, None, changed).keys() <= concerned, mutant.name
        # Most clauses read the answers of one operation or two.
        assert left_out > len(mutants) * len(all_clauses()) / 2


def test_every_documented_member_has_mutants_of_each_kind() -> None:
    faults = Counter(mutant.clause for mutant in all_mutants() if not mutant.is_for_all)

    # The faults of a member: missing, of another type, null, or beyond its bounds.
    assert [row.id for row in document().rows if faults[row.id] < 3] == []


def test_names_are_unique() -> None:
    names = Counter(mutant.name.lower() for mutant in all_mutants())
    ids = Counter(clause.id for clause in all_clauses())
    assert [name for name, count in (names + ids).items() if count > 1] == []


def test_every_mutant_breaks_a_clause_that_exists() -> None:
    assert {mutant.clause for mutant in all_mutants()} == {clause.id for clause in all_clauses()}
