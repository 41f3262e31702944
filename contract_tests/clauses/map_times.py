"""Clauses about instants on the map: when something happened, and in which order it is listed."""

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.realtime_map import Member, maps, which
from contract_tests.clauses.telling import time_told
from contract_tests.documented import EXAMPLE, IMPLIED, OBSERVED, PAGE
from contract_tests.exchange import Exchange, Json
from contract_tests.instants import ms
from contract_tests.operations import MAP
from contract_tests.recording import REVISION_2026_02, Recording, numbered, rows

# In ms: the time for which events and payments stay on the map.
_WINDOW = 600_000


def _too_old(member: Member) -> Iterable[Violation]:
    at, now = ms(member.row["timestamp"]), member.exchange.now
    if at is not None and now is not None and at <= now.earliest - _WINDOW:
        problem = f"it is at least {time_told(now.earliest - at)} older than the answer"
        yield Violation(problem, member.exchange, f"{member.pointer}/timestamp", member.row["timestamp"])


def _too_new(name: str, member: Member) -> Iterable[Violation]:
    at, now = ms(member.row[name]), member.exchange.now
    if at is not None and now is not None and at > now.latest:
        problem = f"it is at least {time_told(at - now.latest)} later than the answer"
        yield Violation(problem, member.exchange, f"{member.pointer}/{name}", member.row[name])


def _dated(member: Member, name: str = "timestamp") -> bool:
    return ms(member.row.get(name)) is not None


def _comparable(member: Member, name: str = "timestamp") -> bool:
    """Returns whether the instants of a row and of its answer are both known."""
    return member.exchange.now is not None and _dated(member, name)


@clause(
    "MAP-76",
    "No event is older than 10 minutes, or half a minute more in an answer from a cache.",
    source="002 Response",
    standing=PAGE,
    needs="a map with events",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    dated=MAP,
    cases=which("recentEvents", _comparable),
)
def events_are_recent(member: Member) -> Iterable[Violation]:
    yield from _too_old(member)


@clause(
    "MAP-77",
    "No payment is older than 10 minutes, or half a minute more in an answer from a cache.",
    source="002 Response",
    standing=PAGE,
    needs="a map with payments",
    reads=(MAP, "data.recentPayments.*.timestamp"),
    dated=MAP,
    cases=which("recentPayments", _comparable),
)
def payments_are_recent(member: Member) -> Iterable[Violation]:
    yield from _too_old(member)


@clause(
    "MAP-78",
    "No event is later than the answer that contains it.",
    source="002 Response",
    standing=IMPLIED,
    needs="a map with events",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    dated=MAP,
    cases=which("recentEvents", _comparable),
)
def events_have_happened(member: Member) -> Iterable[Violation]:
    yield from _too_new("timestamp", member)


@clause(
    "MAP-79",
    "No payment is later than the answer that contains it.",
    source="002 Response",
    standing=IMPLIED,
    needs="a map with payments",
    reads=(MAP, "data.recentPayments.*.timestamp"),
    dated=MAP,
    cases=which("recentPayments", _comparable),
)
def payments_have_happened(member: Member) -> Iterable[Violation]:
    yield from _too_new("timestamp", member)


@clause(
    "MAP-80",
    "No session starts after the answer that contains it.",
    source="002 Response",
    standing=IMPLIED,
    needs="a map of revision 2026-02 with visitors",
    revision=REVISION_2026_02,
    reads=(MAP, "data.visitors.*.sessionStartTime"),
    dated=MAP,
    cases=which("visitors", lambda member: _comparable(member, "sessionStartTime")),
)
def sessions_have_started(member: Member) -> Iterable[Violation]:
    yield from _too_new("sessionStartTime", member)


def _dated_lists(name: str) -> Callable[[Recording], Iterable[tuple[Exchange, dict[str, Json]]]]:
    """Returns a function that picks the maps in which two rows of a list have an instant."""
    return lambda recording: [
        (e, data)
        for e, data in maps(recording)
        if sum(ms(row.get("timestamp")) is not None for row in rows(data, name)) > 1
    ]


@clause(
    "MAP-81",
    "Payments are listed newest first.",
    source="observed of the live API",
    standing=OBSERVED,
    needs="a map with two payments",
    reads=(MAP, "data.recentPayments.*.timestamp"),
    cases=_dated_lists("recentPayments"),
)
def newest_payment_first(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    yield from _newest_first("recentPayments", *case)


def _newest_first(name: str, exchange: Exchange, data: dict[str, Json]) -> Iterator[Violation]:
    told = [(n, row.get("timestamp")) for n, row in numbered(data, name)]
    readable = [(n, at) for n, at in told if ms(at) is not None]
    for (_, newer), (n, older) in pairwise(readable):
        if (ms(older) or 0) > (ms(newer) or 0):
            pointer = f"/data/{name}/{n}/timestamp"
            yield Violation("it is newer than the one before it", exchange, pointer, older)


@clause(
    "MAP-90",
    "Events are listed newest first.",
    source="001 Response fields",
    standing=OBSERVED,
    needs="a map with two events",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    cases=_dated_lists("recentEvents"),
)
def newest_event_first(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    yield from _newest_first("recentEvents", *case)


@clause(
    "MAP-86",
    "The first eight hexadecimal digits of an event's `_id` are the Unix second of its `timestamp`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with events",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    cases=which(
        "recentEvents",
        lambda m: _dated(m) and isinstance(m.row.get("_id"), str) and len(m.row["_id"]) == 24,
    ),
)
def id_tells_the_second(member: Member) -> Iterable[Violation]:
    at = ms(member.row["timestamp"])
    try:
        second = int(member.row["_id"][:8], 16)
    except ValueError:
        return
    if at is not None and second != at // 1000 % 2**32:
        problem = "the first eight digits are not the second of `timestamp`"
        yield Violation(problem, member.exchange, f"{member.pointer}/_id", member.row["_id"])
