"""All columns of a report at once, also those that are answered on request only."""

from contract_tests.asking.probes.probe import SUCCESSES, Question
from contract_tests.asking.rules import MAIN, wide_reads_of
from contract_tests.document import Document


def field_probes(contract: Document) -> list[Question]:
    """Returns a question for each read with such columns. A refusal of it breaks nothing."""
    return [
        Question(operation.id, None, MAIN, (f"{operation.id}.*", *SUCCESSES), values=values)
        for operation, values in wide_reads_of(contract)
    ]
