"""Clauses about the meaning of a profile: whose it is, and whether its times agree with each other."""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.telling import figure_told, number_told, time_told
from contract_tests.documented import IMPLIED, OBSERVED, OTHER, PAGE
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.instants import ms
from contract_tests.operations import VISITOR
from contract_tests.recording import Recording, numbered, rows

# In ms: a server may round to seconds, and read its clock twice for one answer.
_SLACK = 1_000
OTHER_CLOCK = 300_000
"""How far the clock of a visitor's device may be off, in ms. `firstVisitAt` may come from this clock."""


class Profile(NamedTuple):
    """A profile: the answer, its `data`, and the `activity` in it."""

    exchange: Exchange
    data: dict[str, Json]
    activity: dict[str, Json]


def profiles(recording: Recording) -> list[Profile]:
    """Returns the profiles that have an `activity`."""
    return [
        Profile(exchange, data, data["activity"])
        for exchange, data in recording.objects(VISITOR)
        if isinstance(data.get("activity"), dict)
    ]


def _with(*names: str) -> Callable[[Recording], list[Profile]]:
    """Returns a function that picks the profiles with these members of `activity`."""
    return lambda recording: [
        p for p in profiles(recording) if all(p.activity.get(n) is not None for n in names)
    ]


def _timed(*names: str) -> Callable[[Recording], list[Profile]]:
    """Returns a function that picks the profiles in which these members of `activity` are instants."""
    return lambda recording: [
        p for p in profiles(recording) if all(ms(p.activity.get(n)) is not None for n in names)
    ]


def _lasting(at: str, since: str) -> Callable[[Recording], list[Profile]]:
    """Returns a function that picks profiles whose `activity` has the instant `at` and the number `since`."""
    return lambda recording: [p for p in _timed(at)(recording) if is_figure(p.activity.get(since))]


def _listing(name: str, least: int) -> Callable[[Recording], list[Profile]]:
    """Returns a function that picks the profiles with at least `least` instants in a list of `activity`."""
    return lambda recording: [p for p in profiles(recording) if len(_times(p, name)) >= least]


def _dated(cases: Callable[[Recording], list[Profile]]) -> Callable[[Recording], list[Profile]]:
    """Returns a function that picks the profiles of `cases` whose answer has a readable `Date`."""
    return lambda recording: [p for p in cases(recording) if p.exchange.now is not None]


def _times(profile: Profile, name: str) -> list[int]:
    found = [ms(row.get("timestamp")) for row in rows(profile.activity, name)]
    return [at for at in found if at is not None]


@clause(
    "VIS-60",
    "The profile belongs to the requested visitor.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile",
    cases=lambda recording: [
        (exchange, data)
        for exchange, data in recording.objects(VISITOR)
        if "visitorId" in exchange.path and isinstance(data.get("visitorId"), str)
    ],
)
def id_is_the_one_asked_for(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    exchange, data = case
    asked = exchange.path["visitorId"]
    if data["visitorId"].lower() != asked.lower():
        yield Violation(f"the visitor {asked} was requested", exchange, "/data/visitorId", data["visitorId"])


@clause(
    "VIS-61",
    "The first visit is at most five minutes later than the last visit.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `firstVisitAt` and `lastVisitAt`",
    reads=(VISITOR, "data.activity.firstVisitAt"),
    cases=_timed("firstVisitAt", "lastVisitAt"),
)
def first_before_last(profile: Profile) -> Iterable[Violation]:
    first, last = ms(profile.activity["firstVisitAt"]), ms(profile.activity["lastVisitAt"])
    if first is not None and last is not None and first > last + OTHER_CLOCK:
        problem = "`firstVisitAt` is later than `lastVisitAt`"
        yield Violation(
            problem, profile.exchange, "/data/activity/firstVisitAt", profile.activity["firstVisitAt"]
        )


def _adds_up(profile: Profile, since: str, at: str) -> Iterable[Violation]:
    """Yields a violation if a duration is not the time between an instant and the answer."""
    begun, passed = ms(profile.activity[at]), profile.activity[since]
    if begun is None or not is_figure(passed):
        return
    now = profile.exchange.now
    assert now is not None, "only answers with a date are judged by it"
    if not now.earliest - _SLACK <= begun + passed <= now.latest + _SLACK:
        off = time_told(min(abs(begun + passed - now.earliest), abs(begun + passed - now.latest)))
        problem = f"`{at}` plus `{since}` differs from the time of the answer by at least {off}"
        yield Violation(problem, profile.exchange, f"/data/activity/{since}", passed)


@clause(
    "VIS-62",
    "`timeSinceFirstVisit` is the number of milliseconds since the first visit, or half a minute less in an"
    " answer from a cache.",
    source="004 Response fields",
    standing=PAGE,
    needs="a profile with `firstVisitAt`",
    reads=(VISITOR, "data.activity.firstVisitAt"),
    dated=VISITOR,
    cases=_dated(_lasting("firstVisitAt", "timeSinceFirstVisit")),
)
def time_since_first_visit(profile: Profile) -> Iterable[Violation]:
    yield from _adds_up(profile, "timeSinceFirstVisit", "firstVisitAt")


@clause(
    "VIS-63",
    "`timeSinceCurrentVisit` is the number of milliseconds since `lastVisitAt`, or half a minute less in an"
    " answer from a cache.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `lastVisitAt`",
    reads=(VISITOR, "data.activity.lastVisitAt"),
    dated=VISITOR,
    cases=_dated(_lasting("lastVisitAt", "timeSinceCurrentVisit")),
)
def time_since_current_visit(profile: Profile) -> Iterable[Violation]:
    yield from _adds_up(profile, "timeSinceCurrentVisit", "lastVisitAt")


@clause(
    "VIS-64",
    "`pageViewCount` is 0, or at least the number of listed pages.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `visitedPages`",
    cases=_with("pageViewCount", "visitedPages"),
)
def count_covers_the_pages(profile: Profile) -> Iterable[Violation]:
    count, pages = profile.activity["pageViewCount"], profile.activity["visitedPages"]
    if is_figure(count) and isinstance(pages, list) and 0 < count < len(pages):
        listed = figure_told("pages", len(pages))
        problem = f"`pageViewCount` is {number_told(count)}, but `visitedPages` has {listed}"
        yield Violation(problem, profile.exchange, "/data/activity/pageViewCount", count)


@clause(
    "VIS-65",
    "No page was viewed after the answer that contains it.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `visitedPages`",
    reads=(VISITOR, "data.activity.visitedPages.*.timestamp"),
    dated=VISITOR,
    cases=_dated(_listing("visitedPages", 1)),
)
def pages_have_been_viewed(profile: Profile) -> Iterable[Violation]:
    yield from _not_later(profile, "visitedPages", "timestamp")


@clause(
    "VIS-66",
    "No goal was completed after the answer that contains it.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `completedGoals`",
    reads=(VISITOR, "data.activity.completedGoals.*.timestamp"),
    dated=VISITOR,
    cases=_dated(_listing("completedGoals", 1)),
)
def goals_have_been_completed(profile: Profile) -> Iterable[Violation]:
    yield from _not_later(profile, "completedGoals", "timestamp")


def _is_later(at: int | None, exchange: Exchange) -> bool:
    """Returns whether an instant is certainly later than an answer."""
    return at is not None and exchange.now is not None and at > exchange.now.latest


def _not_later(profile: Profile, name: str, member: str) -> Iterable[Violation]:
    for n, row in numbered(profile.activity, name):
        if _is_later(ms(row.get(member)), profile.exchange):
            pointer = f"/data/activity/{name}/{n}/{member}"
            yield Violation("it is later than the answer", profile.exchange, pointer, row[member])


@clause(
    "VIS-67",
    "`completedGoals` are sorted by time, in either direction.",
    source="the public documentation of visitors",
    standing=OTHER,
    needs="a profile with three goals",
    reads=(VISITOR, "data.activity.completedGoals.*.timestamp"),
    cases=_listing("completedGoals", 3),
)
def goals_are_sorted(profile: Profile) -> Iterable[Violation]:
    times = _times(profile, "completedGoals")
    # No page says whether the list begins with the oldest or the newest.
    steps = {(later > earlier) - (later < earlier) for earlier, later in pairwise(times)}
    if {1, -1} <= steps:
        yield Violation(
            "the goals are sorted in neither direction", profile.exchange, "/data/activity/completedGoals"
        )


@clause(
    "VIS-71",
    "`visitedPages` are listed oldest first.",
    source="004 Response fields",
    standing=OBSERVED,
    needs="a profile with two pages",
    reads=(VISITOR, "data.activity.visitedPages.*.timestamp"),
    cases=_listing("visitedPages", 2),
)
def oldest_page_first(profile: Profile) -> Iterable[Violation]:
    told = [(n, row.get("timestamp")) for n, row in numbered(profile.activity, "visitedPages")]
    readable = [(n, at) for n, at in told if ms(at) is not None]
    for (_, older), (n, newer) in pairwise(readable):
        if (ms(newer) or 0) < (ms(older) or 0):
            pointer = f"/data/activity/visitedPages/{n}/timestamp"
            yield Violation("it is older than the one before it", profile.exchange, pointer, newer)


@clause(
    "VIS-72",
    "No page was viewed more than five minutes before the first visit.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `firstVisitAt` and `visitedPages`",
    reads=(VISITOR, "data.activity.firstVisitAt"),
    cases=lambda recording: [p for p in _timed("firstVisitAt")(recording) if _times(p, "visitedPages")],
)
def no_page_before_the_first_visit(profile: Profile) -> Iterable[Violation]:
    first = ms(profile.activity["firstVisitAt"])
    for n, row in numbered(profile.activity, "visitedPages"):
        at = ms(row.get("timestamp"))
        if first is not None and at is not None and at < first - OTHER_CLOCK:
            problem = f"`firstVisitAt` is {profile.activity['firstVisitAt']}"
            pointer = f"/data/activity/visitedPages/{n}/timestamp"
            yield Violation(problem, profile.exchange, pointer, row["timestamp"])


@clause(
    "VIS-68",
    "If `visitCount` is 1, the last visit began at most five minutes after the first one.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `visitCount: 1`",
    reads=(VISITOR, "data.activity.firstVisitAt"),
    cases=lambda recording: [
        p for p in _timed("firstVisitAt", "lastVisitAt")(recording) if p.activity.get("visitCount") == 1
    ],
)
def one_visit_is_one_instant(profile: Profile) -> Iterable[Violation]:
    first, last = ms(profile.activity["firstVisitAt"]), ms(profile.activity["lastVisitAt"])
    if first is not None and last is not None and last - first > OTHER_CLOCK:
        problem = f"`visitCount` is 1, but the last visit began {time_told(last - first)} after the first one"
        yield Violation(problem, profile.exchange, "/data/activity/visitCount", 1)


@clause(
    "VIS-69",
    "`identifiedAt` is not later than the answer that contains it.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of an identified visitor",
    reads=(VISITOR, "data.profile.identifiedAt"),
    dated=VISITOR,
    cases=lambda recording: [
        (exchange, data["profile"])
        for exchange, data in recording.objects(VISITOR)
        if isinstance(data.get("profile"), dict)
        and ms(data["profile"].get("identifiedAt")) is not None
        and exchange.now is not None
    ],
)
def identified_before_told(case: tuple[Exchange, dict[str, Json]]) -> Iterable[Violation]:
    exchange, profile = case
    if _is_later(ms(profile["identifiedAt"]), exchange):
        pointer = "/data/profile/identifiedAt"
        yield Violation("it is later than the answer", exchange, pointer, profile["identifiedAt"])


@clause(
    "VIS-70",
    "No visit began after the answer that contains it.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with `lastVisitAt`",
    reads=(VISITOR, "data.activity.lastVisitAt"),
    dated=VISITOR,
    cases=_dated(_timed("lastVisitAt")),
)
def visits_have_begun(profile: Profile) -> Iterable[Violation]:
    if _is_later(ms(profile.activity["lastVisitAt"]), profile.exchange):
        pointer = "/data/activity/lastVisitAt"
        yield Violation(
            "it is later than the answer", profile.exchange, pointer, profile.activity["lastVisitAt"]
        )
