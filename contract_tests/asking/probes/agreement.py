"""Probes of the profiles of visitors on a map, the most different visitors first."""

from collections import Counter
from collections.abc import Iterator
from itertools import chain, zip_longest

from contract_tests.asking import labels
from contract_tests.asking.probes.probe import SUCCESSES, Asker, Series
from contract_tests.asking.rules import MAIN
from contract_tests.exchange import Exchange, Json
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import rows

_PROFILES = 7
_AGAIN = ("POLL-0[5-8]",)


def meet(asker: Asker, visitor_id: str, who: str) -> None:
    """Requests the profile of a visitor who is on a map; `who` sends the request."""
    asker.ask(VISITOR, labels.MET, who=who, values={"visitorId": visitor_id})


def chosen_of(exchange: Exchange) -> list[str]:
    """Returns the ids of a map's visitors: one of each kind, then a second one of each kind, and so on."""
    return list(_chosen(exchange))


def _profiles(asker: Asker) -> None:
    """Requests profiles of visitors on the latest map, and the first profile again after a pause."""
    label = labels.OK if asker.credentials.key else labels.ACCOUNT
    maps = [e for e in asker.exchanges if e.operation == MAP and e.is_success]
    chosen = chosen_of(maps[-1] if maps else asker.ask(MAP, label))[:_PROFILES]
    for visitor_id in chosen:
        meet(asker, visitor_id, MAIN)
    if chosen and asker.wants(_AGAIN):
        asker.later(lambda asker: meet(asker, chosen[0], MAIN))


def _chosen(exchange: Exchange) -> Iterator[str]:
    sorts: dict[tuple[bool, bool, bool], list[dict[str, Json]]] = {}
    for row in rows(exchange.data, "visitors"):
        sorts.setdefault(_sort_of(row), []).append(row)
    custom = (row for row in rows(exchange.data, "recentEvents") if row.get("type") == "custom")
    # This is the visitor with the most goals.
    actors = [
        {"visitorId": one} for one, _ in Counter(str(row.get("visitorId")) for row in custom).most_common(1)
    ]
    # Customers (the last kind) and new visitors (the first kind) come first, because they differ most.
    order = [sorts[key] for key in sorted(sorts)]
    ends = [order.pop(-(n % 2)) for n in range(1, len(order) + 1)]
    seen: set[str] = set()
    for row in chain.from_iterable(zip_longest(*ends[:2], actors, *ends[2:])):
        visitor_id = row.get("visitorId") if row else None
        if isinstance(visitor_id, str) and visitor_id not in seen:
            seen.add(visitor_id)
            yield visitor_id


def _sort_of(row: dict[str, Json]) -> tuple[bool, bool, bool]:
    """Returns the kind of a visitor: whether they have paid, are identified and have returned."""
    shown, count = row.get("profileData"), row.get("visitCount")
    is_identified = isinstance(shown, dict) and shown.get("hasProfile") is True
    return row.get("isCustomer") is True, is_identified, isinstance(count, int) and count > 1


PROBES = (
    Series(
        ("AGR-0[2-9]", "AGR-1[0-7]", "SUM-2[01]", *_AGAIN, "VIS-*", "getVisitor.*", *SUCCESSES, "ENV-09"),
        _PROFILES + 2,
        MAIN,
        _profiles,
    ),
)
