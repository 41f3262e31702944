"""The operations on the facts that were written through the API to an account: listing and removing them."""

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from mock_server.control.call import ControlCall, Scoped
from mock_server.control.turns import Turn
from mock_server.instants import iso_of
from mock_server.state.accounts import DEFAULT_ACCOUNT
from mock_server.state.log import Entry, Log

_MOST = 1_000
# The documented names of members that have another name in a fact. All other names are turned into camelCase.
_NAMES = {
    "visitor_id": "datafast_visitor_id",
    "transaction_id": "transaction_id",
    "customer_id": "customer_id",
    "user_id": "user_id",
    "properties": "metadata",
    "at": "timestamp",
    "is_renewal": "renewal",
    "is_refunded": "refunded",
    "is_free_trial": "is_free_trial",
    "begin": "startAt",
    "end": "endAt",
}
_INSTANTS = {"at", "begin", "end"}


class FactsOf(Scoped, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of an operation on the facts of one account."""

    key: (
        Annotated[
            str,
            Meta(
                max_length=300,
                description=f"A key of the account. Without it the account is `{DEFAULT_ACCOUNT}`.",
            ),
        ]
        | UnsetType
    ) = UNSET


class FactsPage(FactsOf, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of a list of at most `limit` facts: the newest ones, or the first ones after a number."""

    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 100
    after: (
        Annotated[
            int, Meta(ge=0, description="List the facts after this number; by default the newest ones.")
        ]
        | UnsetType
    ) = UNSET


class FactState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A written fact: its number in the account, its website, and the members that have a value.

    `request` is the number of its request in the journal; null if an earlier process wrote the fact.
    """

    sequence: int
    website_id: str
    type: str
    instant: str
    request: int | None
    fact: dict[str, Any]


class FactList(Struct, frozen=True, kw_only=True):
    """A list of facts, in the order in which they were written."""

    facts: list[FactState]


async def read_facts(call: ControlCall) -> FactList:
    """Returns a page of the facts that were written to an account."""
    log, limit = _log_of(call), call.query.limit
    page = [*log][-limit:] if call.query.after is UNSET else log.after(call.query.after)[:limit]
    states, turn = [], Turn()
    for entry in page:
        states.append(_state(entry))
        await turn.pass_on()
    return FactList(facts=states)


def clear_facts(call: ControlCall) -> None:
    """Removes all facts of an account. Raises ApiError 500 if they cannot be removed."""
    _log_of(call).clear()


def _log_of(call: ControlCall) -> Log:
    key = call.key
    return (call.service.keys.account(DEFAULT_ACCOUNT) if key is None else key.account).log


def _state(entry: Entry) -> FactState:
    fact = entry.fact
    return FactState(
        sequence=entry.sequence,
        website_id=entry.website_id,
        type=str(fact.__struct_config__.tag),
        instant=iso_of(fact.written),
        request=entry.request,
        fact=_members(fact),
    )


def _members(fact: Struct) -> dict[str, Any]:
    """Returns the members of a fact, or of a part of it, that are not None, by their documented names."""
    return {
        _NAMES.get(name) or _in_camel_case(name): _shown(name, value)
        for name, value in structs.asdict(fact).items()
        if name != "written" and value is not None
    }


def _shown(name: str, value: Any) -> Any:
    if isinstance(value, Struct):
        return _members(value)
    return iso_of(value) if name in _INSTANTS else value


def _in_camel_case(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
