"""Faulty servers, with the clauses that each of them breaks, and the clauses that only warn."""

# ruff: noqa: D102 - the docstring of a faulty server says how it differs

from collections.abc import Callable, Mapping

import pytest

from contract_tests.asking.credentials import Credentials
from contract_tests.judging.run import Plan, Run, verify
from contract_tests.judging.verdict import Outcome
from tests.kit.seed_clauses import SEED_CLAUSES
from tests.kit.strangers.plain import ACCOUNT, KEY, WEBSITE_ID, Answer, Json, Person, Stranger
from tests.kit.strangers.serving import running
from tests.quick import quick


class Yesterday(Stranger):
    """Writes the time of an event as a word."""

    def event(self, person: Person, at: float, kind: str, path: str) -> Json:
        return {**super().event(person, at, kind, path), "timestamp": "yesterday"}


class LocalEvents(Stranger):
    """Writes the time of an event without an offset."""

    def event(self, person: Person, at: float, kind: str, path: str) -> Json:
        return {**super().event(person, at, kind, path), "timestamp": self.stamp(at).removesuffix("Z")}


class Vague(Stranger):
    """Writes the times in a profile as words."""

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        told["activity"] |= {"firstVisitAt": "long ago", "lastVisitAt": "just now"}
        return told


class Swapped(Stranger):
    """Swaps latitude and longitude."""

    def visitor(self, person: Person, t: float) -> Json:
        return {**super().visitor(person, t), "latitude": 139.69, "longitude": 35.68}


class TwoRows(Stranger):
    """Answers the counter with two rows."""

    def realtime(self, t: float) -> Json:
        return super().realtime(t) * 2


class Dated(Stranger):
    """Answers the counter with 0 if the query has `startAt`."""

    realtime_window = 600

    def found(self, path: str, query: Mapping[str, str], t: float) -> Answer:
        return self.told([{"visitors": 0}]) if "startAt" in query else super().found(path, query, t)


class Pageless(Stranger):
    """Leaves out `visitedPages` in all profiles."""

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        del told["activity"]["visitedPages"]
        return told


class SometimesPageless(Stranger):
    """Leaves out `visitedPages` in the profiles of customers."""

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        if person.paid:
            del told["activity"]["visitedPages"]
        return told


class Failing(Stranger):
    """Answers 500, not an error for the client, if a visitor id is not a UUID."""

    def refused(self, code: int, message: str) -> Answer:
        return super().refused(500 if "UUID" in message else code, message)


class FailingOnce(Stranger):
    """Answers 500 to the first visitor id that is not a UUID, and never again."""

    def __init__(self) -> None:
        self._failures = 0

    def refused(self, code: int, message: str) -> Answer:
        if "UUID" in message and not self._failures:
            self._failures += 1
            return super().refused(500, message)
        return super().refused(code, message)


class Abroad(Stranger):
    """Moves every returning visitor to another country."""

    def profile(self, person: Person, t: float) -> Json:
        told = super().profile(person, t)
        if person.visits > 1:
            told["identity"] |= {"city": "Lagos", "countryCode": "NG"}
        return told


class OldestFirst(Stranger):
    """Lists the oldest event first."""

    def map(self, t: float) -> Json:
        told = super().map(t)
        return {**told, "recentEvents": told["recentEvents"][::-1]}


class Nowhere(Stranger):
    """Leaves out the `currentUrl` of all visitors on the map."""

    def visitor(self, person: Person, t: float) -> Json:
        told = super().visitor(person, t)
        del told["currentUrl"]
        return told


def _run(stranger: Stranger) -> Run:
    with running(stranger) as base:
        credentials = Credentials(KEY, ACCOUNT, WEBSITE_ID)
        return verify(Plan(base, credentials, SEED_CLAUSES, pause=0), lambda _said: None, lambda _n: None)


def _ids(run: Run, outcome: Outcome) -> set[str]:
    return {verdict.clause.id for verdict in run.of(outcome)}


@pytest.mark.parametrize(
    ("make", "broken", "warned"),
    quick(
        [
            pytest.param(Yesterday, set(), {"MAP-53"}, id="an event's time in a word"),
            pytest.param(LocalEvents, set(), {"MAP-53"}, id="an event's time without an offset"),
            pytest.param(Vague, {"VIS-26", "VIS-27"}, set(), id="a profile's times in words"),
            pytest.param(Swapped, set(), {"MAP-25"}, id="latitude and longitude swapped"),
            pytest.param(TwoRows, set(), {"RT-02"}, id="a counter with two rows"),
            pytest.param(Dated, {"RT-05"}, set(), id="nobody with dates"),
            pytest.param(Pageless, {"VIS-34"}, set(), id="no pages in any profile"),
            pytest.param(SometimesPageless, set(), {"VIS-34"}, id="no pages in some profiles"),
            pytest.param(Failing, {"ERR-02"}, set(), id="500 for a malformed id"),
            pytest.param(FailingOnce, set(), set(), id="500 once for a malformed id"),
            pytest.param(Abroad, set(), {"AGR-08"}, id="another country for all returning visitors"),
            pytest.param(OldestFirst, set(), {"MAP-90"}, id="events oldest first"),
            pytest.param(Nowhere, set(), {"MAP-12"}, id="no current page anywhere"),
        ],
        2,
    ),
)
def test_a_fault_has_the_weight_of_what_it_contradicts(
    make: Callable[[], Stranger], broken: set[str], warned: set[str]
) -> None:
    run = _run(make())

    assert (_ids(run, Outcome.BROKEN), _ids(run, Outcome.WARNING)) == (broken, warned)


def test_clauses_that_needed_a_time_say_that_it_cannot_be_read() -> None:
    told = {v.clause.id: v.needs.words for v in _run(Yesterday()).of(Outcome.NOT_OBSERVED)}

    for clause in ("MAP-76", "MAP-78", "MAP-90"):
        assert told[clause].startswith("instants at `data.recentEvents.*.timestamp`: "), clause
        assert told[clause].endswith(" values are not instants"), clause


def test_a_member_that_no_object_has_is_told_with_their_number() -> None:
    class WithoutPlace(Stranger):
        def visitor(self, person: Person, t: float) -> Json:
            told = super().visitor(person, t)
            del told["latitude"]
            return told

    told = {v.clause.id: v.needs.words for v in _run(WithoutPlace()).of(Outcome.NOT_OBSERVED)}

    assert told["MAP-25"].startswith("a value at `data.visitors.*.latitude`, which none of ")


def test_a_warning_is_told_once_with_the_number_of_cases() -> None:
    verdict = next(v for v in _run(Swapped()).of(Outcome.WARNING) if v.clause.id == "MAP-25")

    assert verdict.found == verdict.cases > 5
    assert verdict.violations[0].value == 139.69
