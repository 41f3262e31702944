"""Probes that request all columns of a report, including the columns that are answered on request only."""

from contract_tests.asking.probes.probe import SUCCESSES, Question
from contract_tests.asking.rules import MAIN, wide_reads_of
from contract_tests.document import Document


def field_probes(contract: Document) -> list[Question]:
    """Returns a question for each read that has some columns only on request.

    No clause breaks if the server refuses such a request.
    """
    return [
        Question(operation.id, None, MAIN, (f"{operation.id}.*", *SUCCESSES), values=values)
        for operation, values in wide_reads_of(contract)
    ]
