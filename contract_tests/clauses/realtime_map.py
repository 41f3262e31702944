"""Clauses about the lists of the map: their revision and length, unique ids, names and paths."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.telling import figure_told, number_told
from contract_tests.documented import EXAMPLE, IMPLIED, OBSERVED
from contract_tests.exchange import Exchange, Json, is_figure, known_text
from contract_tests.operations import MAP
from contract_tests.pointers import escaped
from contract_tests.recording import Recording, numbered, rows

_PATHS = (("visitors", "currentUrl"), ("recentEvents", "path"))


class Member(NamedTuple):
    """A row of one of the map's lists, with its answer, the answer's `data` and the pointer to the row."""

    exchange: Exchange
    data: dict[str, Json]
    row: dict[str, Json]
    pointer: str


def maps(recording: Recording) -> list[tuple[Exchange, dict[str, Json]]]:
    """Returns the maps, each with its `data`."""
    return recording.objects(MAP)


def members(name: str, recording: Recording) -> Iterator[Member]:
    """Yields the rows of one of the map's lists, for all maps."""
    for exchange, data in maps(recording):
        for n, row in numbered(data, name):
            yield Member(exchange, data, row, f"/data/{name}/{n}")


def which(name: str, fits: Callable[[Member], bool]) -> Callable[[Recording], Iterable[Member]]:
    """Returns a function that selects the rows of one of the map's lists which fit."""
    return lambda recording: filter(fits, members(name, recording))


visitors = partial(members, "visitors")
events = partial(members, "recentEvents")
payments = partial(members, "recentPayments")


@clause(
    "REV-01",
    "In one answer the parts of `system` are all objects (revision 2026-02) or all strings (2026-06).",
    source="001 Response fields",
    standing=IMPLIED,
    needs="a map with visitors whose browser, system or device is known",
    cases=lambda recording: [(e, found) for e, _ in maps(recording) if (found := recording.votes(e))],
)
def one_revision(case: tuple[Exchange, frozenset[str]]) -> Iterable[Violation]:
    exchange, found = case
    if len(found) > 1:
        parts = [
            (f"/data/visitors/{n}/system/{escaped(name)}", value)
            for n, row in numbered(exchange.data, "visitors")
            for name, value in (row["system"].items() if isinstance(row.get("system"), dict) else ())
            if isinstance(value, str | dict)
        ]
        first = "strings" if parts and isinstance(parts[0][1], str) else "objects"
        other = next(
            (part for part in parts if type(part[1]) is not type(parts[0][1])), ("/data/visitors", None)
        )
        yield Violation(f"the parts of `system` before it are {first}", exchange, *other)


@clause(
    "MAP-72",
    "`count` is at least the number of listed visitors.",
    source="001 Response fields",
    standing=IMPLIED,
    needs="a map",
    cases=lambda recording: [
        (e, data)
        for e, data in maps(recording)
        if is_figure(data.get("count")) and isinstance(data.get("visitors"), list)
    ],
)
def count_covers_the_list(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    exchange, data = case
    if 0 <= data["count"] < len(data["visitors"]):
        listed = figure_told("visitors", len(data["visitors"]))
        problem = f"`count` is {number_told(data['count'])}, but the map lists {listed}"
        yield Violation(problem, exchange, "/data/count", data["count"])


def _unique(name: str, id_name: str, exchange: Exchange, data: dict[str, Json]) -> Iterable[Violation]:
    seen: dict[str, int] = {}
    for n, row in numbered(data, name):
        value = row.get(id_name)
        if isinstance(value, str) and (first := seen.setdefault(value.lower(), n)) != n:
            problem = f"`/data/{name}/{first}` has the same `{id_name}`"
            yield Violation(problem, exchange, f"/data/{name}/{n}/{id_name}", value)


def _lists(name: str) -> Callable[[Recording], Iterable[tuple[Exchange, dict[str, Json]]]]:
    return lambda recording: [(e, data) for e, data in maps(recording) if len(rows(data, name)) > 1]


@clause(
    "MAP-73",
    "No visitor is listed twice.",
    source="001 Response fields",
    standing=IMPLIED,
    needs="a map with two visitors",
    cases=_lists("visitors"),
)
def visitors_are_unique(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    yield from _unique("visitors", "visitorId", *case)


@clause(
    "MAP-74",
    "No two events have the same `_id`.",
    source="002 Response",
    standing=IMPLIED,
    needs="a map with two events",
    cases=_lists("recentEvents"),
)
def events_are_unique(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    yield from _unique("recentEvents", "_id", *case)


@clause(
    "MAP-75",
    "No two payments have the same `_id`.",
    source="002 Response",
    standing=IMPLIED,
    needs="a map with two payments",
    cases=_lists("recentPayments"),
)
def payments_are_unique(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    yield from _unique("recentPayments", "_id", *case)


@clause(
    "MAP-89",
    "A visitor with `hasProfile: true` does not have `isRandomName: true`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a visitor with `hasProfile: true`",
    cases=which(
        "visitors",
        lambda m: (
            isinstance(m.row.get("profileData"), dict) and m.row["profileData"].get("hasProfile") is True
        ),
    ),
)
def profile_has_a_name(member: Member) -> Iterable[Violation]:
    if member.row["profileData"].get("isRandomName") is True:
        pointer = f"{member.pointer}/profileData/isRandomName"
        yield Violation("`hasProfile` and `isRandomName` are both true", member.exchange, pointer, True)


@clause(
    "MAP-97",
    "A `currentUrl` and the `path` of an event begin with `/`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with a visitor whose page is known",
    cases=lambda recording: [
        (member, name)
        for place, name in _PATHS
        for member in members(place, recording)
        if known_text(member.row.get(name)) is not None
    ],
)
def paths_begin_with_a_slash(case: tuple[Member, str]) -> Iterable[Violation]:
    member, name = case
    if not member.row[name].startswith("/"):
        yield Violation("this is no path", member.exchange, f"{member.pointer}/{name}", member.row[name])


@clause(
    "MAP-98",
    "An event of the type `custom` with `extraData` has its name in `extraData.eventName`.",
    source="the public documentation of the tracking script",
    standing=OBSERVED,
    needs="a map with an event of the type `custom`",
    cases=lambda recording: [
        event
        for event in events(recording)
        if event.row.get("type") == "custom" and isinstance(event.row.get("extraData"), dict)
    ],
)
def goals_have_names(member: Member) -> Iterable[Violation]:
    name = member.row["extraData"].get("eventName")
    if not isinstance(name, str) or not name:
        pointer = f"{member.pointer}/extraData"
        yield Violation("it has no `eventName`", member.exchange, pointer, member.row["extraData"])
