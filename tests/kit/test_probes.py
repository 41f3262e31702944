"""The probes of a run: a few clauses need only a few requests, and other probes fill the pauses of polls."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from itertools import pairwise

import httpx2
import pytest

from contract_tests.asking import labels
from contract_tests.asking.address import base_of
from contract_tests.asking.client import Client
from contract_tests.asking.credentials import Credentials, load_credentials
from contract_tests.asking.own_mock import INSTANT
from contract_tests.asking.probes import PAUSE, most_of, probes_for
from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Clause
from contract_tests.document import document
from contract_tests.judging.run import Plan, Run, verify
from contract_tests.judging.verdict import Outcome
from contract_tests.masking import sender_of
from contract_tests.operations import VISITOR
from contract_tests.recording import Recording
from tests.command import serving
from tests.kit.reference.habits import PLAIN
from tests.kit.reference.server import TOKENS
from tests.kit.reference.wire import BASE, InProcess, VirtualTime
from tests.kit.writing import WRITING

_CREDENTIALS = load_credentials("mock")


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """Yields the address of a mock whose clock stands still, so that every run sees the same visitors."""
    with serving("--now", INSTANT, "--freeze") as address:
        yield base_of(address)


def _run(base: str, clauses: list[Clause], credentials: Credentials = _CREDENTIALS) -> Run:
    plan = Plan(base, credentials, clauses, pause=0.05)
    return verify(plan, lambda _sentence: None, lambda _count: None)


@pytest.mark.long
def test_a_clause_alone_is_judged_as_in_a_run_of_all(base: str) -> None:
    alike: dict[tuple[int, ...], list[Clause]] = defaultdict(list)
    for clause in (clause for clause in all_clauses() if clause.id not in WRITING):
        probes = probes_for(document(), _CREDENTIALS, [clause.id])
        alike[tuple(map(id, probes))].append(clause)
    verdicts = [verdict for clauses in alike.values() for verdict in _run(base, clauses).verdicts]

    fine = (Outcome.HOLDS, Outcome.OTHER_REVISION)
    others = {v.clause.id: v.outcome for v in verdicts if v.outcome not in fine}
    # MAP-93 may be unobserved, because at some instants no visitor has just paid.
    assert others in ({}, {"MAP-93": Outcome.NOT_OBSERVED})
    assert len(alike) > 10


def test_a_run_of_one_clause_asks_little(base: str) -> None:
    clause = next(clause for clause in all_clauses() if clause.id == "MAP-72")

    run = _run(base, [clause])

    assert len(run.recording.exchanges) < 12
    assert not any("limited" in e.labels or "suspended" in e.labels for e in run.recording.exchanges)


@pytest.mark.long
def test_no_run_asks_more_than_its_probes_say(base: str) -> None:
    ids = [clause.id for clause in all_clauses()]

    run = _run(base, list(all_clauses()))

    assert len(run.recording.exchanges) <= most_of(probes_for(document(), _CREDENTIALS, ids))
    assert len(run.recording.exchanges) < 115


def test_profiles_are_also_read_on_the_website_that_knows_almost_nothing(base: str) -> None:
    run = _run(base, [clause for clause in all_clauses() if clause.id.startswith("VIS-")])

    unknowns = sender_of(_CREDENTIALS.unknowns or "")
    met = [e for e in run.recording.exchanges if e.operation == VISITOR and e.sender == unknowns]
    assert met
    assert all(exchange.is_success for exchange in met)


@pytest.mark.long
def test_a_run_with_a_key_alone_asks_fewer_than_ninety_times(base: str) -> None:
    run = _run(base, list(all_clauses()), Credentials(_CREDENTIALS.key))

    assert len(run.recording.exchanges) < 90


def _instants(recording: Recording, label: str) -> list[float]:
    """Returns the instants of the requests with a label, in seconds."""
    return [exchange.sent / 1000 for exchange in recording.labelled(label) if exchange.sent is not None]


class _Failing(InProcess):
    """Answers 503 to all requests with one method, except to the very first request of the run."""

    def __init__(self, time: VirtualTime, method: str) -> None:
        super().__init__(PLAIN, time)
        self._method = method
        self._is_asked = False
        self.failed: list[tuple[str, str | None, bytes]] = []
        """The URL, the credential and the body of each request that failed."""

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._is_asked and request.method == self._method:
            self.failed.append((str(request.url), request.headers.get("authorization"), request.read()))
            return httpx2.Response(503, stream=httpx2.ByteStream(b"{}"))
        self._is_asked = True
        return super().handle_request(request)


@pytest.mark.parametrize(("method", "kind", "again"), [("GET", "SUM-", 5), ("POST", "WRITE-", 0)])
def test_few_failed_reads_and_no_failed_writes_are_sent_again(method: str, kind: str, again: int) -> None:
    time = VirtualTime()
    server = _Failing(time, method)
    clauses = [clause for clause in all_clauses() if clause.id.startswith(kind)]
    plan = Plan(BASE, Credentials(TOKENS["key"]), clauses, may_write=True)
    connect = partial(Client, clock=time.clock, transport=server)
    verify(plan, lambda _sentence: None, lambda _count: None, connect=connect)

    assert len(set(server.failed)) > 10
    assert sum(earlier == later for earlier, later in pairwise(server.failed)) == again


def test_without_a_visitor_nothing_is_written_but_what_lacks_a_valid_token() -> None:
    time = VirtualTime()
    plan = Plan(BASE, Credentials(TOKENS["key"]), all_clauses(), may_write=True)
    connect = partial(Client, clock=time.clock, transport=_Failing(time, "GET"))
    run = verify(plan, lambda _sentence: None, lambda _count: None, connect=connect)

    sent = [exchange.labels for exchange in run.recording.exchanges if exchange.method != "GET"]
    assert set().union(*sent) == {labels.NO_CREDENTIAL, labels.UNKNOWN_CREDENTIAL}


def _run_in_virtual_time(delay: float) -> tuple[Recording, float]:
    """Judges the plain reference server, which needs at most `delay` seconds for an answer.

    Returns the exchanges, and the seconds in which the run only waited.
    """
    time, waited = VirtualTime(), [0.0]
    habits = replace(PLAIN, manners=replace(PLAIN.manners, delay=delay))

    def sleep(seconds: float) -> None:
        waited[0] += seconds
        time.sleep(seconds)

    plan = Plan(BASE, Credentials(TOKENS["key"]), all_clauses())
    clock = replace(time.clock, sleep=sleep)
    connect = partial(Client, clock=clock, transport=InProcess(habits, time))
    run = verify(plan, lambda _sentence: None, lambda _count: None, connect=connect)
    return run.recording, waited[0]


def test_other_requests_are_sent_between_two_rounds_of_polls() -> None:
    recording, waited = _run_in_virtual_time(delay=0)
    rounds = [_instants(recording, labels.round_of(number)) for number in range(labels.ROUNDS)]

    assert [len(instants) for instants in rounds] == [3, 3, 3]
    assert all(later[0] - earlier[-1] >= PAUSE for earlier, later in pairwise(rounds))
    others = {exchange.sent for exchange in recording.exchanges if labels.POLL not in exchange.labels}
    assert any(rounds[0][-1] < sent / 1000 < rounds[1][0] for sent in others if sent is not None)
    assert waited < 2 * PAUSE


def test_what_was_answered_as_usual_is_not_asked_again() -> None:
    recording, _ = _run_in_virtual_time(delay=0)

    assert len(recording.labelled(labels.DATES)) == 1


@pytest.mark.long
def test_a_run_on_a_slow_server_never_waits() -> None:
    recording, waited = _run_in_virtual_time(delay=1)
    rounds = [_instants(recording, labels.round_of(number)) for number in range(labels.ROUNDS)]

    assert all(later[0] - earlier[-1] >= PAUSE for earlier, later in pairwise(rounds))
    assert waited == 0
