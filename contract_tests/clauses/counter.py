"""The clause about the counter, which agrees with the maps that were requested around it."""

import math
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.telling import figure_told
from contract_tests.documented import IMPLIED
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.operations import MAP, REALTIME
from contract_tests.recording import REVISION_2026_06, Recording, rows

# With more visitors than this on the map, the counter of early 2026 cannot be 0, although it leaves out idle
# visitors.
_MANY = 10
# Counter and map may differ by this number of visitors even on a small website, if either comes from a cache.
_FEW = 3


class Sandwich(NamedTuple):
    """A counter that was requested between two maps, with the ids of the visitors that each map lists."""

    counter: Exchange
    visitors: float
    listed: tuple[set[str], set[str]]
    maps: tuple[Json, Json]


def sandwiches(recording: Recording) -> Iterator[Sandwich]:
    """Yields the sandwiches whose two maps list every visitor that they count."""
    for number in range(labels.ROUNDS):
        asked = recording.labelled(labels.round_of(number))
        # An answer from a cache describes an earlier time than the next answer.
        maps = [e for e in asked if e.operation == MAP and isinstance(e.data, dict) and not e.age]
        counters = [e for e in asked if e.operation == REALTIME and not e.age]
        visitors = [_visitors(counter) for counter in counters]
        listed = [_complete(exchange.data) for exchange in maps]
        if len(maps) == 2 and len(counters) == 1 and visitors[0] is not None and None not in listed:
            before, after = (ids or set() for ids in listed)
            yield Sandwich(counters[0], visitors[0], (before, after), (maps[0].data, maps[1].data))


def _visitors(counter: Exchange) -> float | None:
    data = counter.data
    value = data[0].get("visitors") if isinstance(data, list) and data and isinstance(data[0], dict) else None
    return value if is_figure(value) else None


def _complete(data: dict[str, Json]) -> set[str] | None:
    """Returns the ids of the listed visitors; None if the map's `count` is not the length of the list."""
    ids = [
        row["visitorId"].lower() for row in rows(data, "visitors") if isinstance(row.get("visitorId"), str)
    ]
    return set(ids) if len(ids) == data.get("count") == len(set(ids)) else None


def _all_rounds(recording: Recording) -> list[tuple[Recording, list[Sandwich]]]:
    found = list(sandwiches(recording))
    return [(recording, found)] if len(found) == labels.ROUNDS else []


@clause(
    "AGR-01",
    "Of three counters, each between two maps, at least one is not clearly above the number of visitors on"
    " its maps, and at least one is not clearly below it. In 2026-02 only 0 counts as below.",
    source="003 Response fields",
    standing=IMPLIED,
    needs="three rounds of map, counter, map in which each map lists all visitors that it counts",
    cases=_all_rounds,
)
def counter_agrees_with_map(case: tuple[Recording, list[Sandwich]]) -> Iterable[Violation]:
    recording, found = case
    # A counter from a cache may be as old as the first map, and older than a map from another cache.
    listed = [ids for s in found for ids in s.listed]
    least, most = len(set.intersection(*listed)), len(set.union(*listed))
    slack = _slack(found, most)
    too_many = all(s.visitors > most + slack for s in found)
    # The counter of early 2026 counts the last five minutes only, so it may be lower than the map allows. A
    # server of an unknown revision may have that counter.
    is_same_window = recording.judged_by == REVISION_2026_06
    too_few = all(s.visitors < least - slack for s in found) and is_same_window
    none_at_all = all(s.visitors == 0 for s in found) and least > _MANY
    if too_many or too_few or none_at_all:
        last = found[-1]
        told = f"{least} to {most} visitors" if least != most else figure_told("visitors", most)
        problem = f"in all three rounds it contradicts the maps, which list {told}"
        # An answer that never changed may come from a cache. But the visitors of a website do not double or
        # halve in half a minute.
        is_held = slack > 0 and (least - slack) / 2 <= last.visitors <= (most + slack) * 2
        yield Violation(problem, last.counter, "/data/0/visitors", last.visitors, is_held)


def _slack(found: list[Sandwich], most: int) -> float:
    """Returns by how many visitors counter and map may differ, since either may come from a cache.

    This is 0 if both changed during the run. Otherwise it is one visitor in twenty, and a few more, since
    about as many come or leave in half a minute.
    """
    first = found[0]
    is_map_new = any(shown != first.maps[0] for s in found for shown in s.maps)
    if is_map_new and any(s.visitors != first.visitors for s in found):
        return 0
    usual = most / 20
    return max(usual + 3 * math.sqrt(usual), _FEW)
