"""The families of clauses, in the order in which reports list them."""

from dataclasses import dataclass

from contract_tests.operations import MAP, REALTIME, VISITOR


@dataclass(frozen=True, slots=True)
class Family:
    """A group of clauses about one subject.

    `key` is the part of its clauses' ids before the hyphen. `file` is the name of its modules in clauses,
    mutants and probes. `operation` is the operation whose successful answers the clauses judge; None if they
    judge several operations.
    """

    key: str
    title: str
    file: str
    operation: str | None = None


FAMILIES = (
    Family("ENV", "Transport and envelope", "envelope"),
    Family("AUTH", "Authentication", "access"),
    Family("ERR", "Errors", "access"),
    Family("REV", "Revision", "realtime_map"),
    Family("RT", "Realtime counter", "realtime", REALTIME),
    Family("MAP", "Realtime map", "realtime_map", MAP),
    Family("VIS", "Visitor profile", "visitor", VISITOR),
    Family("POLL", "Answers over time", "polls"),
    Family("AGR", "Agreement between endpoints", "agreement"),
    Family("SUM", "Sums of reports", "sums"),
    Family("SEL", "What reports select", "selection"),
    Family("WRITE", "What is written", "writes"),
)

BY_HAND = frozenset(family.operation for family in FAMILIES if family.operation)
"""The operations whose access clauses are written by hand.

The access clauses of all other operations are made from the document.
"""

_BY_KEY = {family.key: family for family in FAMILIES}
_BY_OPERATION = {family.operation: family for family in FAMILIES if family.operation}


def family_of(clause_id: str) -> Family:
    """Returns the family of a clause.

    The id of a clause that is made from the document begins with its operation, as in `listGoals.data.name`.
    The clauses of an operation that FAMILIES does not contain are a family of their own.
    """
    key, hyphen, _ = clause_id.partition("-")
    if hyphen and key in _BY_KEY:
        return _BY_KEY[key]
    operation = clause_id.partition(".")[0]
    return _BY_OPERATION.get(operation) or Family(operation, operation, "", operation)


def order_of(clause_id: str) -> tuple[int, str, int]:
    """Returns the sort key of a clause: the place of its family in FAMILIES, then its number.

    Clauses without a number come last in their family, in their own order.
    """
    family = family_of(clause_id)
    rank = FAMILIES.index(family) if family in FAMILIES else len(FAMILIES)
    number = clause_id.rpartition("-")[2]
    return rank, "" if family in FAMILIES else family.key, int(number) if number.isdigit() else 1_000_000
