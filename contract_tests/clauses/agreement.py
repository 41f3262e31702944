"""Clauses about agreement between endpoints: counter, map and profile describe the same visitors."""

import math
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.statuses import LIMITED
from contract_tests.clauses.telling import figure_told, number_told, value_told
from contract_tests.clauses.visitor import OTHER_CLOCK, Profile, profiles
from contract_tests.document import EXAMPLE, IMPLIED, OBSERVED, OTHER, PAGE
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.families import MAP, REALTIME, VISITOR
from contract_tests.instants import ms
from contract_tests.recording import REVISION_2026_02, REVISION_2026_06, Recording, rows
from contract_tests.shown import paid

# With more visitors than this on the map, the counter of early 2026 cannot be 0, although it leaves out idle
# visitors.
_MANY = 10
# Counter and map may differ by this number of visitors even on a small website, if either comes from a cache.
_FEW = 3
_PLACE = ("countryCode", "region", "city")
_REGION_CODE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.IGNORECASE)
_ERROR, _FAILURE = 400, 500
_CUSTOMER_SCORE = 100
_SEVERAL = 2
# How much a score may change while a visitor views another page.
_LIKE = 10
# As many countries may have one short name, such as Congo, Korea and the Virgin Islands.
_NAMESAKES = 2
# In ms. A profile that was requested later than _SOON after the map is not compared: the visitor may have
# travelled, or been deleted.
_SOON, _MINUTE, _SECOND = 120_000, 60_000, 1_000


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
    "In three rounds, the counter between two maps is not always clearly above the number of visitors on the"
    " maps, and not always clearly below it. In 2026-02 only 0 counts as below.",
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


class Met(NamedTuple):
    """A visitor on a map, with the profile that was requested after the map."""

    visitor: dict[str, Json]
    profile: Exchange


def met(recording: Recording) -> Iterator[Met]:
    """Yields each visitor on a map whose profile was requested within two minutes after the map."""
    latest: dict[tuple[str | None, str], tuple[int, dict[str, Json]]] = {}
    for exchange in recording.about(MAP, VISITOR):
        if exchange.sent is None:
            continue
        if exchange.operation == MAP:
            for row in rows(exchange.data, "visitors"):
                if isinstance(row.get("visitorId"), str):
                    latest[exchange.sender, row["visitorId"].lower()] = (exchange.sent, row)
        elif labels.MET in exchange.labels:
            key = exchange.sender, exchange.path.get("visitorId", "").lower()
            at, row = latest.get(key, (0, {}))
            if row and exchange.sent - at <= _SOON:
                yield Met(row, exchange)


def _ids(found: Iterable[Met]) -> set[str]:
    """Returns the ids of the visitors, each once, even if a profile was requested more than once."""
    return {case.visitor["visitorId"].lower() for case in found}


@clause(
    "AGR-02",
    "At least one of the visitors on the map has a profile.",
    source="004 Errors",
    standing=IMPLIED,
    needs="the profiles of two visitors from the map",
    is_timed=True,
    cases=lambda recording: [found] if len(_ids(found := list(met(recording)))) > 1 else [],
)
def visitors_have_profiles(found: list[Met]) -> Iterable[Violation]:
    # A single visitor may have been deleted between the two answers.
    if all(_ERROR <= case.profile.status < _FAILURE and case.profile.status != LIMITED for case in found):
        problem = f"none of {len(_ids(found))} visitors from the map has a profile"
        yield Violation(problem, found[0].profile, "", found[0].profile.status)


def _told(part: str) -> Callable[[Recording], list[Met]]:
    """Returns a function that picks the visitors whose profile has an object such as `identity`."""
    return lambda recording: [
        case
        for case in met(recording)
        if isinstance(case.profile.data, dict) and isinstance(case.profile.data.get(part), dict)
    ]


@clause(
    "AGR-03",
    "Map and profile show the same place for at least half of the visitors on their first visit.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor from the map who is on the first visit",
    # A returning visitor may now be in another place.
    is_timed=True,
    cases=lambda recording: (
        [found] if (found := list(filter(_is_first_visit, _told("identity")(recording)))) else []
    ),
)
def same_place(found: list[Met]) -> Iterable[Violation]:
    yield from _usual(found, _elsewhere)


def _usual(found: list[Met], differences: Callable[[Met], Iterable[Violation]]) -> Iterable[Violation]:
    """Yields the differences between map and profile of one visitor, if more than half of them have some.

    They are warnings if there is only one visitor, who may have changed between the two answers.
    """
    others = [violations for case in found if (violations := list(differences(case)))]
    if len(others) > len(found) / 2:
        is_alone = len(_ids(found)) == 1
        yield from (replace(violation, is_warning=is_alone) for violation in others[0])


def _elsewhere(case: Met, names: Iterable[str] = _PLACE) -> Iterable[Violation]:
    identity, location = case.profile.data["identity"], case.visitor.get("location")
    for name in names:
        shown = location.get(name) if isinstance(location, dict) else None
        told = identity.get(name)
        if isinstance(shown, str) and isinstance(told, str) and not _is_same_place(shown, told):
            problem = f"the map says {value_told(shown)}"
            yield Violation(problem, case.profile, f"/data/identity/{name}", told)


def _is_first_visit(case: Met) -> bool:
    activity = case.profile.data.get("activity")
    return isinstance(activity, dict) and activity.get("visitCount") == 1


def _is_same_place(shown: str, told: str) -> bool:
    """Returns whether two names can mean the same place: a region may be given by its code or by its name."""
    is_code = [_REGION_CODE.fullmatch(text) is not None for text in (shown, told)]
    return shown.lower() == told.lower() or is_code[0] != is_code[1]


@clause(
    "AGR-08",
    "Map and profile show the same country for at least one returning visitor.",
    source="004 Response fields",
    standing=OBSERVED,
    needs="the profiles of two returning visitors from the map",
    is_timed=True,
    cases=lambda recording: (
        [found] if len(found := list(filter(_is_back, _told("identity")(recording)))) > 1 else []
    ),
)
def same_country(found: list[Met]) -> Iterable[Violation]:
    abroad = [violations for case in found if (violations := list(_elsewhere(case, ("countryCode",))))]
    if len(abroad) == len(found):
        yield from abroad[0]


def _is_back(case: Met) -> bool:
    """Returns whether a visitor has returned and has a country on the map and in the profile."""
    activity, location = case.profile.data.get("activity"), case.visitor.get("location")
    if not isinstance(activity, dict) or not isinstance(location, dict):
        return False
    visits, countries = activity.get("visitCount"), (location, case.profile.data["identity"])
    is_told = all(isinstance(part.get("countryCode"), str) for part in countries)
    return is_told and is_figure(visits) and visits is not None and visits > 1


@clause(
    "AGR-04",
    "Map and profile name the same browser, system and device for at least half of the visitors.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor from the map whose system is known",
    is_timed=True,
    cases=lambda recording: [found] if (found := _told("identity")(recording)) else [],
)
def same_system(found: list[Met]) -> Iterable[Violation]:
    # A telephone can request the website for desktops, and then seems to be one.
    yield from _usual(found, _another_system)


def _another_system(case: Met) -> Iterable[Violation]:
    identity, system = case.profile.data["identity"], case.visitor.get("system")
    for part, name in (("browser", "name"), ("os", "name"), ("device", "type")):
        shown = system.get(part) if isinstance(system, dict) else None
        shown = shown.get(name) if isinstance(shown, dict) else shown
        told = identity.get(part)
        told = told.get(name) if isinstance(told, dict) else None
        if isinstance(shown, str) and isinstance(told, str) and shown != told:
            problem = f"the map says {value_told(shown)}"
            yield Violation(problem, case.profile, f"/data/identity/{part}/{name}", told)


@clause(
    "AGR-05",
    "A profile does not count fewer visits than the map that was requested before it.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor from a map of revision 2026-02",
    revision=REVISION_2026_02,
    dated=VISITOR,
    is_timed=True,
    cases=lambda recording: [
        case
        for case in _told("activity")(recording)
        # A profile from a cache may be older than the visit.
        if "visitCount" in case.visitor
        and (begun := ms(case.visitor.get("sessionStartTime"))) is not None
        and case.profile.now is not None
        and begun < case.profile.now.earliest
    ],
)
def no_fewer_visits(case: Met) -> Iterable[Violation]:
    shown, told = case.visitor["visitCount"], case.profile.data["activity"].get("visitCount")
    if is_figure(shown) and is_figure(told) and told < shown:
        problem = f"the map counted {figure_told('visits', shown)} before"
        yield Violation(problem, case.profile, "/data/activity/visitCount", told)


@clause(
    "AGR-06",
    "A visitor with `hasProfile: true` on the map has a `profile`.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of an identified visitor from the map",
    is_timed=True,
    cases=lambda recording: [
        case
        for case in met(recording)
        if isinstance(case.profile.data, dict)
        and not case.profile.age
        and isinstance(case.visitor.get("profileData"), dict)
        and case.visitor["profileData"].get("hasProfile") is True
    ],
)
def identified_have_profiles(case: Met) -> Iterable[Violation]:
    if case.profile.data.get("profile") is None:
        yield Violation("the map says `hasProfile: true`", case.profile, "/data/profile", None)


@clause(
    "AGR-07",
    "The first visit begins at most five minutes later than the session on the map.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor from a map of revision 2026-02",
    revision=REVISION_2026_02,
    is_timed=True,
    cases=lambda recording: [
        case
        for case in _told("activity")(recording)
        if ms(case.visitor.get("sessionStartTime")) is not None
        and ms(case.profile.data["activity"].get("firstVisitAt")) is not None
    ],
)
def first_visit_before_session(case: Met) -> Iterable[Violation]:
    # The time of the first visit may come from the clock of the visitor's device.
    first, session = ms(case.profile.data["activity"]["firstVisitAt"]), ms(case.visitor["sessionStartTime"])
    if first is not None and session is not None and first > session + OTHER_CLOCK:
        problem = f"the map's session began at {case.visitor['sessionStartTime']}"
        pointer = "/data/activity/firstVisitAt"
        yield Violation(problem, case.profile, pointer, case.profile.data["activity"]["firstVisitAt"])


def _user_ids(case: Met) -> tuple[str | None, str | None]:
    """Returns the `userId` on the map and the one in the profile. Each is None if it is not a text."""
    shown, told = case.visitor.get("profileData"), case.profile.data.get("profile")
    return _user_id(shown), _user_id(told)


def _user_id(part: Json) -> str | None:
    user_id = part.get("userId") if isinstance(part, dict) else None
    return user_id if isinstance(user_id, str) else None


def _identified(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, the visitors who have a user id on the map and in the profile."""
    cases = [case for case in met(recording) if isinstance(case.profile.data, dict)]
    found = [case for case in cases if None not in _user_ids(case)]
    return [found] if found else []


@clause(
    "AGR-09",
    "Map and profile show the same user id for most identified visitors.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of an identified visitor from the map",
    is_timed=True,
    cases=_identified,
)
def same_user(found: list[Met]) -> Iterable[Violation]:
    # A single visitor may have been identified again between the two answers.
    yield from _usual(found, _another_user)


def _another_user(case: Met) -> Iterable[Violation]:
    shown, told = _user_ids(case)
    if shown != told:
        yield Violation(f"the map says {value_told(shown)}", case.profile, "/data/profile/userId", told)


@clause(
    "AGR-10",
    "The profile of a customer has no prediction, or one with a score of 100, unless it lists no payment.",
    source="001 Notes",
    standing=PAGE,
    needs="the profile of a customer from the map, with a payment",
    revision=REVISION_2026_02,
    is_timed=True,
    cases=lambda recording: [
        case
        for case in met(recording)
        if case.visitor.get("isCustomer") is True
        and isinstance(case.profile.data, dict)
        and "prediction" in case.profile.data
        # A profile without any payment may come from a cache, and be older than the first one.
        and paid(case.profile.data) != 0
    ],
)
def customers_have_100(case: Met) -> Iterable[Violation]:
    prediction = case.profile.data["prediction"]
    score = prediction.get("score") if isinstance(prediction, dict) else None
    if not is_figure(score):
        return
    if score != _CUSTOMER_SCORE:
        problem = "the map says `isCustomer: true`"
        yield Violation(problem, case.profile, "/data/prediction/score", score)


def _buyers(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, the visitors whose profile has a payment that is older than the map's answer."""
    found = [
        case
        for case in _told("activity")(recording)
        if isinstance(case.visitor.get("isCustomer"), bool) and _payments_of(case.profile)
    ]
    return [found] if found else []


def _payments_of(profile: Exchange) -> list[str]:
    """Returns the pointers to the payments in a profile that were made at least a minute before the map.

    The map may be two minutes older than the profile.
    """
    if profile.now is None:
        return []
    latest = profile.now.earliest - _SOON - _MINUTE
    goals = profile.data["activity"].get("completedGoals")
    return [
        f"/data/activity/completedGoals/{n}/type"
        for n, goal in enumerate(goals if isinstance(goals, list) else ())
        if isinstance(goal, dict)
        and goal.get("type") == "payment"
        and (at := ms(goal.get("timestamp"))) is not None
        and at < latest
    ]


@clause(
    "AGR-11",
    "At least half of the visitors whose profile has an earlier `payment` are customers on the map.",
    source="the public documentation of visitors",
    standing=OTHER,
    needs="the profile of a visitor from the map with a goal of type `payment`",
    dated=VISITOR,
    is_timed=True,
    cases=_buyers,
)
def buyers_are_customers(found: list[Met]) -> Iterable[Violation]:
    others = [case.profile for case in found if case.visitor["isCustomer"] is False]
    if len(others) > len(found) / 2:
        # If it is only one visitor, the payment may have been refunded between the two answers.
        is_alone = len({case.visitor["visitorId"] for case in found}) == 1
        problem = "the map says `isCustomer: false`"
        yield Violation(problem, others[0], _payments_of(others[0])[0], "payment", is_alone)


@clause(
    "AGR-12",
    "Map and profile count the same number of visits for at least half of the returning visitors whose latest"
    " visit is the same in both.",
    source="002 Response",
    standing=EXAMPLE,
    needs="the profile of a returning visitor from a map of revision 2026-02",
    revision=REVISION_2026_02,
    is_timed=True,
    cases=lambda recording: (
        [found] if (found := list(filter(_is_same_visit, _told("activity")(recording)))) else []
    ),
)
def same_number_of_visits(found: list[Met]) -> Iterable[Violation]:
    others = [case for case in found if len(set(_visits(case))) > 1]
    if len(others) > len(found) / 2:
        shown, told = _visits(others[0])
        problem = f"the map says {shown}"
        yield Violation(problem, others[0].profile, "/data/activity/visitCount", told)


def _is_same_visit(case: Met) -> bool:
    """Returns whether map and profile have the same latest visit, and one of them counts several visits."""
    session = ms(case.visitor.get("sessionStartTime"))
    visit = ms(case.profile.data["activity"].get("lastVisitAt"))
    is_same = session is not None and visit is not None and abs(session - visit) <= _SECOND
    return is_same and all(map(is_figure, _visits(case))) and bool(max(_visits(case)) > 1)


def _visits(case: Met) -> tuple[Json, Json]:
    """Returns the number of visits on the map, and the number of visits in the profile."""
    return case.visitor.get("visitCount"), case.profile.data["activity"].get("visitCount")


def _predicted(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, two or more visitors with a score on the map and in the profile."""
    found = [
        case
        for case in _told("prediction")(recording)
        if all(map(is_figure, _scores(case))) and _CUSTOMER_SCORE not in _scores(case)
    ]
    return [found] if len({case.visitor["visitorId"] for case in found}) > 1 else []


def _scores(case: Met) -> tuple[Json, Json]:
    """Returns the score on the map, and the score in the profile."""
    likelihood = case.visitor.get("conversionLikelihood")
    shown = likelihood.get("score") if isinstance(likelihood, dict) else None
    return shown, case.profile.data["prediction"].get("score")


@clause(
    "AGR-13",
    "The scores on the map and in the profile are less than 10 apart for at least half of the visitors who"
    " are not customers.",
    source="002 Response",
    standing=EXAMPLE,
    needs="the profiles of two visitors with a prediction from the map",
    is_timed=True,
    cases=_predicted,
)
def same_score(found: list[Met]) -> Iterable[Violation]:
    others = [case for case in found if abs(_scores(case)[0] - _scores(case)[1]) >= _LIKE]
    if len(others) > len(found) / 2:
        shown, told = _scores(others[0])
        problem = f"the map says {shown}"
        yield Violation(problem, others[0].profile, "/data/prediction/score", told)


class Reached(NamedTuple):
    """A goal of a visitor on a map, with the profile that was requested after the map."""

    name: str
    profile: Exchange

    @property
    def is_shown(self) -> bool:
        """Whether the profile has a goal of this name, or one without a readable name."""
        goals = rows(self.profile.data["activity"], "completedGoals")
        names = [goal.get("name") for goal in goals]
        return any(not isinstance(name, str) or name.lower() == self.name.lower() for name in names)


def _reached(recording: Recording) -> list[list[Reached]]:
    """Returns, as one case, the goals of visitors on maps, if a later profile of the visitor lists goals."""
    profiles = {
        case.visitor["visitorId"].lower(): case.profile
        for case in _told("activity")(recording)
        if isinstance(case.profile.data["activity"].get("completedGoals"), list) and not case.profile.age
    }
    found: dict[tuple[str, str], Reached] = {}
    for exchange in recording.answers(MAP):
        for event in rows(exchange.data, "recentEvents"):
            extra, visitor_id = event.get("extraData"), str(event.get("visitorId")).lower()
            name = extra.get("eventName") if isinstance(extra, dict) else None
            profile = profiles.get(visitor_id)
            is_goal = event.get("type") == "custom" and isinstance(name, str)
            if is_goal and profile is not None and _is_before(exchange, profile):
                found[visitor_id, str(name)] = Reached(str(name), profile)
    return [list(found.values())] if found else []


def _is_before(one: Exchange, other: Exchange) -> bool:
    return one.sent is not None and other.sent is not None and one.sent <= other.sent


@clause(
    "AGR-14",
    "At least half of the goals on a map are among the visitors' `completedGoals`.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor who has a goal on an earlier map",
    is_timed=True,
    cases=_reached,
)
def goals_are_completed(found: list[Reached]) -> Iterable[Violation]:
    lacking = [case for case in found if not case.is_shown]
    if len(lacking) > len(found) / 2:
        # A profile from a cache may lack the latest goals.
        problem = f"the map has the goal {value_told(lacking[0].name)}, which is not here"
        pointer = "/data/activity/completedGoals"
        is_all = len(lacking) == len(found) >= _SEVERAL
        is_warning = not is_all or any(map(_has_goals, lacking))
        yield Violation(problem, lacking[0].profile, pointer, None, is_warning)


def _has_goals(case: Reached) -> bool:
    return bool(case.profile.data["activity"]["completedGoals"])


def _customers(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, the customers on the map whose profile has a list of goals."""
    found = [
        case
        for case in _told("activity")(recording)
        if case.visitor.get("isCustomer") is True
        and isinstance(case.profile.data["activity"].get("completedGoals"), list)
    ]
    return [found] if found else []


@clause(
    "AGR-15",
    "At least one customer on the map has a goal with the origin `payment_provider` in the profile.",
    source="the public documentation of visitors",
    standing=OTHER,
    needs="the profile of a customer from a map of revision 2026-02",
    revision=REVISION_2026_02,
    is_timed=True,
    cases=_customers,
)
def customers_have_paid(found: list[Met]) -> Iterable[Violation]:
    goals = [goal for case in found for goal in rows(case.profile.data["activity"], "completedGoals")]
    if not any(goal.get("origin") == "payment_provider" or goal.get("type") == "payment" for goal in goals):
        # A profile may leave out old goals.
        pointer = "/data/activity/completedGoals"
        problem = "the map says `isCustomer: true`, but no goal is a payment"
        yield Violation(problem, found[0].profile, pointer, None, len(_ids(found)) <= _SEVERAL)


def _countries(recording: Recording) -> list[list[tuple[Exchange, str, str]]]:
    """Returns, as one case, the profiles with the name and the code of a country."""
    found = []
    for exchange, data in recording.objects(VISITOR):
        identity = data.get("identity")
        if isinstance(identity, dict):
            name, code = identity.get("country"), identity.get("countryCode")
            if isinstance(name, str) and isinstance(code, str):
                found.append((exchange, name, code.upper()))
    return [found] if found else []


@clause(
    "AGR-16",
    "The `country` of a profile is a name, and not its `countryCode`. No name has more than two codes.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="a profile with the name and the code of a country",
    cases=_countries,
)
def country_has_one_code(found: list[tuple[Exchange, str, str]]) -> Iterable[Violation]:
    codes: dict[str, set[str]] = {}
    for exchange, name, code in found:
        if name.lower() == "unknown":
            continue
        others = codes.setdefault(name, set())
        others.add(code)
        if len(others) > _NAMESAKES or name.upper() == code:
            told = ", ".join(sorted(others))
            problem = f"profiles have this country with the codes {told:.80}"
            if len(others) <= _NAMESAKES:
                problem = "this is the code of the country, not its name"
            yield Violation(problem, exchange, "/data/identity/country", name, len(others) <= _NAMESAKES)
            return


def _viewers(recording: Recording) -> list[list[Profile]]:
    """Returns, as one case, two or more profiles, of different visitors, that count page views."""
    found = [p for p in profiles(recording) if p.activity.get("visitedPages") is not None and _has_views(p)]
    return [found] if len({str(profile.data.get("visitorId")) for profile in found}) > 1 else []


def _has_views(profile: Profile) -> bool:
    count: Json = profile.activity.get("pageViewCount")
    return is_figure(count) and bool(count > 0)


@clause(
    "VIS-73",
    "At least one of the visitors with page views has `visitedPages`.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profiles of two visitors with a `pageViewCount` above 0",
    cases=_viewers,
)
def page_views_are_of_pages(found: list[Profile]) -> Iterable[Violation]:
    # The old page views of a single visitor may have been deleted, so there is no case of one visitor.
    if all(profile.activity["visitedPages"] == [] for profile in found):
        views = number_told(found[0].activity["pageViewCount"])
        problem = f"`pageViewCount` is {views}, and none of {len(found)} profiles has a page"
        yield Violation(problem, found[0].exchange, "/data/activity/visitedPages", [])
