"""The counter: the effect of query parameters."""

from contract_tests.asking import labels
from contract_tests.clauses.statuses import Answered
from contract_tests.document import PAGE

_ANSWERS = (
    Answered(
        "RT-04",
        labels.FIELDS,
        (200,),
        "`fields=visitors` asks for what is answered anyway.",
        "003 Query parameters",
        PAGE,
        "a website's key (`--key`)",
    ),
    Answered(
        "RT-05",
        labels.DATES,
        (200,),
        "Dates and filters are no error on realtime: they have no effect.",
        "003 Get realtime visitors",
        PAGE,
        "a website's key (`--key`)",
    ),
)

REALTIME_CLAUSES = [answered.clause() for answered in _ANSWERS]
