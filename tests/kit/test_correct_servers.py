"""Random correct servers, about which the kit never reports a violation or a warning."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings

from contract_tests.asking.client import Client, Limits
from contract_tests.asking.credentials import Credentials
from contract_tests.judging.run import Exit, Plan, Run, verify
from contract_tests.judging.verdict import Outcome
from tests.kit.reference.habits import (
    ALL,
    FEBRUARY,
    JUNE,
    NONE,
    PLAIN,
    ROLES,
    SOME,
    Cache,
    Habits,
    Website,
    habits,
)
from tests.kit.reference.server import TOKENS, WEBSITE_ID
from tests.kit.reference.wire import BASE, InProcess, VirtualTime
from tests.kit.reference.writes import BOT
from tests.kit.seed_clauses import SEED_CLAUSES

_COUNTER = Cache(seconds=10, paths=("realtime",), tells_age=False, keeps_date=True)
_TELLING = Cache(seconds=10.847949152078092, paths=("",), tells_age=True, keeps_date=False)
_SILENT = Cache(seconds=20, paths=("realtime", "map"), tells_age=False, keeps_date=True)


def _worded(moves: float, **wording: Any) -> Habits:
    website, told = replace(PLAIN.website, moves=moves), replace(PLAIN.wording, **wording)
    return replace(PLAIN, website=website, wording=told)


def _mannered(seed: int = 0, **manners: Any) -> Habits:
    return replace(PLAIN, seed=seed, manners=replace(PLAIN.manners, **manners))


def _june(seed: int, roles: frozenset[str], cache: Cache | None = None) -> Habits:
    website = replace(PLAIN.website, crowd=1, moves=5)
    return replace(_mannered(cache=cache), revision=JUNE, website=website, roles=roles, seed=seed)


_AGAINST = (Outcome.BROKEN, Outcome.WARNING, Outcome.FAILED)
# `make test` draws as many as of other examples; `make long` draws 240 and `make fuzz` 10,000.
_EXAMPLES = settings().max_examples
_SOME = settings(max_examples=_EXAMPLES if _EXAMPLES < 60 else max(_EXAMPLES, 240))


@_SOME
@given(habits)
def test_no_correct_server_is_accused_or_warned(drawn: Habits) -> None:
    run = _run(drawn)

    assert (_told(run), run.exit in (Exit.HOLDS, Exit.UNSEEN)) == ([], True), run.stopped or run.refused


@pytest.mark.parametrize(
    "habits",
    [
        pytest.param(PLAIN, id="the plain one"),
        pytest.param(_june(seed=107, roles=ROLES[-1]), id="the same ids on several websites"),
        pytest.param(
            _worded(nulls=frozenset({("visitors.*.system.device.type", "some")}), moves=5),
            id="null in some answers, another value in others",
        ),
        pytest.param(
            _mannered(seed=1, rate=60, waits="body", clock_off=-57),
            id="a rate limit by a clock a minute behind",
        ),
        pytest.param(
            replace(
                _mannered(seed=3, cache=_COUNTER, delay=0.4),
                website=replace(PLAIN.website, crowd=34, returning=NONE),
            ),
            id="a cache that says nothing, before the counter",
        ),
        pytest.param(
            _june(seed=4, roles=ROLES[0], cache=_SILENT),
            id="a cache that says nothing, on a small website",
        ),
        pytest.param(
            replace(
                _mannered(seed=997522, cache=_TELLING, delay=8, has_date=False),
                counts_minutes=5,
                website=Website(7, ALL, SOME, NONE, "USD", moves=5),
                roles=frozenset({"key"}),
            ),
            id="a slow server whose visitors come and go, behind a cache",
        ),
    ],
)
def test_a_correct_server_is_neither_accused_nor_warned(habits: Habits) -> None:
    run = _run(habits)

    assert (_told(run), run.exit in (Exit.HOLDS, Exit.UNSEEN)) == ([], True), run.stopped or run.refused


@pytest.mark.parametrize("waits", ["seconds", "date", "unix", "milliseconds", "body", "nothing"])
def test_the_end_of_a_rate_limit_is_waited_for_once(waits: str) -> None:
    told: list[str] = []

    run = _run(_mannered(rate=20, waits=waits), told.append)

    # The server answers 20 requests in a minute, and the run sends over 40.
    assert (run.exit, len(told)) == (Exit.HOLDS, 2), told


@pytest.mark.slow
@pytest.mark.parametrize("crowd", [300, 1000, 5000])
@pytest.mark.parametrize("revision", [FEBRUARY, JUNE])
def test_a_crowded_correct_server_is_neither_accused_nor_warned(crowd: int, revision: str) -> None:
    run = _run(replace(PLAIN, revision=revision, website=replace(PLAIN.website, crowd=crowd)))

    assert (_told(run), run.exit) == ([], Exit.HOLDS), run.stopped


def _run(drawn: Habits, tell: Callable[[str], None] = lambda _sentence: None) -> Run:
    time = VirtualTime()
    transport = InProcess(drawn, time)
    plan = Plan(BASE, _credentials(drawn, transport, time), SEED_CLAUSES, limits=Limits(timeout=20))
    connect = partial(Client, clock=time.clock, transport=transport)
    return verify(plan, tell, lambda _count: None, connect=connect)


def _credentials(drawn: Habits, transport: InProcess, time: VirtualTime) -> Credentials:
    """Returns the credentials for the drawn roles."""
    tokens = {role: token for role, token in TOKENS.items() if role in drawn.roles}
    bot = BOT if "bot" in drawn.roles else None
    visitor_id = transport.server.visitor_id(time.t) if "visitor_id" in drawn.roles else None
    return Credentials(**tokens, website_id=WEBSITE_ID, bot=bot, visitor_id=visitor_id)


def _told(run: Run) -> list[str]:
    """Returns everything that a run reports against its server."""
    return [
        f"{verdict.clause.id} {outcome.value}: {found.problem} at {found.pointer} of {found.exchange.url}"
        if found
        else verdict.bug
        for outcome in _AGAINST
        for verdict in run.of(outcome)
        for found in (verdict.violations[:1] or (None,))
    ]
