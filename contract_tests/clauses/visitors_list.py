"""Clauses about the list of visitors: its order, and the other answers that know these visitors."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

from contract_tests.asking import labels
from contract_tests.clauses.clause import Violation, clause
from contract_tests.clauses.figures import FEW, Totals, finished, overviews_of, reports, rows_of, slack_of
from contract_tests.clauses.met import SOON, met
from contract_tests.clauses.question import Question, Website, page_of, question_of, website_of
from contract_tests.clauses.telling import figure_told, number_told, value_told
from contract_tests.documented import IMPLIED, OBSERVED
from contract_tests.exchange import Exchange, Json, known_text
from contract_tests.instants import ms
from contract_tests.operations import MAP, VISITORS
from contract_tests.recording import Recording, rows

# In ms.
_SECOND = 1000
_IDENTITY = (("country", "countryCode", None), ("browser", "browser", "name"), ("os", "os", "name"))


@clause(
    "SUM-17",
    "The visitors' list is sorted by `lastSeenAt`, latest first.",
    source="GET /visitors",
    standing=OBSERVED,
    needs="a list of two visitors with `lastSeenAt`",
    cases=lambda recording: [
        found
        for e in reports(recording, VISITORS)
        if len(found := [row for row in rows_of(e) if ms(row.figures.get("lastSeenAt")) is not None]) > 1
        and not _has_a_goal(e)
    ],
)
def newest_first(case: list[Totals]) -> Iterable[Violation]:
    for above, below in pairwise(case):
        later, earlier = ms(above.figures.get("lastSeenAt")), ms(below.figures.get("lastSeenAt"))
        if later is not None and earlier is not None and earlier > later + _SECOND:
            problem = f"the visitor above was seen at {above.figures['lastSeenAt']}"
            yield below.violation(problem, "lastSeenAt")
            return


def _has_a_goal(exchange: Exchange) -> bool:
    """Returns whether the request filters by a goal. If it does, `lastSeenAt` is the time of the goal."""
    return any(name in ("completedGoal", "goal") for name, _ in question_of(exchange).filters)


def _listed(exchange: Exchange) -> set[str]:
    ids = (row.figures.get("visitorId") for row in rows_of(exchange))
    return {visitor_id.lower() for visitor_id in ids if isinstance(visitor_id, str)}


def _has_ids(exchange: Exchange) -> bool:
    """Returns whether all rows of the visitors' list have different ids."""
    return isinstance(exchange.data, list) and len(_listed(exchange)) == len(exchange.data)


def _whole_lists(recording: Recording) -> list[tuple[Question, Exchange]]:
    """Returns the visitors' lists of finished periods that fit into one answer, with their questions."""
    return [
        (question, exchange)
        for question, exchange in finished(recording, VISITORS)
        if isinstance(told := exchange.json.get("pagination"), dict)
        and told.get("hasMore") is False
        and _has_ids(exchange)
        and page_of(exchange)[1] == 0
    ]


def _customers(recording: Recording) -> Iterator[tuple[Exchange, Exchange, Exchange]]:
    """Yields three visitors' lists of one period: all visitors, the customers, and the other visitors.

    They were requested within two minutes, because a visitor may pay at any time.
    """
    found = dict(_whole_lists(recording))
    for question, everybody in found.items():
        if not question.filters:
            names = (frozenset({("isCustomer", value)}) for value in ("true", "false"))
            lists = [found.get(question._replace(filters=name)) for name in names]
            if lists[0] is not None and lists[1] is not None and _are_close(everybody, lists[0], lists[1]):
                yield everybody, lists[0], lists[1]


def _are_close(*exchanges: Exchange) -> bool:
    sent = [exchange.sent for exchange in exchanges if exchange.sent is not None]
    return len(sent) == len(exchanges) and max(sent) - min(sent) <= SOON


@clause(
    "SUM-18",
    "Each listed visitor is found by one of `isCustomer=true` and `isCustomer=false`, and not by both.",
    source="GET /visitors",
    standing=IMPLIED,
    needs="whole lists of all visitors, of customers and of the others, of the same finished period",
    is_timed=True,
    cases=_customers,
)
def customers_and_others(case: tuple[Exchange, Exchange, Exchange]) -> Iterable[Violation]:
    everybody, customers, others = map(_listed, case)
    twice, nowhere = customers & others, everybody - customers - others
    slack = slack_of(len(everybody))
    if len(twice) > FEW:
        problem = f"{len(twice)} of these visitors are in the list of customers, too"
        yield Violation(problem, case[2], "/data", len(others))
    if len(nowhere) > slack:
        problem = f"{len(nowhere)} of {len(everybody)} visitors are in neither of the two lists"
        yield Violation(problem, case[2], "/data", len(others))


@clause(
    "SUM-19",
    "The visitors' list has as many visitors as the overview of the same period.",
    source="GET /visitors",
    standing=OBSERVED,
    needs="an overview and a whole visitors' list of the same finished period",
    cases=lambda recording: [
        (overviews[question], exchange)
        for overviews in [overviews_of(recording)]
        for question, exchange in _whole_lists(recording)
        if question in overviews and not question.filters
    ],
)
def as_many_visitors_as_listed(case: tuple[Totals, Exchange]) -> Iterable[Violation]:
    told, listed = case[0].number("visitors"), len(_listed(case[1]))
    if told is not None and abs(told - listed) > slack_of(told):
        problem = f"{number_told(listed)} are listed, and the overview has {figure_told('visitors', told)}"
        yield Violation(problem, case[1], "/data", listed)


def _present(recording: Recording) -> Iterator[tuple[Exchange, Exchange]]:
    """Yields each visitors' list up to the present, with the website's last map that was requested before it.

    Lists that are shorter than the map are left out.
    """
    maps: dict[Website, Exchange] = {}
    for exchange in recording.about(MAP, VISITORS):
        if exchange.operation == MAP and isinstance(exchange.data, dict):
            maps[website_of(exchange)] = exchange
        elif labels.PRESENT in exchange.labels and _has_ids(exchange):
            latest = maps.get(website_of(exchange))
            if latest is not None and len(exchange.data) >= len(rows(latest.data, "visitors")) > 0:
                yield exchange, latest


@clause(
    "SUM-20",
    "At least half of the visitors on the map are in the visitors' list of the day.",
    source="GET /visitors",
    standing=IMPLIED,
    needs="a visitors' list up to the present that is as long as the map before it",
    cases=_present,
)
def who_is_on_the_map_is_listed(case: tuple[Exchange, Exchange]) -> Iterable[Violation]:
    exchange, shown = case
    ids = {str(row.get("visitorId")).lower() for row in rows(shown.data, "visitors")}
    missing = ids - _listed(exchange)
    # The list may come from a cache, and be older than the visits of some visitors.
    if len(missing) > max(len(ids) / 2, FEW):
        problem = f"{len(missing)} of {len(ids)} visitors on the map are not listed"
        # No page says that a list of several pages begins with the latest visitors, but the list may show it.
        told = exchange.json.get("pagination")
        is_cut = isinstance(told, dict) and told.get("hasMore") is True
        yield Violation(problem, exchange, "/data", len(exchange.data), is_cut and not _is_sorted(exchange))


def _is_sorted(exchange: Exchange) -> bool:
    """Returns whether a visitors' list has the visitors who were seen last first."""
    seen = [ms(row.figures.get("lastSeenAt")) for row in rows_of(exchange)]
    known = [at for at in seen if at is not None]
    return len(known) == len(seen) and all(later + _SECOND >= earlier for later, earlier in pairwise(known))


def _profiled(recording: Recording) -> list[list[tuple[Totals, Json]]]:
    """Returns, as one case, each listed visitor on the first visit, with the `identity` in the profile."""
    profiles = {
        (website_of(case.profile), str(case.profile.data.get("visitorId")).lower()): case.profile.data
        for case in met(recording)
        if isinstance(case.profile.data, dict)
    }
    found = [
        (row, profile["identity"])
        for exchange in recording.labelled(labels.PRESENT)
        for row in rows_of(exchange)
        if (profile := profiles.get((website_of(exchange), str(row.figures.get("visitorId")).lower())))
        and isinstance(profile.get("identity"), dict)
        and isinstance(row.figures.get("identity"), dict)
        and isinstance(profile.get("activity"), dict)
        and profile["activity"].get("visitCount") == 1
        and any(_known(row, profile["identity"]))
    ]
    return [found] if found else []


@clause(
    "SUM-21",
    "List and profile show the same country, browser and system for at least half of the visitors on"
    " their first visit.",
    source="GET /visitors",
    standing=IMPLIED,
    needs="the profile of a listed visitor on the first visit, and a name that list and profile both know",
    cases=_profiled,
)
def list_agrees_with_profiles(case: list[tuple[Totals, Json]]) -> Iterable[Violation]:
    other = [violation for row, identity in case for violation in _differences(row, identity)[:1]]
    if len(other) > len(case) / 2:
        # A single visitor may have changed between the two answers.
        yield replace(other[0], is_warning=len(case) == 1)


def _known(row: Totals, identity: Json) -> Iterator[tuple[str, str, str]]:
    """Yields the members that the list and the profile's `identity` both know, each with the two texts."""
    for name, member, within in _IDENTITY:
        shown, told = row.figures["identity"].get(name), identity.get(member)
        told = told.get(within) if within is not None and isinstance(told, dict) else told
        one, other = known_text(shown), known_text(told)
        if one is not None and other is not None:
            yield name, one, other


def _differences(row: Totals, identity: Json) -> list[Violation]:
    """Returns a violation for each member in which a listed visitor differs from the profile's `identity`."""
    return [
        Violation(
            f"the profile has {value_told(told)}", row.exchange, f"{row.pointer}/identity/{name}", shown
        )
        for name, shown, told in _known(row, identity)
        if shown.lower() != told.lower()
    ]
