"""The question of how fast the mock writes, and how much slower reports are with a thousand facts."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from benchmarks.asking import control, path_of, timed
from benchmarks.client import post_all
from benchmarks.figures import Row, at_least, at_most, ratios, spread_of
from benchmarks.load import Target
from benchmarks.plan import Plan, say
from benchmarks.reports import DASHBOARD, MONTH, NOW
from benchmarks.servers import (
    BASE,
    MAP,
    bare_reader,
    captured,
    data_of,
    mock,
    processor_seconds,
    seconds_of_threads,
    target,
)

_RATE, _STORED, _COST = at_least(0.5), at_least(3_000), at_most(1.3)
# A log has room for ten thousand facts.
_WRITES, _CONNECTIONS = 6_000, 4
_FACTS = 1_000
_TICKS = 25
# A filter by a goal reads what is written and removed for each visit. The second goal is only written.
_FILTERED = tuple(
    f"{report}?filter_goal={goal}" for report in ("overview", "countries") for goal in ("signup", "goal_5")
)
_HEADERS = {"Authorization": "Bearer df_demo", "Content-Type": "application/json"}


def writes(plan: Plan) -> Iterator[Row]:
    """Yields the rates at which goals and payments are written, and the time of reports with these facts."""
    for name, path in (("payments", f"{BASE}/payments"), ("goals", f"{BASE}/goals")):
        yield _beside_bare(plan, name, path)
    yield _stored(plan)
    yield _reports()


def _beside_bare(plan: Plan, name: str, path: str) -> Row:
    """Returns the processor time of bare uvicorn as a share of the mock's time.

    Both servers read the same requests and send the same answer.
    """
    say(f"{name}: {plan.rounds} rounds of {_WRITES:,} writes to the mock and to bare uvicorn, in turns")
    with mock("--freeze", now=NOW) as (server, pid):
        bodies = _goals(server) if name == "goals" else _payments()
        first = captured(Target(server + path, _HEADERS), next(bodies))
        with bare_reader(first) as (bare, bare_pid):
            ours, theirs = [], []
            for _ in range(plan.rounds):
                ours.append(_cost(Target(server + path, _HEADERS), bodies, pid))
                theirs.append(_cost(Target(bare + path, _HEADERS), bodies, bare_pid))
                control(server, "DELETE", "/facts")
    beside = f"{median(ours) * 1e6:.0f} beside {median(theirs) * 1e6:.0f} µs of processor time"
    return Row(f"writing {name} ÷ bare uvicorn", ratios(theirs, ours), "×", _RATE, beside)


def _cost(target: Target, bodies: Iterator[bytes], pid: int) -> float:
    """Returns the processor time of a server for one write, in seconds."""
    begin = processor_seconds(pid)
    post_all(target.url, target.headers, _CONNECTIONS, list(islice(bodies, _WRITES)))
    return (processor_seconds(pid) - begin) / _WRITES


def _stored(plan: Plan) -> Row:
    """Returns how many payments a second are written into a file."""
    say(f"payments with --state: {plan.rounds} rounds of {_WRITES:,}")
    rates = []
    with TemporaryDirectory() as folder, _storing(folder) as server:
        payments, bodies = Target(f"{server}{BASE}/payments", _HEADERS), _payments()
        for _ in range(plan.rounds):
            sent = list(islice(bodies, _WRITES))
            begin = perf_counter()
            post_all(payments.url, payments.headers, _CONNECTIONS, sent)
            rates.append(_WRITES / (perf_counter() - begin))
            control(server, "DELETE", "/facts")
    return Row("payments written with --state", spread_of(rates), "/s", _STORED, "each is in the file first")


@contextmanager
def _storing(folder: str) -> Iterator[str]:
    with mock("--freeze", "--state", str(Path(folder) / "state.db"), now=NOW) as (server, _):
        yield server


def _reports() -> Row:
    """Returns the processor time of a report with a thousand facts, as a multiple of that without facts.

    Reports of the dashboard and reports filtered by a goal are measured; the largest ratio is returned.
    """
    say(f"reports with {_FACTS:,} facts and without, second by second")
    with mock("--freeze", now=NOW) as (server, pid):
        keys = {has_facts: control(server, "POST", "/keys", {"site": "demo"}) for has_facts in (True, False)}
        _fill(server, **keys[True])
        control(server, "PUT", f"/clock?key={keys[False]['key']}", {"advance": 1_000})
        found: dict[str, tuple[float, float]] = {}
        for report in (*DASHBOARD, *_FILTERED):
            path = path_of(report, MONTH)
            taken: dict[bool, list[float]] = {True: [], False: []}
            for _ in range(_TICKS):
                # The clock of one key is a second ahead, so that the keys never use the same cached past.
                for has_facts, key in keys.items():
                    control(server, "PUT", f"/clock?key={key['key']}", {"advance": 2_000})
                    begin = seconds_of_threads(pid)
                    timed(server, key["key"], path)
                    taken[has_facts].append(seconds_of_threads(pid) - begin)
            name = report if report in _FILTERED else report.partition("?")[0]
            found[name] = median(taken[True]), median(taken[False])
    shares = {name: ours / plain for name, (ours, plain) in found.items()}
    slowest = max(shares, key=lambda name: shares[name])
    ours, plain = found[slowest]
    beside = f"slowest: {slowest}, {ours * 1_000:.1f} beside {plain * 1_000:.1f} ms"
    spread = spread_of(shares.values())._replace(middle=shares[slowest])
    return Row(f"reports with {_FACTS:,} facts ÷ without", spread, "×", _COST, beside)


def _fill(server: str, key: str, **minted: str) -> None:
    """Writes goals, payments and identifications of visitors on the map, and page views of fifty others.

    A fifth of all facts is of each of these kinds; the last fifth is deletions of earlier goals and payments.
    """
    chance, payments = Random(0), _payments()
    headers = {**_HEADERS, "Authorization": f"Bearer {key}"}
    shown = data_of(captured(Target(server + MAP, headers)))["visitors"]
    for n in range(_FACTS):
        visitor_id = chance.choice(shown)["visitorId"]
        about = {"datafast_visitor_id": visitor_id}
        match n % 5:
            case 0:
                path, body = f"{BASE}/goals", {**about, "name": f"goal_{n % 20}", "metadata": {"plan": "pro"}}
            case 1:
                path, body = f"{BASE}/identify", {**about, "user_id": f"u{n}"}
            case 2:
                path, body = f"{BASE}/payments", {**about, **json.loads(next(payments))}
            case 3:
                what = "goals?name=signup" if n % 2 else "payments?startAt=2025-01-01&endAt=2026-02-11"
                timed(server, key, f"/{what}&datafast_visitor_id={visitor_id}", "DELETE")
                continue
            case _:
                own = f"00000000-0000-4000-8000-{n % 50:012}"
                page = {"type": "pageview", "href": f"http://localhost/{n % 30}", "visitorId": own}
                path, body = "/api/events", {**page, "websiteId": minted["trackingId"]}
        captured(Target(server + path, headers), json.dumps(body).encode())


def _payments() -> Iterator[bytes]:
    for number in count():
        body = {"amount": 29, "currency": "USD", "transaction_id": f"{number:06}"}
        yield json.dumps(body).encode()


def _goals(server: str) -> Iterator[bytes]:
    visitor_id = data_of(captured(target(server, MAP)))["visitors"][0]["visitorId"]
    for number in count():
        body = {"datafast_visitor_id": visitor_id, "name": f"goal_{number % 10}", "metadata": {"plan": "pro"}}
        yield json.dumps(body).encode()
