"""Clauses about agreement between map and profile: who the visitors are, and where."""

import re
from collections.abc import Iterable, Iterator

from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.met import Met, having, ids_of, met, most_differ, usual
from contract_tests.clauses.statuses import LIMITED
from contract_tests.clauses.telling import value_told
from contract_tests.documented import IMPLIED, OBSERVED
from contract_tests.exchange import Exchange, Json, is_figure, known_text
from contract_tests.operations import VISITOR
from contract_tests.recording import Recording

_PLACE = ("countryCode", "region", "city")
_REGION_CODE = re.compile(r"[A-Z]{2}-[A-Z0-9]{1,3}", re.IGNORECASE)
_ERROR, _FAILURE = 400, 500
# As many countries may have one short name, such as Congo, Korea and the Virgin Islands.
_NAMESAKES = 2


@clause(
    "AGR-02",
    "At least one of the visitors on the map has a profile.",
    source="004 Errors",
    standing=IMPLIED,
    needs="the profiles of two visitors from the map",
    is_timed=True,
    cases=lambda recording: [found] if _is_answered(found := list(met(recording))) else [],
)
def visitors_have_profiles(found: list[Met]) -> Iterable[Violation]:
    # A single visitor may have been deleted between the two answers.
    if all(map(_is_refused, found)):
        problem = f"none of {len(ids_of(found))} visitors from the map has a profile"
        yield Violation(problem, found[0].profile, "", found[0].profile.status)


def _is_refused(case: Met) -> bool:
    return _ERROR <= case.profile.status < _FAILURE and case.profile.status != LIMITED


def _is_answered(found: list[Met]) -> bool:
    """Returns whether it is known, for two visitors at least, if any of them has a profile.

    A rate limit, a failure or a gateway says nothing about the profile.
    """
    has_profile = any(case.profile.is_success for case in found)
    return len(ids_of(found)) > 1 and (has_profile or all(map(_is_refused, found)))


@clause(
    "AGR-03",
    "Map and profile show the same place for at least half of the visitors on their first visit.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor from the map who is on the first visit, and whose place is known",
    # A returning visitor may now be in another place.
    is_timed=True,
    cases=lambda recording: (
        [found] if (found := [c for c in having("identity")(recording) if _is_first_visit(c)]) else []
    ),
)
def same_place(found: list[Met]) -> Iterable[Violation]:
    yield from usual(found, _elsewhere)


def _places(case: Met, names: Iterable[str] = _PLACE) -> Iterator[tuple[str, str, str]]:
    """Yields the members of a place that map and profile both know, each with the two texts."""
    identity, location = case.profile.data["identity"], case.visitor.get("location")
    for name in names:
        shown = known_text(location.get(name)) if isinstance(location, dict) else None
        told = known_text(identity.get(name))
        if shown is not None and told is not None:
            yield name, shown, told


def _elsewhere(case: Met, names: Iterable[str] = _PLACE) -> Iterable[Violation]:
    for name, shown, told in _places(case, names):
        if not _is_same_place(shown, told):
            problem = f"the map says {value_told(shown)}"
            yield Violation(problem, case.profile, f"/data/identity/{name}", told)


def _is_first_visit(case: Met) -> bool:
    """Returns whether a visitor is on the first visit, and map and profile both know the place."""
    activity = case.profile.data.get("activity")
    return isinstance(activity, dict) and activity.get("visitCount") == 1 and any(_places(case))


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
        [found] if len(ids_of(found := list(filter(_is_back, having("identity")(recording))))) > 1 else []
    ),
)
def same_country(found: list[Met]) -> Iterable[Violation]:
    abroad = [violations for case in found if (violations := list(_elsewhere(case, ("countryCode",))))]
    if len(abroad) == len(found):
        yield from abroad[0]


def _is_back(case: Met) -> bool:
    """Returns whether a visitor has returned and has a country on the map and in the profile."""
    activity = case.profile.data.get("activity")
    visits = activity.get("visitCount") if isinstance(activity, dict) else None
    is_back = is_figure(visits) and visits is not None and visits > 1
    return is_back and any(_places(case, ("countryCode",)))


@clause(
    "AGR-04",
    "Map and profile name the same browser, system and device for at least half of the visitors.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profile of a visitor from the map whose system is known",
    is_timed=True,
    cases=lambda recording: (
        [found] if (found := [case for case in having("identity")(recording) if any(_systems(case))]) else []
    ),
)
def same_system(found: list[Met]) -> Iterable[Violation]:
    # A telephone can request the website for desktops, and then seems to be one.
    yield from usual(found, _another_system)


def _systems(case: Met) -> Iterator[tuple[str, str, str]]:
    """Yields the places of names that map and profile both know, each with the two texts."""
    identity, system = case.profile.data["identity"], case.visitor.get("system")
    for part, name in (("browser", "name"), ("os", "name"), ("device", "type")):
        shown = system.get(part) if isinstance(system, dict) else None
        shown = shown.get(name) if isinstance(shown, dict) else shown
        told = identity.get(part)
        told = told.get(name) if isinstance(told, dict) else None
        one, other = known_text(shown), known_text(told)
        if one is not None and other is not None:
            yield f"{part}/{name}", one, other


def _another_system(case: Met) -> Iterable[Violation]:
    for place, shown, told in _systems(case):
        # No page says whether upper and lower case differ.
        if shown.lower() != told.lower():
            problem = f"the map says {value_told(shown)}"
            yield Violation(problem, case.profile, f"/data/identity/{place}", told)


def _shown_identified(recording: Recording) -> list[list[Met]]:
    """Returns, as one case, the visitors with `hasProfile: true` on the map, if there are several."""
    cases = [case for case in met(recording) if isinstance(case.profile.data, dict) and not case.profile.age]
    found = [
        case
        for case in cases
        if isinstance(case.visitor.get("profileData"), dict)
        and case.visitor["profileData"].get("hasProfile") is True
    ]
    return [found] if len(ids_of(found)) > 1 else []


@clause(
    "AGR-06",
    "At least half of the visitors with `hasProfile: true` on the map have a `profile`.",
    source="004 Response fields",
    standing=IMPLIED,
    needs="the profiles of two identified visitors from the map",
    is_timed=True,
    cases=_shown_identified,
)
def identified_have_profiles(found: list[Met]) -> Iterable[Violation]:
    # A cache that does not tell the age may hold a profile from before the identification.
    other, _ = most_differ(found, _has_no_profile)
    if other is not None:
        yield Violation("the map says `hasProfile: true`", other.profile, "/data/profile", None)


def _has_no_profile(case: Met) -> bool:
    return case.profile.data.get("profile") is None


def _user_ids(case: Met) -> tuple[str | None, str | None]:
    """Returns the `userId` on the map and the one in the profile. Each is None if it is unknown."""
    shown, told = case.visitor.get("profileData"), case.profile.data.get("profile")
    return _user_id(shown), _user_id(told)


def _user_id(part: Json) -> str | None:
    return known_text(part.get("userId")) if isinstance(part, dict) else None


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
    yield from usual(found, _another_user)


def _another_user(case: Met) -> Iterable[Violation]:
    shown, told = _user_ids(case)
    if shown != told:
        yield Violation(f"the map says {value_told(shown)}", case.profile, "/data/profile/userId", told)


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
        if known_text(name) is None:
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
