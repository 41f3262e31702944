"""Labels that follow from the contents of a request, for requests that no probe has sent."""

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

from contract_tests.asking import labels
from contract_tests.asking.credentials import Credentials
from contract_tests.document import document
from contract_tests.documented import Operation
from contract_tests.exchange import Json, is_number
from contract_tests.families import BY_HAND
from contract_tests.operations import (
    CREATE_GOAL,
    CREATE_PAYMENT,
    DELETE_GOALS,
    DELETE_PAYMENTS,
    IDENTIFY,
    MAP,
    OVERVIEW,
    TIMESERIES,
    VISITORS,
)

LONGEST_NAME, LONGEST_VALUE, MOST_KEYS = 64, 255, 10
"""The documented limits of goals and identities: the lengths of a name and a value, the number of members."""

_NOT_FOUND = 404
_VISITOR, _DATES = "datafast_visitor_id", ("startAt", "endAt")
_NAME = re.compile(rf"[A-Za-z0-9_: -]{{1,{LONGEST_NAME}}}")
_KEY = re.compile(r"[a-z0-9_-]{1,64}")
_CURRENCY = re.compile(r"[A-Za-z]{3}")


class Asked(NamedTuple):
    """A request, and the status with which a correct server answered it.

    `body` is None if the body is empty or is no JSON object.
    """

    query: Mapping[str, str]
    body: dict[str, Json] | None
    status: int
    credentials: Credentials

    def has(self, name: str) -> bool:
        """Returns whether the body has a member that is not null."""
        return self.body is not None and self.body.get(name) is not None

    def text(self, name: str) -> str:
        """Returns a member of the body as text; empty if there is none."""
        value = self.body.get(name) if self.body else None
        return "" if value is None else str(value)


Test = Callable[[Asked], bool]


def _lacks(*names: str) -> Test:
    return lambda asked: not all(map(asked.has, names))


def _unreadable(asked: Asked) -> bool:
    return asked.body is None


def _of_a_bot(asked: Asked) -> bool:
    return asked.text(_VISITOR) == asked.credentials.bot


def _unknown(asked: Asked) -> bool:
    return asked.status == _NOT_FOUND


def _badly_named(asked: Asked) -> bool:
    return not _NAME.fullmatch(asked.text("name"))


def _badly_described(asked: Asked) -> bool:
    told = (asked.body or {}).get("metadata")
    if not isinstance(told, dict):
        return False
    is_long = any(isinstance(value, str) and len(value) > LONGEST_VALUE for value in told.values())
    return is_long or len(told) > MOST_KEYS or not all(map(_KEY.fullmatch, told))


def _without(*names: str) -> Test:
    return lambda asked: asked.query.keys().isdisjoint((*names, *_DATES))


def _half_a_period(asked: Asked) -> bool:
    return len(asked.query.keys() & set(_DATES)) == 1


def _bad_filter(asked: Asked) -> bool:
    name, visitor = asked.query.get("name"), asked.query.get(_VISITOR)
    is_bad_name = name is not None and not _NAME.fullmatch(name)
    return is_bad_name or (visitor is not None and not labels.is_visitor_id(visitor))


def _bad_amount(asked: Asked) -> bool:
    amount: Any = (asked.body or {}).get("amount")
    return not is_number(amount) or amount < 0


def _bad_interval(asked: Asked) -> bool:
    return asked.query.get("interval", "day") not in _intervals()


@cache
def _intervals() -> frozenset[str]:
    found = document().operations[TIMESERIES].parameter("interval")
    return frozenset(found.schema["enum"] if found else ())


def _two_conditions(asked: Asked) -> bool:
    return asked.query.keys() >= {"completedGoal", "isCustomer"}


_NO_JSON = (labels.NO_JSON, _unreadable)
_KINDS: Mapping[str, tuple[tuple[str, Test], ...]] = {
    CREATE_GOAL: (
        _NO_JSON,
        (labels.MISSING, _lacks(_VISITOR, "name")),
        (labels.BOT, _of_a_bot),
        (labels.RESERVED_NAME, lambda asked: asked.text("name") == "identify"),
        (labels.BAD_NAME, _badly_named),
        (labels.BAD_METADATA, _badly_described),
        (labels.NO_PAGE_VIEWS, _unknown),
    ),
    DELETE_GOALS: (
        (labels.NO_FILTER, _without(_VISITOR, "name")),
        (labels.HALF_PERIOD, _half_a_period),
        (labels.BAD_FILTER, _bad_filter),
    ),
    CREATE_PAYMENT: (
        _NO_JSON,
        (labels.MISSING, _lacks("amount", "currency", "transaction_id")),
        (labels.BAD_AMOUNT, _bad_amount),
        (labels.BAD_CURRENCY, lambda asked: not _CURRENCY.fullmatch(asked.text("currency"))),
    ),
    DELETE_PAYMENTS: (
        (labels.NO_FILTER, _without(_VISITOR, "transaction_id")),
        (labels.HALF_PERIOD, _half_a_period),
        (labels.BAD_FILTER, _bad_filter),
        (labels.UNKNOWN_TRANSACTION, _unknown),
    ),
    IDENTIFY: (
        _NO_JSON,
        (labels.MISSING, _lacks(_VISITOR, "user_id")),
        (labels.BAD_ID, lambda asked: not labels.is_visitor_id(asked.text(_VISITOR))),
        (labels.TOO_LONG, lambda asked: len(asked.text("user_id")) > LONGEST_VALUE),
        (labels.NO_PAGE_VIEWS, _unknown),
    ),
    OVERVIEW: ((labels.ONE_DATE, _half_a_period),),
    TIMESERIES: (
        (labels.NO_FIELDS, lambda asked: not asked.query.get("fields")),
        (labels.BAD_INTERVAL, _bad_interval),
    ),
    VISITORS: ((labels.TWO_CONDITIONS, _two_conditions),),
    MAP: ((labels.SUPERFLUOUS, lambda asked: not asked.query.keys() <= {"websiteId"}),),
}
"""The kinds of requests for each operation, with their labels. The first one that fits counts."""


def content_label(
    operation: Operation, query: Mapping[str, str], body: bytes, status: int, credentials: Credentials
) -> str | None:
    """Returns the label of a request with a valid token; None if it tests nothing in particular.

    `status` is that of a correct server's answer. It shows whether the id in the request exists.
    """
    asked = Asked(query, _object_in(body), status, credentials)
    for label, fits in _KINDS.get(operation.id, ()):
        if fits(asked):
            return label
    has_id = any(p.place == "path" and p.name != "websiteId" for p in operation.parameters)
    return labels.UNKNOWN_RESOURCE if has_id and operation.id not in BY_HAND and _unknown(asked) else None


def _object_in(body: bytes) -> dict[str, Json] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
