"""`verify --writes`: correct servers get no violation and no warning, and everything written is removed."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import httpx2
import msgspec
import pytest
from hypothesis import given

from contract_tests.asking import labels
from contract_tests.asking.address import base_of
from contract_tests.asking.client import Client, Limits
from contract_tests.asking.credentials import Credentials, load_credentials
from contract_tests.asking.own_mock import INSTANT
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange
from contract_tests.judging.run import Exit, Plan, Run, verify
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.operations import MAP, VISITOR
from contract_tests.recording import Recording
from tests.command import serving
from tests.kit.reference.habits import ALL, JUNE, NONE, PLAIN, Cache, Habits, Website, Writing, habits
from tests.kit.reference.server import TOKENS, WEBSITE_ID
from tests.kit.reference.wire import BASE, InProcess, VirtualTime
from tests.kit.reference.writes import BOT
from tests.kit.seed_clauses import SEED_CLAUSES
from tests.kit.writing import WRITING
from tests.quick import quick

_AGAINST = (Outcome.BROKEN, Outcome.WARNING, Outcome.FAILED)
_CLAUSES = [*SEED_CLAUSES, *(clause for clause in all_clauses() if clause.id in WRITING)]
_OF_REPORTS = {"WRITE-06", "WRITE-07", "WRITE-08", "WRITE-12", "WRITE-18", "WRITE-22"}
"""The clauses that need reports, which the reference server does not have."""


def _plan(base: str, credentials: Credentials, **options: Any) -> Plan:
    return Plan(base, credentials, _CLAUSES, may_write=True, limits=Limits(timeout=20), **options)


def _told(run: Run) -> list[str]:
    """Returns everything that a run reports against its server."""
    return [
        f"{verdict.clause.id} {verdict.outcome.value}: {verdict.bug or verdict.violations[0]}"
        for outcome in _AGAINST
        for verdict in run.of(outcome)
    ]


@pytest.mark.long
def test_a_prediction_from_before_the_payment_may_be_kept_for_a_moment(recorded: list[Exchange]) -> None:
    profiles = [e for e in recorded if e.operation == VISITOR and isinstance(e.data, dict)]
    before = next(e.data["prediction"] for e in profiles if labels.BEFORE in e.labels)

    def edited(exchange: Exchange) -> Exchange:
        if exchange not in profiles or labels.AFTER not in exchange.labels:
            return exchange
        body = msgspec.json.decode(exchange.body)
        body["data"]["prediction"] = before
        return replace(exchange, body=msgspec.json.encode(body))

    (verdict,) = judge(Recording(map(edited, recorded)), [c for c in _CLAUSES if c.id == "WRITE-17"])

    assert before["score"] != 100
    assert verdict.outcome is Outcome.WARNING


_SECOND = "_kept"
"""The end of the recorded name of the second of the two goals that a run sends."""


def _in_goals(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], None]:
    def edit(data: Any) -> None:
        data["activity"]["completedGoals"] = change(data["activity"]["completedGoals"])

    return edit


def _in_events(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], None]:
    def edit(data: Any) -> None:
        data["recentEvents"] = change(data["recentEvents"])

    return edit


def _without(rows: list[Any]) -> list[Any]:
    return [row for row in rows if not _is_second(row)]


def _twice(rows: list[Any]) -> list[Any]:
    return [*rows, *({**row, "_id": "665f0b3c4d2e1a0012345678"} for row in rows if _is_second(row))]


def _with(**members: Any) -> Callable[[list[Any]], list[Any]]:
    return lambda rows: [{**row, **members} if _is_second(row) else row for row in rows]


def _is_second(row: dict[str, Any]) -> bool:
    return str(row.get("name") or row.get("goal") or row.get("extraData")).endswith((_SECOND, _SECOND + "'}"))


@pytest.mark.parametrize(
    ("clause", "operation", "edit", "outcome"),
    [
        ("WRITE-01", VISITOR, _in_goals(_without), Outcome.BROKEN),
        ("WRITE-02", VISITOR, _in_goals(_twice), Outcome.BROKEN),
        ("WRITE-04", VISITOR, _in_goals(_with(origin="payment_provider")), Outcome.BROKEN),
        ("WRITE-05", MAP, _in_events(_without), Outcome.WARNING),
        ("WRITE-05", MAP, _in_events(_twice), Outcome.BROKEN),
        (
            "WRITE-05",
            MAP,
            _in_events(_with(visitorId="2f1e0b1a-1111-4111-8111-111111111111")),
            Outcome.BROKEN,
        ),
        ("WRITE-06", "getGoals", lambda data: data.__setitem__(slice(None), _without(data)), Outcome.WARNING),
        (
            "WRITE-06",
            "getGoals",
            lambda data: data.__setitem__(slice(None), _with(completions=2)(data)),
            Outcome.BROKEN,
        ),
    ],
)
def test_a_fault_of_the_second_goal_alone_is_noticed(
    recorded: list[Exchange], clause: str, operation: str, edit: Callable[[Any], None], outcome: Outcome
) -> None:
    def edited(exchange: Exchange) -> Exchange:
        if exchange.operation != operation or not exchange.is_success:
            return exchange
        body = msgspec.json.decode(exchange.body)
        edit(body["data"])
        if isinstance(body.get("pagination"), dict):
            body["pagination"]["total"] = len(body["data"])
        return replace(exchange, body=msgspec.json.encode(body))

    (verdict,) = judge(Recording(map(edited, recorded)), [c for c in all_clauses() if c.id == clause])

    assert verdict.outcome is outcome
    assert "_kept" in verdict.violations[0].problem


# -- correct servers -----------------------------------------------------------------------------------


@pytest.mark.long
@pytest.mark.parametrize("revision", ["2026-02", pytest.param("2026-06")])
def test_the_mock_holds_every_clause_about_writing(revision: str) -> None:
    with serving("--now", INSTANT, "--speed", "10", "--revision", revision) as address:
        plan = _plan(base_of(address), load_credentials("mock"), pause=0.2)
        run = verify(plan, lambda _sentence: None, lambda _count: None)

    assert (_told(run), run.exit) == ([], Exit.HOLDS)
    unseen = {verdict.clause.id for verdict in run.of(Outcome.NOT_OBSERVED)} & WRITING
    assert unseen == (set() if revision == "2026-02" else {"WRITE-16", "WRITE-21"})


def _heard(drawn: Habits) -> Habits:
    """Returns the habits; a cache that sends no `Age` is removed, because it may delay a write's effects."""
    cache = drawn.manners.cache
    is_silent = cache is not None and not cache.tells_age and cache.paths != ("realtime",)
    return replace(drawn, manners=replace(drawn.manners, cache=None)) if is_silent else drawn


@pytest.mark.long
@given(habits.map(_heard))
def test_no_correct_server_is_accused_or_warned(drawn: Habits) -> None:
    run = _run(drawn)

    assert (_told(run), run.exit in (Exit.HOLDS, Exit.UNSEEN)) == ([], True), run.stopped or run.refused


_LIVELY = replace(PLAIN, website=Website(8, NONE, NONE, NONE, "USD", moves=0.2))


@pytest.mark.parametrize(
    "habits",
    quick(
        [
            pytest.param(_LIVELY, id="the plain one"),
            pytest.param(replace(_LIVELY, revision=JUNE), id="the newer revision"),
            pytest.param(replace(_LIVELY, writing=Writing(shows_after=1.4)), id="a delay"),
            pytest.param(replace(_LIVELY, writing=Writing(shows_after=15)), id="a queue"),
            pytest.param(
                replace(_LIVELY, writing=Writing(message="目标已记录", bad_payment=422)), id="other words"
            ),
            pytest.param(replace(_LIVELY, writing=Writing(tells_action=False)), id="no action"),
            pytest.param(
                replace(_LIVELY, wording=replace(PLAIN.wording, has_more=True, has_points=True)), id="more"
            ),
            pytest.param(
                replace(_LIVELY, wording=replace(PLAIN.wording, goals="both", goals_fall=True)),
                id="two lists",
            ),
        ],
        3,
    ),
)
def test_a_correct_server_shows_all_that_is_judged(habits: Habits) -> None:
    run = _run(habits)

    assert (_told(run), run.exit) == ([], Exit.HOLDS), run.stopped
    unseen = {v.clause.id for v in run.of(Outcome.NOT_OBSERVED) if v.clause.id.startswith("WRITE-")}
    of_june = {"WRITE-16", "WRITE-21"} if habits.revision == JUNE else set()
    # The address is that of another machine, to which no removal without a filter is sent.
    assert unseen - of_june - _OF_REPORTS == {"WRITE-36", "WRITE-37", "WRITE-43"}


@pytest.mark.parametrize("seconds", [22, 25, 28])
def test_a_cache_that_says_nothing_may_hold_what_a_queue_had_not_done(seconds: int) -> None:
    cache = Cache(seconds, paths=("",), tells_age=False, keeps_date=True)
    cached = replace(_LIVELY.manners, cache=cache)

    run = _run(replace(_LIVELY, manners=cached, writing=Writing(shows_after=5)))

    assert [verdict.clause.id for verdict in run.of(Outcome.BROKEN)] == []


@pytest.mark.parametrize("seed", [950347, 950355, 950356])
def test_the_second_of_two_payments_may_be_shown_later(seed: int) -> None:
    website = Website(3, ALL, NONE, NONE, "USD", moves=0)
    drawn = replace(PLAIN, seed=seed, has_model=False, counts_minutes=5, website=website)
    roles = frozenset({"visitor_id", "key", "account"})

    # With these seeds, the profile is read when it has only the first of the two.
    slow = replace(drawn.manners, delay=0.4)
    run = _run(replace(drawn, manners=slow, roles=roles, writing=Writing(shows_after=0.3)))

    assert _told(run) == []


def test_a_website_without_cookies_stores_no_identity_and_none_is_waited_for() -> None:
    run = _run(replace(_LIVELY, writing=Writing(is_cookieless=True)))

    after = [exchange.operation for exchange in run.recording.labelled(labels.AFTER)]
    assert (_told(run), run.exit) == ([], Exit.HOLDS)
    assert (after.count(VISITOR), after.count(MAP)) == (1, 1)
    assert {v.clause.id for v in run.of(Outcome.NOT_OBSERVED)} >= {"WRITE-23", "WRITE-24", "WRITE-25"}


def test_nothing_is_written_where_nobody_is() -> None:
    run = _run(replace(_LIVELY, website=Website(0, NONE, NONE, NONE, "USD", moves=0)))

    written = [e for e in run.recording.exchanges if e.method != "GET" and not e.labels & labels.REFUSED]
    assert (_told(run), written, run.left) == ([], [], [])


@pytest.mark.parametrize("refused", ["/goals", "/payments", "/identify"])
def test_what_was_refused_is_not_waited_for(refused: str) -> None:
    def refuse(request: httpx2.Request) -> httpx2.Response | None:
        is_refused = request.method == "POST" and request.url.path.endswith(refused)
        return httpx2.Response(403, stream=httpx2.ByteStream(b"")) if is_refused else None

    run = _run(_LIVELY, through=lambda inner: _Through(inner, refuse))

    after = run.recording.labelled(labels.AFTER)
    assert [exchange.operation for exchange in after].count(VISITOR) == 1
    assert [exchange.operation for exchange in after].count(MAP) == 1


def _run(drawn: Habits, **options: Any) -> Run:
    time = VirtualTime()
    return _run_on(drawn, InProcess(drawn, time), time, **options)


def _run_on(
    drawn: Habits,
    transport: InProcess,
    time: VirtualTime,
    *,
    tell: Callable[[str], None] = lambda _sentence: None,
    through: Callable[[httpx2.BaseTransport], httpx2.BaseTransport] = lambda transport: transport,
) -> Run:
    """Judges a server in virtual time. `through` gets the transport to it, and returns the one to use."""
    tokens = {role: token for role, token in TOKENS.items() if role in drawn.roles}
    visitor_id = transport.server.visitor_id(time.t) if "visitor_id" in drawn.roles else None
    bot = BOT if "bot" in drawn.roles else None
    credentials = Credentials(**tokens, website_id=WEBSITE_ID, bot=bot, visitor_id=visitor_id)
    connect = partial(Client, clock=time.clock, transport=through(transport))
    return verify(_plan(BASE, credentials), tell, lambda _count: None, connect=connect)


# -- what stays on the server --------------------------------------------------------------------------


class _Through(httpx2.BaseTransport):
    """Passes requests on, but calls `before` first, which may raise, or return another answer."""

    def __init__(
        self, inner: httpx2.BaseTransport, before: Callable[[httpx2.Request], httpx2.Response | None]
    ) -> None:
        self._inner = inner
        self._before = before

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        return self._before(request) or self._inner.handle_request(request)


class _Changed(httpx2.BaseTransport):
    """Passes requests on; `change` gets the `data` of each answer to GET whose path contains a text."""

    def __init__(self, inner: httpx2.BaseTransport, path: str, change: Callable[[Any], None]) -> None:
        self._inner = inner
        self._path = path
        self._change = change

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = self._inner.handle_request(request)
        if request.method != "GET" or self._path not in request.url.path or response.status_code != 200:
            return response
        body = json.loads(response.read())
        self._change(body["data"])
        # The length is another one now.
        headers = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-length"]
        return httpx2.Response(200, headers=headers, stream=httpx2.ByteStream(json.dumps(body).encode()))


def test_the_last_identification_may_be_shown_later() -> None:
    late: list[bool] = []

    def hide(data: Any) -> None:
        metadata = (data["profile"] or {}).get("metadata") or {}
        if "seat" in metadata and len(late) < 2:
            late.append(True)
            del metadata["seat"]

    run = _run(_LIVELY, through=lambda inner: _Changed(inner, "/visitors/", hide))

    after = [exchange.operation for exchange in run.recording.labelled(labels.AFTER)]
    assert (_told(run), run.exit) == ([], Exit.HOLDS)
    assert (len(late), after.count(VISITOR)) == (2, 3)


@pytest.mark.parametrize("maps", [0, 3])
def test_a_customer_may_be_shown_later_than_the_payment(maps: int) -> None:
    before: list[set[str]] = []
    left = [maps, maps]

    def hold(data: Any) -> None:
        customers = {row["visitorId"] for row in data["visitors"] if row["isCustomer"]}
        is_paid = any(payment["amount"] == 41 for payment in data["recentPayments"])
        known = before[-1] if before else customers
        is_held = (customers > known and is_paid) or (customers < known and not is_paid)
        if is_held and left[is_paid]:
            left[is_paid] -= 1
            unknown = dict.fromkeys(("conversionLikelihood", "customerName", "customerEmail"))
            for row in data["visitors"]:
                row.update(unknown, isCustomer=row["visitorId"] in known)
        else:
            before.append(customers)

    run = _run(_LIVELY, through=lambda inner: _Changed(inner, "/analytics/realtime/map", hold))

    observed = {verdict.clause.id for verdict in run.of(Outcome.HOLDS)}
    assert (_told(run), left) == ([], [0, 0])
    assert {"WRITE-16", "WRITE-21"} <= observed


def test_metadata_that_is_never_shown_is_not_waited_for() -> None:
    def remove(data: Any) -> None:
        if data["profile"]:
            del data["profile"]["metadata"]

    run = _run(_LIVELY, through=lambda inner: _Changed(inner, "/visitors/", remove))

    after = [exchange.operation for exchange in run.recording.labelled(labels.AFTER)]
    assert after.count(VISITOR) == 1
    assert "WRITE-24" in {verdict.clause.id for verdict in run.of(Outcome.NOT_OBSERVED)}


@pytest.mark.parametrize(
    ("listed", "member", "clause"),
    [
        ("recentEvents", None, "WRITE-05"),
        ("recentEvents", "extraData", "WRITE-05"),
        ("recentPayments", None, "WRITE-15"),
        ("recentPayments", "amount", "WRITE-15"),
        ("recentPayments", "currency", "WRITE-15"),
    ],
)
def test_what_a_map_does_not_tell_is_not_missed_on_it(listed: str, member: str | None, clause: str) -> None:
    def remove(data: Any) -> None:
        if member is None:
            del data[listed]
            return
        for row in data[listed]:
            del row[member]

    run = _run(_LIVELY, through=lambda inner: _Changed(inner, "/realtime/map", remove))

    assert clause in {verdict.clause.id for verdict in run.of(Outcome.NOT_OBSERVED)}


def _left_of(transport: InProcess) -> tuple[Sequence[str], Sequence[str]]:
    """Returns the names of the goals and the transactions of runs that the server still has."""
    goals, transactions = transport.server.written_by("mock_")
    return goals, transactions


def test_what_was_written_is_removed() -> None:
    time = VirtualTime()
    transport = InProcess(_LIVELY, time)

    run = _run_on(_LIVELY, transport, time)

    assert _left_of(transport) == ([], [])
    assert len(run.left) == 1
    assert run.left[0].startswith("the identity mock_")
    assert run.left[0].endswith("stays on the server: the API has no operation that removes it")


def test_a_success_with_another_status_is_warned_of_and_removed() -> None:
    time, created = VirtualTime(), replace(_LIVELY, writing=Writing(success=201))
    transport = InProcess(created, time)

    run = _run_on(created, transport, time)

    warned = {verdict.clause.id for verdict in run.of(Outcome.WARNING)}
    assert warned == {"createGoal.success", "createPayment.success", "identifyVisitor.success"}
    assert (run.of(Outcome.BROKEN), run.exit) == ([], Exit.HOLDS)
    assert _left_of(transport) == ([], [])


def test_an_interrupt_leaves_nothing_and_says_what_stays() -> None:
    time, told = VirtualTime(), list[str]()
    transport = InProcess(_LIVELY, time)
    interrupted: list[httpx2.Request] = []

    def interrupt(request: httpx2.Request) -> None:
        is_removal = request.method == "DELETE" and request.url.query.endswith(b"_now")
        if is_removal and not interrupted:
            interrupted.append(request)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _run_on(_LIVELY, transport, time, tell=told.append, through=lambda inner: _Through(inner, interrupt))

    assert _left_of(transport) == ([], [])
    assert [sentence.partition(" mock_")[0] for sentence in told] == ["the identity"]


def test_what_cannot_be_removed_is_said() -> None:
    time = VirtualTime()
    transport = InProcess(_LIVELY, time)

    def refuse(request: httpx2.Request) -> httpx2.Response | None:
        nothing = httpx2.ByteStream(b"")
        return httpx2.Response(503, stream=nothing) if request.method == "DELETE" else None

    run = _run_on(_LIVELY, transport, time, through=lambda inner: _Through(inner, refuse))

    goals, transactions = _left_of(transport)
    assert (len(goals), len(transactions)) == (2, 2)
    assert [sentence.partition(" mock_")[0] for sentence in run.left if "payment" in sentence] == [
        "the payment",
        "the payment",
    ]
    assert sum("answered 503" in sentence for sentence in run.left) == 4


# -- what is never sent --------------------------------------------------------------------------------


def test_only_a_server_on_this_machine_is_asked_to_remove_without_a_filter() -> None:
    run = _run(_LIVELY)

    assert run.recording.labelled(labels.NO_FILTER) == []


def test_every_request_that_writes_carries_the_word_of_the_run() -> None:
    run = _run(_LIVELY)

    sent = [e for e in run.recording.exchanges if e.method != "GET" and e.request_body]
    without = [e.request_body for e in sent if b"mock_" not in e.request_body.lower() and e.is_success]
    assert (bool(sent), without) == (True, [])
