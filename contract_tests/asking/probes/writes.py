"""Removals with several filters, whose answers have members that those of the usual correct requests lack."""

from contract_tests.asking.probes.probe import Question
from contract_tests.asking.rules import MAIN

_MONTH = {"startAt": "2023-01-01T00:00:00Z", "endAt": "2023-01-31T23:59:59Z"}
_NOBODY = {"datafast_visitor_id": "00000000-0000-4000-8000-000000000000"}

PROBES = (
    Question("deleteGoals", None, MAIN, ("deleteGoals.*",), values={**_MONTH, **_NOBODY, "name": "signup"}),
    Question("deletePayments", None, MAIN, ("deletePayments.*",), values={**_MONTH, **_NOBODY}),
)
