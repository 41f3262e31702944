"""Clauses about consistency over time: answers a few seconds apart do not contradict each other."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.question import Website, website_of
from contract_tests.clauses.realtime_map import maps
from contract_tests.clauses.telling import number_told, time_told, value_told
from contract_tests.clauses.visitor import Profile, profiles
from contract_tests.documented import IMPLIED, PAGE
from contract_tests.exchange import Exchange, Json, is_figure, known_text
from contract_tests.instants import ms
from contract_tests.operations import VISITOR
from contract_tests.recording import REVISION_2026_02, Recording, rows

_SESSION = "sessionStartTime"
_SLACK = 2_000
_OF_EVENTS, _OF_PAYMENTS = ("type", "visitorId", "timestamp"), ("timestamp", "amount", "currency")
_COUNTS = ("visitCount", "pageViewCount")
# The documented members of a visitor; a server may have others, which change, such as the local time.
_PLACE = (("location", "countryCode"), ("location", "region"), ("location", "city"))
_SYSTEM = (("system", "browser", "name"), ("system", "os", "name"), ("system", "device", "type"))


class Again(NamedTuple):
    """A row that two answers have; `exchange` is the later answer, and `pointer` the place in it."""

    exchange: Exchange
    earlier: dict[str, Json]
    later: dict[str, Json]
    pointer: str


def _again(name: str, id_name: str, members: Iterable[str]) -> Callable[[Recording], Iterator[Again]]:
    """Returns a function that pairs the rows with the same id in two maps of a website, earlier row first.

    `name` is the list in the map, and `id_name` the member with the id. Both rows have a value of at least
    one of `members`.
    """
    named = tuple(members)

    def cases(recording: Recording) -> Iterator[Again]:
        known: dict[tuple[Website, str], dict[str, Json]] = {}
        for exchange, data in maps(recording):
            found, website = data.get(name), website_of(exchange)
            for n, row in enumerate(found if isinstance(found, list) else ()):
                row_id = row.get(id_name) if isinstance(row, dict) else None
                if not isinstance(row_id, str):
                    continue
                key = website, row_id.lower()
                if key in known and any(None not in (known[key].get(m), row.get(m)) for m in named):
                    yield Again(exchange, known[key], row, f"/data/{name}/{n}")
                known[key] = row

    return cases


def _same(again: Again, names: Iterable[str]) -> Iterable[Violation]:
    for name in names:
        earlier, later = again.earlier.get(name), again.later.get(name)
        if earlier is not None and later is not None and _meaning(earlier) != _meaning(later):
            problem = f"`{name}` was {value_told(earlier)} in an earlier answer"
            yield Violation(problem, again.exchange, f"{again.pointer}/{name}", later)


def _meaning(value: Json) -> Json:
    """Returns an instant in ms, and any other text in lower case.

    Servers behind one address may write instants differently, and no page says whether upper and lower case
    differ. Any other value is returned as it is.
    """
    at = ms(value)
    if at is not None:
        return at
    return value.lower() if isinstance(value, str) else value


@clause(
    "POLL-01",
    "An event that is in two maps has the same type, visitor and time in both, unless one of them is null.",
    source="002 Response",
    standing=IMPLIED,
    needs="two maps with an event in common",
    cases=_again("recentEvents", "_id", _OF_EVENTS),
)
def events_stay(again: Again) -> Iterable[Violation]:
    yield from _same(again, _OF_EVENTS)


@clause(
    "POLL-02",
    "A payment that is in two maps has the same time, amount and currency in both, unless one of them is"
    " null.",
    source="002 Response",
    standing=IMPLIED,
    needs="two maps with a payment in common",
    cases=_again("recentPayments", "_id", _OF_PAYMENTS),
)
def payments_stay(again: Again) -> Iterable[Violation]:
    yield from _same(again, _OF_PAYMENTS)


def _same_session(places: Iterable[tuple[str, ...]], recording: Recording) -> list[list[Again]]:
    """Returns, as one case, the pairs of rows with the same visitor and the same session in two maps.

    There is no case unless two visitors have a text at one of the places in both.
    """
    told = [
        again
        for again in _again("visitors", "visitorId", (_SESSION,))(recording)
        if isinstance(again.earlier.get(_SESSION), str)
        and _meaning(again.earlier[_SESSION]) == _meaning(again.later.get(_SESSION))
    ]
    known = [
        again
        for again in told
        if any(None not in (_text_at(again.earlier, p), _text_at(again.later, p)) for p in places)
    ]
    return [told] if len(_visitors(known)) > 1 else []


def _visitors(told: Iterable[Again]) -> set[str]:
    return {again.later["visitorId"].lower() for again in told}


@clause(
    "POLL-03",
    "Within a session most visitors stay in the same place.",
    source="001 Response fields",
    standing=IMPLIED,
    needs="two maps of revision 2026-02 with two visitors in common",
    revision=REVISION_2026_02,
    cases=partial(_same_session, _PLACE),
)
def visitors_stay_in_place(told: list[Again]) -> Iterable[Violation]:
    yield from _mostly_same(told, _PLACE)


@clause(
    "POLL-04",
    "Within a session most visitors keep the same browser, system and device.",
    source="001 Response fields",
    standing=IMPLIED,
    needs="two maps of revision 2026-02 with two visitors in common",
    revision=REVISION_2026_02,
    cases=partial(_same_session, _SYSTEM),
)
def visitors_keep_their_device(told: list[Again]) -> Iterable[Violation]:
    yield from _mostly_same(told, _SYSTEM)


def _mostly_same(told: list[Again], places: Iterable[tuple[str, ...]]) -> Iterable[Violation]:
    """Yields a violation if a text at one of the places differs for over a quarter of the visitors.

    A few visitors may have changed their network meanwhile.
    """
    changes = {n: change for n, again in enumerate(told) if (change := _change(again, places))}
    number, every = len(_visitors(told[n] for n in changes)), len(_visitors(told))
    if number > max(every / 4, 1):
        n, (pointer, earlier, later) = max(changes.items())
        problem = (
            f"it was {value_told(earlier)} in an earlier answer; {number} of {every} visitors have changed"
        )
        yield Violation(problem, told[n].exchange, f"{told[n].pointer}{pointer}", later)


def _change(again: Again, places: Iterable[tuple[str, ...]]) -> tuple[str, str, str] | None:
    """Returns the pointer to the first text that differs, and both texts; None if no text differs.

    A place at which one of the texts is unknown is ignored.
    """
    for place in places:
        earlier, later = (_text_at(row, place) for row in (again.earlier, again.later))
        if earlier is not None and later is not None and _meaning(earlier) != _meaning(later):
            return f"/{'/'.join(place)}", earlier, later
    return None


def _text_at(row: Json, place: Iterable[str]) -> str | None:
    for name in place:
        row = row.get(name) if isinstance(row, dict) else None
    return known_text(row)


def _asked_again(recording: Recording) -> Iterator[tuple[Profile, Profile]]:
    """Yields pairs of successive profiles of a visitor of one website, the earlier one first."""
    known: dict[tuple[Website, str], Profile] = {}
    for profile in profiles(recording):
        asked = website_of(profile.exchange), profile.exchange.path.get("visitorId", "").lower()
        # An answer from a cache may be older than the previous answer.
        if profile.exchange.age or profile.exchange.sent is None:
            continue
        if asked in known:
            yield known[asked], profile
        known[asked] = profile


def _in_order(recording: Recording) -> Iterator[tuple[Profile, Profile]]:
    """Yields the pairs of `_asked_again`, except those whose later answer is the older one by its own times.

    It may come from another cache that does not say so.
    """
    for case in _asked_again(recording):
        earlier, later = _since_first(case[0]), _since_first(case[1])
        if not (is_figure(earlier) and is_figure(later) and bool(later < earlier)):
            yield case


def _told_in(case: tuple[Profile, Profile]) -> str:
    """Returns words for the answer with the earlier profile, and how much earlier it was requested."""
    earlier, later = (profile.exchange.sent for profile in case)
    if earlier is None or later is None:
        return "in an answer"
    return f"in an answer, {time_told(max(later - earlier, 0))} earlier"


def _since_first(profile: Profile) -> Json:
    return profile.activity.get("timeSinceFirstVisit")


@clause(
    "POLL-05",
    "A visitor's `visitCount` and `pageViewCount` do not shrink.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="two profiles of one visitor with a number of visits or of page views",
    is_timed=True,
    cases=lambda recording: [
        case
        for case in _in_order(recording)
        if any(all(is_figure(profile.activity.get(name)) for profile in case) for name in _COUNTS)
    ],
)
def counts_grow(case: tuple[Profile, Profile]) -> Iterable[Violation]:
    earlier, later = case
    for name in _COUNTS:
        before, after = earlier.activity.get(name), later.activity.get(name)
        if (
            before is not None
            and after is not None
            and is_figure(before)
            and is_figure(after)
            and after < before
        ):
            problem = f"`{name}` was {number_told(before)} {_told_in(case)}"
            yield Violation(problem, later.exchange, f"/data/activity/{name}", after)


@clause(
    "POLL-06",
    "A visitor's `firstVisitAt` does not change.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="two profiles of one visitor with `firstVisitAt`",
    is_timed=True,
    cases=lambda recording: [
        case for case in _asked_again(recording) if all(ms(p.activity.get("firstVisitAt")) for p in case)
    ],
)
def first_visit_stays(case: tuple[Profile, Profile]) -> Iterable[Violation]:
    earlier, later = (profile.activity["firstVisitAt"] for profile in case)
    if ms(earlier) != ms(later):
        pointer = "/data/activity/firstVisitAt"
        yield Violation(f"it was {earlier} {_told_in(case)}", case[1].exchange, pointer, later)


@clause(
    "POLL-07",
    "`timeSinceFirstVisit` grows by the time that passes, give or take half a minute.",
    source="004 Response fields",
    standing=PAGE,
    needs="two profiles of one visitor from a server that sends `Date`",
    dated=VISITOR,
    is_timed=True,
    cases=lambda recording: [
        case
        for case in _asked_again(recording)
        if all(p.exchange.now is not None and is_figure(p.activity.get("timeSinceFirstVisit")) for p in case)
    ],
)
def first_visit_recedes(case: tuple[Profile, Profile]) -> Iterable[Violation]:
    later = case[1]
    # Each answer determines a span of time that contains the first visit; the two spans must overlap.
    passed = [profile.activity["timeSinceFirstVisit"] for profile in case]
    spans = [(now, since) for p, since in zip(case, passed, strict=True) if (now := p.exchange.now)]
    earliest = max(now.earliest - since for now, since in spans)
    latest = min(now.latest - since for now, since in spans)
    if earliest > latest + _SLACK:
        problem = f"it was {number_told(passed[0])} {_told_in(case)}"
        pointer = "/data/activity/timeSinceFirstVisit"
        yield Violation(problem, later.exchange, pointer, passed[1])


@clause(
    "POLL-08",
    "`visitedPages` does not become shorter because page views have disappeared.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="two profiles of one visitor with `visitedPages`",
    is_timed=True,
    cases=lambda recording: [
        (earlier, later)
        for earlier, later in _in_order(recording)
        if any(isinstance(row.get("timestamp"), str) for row in rows(earlier.activity, "visitedPages"))
        and isinstance(later.activity.get("visitedPages"), list)
    ],
)
def pages_stay(case: tuple[Profile, Profile]) -> Iterable[Violation]:
    earlier, later = ([row.get("timestamp") for row in rows(p.activity, "visitedPages")] for p in case)
    kept = [_meaning(at) for at in later]
    lost = [at for at in earlier if isinstance(at, str) and _meaning(at) not in kept]
    # A list of limited length may lose old rows when new ones are added, but does not get shorter.
    if lost and len(later) < len(earlier):
        pointer = "/data/activity/visitedPages"
        # All page views of a single visitor may have been deleted.
        yield Violation(f"the page view of {lost[0]} is gone", case[1].exchange, pointer, None, not later)
