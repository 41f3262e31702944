"""Mutants that answer with an undocumented status. Mutants with documented ones are in `statuses`."""

from contract_tests.asking import labels
from contract_tests.mutants.planting import with_status

ACCESS_MUTANTS = (
    with_status("suspended, 402", "AUTH-08", labels.SUSPENDED, 402),
    with_status("another field, 422", "ERR-01", labels.BAD_FIELDS, 422),
    with_status("unknown visitor, 204", "ERR-03", labels.UNKNOWN_VISITOR, 204),
)
