"""Probes of writes that a correct server refuses."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

from contract_tests.asking import labels
from contract_tests.asking.address import is_loopback
from contract_tests.asking.contents import LONGEST_NAME, LONGEST_VALUE, MOST_KEYS
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.labels import NOBODY
from contract_tests.asking.probes.probe import Asker, is_known
from contract_tests.asking.probes.refused_requests import (
    LONG_AGO,
    USUAL,
    Make,
    bad_name,
    filtered_by,
    goal_named,
    goal_with,
    identity_with,
    no_json,
    own_name,
    own_transaction,
    payment_with,
    reserved_goal,
)
from contract_tests.asking.rules import MAIN, rules_of
from contract_tests.document import Document
from contract_tests.operations import (
    CREATE_GOAL,
    CREATE_PAYMENT,
    DELETE_GOALS,
    DELETE_PAYMENTS,
    IDENTIFY,
    WRITES,
)

_NO_UUID = "not-a-uuid"
_MANY_KEYS = {f"key_{n}": "x" for n in range(MOST_KEYS + 1)}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A probe of one request that is refused.

    `who` and `roles` are as in Question. `role` names the credential that is the visitor's id; None means the
    visitor of the run. If `needs_visitor` is true and there is no visitor, nothing is sent.
    """

    operation: str
    label: str
    serves: tuple[str, ...]
    make: Make
    who: str = MAIN
    roles: Mapping[str, str] = field(default_factory=dict)
    role: str | None = None
    needs_visitor: bool = True
    is_local: bool = False
    """Whether only a server on this machine gets the request, because a wrong one would remove everything."""

    @property
    def most(self) -> int:
        """The number of requests: 1, and 1 more for the map, from which the run's visitor is taken."""
        return 2

    def is_possible(self, credentials: Credentials) -> bool:
        """Returns whether the credentials have all roles."""
        roles = (*self.roles.values(), *([self.role] if self.role else ()))
        return all(getattr(credentials, role) for role in roles) and is_known(self.who, credentials)

    def ask(self, asker: Asker) -> None:
        """Sends the request."""
        if self.is_local and not is_loopback(urlsplit(asker.client.base).hostname or ""):
            return
        visitor_id = getattr(asker.credentials, self.role) if self.role else asker.visitor
        if visitor_id is None and self.needs_visitor:
            return
        sent = self.make(asker, visitor_id or NOBODY)
        roles = {name: getattr(asker.credentials, role) for name, role in self.roles.items()}
        values = {**sent.values, **roles}
        if sent.trace is None:
            asker.ask(self.operation, self.label, who=self.who, values=values, body=sent.body)
        else:
            trace = sent.trace
            asker.write(self.operation, self.label, trace=trace, who=self.who, values=values, body=sent.body)


def access_refusals(contract: Document) -> list[Refusal]:
    """Returns a probe for each access rule by which a request for one of WRITES is refused."""
    return [
        Refusal(
            rule.operation.id,
            rule.label,
            (rule.id,),
            USUAL[rule.operation.id],
            rule.who,
            rule.roles,
            needs_visitor=False,
        )
        for rule in rules_of(contract)
        if rule.operation.id in WRITES and rule.label in labels.REFUSED
    ]


class Refused(NamedTuple):
    """A kind of request that is refused, with the clause about it.

    `statuses` are the statuses of the refusal; the mock answers with the first one. `is_stated` is true if a
    page says that such a request is refused, and false if the pages only say what a correct request is.
    `role` is as in Refusal.
    """

    clause: str
    operation: str
    label: str
    statuses: tuple[int, ...]
    sentence: str
    makes: tuple[Make, ...]
    role: str | None = None
    is_stated: bool = True


_BAD, _NOT_FOUND = (400,), (404,)
# No page says which status a refused payment gets.
_BAD_SOMEHOW = (400, 422)
REFUSED_WRITES = (
    Refused(
        "WRITE-30",
        CREATE_GOAL,
        labels.MISSING,
        _BAD,
        "A goal without a visitor or without a name is refused with 400.",
        (goal_with(datafast_visitor_id=None), goal_with(name=None)),
    ),
    Refused(
        "WRITE-31",
        CREATE_GOAL,
        labels.BAD_NAME,
        _BAD,
        "A goal whose name has more than 64 characters, or a character that is not allowed, is refused with"
        " 400.",
        (goal_named(lambda run: f"{run}!"), goal_named(lambda run: run.ljust(LONGEST_NAME + 1, "x"))),
    ),
    Refused(
        "WRITE-32",
        CREATE_GOAL,
        labels.RESERVED_NAME,
        _BAD,
        "A goal with the reserved name `identify` is refused with 400.",
        (reserved_goal,),
    ),
    Refused(
        "WRITE-33",
        CREATE_GOAL,
        labels.BAD_METADATA,
        _BAD,
        "A goal whose metadata has eleven keys, a key that is not allowed, or a value of more than 255"
        " characters is refused with 400.",
        (
            goal_with(metadata=_MANY_KEYS),
            goal_with(metadata={"two words": "x"}),
            goal_with(metadata={"long": "x" * (LONGEST_VALUE + 1)}),
        ),
    ),
    Refused(
        "WRITE-34",
        CREATE_GOAL,
        labels.NO_JSON,
        _BAD,
        "A goal whose body is not JSON is refused with 400.",
        (no_json,),
    ),
    Refused(
        "WRITE-35",
        CREATE_GOAL,
        labels.NO_PAGE_VIEWS,
        _NOT_FOUND,
        "A goal of a visitor without any known page view is answered with 404.",
        (goal_with(datafast_visitor_id=NOBODY),),
    ),
    Refused(
        "WRITE-36",
        CREATE_GOAL,
        labels.BOT,
        _BAD,
        "A goal of a visitor that is flagged as a bot is refused with 400.",
        (goal_with(),),
        role="bot",
    ),
    Refused(
        "WRITE-37",
        DELETE_GOALS,
        labels.NO_FILTER,
        _BAD,
        "A removal of goals without any filter is refused with 400.",
        (filtered_by(),),
    ),
    Refused(
        "WRITE-38",
        DELETE_GOALS,
        labels.BAD_FILTER,
        _BAD,
        "A removal of goals by a name or a visitor id that is not allowed is refused with 400.",
        (bad_name, own_name(datafast_visitor_id=_NO_UUID, **LONG_AGO)),
    ),
    Refused(
        "WRITE-39",
        DELETE_GOALS,
        labels.HALF_PERIOD,
        _BAD,
        "A removal of goals with only one of `startAt` and `endAt` is refused with 400.",
        tuple(own_name(**{name: value}) for name, value in LONG_AGO.items()),
    ),
    Refused(
        "WRITE-40",
        CREATE_PAYMENT,
        labels.MISSING,
        _BAD_SOMEHOW,
        "A payment without an amount, a currency or a transaction id is refused with 400 or 422.",
        (payment_with(amount=None), payment_with(currency=None), payment_with(transaction_id=None)),
    ),
    Refused(
        "WRITE-41",
        CREATE_PAYMENT,
        labels.BAD_AMOUNT,
        _BAD_SOMEHOW,
        "A payment whose amount is negative, or no number, is refused with 400 or 422.",
        (payment_with(amount=-1), payment_with(amount="many")),
        is_stated=False,
    ),
    Refused(
        "WRITE-42",
        CREATE_PAYMENT,
        labels.BAD_CURRENCY,
        _BAD_SOMEHOW,
        "A payment whose currency is not a code of three letters is refused with 400 or 422.",
        (payment_with(currency="dollars"),),
        is_stated=False,
    ),
    Refused(
        "WRITE-43",
        DELETE_PAYMENTS,
        labels.NO_FILTER,
        _BAD,
        "A removal of payments without any filter is refused with 400.",
        (filtered_by(),),
    ),
    Refused(
        "WRITE-44",
        DELETE_PAYMENTS,
        labels.BAD_FILTER,
        _BAD,
        "A removal of payments by a visitor id that is not a UUID is refused with 400.",
        (filtered_by(datafast_visitor_id=_NO_UUID, **LONG_AGO),),
    ),
    Refused(
        "WRITE-45",
        DELETE_PAYMENTS,
        labels.HALF_PERIOD,
        _BAD,
        "A removal of payments with only one of `startAt` and `endAt` is refused with 400.",
        tuple(filtered_by(datafast_visitor_id=NOBODY, **{name: value}) for name, value in LONG_AGO.items()),
    ),
    Refused(
        "WRITE-46",
        DELETE_PAYMENTS,
        labels.UNKNOWN_TRANSACTION,
        _NOT_FOUND,
        "A removal of a transaction that does not exist, or no longer exists, is answered with 404.",
        (own_transaction,),
    ),
    Refused(
        "WRITE-50",
        IDENTIFY,
        labels.MISSING,
        _BAD,
        "An identification without a visitor or without a user id is refused with 400.",
        (identity_with(user_id=None), identity_with(datafast_visitor_id=None)),
    ),
    Refused(
        "WRITE-51",
        IDENTIFY,
        labels.BAD_ID,
        _BAD,
        "An identification of a visitor id that is not a UUID is refused with 400.",
        (identity_with(datafast_visitor_id=_NO_UUID),),
    ),
    Refused(
        "WRITE-52",
        IDENTIFY,
        labels.TOO_LONG,
        _BAD,
        "An identification with a user id of more than 255 characters is refused with 400.",
        (identity_with(user_id="x" * (LONGEST_VALUE + 1)),),
    ),
    Refused(
        "WRITE-53",
        IDENTIFY,
        labels.NO_PAGE_VIEWS,
        _NOT_FOUND,
        "An identification of a visitor without any known page view is answered with 404.",
        (identity_with(datafast_visitor_id=NOBODY),),
    ),
)
"""The kinds of requests that are refused because of their body or parameters."""
REFUSALS = tuple(
    Refusal(
        refused.operation,
        refused.label,
        (refused.clause,),
        make,
        role=refused.role,
        is_local=refused.label == labels.NO_FILTER,
    )
    for refused in REFUSED_WRITES
    for make in refused.makes
)
"""A probe for each request of REFUSED_WRITES."""
