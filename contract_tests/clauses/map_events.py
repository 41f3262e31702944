"""Clauses that compare several events, payments and visitors on the map with one another."""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple, TypeVar

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.map_payments import is_paid
from contract_tests.clauses.question import website_of
from contract_tests.clauses.realtime_map import Member, events, maps, payments, visitors
from contract_tests.clauses.telling import number_told, value_told
from contract_tests.documented import EXAMPLE, IMPLIED
from contract_tests.exchange import Exchange, Json, is_figure, known_text
from contract_tests.instants import ms
from contract_tests.operations import MAP
from contract_tests.pointers import pointer_of
from contract_tests.recording import Recording, numbered, rows

T = TypeVar("T")

# Fewer visitors than these may differ by chance.
_SEVERAL = 3
# As many visitors do not all leave within minutes.
_MANY = 10
# The example's expected value is not exactly the product of its rate and its value.
_FAR = 30
# In ms. The counter of early 2026 looks back five minutes.
_RECENT = 240_000


class Acted(NamedTuple):
    """An event on a map, and the visitor on the same map who caused it; None if the visitor is not listed."""

    event: Member
    visitor: dict[str, Json] | None


def _acted(recording: Recording) -> list[Acted]:
    """Returns the events on the maps that list all of their visitors."""
    return _on_maps(recording, _acted_on)


def _on_maps(recording: Recording, find: Callable[[Exchange, dict[str, Json]], list[Acted]]) -> list[Acted]:
    """Returns the events that a function finds on each map. They are cached for each map."""
    return [
        case
        for exchange, data in maps(recording)
        for case in recording.cached(exchange, find, partial(find, exchange, data))
    ]


def _acted_on(exchange: Exchange, data: dict[str, Json]) -> list[Acted]:
    listed = {row["visitorId"].lower(): row for row in rows(data, "visitors") if _has_id(row)}
    if data.get("count") != len(listed):
        return []
    return [
        Acted(Member(exchange, data, row, f"/data/recentEvents/{n}"), listed.get(row["visitorId"].lower()))
        for n, row in numbered(data, "recentEvents")
        if _has_id(row)
    ]


def _has_id(row: dict[str, Json]) -> bool:
    return isinstance(row.get("visitorId"), str)


def _viewers(recording: Recording) -> list[list[Acted]]:
    """Returns the page views of each map, if they are of many visitors.

    If no map has so many, the page views of all maps are one case.
    """
    by_map = [recording.cached(e, _viewers_on, partial(_viewers_on, e, data)) for e, data in maps(recording)]
    every = [case for found in by_map for case in found]
    return list(filter(_are_many, by_map)) or list(filter(_are_many, [every]))


def _are_many(found: list[Acted]) -> bool:
    return len({case.event.row["visitorId"] for case in found}) >= _MANY


def _viewers_on(exchange: Exchange, data: dict[str, Json]) -> list[Acted]:
    return [case for case in _acted_on(exchange, data) if _is_recent_view(case.event)]


def _is_recent_view(event: Member) -> bool:
    """Returns whether an event is a page view of the last minutes, so that its visitor is surely active."""
    at, now = ms(event.row.get("timestamp")), event.exchange.now
    is_recent = at is not None and now is not None and at > now.earliest - _RECENT
    return event.row.get("type") == "pageview" and is_recent


@clause(
    "MAP-94",
    "If ten visitors viewed a page in the last 4 minutes, a map that lists all visitors that it counts lists"
    " at least one of them.",
    source="001 Response fields",
    standing=IMPLIED,
    needs="a map that lists all visitors that it counts, with recent page views of ten visitors",
    dated=MAP,
    cases=_viewers,
)
def viewers_are_listed(found: list[Acted]) -> Iterable[Violation]:
    if all(case.visitor is None for case in found):
        first = found[0].event
        problem = f"the map lists none of the visitors of {len(found)} page views of the last minutes"
        yield Violation(problem, first.exchange, f"{first.pointer}/visitorId", first.row["visitorId"])


def _together(recording: Recording, fits: Callable[[Acted], bool]) -> list[list[Acted]]:
    """Returns, as one case, the events of listed visitors that `fits` accepts.

    There is no case unless they are of at least three visitors.
    """
    found = [case for case in _acted(recording) if case.visitor is not None and fits(case)]
    return [found] if len({case.event.row["visitorId"] for case in found}) >= _SEVERAL else []


def _is_located(case: Acted) -> bool:
    return None not in (known_text(case.event.row.get("countryCode")), known_text(_country(case)))


def _country(case: Acted) -> Json:
    location = case.visitor.get("location") if case.visitor else None
    return location.get("countryCode") if isinstance(location, dict) else None


@clause(
    "MAP-95",
    "At least half of the events have the country of their visitor.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with the events of three visitors whose country is known",
    cases=lambda recording: _together(recording, _is_located),
)
def events_have_the_country(found: list[Acted]) -> Iterable[Violation]:
    other = _most_differ(
        found,
        lambda case: _key_of(case.event, "_id"),
        lambda case: bool(case.event.row["countryCode"].lower() != _country(case).lower()),
    )
    if other is not None:
        event, problem = other.event, f"the visitor has {value_told(_country(other))}"
        yield Violation(problem, event.exchange, f"{event.pointer}/countryCode", event.row["countryCode"])


def _most_differ(found: list[T], key_of: Callable[[T], Hashable], differs: Callable[[T], bool]) -> T | None:
    """Returns a case that differs, if more than half of them do; None if not.

    Cases of one key count once, even if they are on many maps, and differ if more than half of them do.
    """
    cases: dict[Hashable, list[T]] = defaultdict(list)
    for case in found:
        cases[key_of(case)].append(case)
    others = [[case for case in same if differs(case)] for same in cases.values()]
    most = [other for other, same in zip(others, cases.values(), strict=True) if len(other) > len(same) / 2]
    return most[0][0] if len(most) > len(cases) / 2 else None


def _key_of(member: Member, id_name: str) -> Hashable:
    """Returns a value that is the same for all rows of a website with one id."""
    row_id = member.row.get(id_name)
    return website_of(member.exchange), row_id.lower() if isinstance(row_id, str) else id(member.row)


def _latest(recording: Recording) -> list[list[Acted]]:
    """Returns, as one case, the latest page view of each listed visitor on each map."""
    found = _on_maps(recording, _latest_on)
    return [found] if len({case.event.row["visitorId"] for case in found}) >= _SEVERAL else []


def _latest_on(exchange: Exchange, data: dict[str, Json]) -> list[Acted]:
    viewed: dict[str, list[Acted]] = {}
    for case in _acted_on(exchange, data):
        has_page = case.visitor is not None and known_text(case.visitor.get("currentUrl")) is not None
        if has_page and case.event.row.get("type") == "pageview":
            viewed.setdefault(case.event.row["visitorId"].lower(), []).append(case)
    found = []
    for cases in viewed.values():
        times = [ms(case.event.row.get("timestamp")) for case in cases]
        known = [at for at in times if at is not None]
        # It is unknown which page view is the latest if one has no time, or if two have the same.
        if len(known) == len(cases) and known.count(max(known)) == 1:
            latest = cases[known.index(max(known))]
            found += [] if known_text(latest.event.row.get("path")) is None else [latest]
    return found


@clause(
    "MAP-96",
    "At least half of the visitors have the path of their latest page view as `currentUrl`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with the page views of three visitors",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    cases=_latest,
)
def current_url_is_the_latest(found: list[Acted]) -> Iterable[Violation]:
    other = _most_differ(found, lambda case: _key_of(case.event, "visitorId"), _is_elsewhere)
    if other is not None:
        told = value_told(other.event.row["path"])
        exchange, visitor = other.event.exchange, other.visitor or {}
        pointer = f"{pointer_of(exchange.json, visitor) or ''}/currentUrl"
        problem = f"the latest page view of the visitor has the path {told}"
        yield Violation(problem, exchange, pointer, visitor.get("currentUrl"))


def _is_elsewhere(case: Acted) -> bool:
    return case.visitor is not None and _page(case.visitor["currentUrl"]) != _page(case.event.row["path"])


def _page(path: str) -> str:
    """Returns a path without its query and fragment, which a server may leave out in one place."""
    return re.split("[?#]", path, maxsplit=1)[0]


@clause(
    "MAP-99",
    "`expectedValue` is within a factor of 30 of `conversionRate` × `averageValue`, for at least half of the"
    " predictions.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with the predictions of three visitors",
    cases=lambda recording: [
        found
        for found in [list(_priced(recording))]
        if len({_key_of(member, "visitorId") for member, *_ in found}) >= _SEVERAL
    ],
)
def expected_value_is_the_product(found: list[tuple[Member, float, float]]) -> Iterable[Violation]:
    other = _most_differ(
        found,
        lambda case: _key_of(case[0], "visitorId"),
        lambda case: not case[2] / _FAR <= case[1] <= case[2] * _FAR,
    )
    if other is not None:
        member, told, product = other
        pointer = f"{member.pointer}/conversionLikelihood/raw/expectedValue"
        yield Violation(f"the product is {number_told(product)}", member.exchange, pointer, told)


def _priced(recording: Recording) -> Iterator[tuple[Member, float, float]]:
    """Yields, for each prediction, the visitor, the `expectedValue`, and the product of rate and value."""
    for member in visitors(recording):
        likelihood = member.row.get("conversionLikelihood")
        raw = likelihood.get("raw") if isinstance(likelihood, dict) else None
        names = ("expectedValue", "conversionRate", "averageValue")
        values: list[Any] = [raw.get(name) for name in names] if isinstance(raw, dict) else []
        if len(values) == len(names) and all(is_figure(value) and value > 0 for value in values):
            yield member, values[0], values[1] * values[2]


def _by_second(found: Iterable[Member]) -> dict[tuple[int, int], list[Member]]:
    """Groups the rows about payments by their exchange (its `id()`) and their Unix second."""
    by_second: dict[tuple[int, int], list[Member]] = defaultdict(list)
    for member in filter(is_paid, found):
        at = ms(member.row.get("timestamp"))
        if at is not None and member.row["amount"] != 0:
            by_second[id(member.exchange), at // 1000].append(member)
    return by_second


def _paid_alone(recording: Recording) -> list[list[tuple[Member, Member]]]:
    """Returns, as one case, pairs of a payment and a payment event that are alone in their second."""
    told, happened = _by_second(payments(recording)), _by_second(events(recording))
    found = [
        (told[key][0], happened[key][0])
        for key in told
        if len(told[key]) == 1 and len(happened.get(key, ())) == 1
    ]
    return [found] if found else []


@clause(
    "MAP-92",
    "Payments and the `payment` events of the same second do not all differ by a factor of 100.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a payment and a `payment` event of the same second on a map",
    reads=(MAP, "data.recentPayments.*.timestamp"),
    cases=_paid_alone,
)
def payments_are_in_major_units(found: list[tuple[Member, Member]]) -> Iterable[Violation]:
    # Two currencies may explain a difference, but not a factor of 100 in every pair.
    if all(_is_a_hundred(payment.row["amount"], event.row["amount"]) for payment, event in found):
        payment, event = found[0]
        problem = f"the event of this payment has the amount {number_told(event.row['amount'])}"
        yield Violation(problem, payment.exchange, f"{payment.pointer}/amount", payment.row["amount"])


def _is_a_hundred(one: float, other: float) -> bool:
    """Returns whether one amount is a hundred times the other, except for rounding."""
    return math.isclose(one, 100 * other, rel_tol=0.01) or math.isclose(other, 100 * one, rel_tol=0.01)
