"""Counters that a query changes."""

from contract_tests.asking import labels
from contract_tests.mutants.planting import with_status

REALTIME_MUTANTS = (
    with_status("fields=visitors, 400", "RT-04", labels.FIELDS, 400),
    with_status("dates, 400", "RT-05", labels.DATES, 400),
)
