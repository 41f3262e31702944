"""Mutants whose answers contradict an earlier answer."""

from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import count

from contract_tests.exchange import Exchange
from contract_tests.instants import iso, ms
from contract_tests.mutants.mutant import Mutant, Mutation
from contract_tests.mutants.planting import MINUTE, Data, editing
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import REVISION_2026_02, rows


def _counting(
    name: str, clause: str, operation: str, edit: Callable[[Data, int], object], revision: str | None = None
) -> Mutant:
    """Returns a mutant whose edit gets the `data` of an answer and the answer's number, counted from 0."""

    def make() -> Mutation:
        numbers = count()
        return editing(operation, lambda data, _exchange: edit(data, next(numbers)))

    return Mutant(name, clause, make, revision)


def _earlier_and_earlier(data: Data, number: int) -> None:
    activity = data["activity"]
    first = ms(activity["firstVisitAt"])
    if first is not None and activity["visitCount"] > 1:
        # The change is so small that the instant still agrees with `timeSinceFirstVisit`.
        activity["firstVisitAt"] = iso(first - number * 100)


def _backwards(data: Data, number: int) -> None:
    data["activity"].update(firstVisitAt=None, timeSinceFirstVisit=10**10 - number * MINUTE)


def _changing_once() -> Mutation:
    """Returns a mutation that gives each visitor another device on the first map that lists the visitor."""
    known: set[str] = set()

    def edit(data: Data, _exchange: Exchange) -> None:
        for row in rows(data, "visitors"):
            if row["visitorId"] not in known:
                row["system"]["device"] = {"type": "television"}
            known.add(row["visitorId"])

    return editing(MAP, edit)


def _travelling(row: Data, number: int) -> None:
    # Map and profile may tell a region in two forms, so a name on the map contradicts no profile.
    row["location"].update(region=f"Region {number}")


def _changing(row: Data, number: int) -> None:
    # Only every second map differs, so that the one before the profiles agrees with them.
    if number % 2 == 0:
        row["system"]["browser"] = {"name": "Mosaic"}


def _forgetting(kept: int = 1) -> Mutation:
    """Returns a mutation that removes page views if a profile is requested again; the last `kept` remain."""
    asked: set[str] = set()

    def edit(data: Data, _exchange: Exchange) -> None:
        if data["visitorId"] in asked:
            del data["activity"]["visitedPages"][: -kept or None]
        asked.add(data["visitorId"])

    return editing(VISITOR, edit)


def _dearer() -> Mutation:
    """Returns a mutation that raises the amount of a payment each time that a map lists the payment again."""
    times: Counter[str] = Counter()

    def edit(data: Data, _exchange: Exchange) -> None:
        for row in rows(data, "recentPayments"):
            row["amount"] += times[row["_id"]]
            times[row["_id"]] += 1

    return editing(MAP, edit)


def _each(place: str, change: Callable[[Data, int], object]) -> Callable[[Data, int], None]:
    def change_all(data: Data, number: int) -> None:
        for row in rows(data, place):
            change(row, number)

    return change_all


def _other_type(row: Data, number: int) -> None:
    if row["type"] != "payment":
        row["type"] = f"custom-{number}"


POLLS_MUTANTS = (
    _counting("event changes its type", "POLL-01", MAP, _each("recentEvents", _other_type)),
    _counting(
        "event changes its visitor",
        "POLL-01",
        MAP,
        _each("recentEvents", lambda row, n: row.update(visitorId=f"{n:08x}{row['visitorId'][8:]}")),
    ),
    Mutant("payment changes its amount", "POLL-02", _dearer),
    _counting(
        "visitor travels",
        "POLL-03",
        MAP,
        _each("visitors", _travelling),
        REVISION_2026_02,
    ),
    _counting(
        "visitor changes device",
        "POLL-04",
        MAP,
        _each("visitors", _changing),
        REVISION_2026_02,
    ),
    _counting(
        "page views shrink",
        "POLL-05",
        VISITOR,
        lambda data, n: data["activity"].update(pageViewCount=100_000 - n),
    ),
    _counting(
        "visits shrink", "POLL-05", VISITOR, lambda data, n: data["activity"].update(visitCount=100_000 - n)
    ),
    Mutant("visitors change device once", "POLL-04", _changing_once, REVISION_2026_02),
    _counting("first visit moves", "POLL-06", VISITOR, _earlier_and_earlier),
    _counting("time goes backwards", "POLL-07", VISITOR, _backwards),
    Mutant("pages are forgotten", "POLL-08", _forgetting),
    Mutant("all pages are forgotten", "POLL-08", partial(_forgetting, 0), weight="warns"),
)
