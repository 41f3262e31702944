"""Clauses about writes that are refused because of their body or parameters.

The clauses about accepted writes are in the modules `written_*`.
"""

from dataclasses import replace

from contract_tests.asking import labels
from contract_tests.asking.needs import by_writing, of_role
from contract_tests.asking.probes.refusals import REFUSED_WRITES
from contract_tests.clauses.clause import Clause
from contract_tests.clauses.statuses import Answered
from contract_tests.documented import IMPLIED, OTHER
from contract_tests.operations import CREATE_GOAL, CREATE_PAYMENT, DELETE_GOALS, DELETE_PAYMENTS, IDENTIFY


def refusal_clauses() -> list[Clause]:
    """Returns a clause for each kind of request that is refused because of its body or its parameters."""
    return [
        replace(
            Answered(
                refused.clause,
                refused.label,
                refused.statuses,
                refused.sentence,
                _PATHS[refused.operation],
                OTHER if refused.is_stated else IMPLIED,
                by_writing(_needs(refused.label)),
                refused.operation,
            ).clause(),
            accuses=refused.is_stated,
        )
        for refused in REFUSED_WRITES
    ]


def _needs(label: str) -> str:
    if label == labels.BOT:
        return f"{_BOT}, and "
    return (
        "a server on this machine, because a wrong server would remove everything, and "
        if label == labels.NO_FILTER
        else ""
    )


_BOT = of_role("a bot's id", "bot")
_PATHS = {
    CREATE_GOAL: "POST /goals",
    DELETE_GOALS: "DELETE /goals",
    CREATE_PAYMENT: "POST /payments",
    DELETE_PAYMENTS: "DELETE /payments",
    IDENTIFY: "POST /identify",
}
