"""Clauses about agreement between map and profile: visits, scores, goals and pages."""

from collections.abc import Iterable
from typing import NamedTuple

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.map_predictions import CUSTOMER_SCORE
from contract_tests.clauses.met import SEVERAL, Met, having, ids_of, most_differ
from contract_tests.clauses.question import Website, website_of
from contract_tests.clauses.telling import figure_told, number_told, value_told
from contract_tests.clauses.visitor import OTHER_CLOCK, Profile, profiles
from contract_tests.documented import EXAMPLE, IMPLIED
from contract_tests.exchange import Exchange, Json, is_figure
from contract_tests.instants import ms
from contract_tests.operations import DELETE_GOALS, MAP, VISITOR
from contract_tests.recording import REVISION_2026_02, Recording, rows

# How much a score may change while a visitor views another page.
_LIKE = 10
# In ms.
_SECOND = 1_000


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
        for case in having("activity")(recording)
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
    "AGR-07",
    "The first visit begins at most five minutes later than the session on the map.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor from a map of revision 2026-02",
    revision=REVISION_2026_02,
    is_timed=True,
    cases=lambda recording: [
        case
        for case in having("activity")(recording)
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
        [found] if (found := list(filter(_is_same_visit, having("activity")(recording)))) else []
    ),
)
def same_number_of_visits(found: list[Met]) -> Iterable[Violation]:
    other, _ = most_differ(found, lambda case: len(set(_visits(case))) > 1)
    if other is not None:
        shown, told = _visits(other)
        yield Violation(f"the map says {shown}", other.profile, "/data/activity/visitCount", told)


def _is_same_visit(case: Met) -> bool:
    """Returns whether map and profile have the same latest visit, and one of them counts several visits."""
    session = ms(case.visitor.get("sessionStartTime"))
    visit = ms(case.profile.data["activity"].get("lastVisitAt"))
    is_same = session is not None and visit is not None and _is_same_instant(session, visit)
    return is_same and all(map(is_figure, _visits(case))) and bool(max(_visits(case)) > 1)


def _is_same_instant(one: int, other: int) -> bool:
    """Returns whether two instants in ms may be equal, because one of them may be rounded to seconds."""
    is_rounded = 0 in (one % _SECOND, other % _SECOND)
    return one == other or (is_rounded and abs(one - other) <= _SECOND)


def _visits(case: Met) -> tuple[Json, Json]:
    """Returns the number of visits on the map, and the number of visits in the profile."""
    return case.visitor.get("visitCount"), case.profile.data["activity"].get("visitCount")


def _predicted(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, two or more visitors with a score on the map and in the profile."""
    found = [
        case
        for case in having("prediction")(recording)
        if all(map(is_figure, _scores(case))) and CUSTOMER_SCORE not in _scores(case)
    ]
    return [found] if len(ids_of(found)) > 1 else []


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
    other, _ = most_differ(found, lambda case: bool(abs(_scores(case)[0] - _scores(case)[1]) >= _LIKE))
    if other is not None:
        shown, told = _scores(other)
        yield Violation(f"the map says {shown}", other.profile, "/data/prediction/score", told)


class Reached(NamedTuple):
    """A goal of a visitor on a map, with the profile that was requested after the map.

    `at` is the instant of the goal, in ms; None if it is unknown.
    """

    name: str
    at: int | None
    profile: Exchange

    @property
    def is_shown(self) -> bool:
        """Whether the profile has a goal of this name, or one without a readable name."""
        goals = rows(self.profile.data["activity"], "completedGoals")
        names = [goal.get("name") for goal in goals]
        return any(not isinstance(name, str) or name.lower() == self.name.lower() for name in names)

    @property
    def is_older(self) -> bool:
        """Whether the goal is certainly older than the profile, which may come from a cache."""
        now = self.profile.now
        return self.at is not None and now is not None and self.at < now.earliest


def _reached(recording: Recording) -> list[list[Reached]]:
    """Returns, as one case, the goals of visitors on maps, if a later profile of the visitor lists goals."""
    profiles = {
        (website_of(case.profile), case.visitor["visitorId"].lower()): case.profile
        for case in having("activity")(recording)
        if isinstance(case.profile.data["activity"].get("completedGoals"), list) and not case.profile.age
    }
    # Two requests may have been sent in the same millisecond, so their instants do not show their order.
    order = {id(exchange): number for number, exchange in enumerate(recording.exchanges)}
    found: dict[tuple[Website, str, str], Reached] = {}
    for exchange in recording.about(MAP, DELETE_GOALS):
        if exchange.operation == DELETE_GOALS and exchange.is_accepted:
            # The goals of earlier maps may be gone in later profiles.
            found = {
                key: reached
                for key, reached in found.items()
                if key[0] != website_of(exchange) or order[id(reached.profile)] < order[id(exchange)]
            }
        for event in rows(exchange.data, "recentEvents"):
            extra, visitor_id = event.get("extraData"), str(event.get("visitorId")).lower()
            name = extra.get("eventName") if isinstance(extra, dict) else None
            profile = profiles.get((website_of(exchange), visitor_id))
            is_goal = event.get("type") == "custom" and isinstance(name, str)
            is_before = profile is not None and order[id(exchange)] < order[id(profile)]
            if is_goal and profile is not None and is_before and exchange.sent is not None:
                reached = Reached(str(name), ms(event.get("timestamp")), profile)
                found[website_of(exchange), visitor_id, str(name)] = reached
    return [list(found.values())] if found else []


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
        # The goals of a single visitor may have been removed between the two answers.
        visitors = {case.profile.path.get("visitorId") for case in lacking if case.is_older}
        problem = f"the map has the goal {value_told(lacking[0].name)}, which is not here"
        pointer = "/data/activity/completedGoals"
        is_all = len(lacking) == len(found) and len(visitors) >= SEVERAL
        is_warning = not is_all or any(map(_has_goals, lacking))
        yield Violation(problem, lacking[0].profile, pointer, None, is_warning)


def _has_goals(case: Reached) -> bool:
    return bool(case.profile.data["activity"]["completedGoals"])


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
