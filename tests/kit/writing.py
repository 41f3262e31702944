"""The clauses that only a run with `--writes` observes."""

from contract_tests.clauses import all_clauses
from contract_tests.document import document


def is_about_writing(clause_id: str) -> bool:
    """Returns whether a clause is about an operation that writes, or about what was written."""
    if clause_id.startswith("WRITE-"):
        return True
    operation = document().operations.get(clause_id.partition(".")[0])
    return operation is not None and not operation.is_read


WRITING = frozenset(clause.id for clause in all_clauses() if is_about_writing(clause.id))
