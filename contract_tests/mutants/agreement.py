"""Mutants in which counter, map and profile contradict each other."""

from functools import partial

from contract_tests.asking import labels
from contract_tests.exchange import Exchange
from contract_tests.instants import iso
from contract_tests.mutants.mutant import Mutant, Mutation
from contract_tests.mutants.planting import MINUTE, Change, Data, editing, in_profiles, span_of
from contract_tests.operations import MAP, REALTIME, VISITOR
from contract_tests.recording import REVISION_2026_02


def _born_after_the_session() -> Mutation:
    """Returns a mutation that moves the first visit of each profile to after the session on the map.

    The new first visit begins at the first request for the profile.
    """
    born: dict[str, int] = {}

    def edit(data: Data, exchange: Exchange) -> None:
        at = born.setdefault(data["visitorId"], span_of(exchange).latest)
        since = span_of(exchange).latest - at
        data["activity"].update(firstVisitAt=iso(at), timeSinceFirstVisit=since, lastVisitAt=None)
        data["activity"].update(visitedPages=[], pageViewCount=0)

    return editing(VISITOR, edit)


def _fewer_visits(activity: Data, _exchange: Exchange) -> None:
    """Lowers a `visitCount` above 1 by one, and sets the instants of the visits to null."""
    if activity["visitCount"] > 1:
        activity.update(visitCount=activity["visitCount"] - 1, firstVisitAt=None, lastVisitAt=None)


def _moved(data: Data, _exchange: Exchange) -> None:
    if data["activity"]["visitCount"] > 1:
        data["identity"].update(country="Nowhere", countryCode="ZZ")


def _low_score(data: Data, _exchange: Exchange) -> None:
    """Gives a low prediction to a visitor without one, such as a customer."""
    low = {"score": 3, "conversionRate": 0.01, "expectedValue": 1, "confidence": 0.5}
    data["prediction"] = data["prediction"] or low


def _met(name: str, clause: str, edit: Change, revision: str | None = None) -> Mutant:
    """Returns a mutant that edits the `data` of profiles whose visitors are on a map."""

    def change(data: Data, exchange: Exchange) -> None:
        if labels.MET in exchange.labels:
            edit(data, exchange)

    return Mutant(name, clause, partial(editing, VISITOR, change), revision)


def _paid(activity: Data, exchange: Exchange) -> None:
    """Adds a payment that was made an hour ago."""
    at = iso(span_of(exchange).earliest - 60 * MINUTE)
    paid = {"name": "Pro", "origin": "payment_provider", "type": "payment", "timestamp": at}
    activity["completedGoals"] = sorted(
        [*activity["completedGoals"], paid], key=lambda goal: goal["timestamp"]
    )


def _one_visit(data: Data, _exchange: Exchange) -> None:
    for row in data["visitors"]:
        row["visitCount"] = 1


def _without_goals(data: Data, _exchange: Exchange) -> None:
    goals = data["activity"]["completedGoals"]
    data["activity"]["completedGoals"] = [goal for goal in goals if goal["origin"] == "payment_provider"]


def _without_payments(data: Data, _exchange: Exchange) -> None:
    goals = data["activity"]["completedGoals"]
    data["activity"]["completedGoals"] = [goal for goal in goals if goal["origin"] == "manual"]


def _in_one_country(data: Data, _exchange: Exchange) -> None:
    data["identity"]["country"] = data["identity"]["country"] and "Atlantis"


def _with_code(data: Data, _exchange: Exchange) -> None:
    data["identity"]["country"] = data["identity"]["countryCode"]


AGREEMENT_MUTANTS = (
    Mutant(
        "counter too high",
        "AGR-01",
        partial(editing, REALTIME, lambda data, _e: data[0].update(visitors=data[0]["visitors"] + 1000)),
    ),
    Mutant(
        "counter always 0",
        "AGR-01",
        partial(editing, REALTIME, lambda data, _e: data[0].update(visitors=0)),
    ),
    in_profiles("another city", "AGR-03", lambda data, _e: data["identity"].update(city="Elsewhere")),
    in_profiles("another region", "AGR-03", lambda data, _e: data["identity"].update(region="ZZ-00")),
    in_profiles("another country", "AGR-03", lambda data, _e: data["identity"].update(countryCode="ZZ")),
    in_profiles("another country of returning visitors", "AGR-08", _moved),
    in_profiles(
        "another browser", "AGR-04", lambda data, _e: data["identity"]["browser"].update(name="Mosaic")
    ),
    in_profiles("another system", "AGR-04", lambda data, _e: data["identity"]["os"].update(name="BeOS")),
    in_profiles(
        "another device", "AGR-04", lambda data, _e: data["identity"]["device"].update(type="console")
    ),
    Mutant(
        "a visit fewer than on the map",
        "AGR-05",
        partial(editing, VISITOR, lambda data, e: _fewer_visits(data["activity"], e)),
        REVISION_2026_02,
    ),
    _met("identified without profile", "AGR-06", lambda data, _e: data.update(profile=None)),
    _met("another user", "AGR-09", lambda data, _e: data["profile"] and data["profile"].update(userId="~")),
    _met("customers with a score of 3", "AGR-10", _low_score, REVISION_2026_02),
    _met("everybody has paid", "AGR-11", lambda data, e: _paid(data["activity"], e)),
    Mutant("one visit each on the map", "AGR-12", partial(editing, MAP, _one_visit), REVISION_2026_02),
    in_profiles(
        "another score than on the map",
        "AGR-13",
        lambda data, _e: data["prediction"] and data["prediction"].update(score=99),
    ),
    _met("no goals", "AGR-14", _without_goals),
    _met("no payments of customers", "AGR-15", _without_payments, REVISION_2026_02),
    in_profiles("one country for all", "AGR-16", _in_one_country),
    in_profiles("the code for the country", "AGR-16", _with_code),
    Mutant("first visit after the session", "AGR-07", _born_after_the_session, REVISION_2026_02),
)
