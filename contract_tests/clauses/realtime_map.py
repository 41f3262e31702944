"""Clauses about the meaning of the map: windows, uniqueness, order, scores and flags."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import pairwise
from typing import NamedTuple

from contract_tests.asking.needs import CREDENTIALS, Need
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.telling import figure_told, number_told, time_told, value_told
from contract_tests.document import EXAMPLE, IMPLIED, OBSERVED, OTHER, PAGE
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.families import MAP
from contract_tests.instants import ms
from contract_tests.pointers import escaped
from contract_tests.recording import REVISION_2026_02, Recording, numbered, rows

# In ms. _WINDOW is the time for which events and payments stay on the map.
_WINDOW, _MINUTE = 600_000, 60_000
# MAP-87 judges only these types of events: an event of another type, such as a refund, may have an amount.
_TYPES = ("pageview", "custom", "identify", "external_link", "payment")
_PAYMENTS = ("payment_received", "payment")
_PATHS = (("visitors", "currentUrl"), ("recentEvents", "path"))
_CUSTOMER_SCORE, _BASELINE_SCORE = 100, 50


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


def _which(name: str, fits: Callable[[Member], bool]) -> Callable[[Recording], Iterable[Member]]:
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
    cases=_which("recentEvents", _comparable),
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
    cases=_which("recentPayments", _comparable),
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
    cases=_which("recentEvents", _comparable),
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
    cases=_which("recentPayments", _comparable),
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
    cases=_which("visitors", lambda member: _comparable(member, "sessionStartTime")),
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


def _score(member: Member) -> Json:
    likelihood = member.row.get("conversionLikelihood")
    return likelihood.get("score") if isinstance(likelihood, dict) else None


@clause(
    "MAP-82",
    "A customer's prediction has a score of 100.",
    source="001 Notes",
    standing=PAGE,
    needs="a customer with a prediction on the map",
    revision=REVISION_2026_02,
    cases=_which("visitors", lambda m: m.row.get("isCustomer") is True and is_figure(_score(m))),
)
def customers_have_100(member: Member) -> Iterable[Violation]:
    if _score(member) != _CUSTOMER_SCORE:
        pointer = f"{member.pointer}/conversionLikelihood/score"
        yield Violation("a customer's score is not 100", member.exchange, pointer, _score(member))


@clause(
    "MAP-83",
    "A prediction with `isBaseline: true` has a score of 50, or a customer's score of 100.",
    source="the public documentation of predictions",
    standing=OTHER,
    needs=Need(
        "a visitor without any data that a prediction could use (role `unknowns`, `--credentials`)",
        CREDENTIALS,
    ),
    cases=_which(
        "visitors",
        lambda m: (
            is_figure(_score(m))
            and m.row["conversionLikelihood"].get("isBaseline") is True
            and _score(m) != _CUSTOMER_SCORE
        ),
    ),
)
def baseline_is_50(member: Member) -> Iterable[Violation]:
    if _score(member) != _BASELINE_SCORE:
        pointer = f"{member.pointer}/conversionLikelihood/score"
        yield Violation(
            "`isBaseline` is true, but the score is not 50", member.exchange, pointer, _score(member)
        )


def _flagged(flag: bool) -> Callable[[Recording], Iterable[tuple[Exchange, dict[str, Json]]]]:
    return lambda recording: [
        (e, data) for e, data in maps(recording) if data.get("hasConversionPredictions") is flag
    ]


@clause(
    "MAP-84",
    "If `hasConversionPredictions` is true, there are `conversionMetrics`.",
    source="002 Notes",
    standing=PAGE,
    needs="a map of a website with a conversion model",
    cases=_flagged(True),
)
def flag_has_metrics(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    exchange, data = case
    if data.get("conversionMetrics") is None:
        problem = "`hasConversionPredictions` is true, but there are no `conversionMetrics`"
        yield Violation(problem, exchange, "/data/conversionMetrics")


@clause(
    "MAP-85",
    "If `hasConversionPredictions` is false, no visitor has a prediction, except a customer's score of 100.",
    source="002 Notes",
    standing=PAGE,
    needs=Need(
        "a map of a website without a conversion model (role `no_model`, `--credentials`)", CREDENTIALS
    ),
    cases=_flagged(False),
)
def no_flag_no_predictions(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    exchange, data = case
    for n, visitor in numbered(data, "visitors"):
        told = visitor.get("conversionLikelihood")
        # A customer's score of 100 needs no prediction.
        if isinstance(told, dict) and told.get("score") != _CUSTOMER_SCORE:
            problem = "`hasConversionPredictions` is false, but a visitor has a prediction"
            yield Violation(problem, exchange, f"/data/visitors/{n}/conversionLikelihood", told)
            return


@clause(
    "MAP-86",
    "The first eight hexadecimal digits of an event's `_id` are the Unix second of its `timestamp`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with events",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    cases=_which(
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


@clause(
    "MAP-87",
    "The `amount` of an event, if there is one, is a number for the type `payment`, and null for `pageview`,"
    " `custom`, `identify` and `external_link`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with events",
    cases=_which(
        "recentEvents",
        lambda m: (
            m.row.get("type") in _TYPES
            and "amount" in m.row
            and (m.row["amount"] is None or is_figure(m.row["amount"]))
        ),
    ),
)
def payments_have_amounts(member: Member) -> Iterable[Violation]:
    amount = member.row["amount"]
    if (member.row["type"] == "payment") != (amount is not None):
        problem = f"an event of type `{member.row['type']}` has the amount {value_told(amount)}"
        yield Violation(problem, member.exchange, f"{member.pointer}/amount", amount)


@clause(
    "MAP-88",
    "A visitor with `isCustomer: false` has no `customerName` and no `customerEmail`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a visitor with `isCustomer: false`",
    revision=REVISION_2026_02,
    cases=_which("visitors", lambda m: m.row.get("isCustomer") is False),
)
def no_payment_no_name(member: Member) -> Iterable[Violation]:
    for name in ("customerName", "customerEmail"):
        if isinstance(member.row.get(name), str):
            problem = f"`isCustomer` is false, but there is a `{name}`"
            yield Violation(problem, member.exchange, f"{member.pointer}/{name}", member.row[name])


@clause(
    "MAP-89",
    "A visitor with `hasProfile: true` does not have `isRandomName: true`.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a visitor with `hasProfile: true`",
    cases=_which(
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


def is_paid(member: Member) -> bool:
    """Returns whether a row is a received payment or a payment event, and has an amount."""
    return member.row.get("type") in _PAYMENTS and is_figure(member.row.get("amount"))


@clause(
    "MAP-91",
    "The `amount` of a `payment_received` payment or a `payment` event is not negative.",
    source="002 Response",
    standing=EXAMPLE,
    needs="a map with payments",
    cases=lambda recording: filter(is_paid, (*payments(recording), *events(recording))),
)
def payments_are_not_negative(member: Member) -> Iterable[Violation]:
    if member.row["amount"] < 0:
        problem = "a received payment has a negative amount"
        yield Violation(problem, member.exchange, f"{member.pointer}/amount", member.row["amount"])


def _payers(recording: Recording) -> list[list[Member]]:
    """Returns, as one case, the visitors with an earlier payment event on the same map."""
    found = [
        member
        for member in visitors(recording)
        if isinstance(member.row.get("isCustomer"), bool)
        and any(_has_paid(row, member) for row in rows(member.data, "recentEvents"))
    ]
    return [found] if found else []


def _has_paid(event: dict[str, Json], visitor: Member) -> bool:
    """Returns whether an event is a payment of the visitor that is at least a minute older than the answer.

    After a minute the server should list the visitor as a customer.
    """
    if event.get("type") != "payment" or event.get("visitorId") != visitor.row.get("visitorId"):
        return False
    at, now, amount = ms(event.get("timestamp")), visitor.exchange.now, event.get("amount")
    is_earlier = at is not None and now is not None and at < now.earliest - _MINUTE
    return is_earlier and is_figure(amount) and amount is not None and amount > 0


@clause(
    "MAP-93",
    "At least one of the visitors who paid more than a minute ago has `isCustomer: true`.",
    source="the public documentation of visitors",
    standing=OTHER,
    needs="a visitor on the map with a `payment` event that is more than a minute old",
    reads=(MAP, "data.recentEvents.*.timestamp"),
    dated=MAP,
    cases=_payers,
)
def who_has_paid_is_a_customer(found: list[Member]) -> Iterable[Violation]:
    first = found[0]
    if not any(member.row["isCustomer"] for member in found):
        # The payment of a single visitor may have been refunded.
        is_alone = len({member.row["visitorId"] for member in found}) == 1
        problem = "the map has a payment event of this visitor"
        yield Violation(problem, first.exchange, f"{first.pointer}/isCustomer", False, is_alone)


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
        if isinstance(member.row.get(name), str)
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
