"""The question of how long the first report and warm reports take, and how much memory they need."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import product
from statistics import median
from threading import Event
from time import perf_counter

from benchmarks.asking import control, path_of, timed
from benchmarks.figures import Bound, Row, at_least, at_most, percentile, ratios, spread_of
from benchmarks.load import Target
from benchmarks.plan import Plan, say
from benchmarks.servers import BASE, REALTIME, bare_uvicorn, captured, mock, resident_megabytes, target

_STARTS = 5
_TIMES = 5
NOW = "2026-02-12T17:27:30Z"
MONTH = "startAt=2026-01-14&endAt=2026-02-12"
_YEAR = "startAt=2025-03-{:02}&endAt=2026-02-12"
_FIRST = (
    ("first report, demo, 30 days", "demo", f"/analytics/overview?{MONTH}", at_most(0.5)),
    ("first report, demo, all time", "demo", "/analytics/overview", at_most(2.5)),
    ("first report, launch_day, all time", "launch_day", "/analytics/overview", at_most(2)),
)
_REPORTS = (
    *("overview", "timeseries?interval=day&fields=visitors,sessions,revenue", "devices", "countries"),
    *("regions", "cities", "browsers", "operating-systems", "referrers", "campaigns", "pages", "hostnames"),
    *("exit-clicks", "goals"),
)
_FILTERS = (
    "",
    "country=FR",
    "device=is_not:mobile",
    "page=contains:/docs",
    "referrer=Google",
    "visit_count=gte:2",
)
DASHBOARD = (*_REPORTS[:2], *_REPORTS[2:10], "/visitors?limit=20")
_WARM, _TOGETHER, _TICK, _AGAIN, _LATE = at_most(60), at_most(250), at_most(5), at_least(0.75), at_most(60)
_RESIDENT = {"demo": at_most(220), "launch_day": at_most(300)}


def reports(plan: Plan) -> Iterator[Row]:
    """Yields the time of the first report, of warm ones and of a dashboard, and the memory afterwards."""
    for what, site, path, bound in _FIRST:
        say(f"{what}: {_STARTS} times, each in a fresh process")
        yield Row(what, spread_of(_first(site, path) for _ in range(_STARTS)), "s", bound)
    yield from _warm()
    yield _again(plan)
    yield _ticks()
    yield _beside_a_cold_report()
    for site, bound in _RESIDENT.items():
        yield _resident(site, bound)


def _first(site: str, path: str) -> float:
    with mock(now=NOW) as (server, _):
        captured(target(server, REALTIME, site))
        return timed(server, f"df_{site}", path)


def _warm() -> Iterator[Row]:
    """Yields the time of the slowest report over a year, and of a dashboard's reports, requested at once."""
    say("warm reports over a year, each with each filter")
    with mock("--freeze", now=NOW) as (server, _):
        timed(server, "df_demo", "/analytics/overview")
        taken: dict[tuple[str, str], float] = {}
        for report, one in product(_REPORTS, _FILTERS):
            query = f"&filter_{one.replace(':', '%3A')}" if one else ""
            # Each time, the year begins a day later, because answers to equal requests are cached for a tick.
            times = [
                timed(server, "df_demo", path_of(report, _YEAR.format(3 + n) + query)) for n in range(_TIMES)
            ]
            taken[report.partition("?")[0], one] = median(times) * 1_000
        slowest = max(taken, key=lambda key: taken[key])
        told = (
            f"slowest: {slowest[0]} with {slowest[1] or 'no filter'}; median {median(taken.values()):.0f} ms"
        )
        yield Row(
            "warm report over a year of demo",
            spread_of(taken.values())._replace(middle=taken[slowest]),
            "ms",
            _WARM,
            told,
        )
        say("a dashboard")
        together = [_together(server, n) * 1_000 for n in range(_TIMES)]
        yield Row("dashboard of 11 reports at once, warm", spread_of(together), "ms", _TOGETHER)


def _together(server: str, number: int) -> float:
    paths = [path_of(report, f"{MONTH}&limit={10 + number}") for report in DASHBOARD]
    with ThreadPoolExecutor(len(paths)) as pool:
        begin = perf_counter()
        list(pool.map(lambda path: timed(server, "df_demo", path), paths))
        return perf_counter() - begin


def _again(plan: Plan) -> Row:
    """Returns the rate of answers to equal requests within a tick, as a share of bare uvicorn's rate."""
    say("the same report again, and bare uvicorn, in turns")
    with mock("--freeze", now=NOW) as (server, _):
        ours = target(server, f"{BASE}/analytics/overview")
        with bare_uvicorn(captured(ours)) as address:
            samples = plan.interleaved(
                {"mock": ours, "bare": Target(address + f"{BASE}/analytics/overview", ours.headers)}
            )
    found = ratios([one.rate for one in samples["mock"]], [one.rate for one in samples["bare"]])
    return Row("the same report again ÷ bare uvicorn", found, "×", _AGAIN)


def _ticks() -> Row:
    """Returns the time of an overview of all time, requested after each second of the world."""
    say("an overview of all time, second by second")
    with mock("--freeze", now=NOW) as (server, _):
        timed(server, "df_demo", "/analytics/overview")
        times = []
        for _ in range(_TIMES * 6):
            control(server, "PUT", "/clock", {"advance": 1_000})
            times.append(timed(server, "df_demo", "/analytics/overview") * 1_000)
    return Row("tick with an overview of all time", spread_of(times), "ms", _TICK)


def _beside_a_cold_report() -> Row:
    """Returns the 99th percentile of the time of a counter of another website, while a past is computed."""
    say("a counter beside a cold report")
    with mock(now=NOW) as (server, _), ThreadPoolExecutor(1) as pool:
        timed(server, "df_shop", "/analytics/realtime")
        done = Event()
        cold = pool.submit(timed, server, "df_demo", "/analytics/overview")
        cold.add_done_callback(lambda _: done.set())
        times = []
        while not done.is_set():
            times.append(timed(server, "df_shop", "/analytics/realtime") * 1_000)
    late = percentile(times, 99)
    return Row(
        "p99 of a counter beside a cold report",
        spread_of(times)._replace(middle=late),
        "ms",
        _LATE,
        f"{len(times)} polls",
    )


def _resident(site: str, bound: Bound) -> Row:
    say(f"memory after all reports of {site}")
    with mock("--freeze", now=NOW) as (server, pid):
        for report, one in product(_REPORTS, _FILTERS):
            timed(server, f"df_{site}", path_of(report, _YEAR.format(3) + (f"&filter_{one}" if one else "")))
        return Row(f"resident after all reports of {site}", spread_of([resident_megabytes(pid)]), "MB", bound)
