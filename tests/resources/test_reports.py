"""Reports over HTTP: their shapes, what they accept and refuse, and that they agree with one another."""

import itertools
from collections.abc import Mapping
from threading import Thread
from time import monotonic
from typing import Any

import httpx2
import pytest
import yaml

from mock_server.assets import FIXTURES
from mock_server.instants import DAY, instant_of, iso_of
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.testing import running
from mock_server.world.past.kept import KeptPasts
from mock_server.world.site_files import load_sites
from mock_server.world.world import World
from tests.credentials import DEMO, bearer
from tests.instants import INSTANT
from tests.quick import quick
from tests.timing import assert_less

TODAY = instant_of(INSTANT) // DAY * DAY
WEEK = {"startAt": iso_of(TODAY - 7 * DAY)[:10], "endAt": iso_of(TODAY - DAY)[:10], "timezone": "UTC"}
BREAKDOWNS = (
    *("devices", "pages", "campaigns", "referrers", "countries", "regions", "cities"),
    *("browsers", "operating-systems", "hostnames", "exit-clicks"),
)
# The breakdowns in which each visitor and each payment is counted once.
PARTITIONS = ("devices", "referrers", "countries", "regions", "cities", "browsers", "operating-systems")
FIELDS = "visitors,sessions,revenue,payments,pageviews,new_visitors,returning_visitors"


def ask(api: httpx2.Client, path: str, key: str = "df_test", **query: Any) -> httpx2.Response:
    """Returns the answer to a request for a report."""
    return api.get(path, params=query, headers=bearer(key))


def rows(api: httpx2.Client, path: str, key: str = "df_test", **query: Any) -> list[dict[str, Any]]:
    """Returns all rows of a report, page by page."""
    found: list[dict[str, Any]] = []
    while True:
        reply = ask(api, path, key, **{**query, "limit": 1_000, "offset": len(found)})
        assert reply.status_code == 200, reply.text
        found += reply.json()["data"]
        if len(found) >= reply.json()["pagination"]["total"]:
            return found


def overview(api: httpx2.Client, key: str = "df_test", **query: Any) -> dict[str, Any]:
    """Returns the figures of a period."""
    row: dict[str, Any] = ask(api, "/analytics/overview", key, fields=FIELDS, **query).json()["data"][0]
    return row


def total(found: list[dict[str, Any]], column: str) -> float:
    """Returns the sum of a column, to the last decimal that a currency has."""
    return round(float(sum(row[column] for row in found)), 3)


@pytest.mark.parametrize("key", quick(["df_test", "df_shop", "df_edge_cases", "df_no_revenue"], 2))
@pytest.mark.parametrize("name", PARTITIONS)
def test_rows_of_a_breakdown_add_up_to_the_overview(api: httpx2.Client, key: str, name: str) -> None:
    found = rows(api, f"/analytics/{name}", key, **WEEK)
    whole = overview(api, key, **WEEK)

    assert {column: total(found, column) for column in ("visitors", "revenue", "payments")} == {
        column: whole[column] for column in ("visitors", "revenue", "payments")
    }


@pytest.mark.parametrize("interval", ["hour", "day", "week", "month"])
def test_buckets_add_up_to_the_totals_and_the_totals_are_the_overview(
    api: httpx2.Client, interval: str
) -> None:
    query = {**WEEK, "interval": interval, "fields": FIELDS}
    told = ask(api, "/analytics/timeseries", limit=1_000, **query).json()

    for column in ("sessions", "revenue", "payments", "pageviews"):
        assert total(told["data"], column) == told["totals"][column]
    assert {column: told["totals"][column] for column in FIELDS.split(",")} == overview(api, **WEEK)
    visitors = [bucket["visitors"] for bucket in told["data"]]
    assert max(visitors) <= told["totals"]["visitors"] <= sum(visitors)
    stamps = [bucket["timestamp"] for bucket in told["data"]]
    assert stamps == sorted(stamps)
    assert told["interval"] == interval


def test_a_period_within_one_day_has_hours(api: httpx2.Client) -> None:
    told = ask(
        api,
        "/analytics/timeseries",
        fields="visitors",
        interval="month",
        startAt=WEEK["endAt"],
        endAt=WEEK["endAt"],
        timezone="UTC",
    ).json()

    assert (told["interval"], len(told["data"])) == ("hour", 24)


def test_days_begin_where_the_time_zone_says(api: httpx2.Client) -> None:
    query = {**WEEK, "timezone": "Asia/Kathmandu", "fields": "visitors"}
    told = ask(api, "/analytics/timeseries", **query).json()

    assert told["timezone"] == "Asia/Kathmandu"
    assert told["data"][0]["timestamp"] == f"{WEEK['startAt']}T00:00:00+05:45"


@pytest.mark.long
def test_everybody_on_the_map_is_in_the_list_of_today(api: httpx2.Client) -> None:
    shown = ask(api, "/analytics/realtime/map").json()["data"]["visitors"]
    listed = ask(api, "/visitors", limit=250).json()["data"]

    ids = [visitor["visitorId"] for visitor in listed]
    assert {visitor["visitorId"] for visitor in shown} <= set(ids)
    assert len(set(ids)) == len(ids)


def test_a_listed_visitor_is_who_the_profile_says(api: httpx2.Client) -> None:
    for row in ask(api, "/visitors", limit=20).json()["data"]:
        profile = ask(api, f"/visitors/{row['visitorId']}").json()["data"]
        identity, activity = profile["identity"], profile["activity"]
        region = (identity["region"] or "").partition("-")[2] or None
        assert row["currentUrl"] == activity["currentUrl"]
        assert row["lastSeenAt"] == activity["visitedPages"][-1]["timestamp"]
        assert row["identity"] == {
            "country": identity["countryCode"],
            "region": region,
            "city": identity["city"],
            "browser": identity["browser"]["name"],
            "os": identity["os"]["name"],
            "device": identity["device"]["type"],
        }
        params = {name: row["acquisition"][name] for name in identity["params"]}
        assert params == identity["params"]


@pytest.mark.long
def test_pages_of_the_list_are_the_visitors_of_the_overview_each_once(api: httpx2.Client) -> None:
    ids: list[str] = []
    seen: list[str] = []
    while True:
        told = ask(api, "/visitors", **WEEK, country="FR", limit=250, offset=len(ids)).json()
        ids += [row["visitorId"] for row in told["data"]]
        seen += [row["lastSeenAt"] for row in told["data"]]
        if not told["pagination"]["hasMore"]:
            break

    assert len(ids) == len(set(ids)) == overview(api, **WEEK, filter_country="France")["visitors"]
    assert seen == sorted(seen, reverse=True)


@pytest.mark.long
def test_customers_and_others_are_all(api: httpx2.Client) -> None:
    counts = [count(api, **WEEK, country="FR", isCustomer=value) for value in ("true", "false")]

    assert all(counts)
    assert sum(counts) == count(api, **WEEK, country="FR")


@pytest.mark.long
def test_those_who_reached_a_goal_are_its_visitors(api: httpx2.Client) -> None:
    goals = {row["goal"]: row for row in rows(api, "/analytics/goals", **WEEK)}
    listed = ask(api, "/visitors", **WEEK, completedGoal="signup", limit=5).json()["data"]

    assert count(api, **WEEK, completedGoal="signup") == goals["signup"]["visitors"]
    for row in listed:
        profile = ask(api, f"/visitors/{row['visitorId']}").json()["data"]
        reached = [goal for goal in profile["activity"]["completedGoals"] if goal["name"] == "signup"]
        assert row["lastSeenAt"] in [goal["timestamp"] for goal in reached]


def count(api: httpx2.Client, **query: Any) -> int:
    """Returns the number of visitors in the list."""
    found = 0
    while True:
        told = ask(api, "/visitors", **query, limit=250, offset=found).json()
        found += len(told["data"])
        if not told["pagination"]["hasMore"]:
            return found


@pytest.mark.parametrize("name", ["country", "device", "browser", "page", "entry_page", "referrer", "goal"])
def test_is_and_is_not_are_all_sessions(api: httpx2.Client, name: str) -> None:
    value = {
        "country": "United States",
        "device": "mobile",
        "browser": "Safari",
        "page": "/pricing",
        "entry_page": "/",
        "referrer": "google.com",
        "goal": "signup",
    }[name]
    parts = [overview(api, **WEEK, **{f"filter_{name}": f"{op}:{value}"}) for op in ("is", "is_not")]

    assert all(part["sessions"] for part in parts)
    assert sum(part["sessions"] for part in parts) == overview(api, **WEEK)["sessions"]


@pytest.mark.parametrize(
    ("path", "query", "same"),
    [
        pytest.param("/analytics/overview", {"country": "FR"}, {"filter_country": "France"}, id="filter"),
        pytest.param("/visitors", {"page": "/pricing"}, {"visitedPage": "/pricing"}, id="visitedPage"),
        pytest.param("/visitors", {"hasRevenue": "true"}, {"isCustomer": "true"}, id="isCustomer"),
    ],
)
def test_names_of_older_clients_mean_the_same(
    api: httpx2.Client, path: str, query: Mapping[str, str], same: Mapping[str, str]
) -> None:
    assert ask(api, path, **WEEK, **query).json() == ask(api, path, **WEEK, **same).json()
    assert ask(api, path, **WEEK, **query).json() != ask(api, path, **WEEK).json()


def test_the_name_itself_wins_over_that_of_older_clients(api: httpx2.Client) -> None:
    both = ask(api, "/analytics/countries", **WEEK, country="FR", filter_country="Germany").json()["data"]

    assert [row["country"] for row in both] == ["Germany"]


@pytest.mark.parametrize("name", BREAKDOWNS)
def test_rows_come_most_visitors_first_and_page_by_page(api: httpx2.Client, name: str) -> None:
    whole = rows(api, f"/analytics/{name}", **WEEK)
    told = ask(api, f"/analytics/{name}", **WEEK, limit=2, offset=1).json()

    visitors = [row["visitors"] for row in whole]
    assert visitors == sorted(visitors, reverse=True)
    assert told["data"] == whole[1:3]
    assert told["pagination"] == {"limit": 2, "offset": 1, "total": len(whole)}


@pytest.mark.parametrize("limit", [1_001, 10**30])
def test_a_limit_above_the_highest_is_the_highest(api: httpx2.Client, limit: int) -> None:
    assert ask(api, "/analytics/cities", **WEEK, limit=limit).json()["pagination"]["limit"] == 1_000
    assert ask(api, "/visitors", **WEEK, limit=limit).json()["pagination"]["limit"] == 250


def test_only_the_fields_that_were_asked_for_come(api: httpx2.Client) -> None:
    def members(path: str, fields: str) -> list[str]:
        return list(ask(api, path, **WEEK, fields=fields).json()["data"][0])

    assert members("/analytics/overview", "sessions,visitors") == ["sessions", "visitors"]
    assert members("/analytics/overview", "sessions, visitors") == ["sessions", "visitors"]
    assert members("/analytics/goals", "visitors,name") == ["visitors", "goal"]
    assert members("/analytics/metadata", "domain,kpi") == ["domain", "kpi"]
    assert members("/analytics/countries", "country") == ["country"]
    assert members("/analytics/timeseries", "sessions") == ["sessions", "name", "timestamp"]
    assert "pageviews" not in ask(api, "/analytics/overview", **WEEK).json()["data"][0]


@pytest.mark.parametrize("site", ["demo", "edge_cases", "shop", "quiet"])
def test_metadata_are_those_of_the_site_file(api: httpx2.Client, site: str) -> None:
    written = yaml.safe_load((FIXTURES / "sites" / f"{site}.yaml").read_text(encoding="utf-8"))

    (row,) = ask(api, "/analytics/metadata", f"df_{site}").json()["data"]

    assert row["name"] == written.get("name", written["domain"])
    for name in ("domain", "timezone", "logo", "kpi"):
        assert row[name] == written.get(name), name


def test_campaigns_that_differ_in_other_names_are_one_row(api: httpx2.Client) -> None:
    whole = rows(api, "/analytics/campaigns", **WEEK)
    told = rows(api, "/analytics/campaigns", **WEEK, fields="utm_source,visitors")

    sources = [row["campaign"]["utm_source"] for row in told]
    assert len(set(sources)) == len(sources) < len(whole)
    assert total(told, "visitors") == total(whole, "visitors")


REFUSED = [
    ("/analytics/overview", {"startAt": "2026-01-01"}, "together"),
    ("/analytics/overview", {"startAt": "2026-02-01", "endAt": "2026-01-01"}, "endAt is before"),
    ("/analytics/overview", {"startAt": "2026-02-30", "endAt": "2026-03-01"}, "startAt"),
    ("/analytics/overview", {"startAt": "yesterday", "endAt": "today"}, "startAt"),
    ("/analytics/overview", {"startAt": "2026-01-01T00:00:00", "endAt": "2026-01-02"}, "with a time zone"),
    ("/analytics/overview", {"timezone": "Mars/Olympus"}, "timezone"),
    ("/analytics/overview", {"timezone": "../../etc/passwd"}, "timezone"),
    ("/analytics/overview", {"fields": "visitors,nothing"}, "visitors, sessions, bounce_rate"),
    ("/analytics/overview", {"filter_country": "contains:Fr"}, "is, is_not"),
    ("/analytics/overview", {"filter_visit_count": "gte:often"}, "number of visits"),
    ("/analytics/timeseries", {}, "'fields' is required: one or more of name, visitors, sessions, "),
    ("/analytics/goals/properties", {}, "'eventName' is required."),
    ("/analytics/timeseries", {"fields": "visitors", "interval": "year"}, "hour, day, week, month"),
    (
        "/analytics/timeseries",
        {"fields": "visitors", "startAt": "1026-01-01", "endAt": "2026-01-01"},
        "50,000",
    ),
    ("/analytics/pages", {"limit": "0"}, "at least 1 is"),
    ("/analytics/pages", {"limit": "-1"}, "at least 1 is"),
    ("/analytics/pages", {"limit": "abc"}, "'abc'"),
    ("/analytics/pages", {"offset": "-1"}, "at least 0 is"),
    ("/visitors", {"endAt": "2026-01-01"}, "together"),
    ("/visitors", {"completedGoal": "signup", "isCustomer": "true"}, "together"),
    ("/visitors", {"isCustomer": "perhaps"}, "'perhaps'"),
    ("/visitors", {"country": ",".join(map(str, range(51)))}, "more than 50"),
]


@pytest.mark.parametrize(
    ("path", "query", "problem"),
    [pytest.param(*row, id=f"{row[0]} {'&'.join(row[1])[:30]} {row[2]}") for row in REFUSED],
)
def test_what_cannot_be_answered_is_a_400_that_says_why(
    api: httpx2.Client, path: str, query: Mapping[str, str], problem: str
) -> None:
    reply = ask(api, path, **query)

    assert reply.status_code == 400
    assert problem in reply.json()["error"]["message"]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"filter_country": ""}, id="empty value"),
        pytest.param({"filter_country": "is:"}, id="empty value of an operator"),
        pytest.param({"filter_city": "Atlantis"}, id="unknown value"),
        pytest.param({"filter_page": "https://elsewhere.example"}, id="colon without an operator"),
        pytest.param({"filter_city": ",".join(map(str, range(1_200)))}, id="a thousand values"),
        pytest.param({"startAt": "1926-01-01", "endAt": "1926-01-31"}, id="before the website"),
        pytest.param({"startAt": "2926-01-01", "endAt": "2926-01-31"}, id="in the future"),
    ],
)
def test_what_selects_nobody_is_an_honest_empty_answer(api: httpx2.Client, query: Mapping[str, str]) -> None:
    assert set(overview(api, **{**WEEK, **query}).values()) == {0}
    told = ask(api, "/analytics/pages", **{**WEEK, **query}).json()
    assert (told["data"], told["pagination"]["total"]) == ([], 0)


@pytest.mark.parametrize("year", ["1926", "2926"])
def test_a_period_without_visits_has_an_empty_list_of_visitors(api: httpx2.Client, year: str) -> None:
    told = ask(api, "/visitors", startAt=f"{year}-01-01", endAt=f"{year}-01-31").json()

    assert (told["data"], told["pagination"]["hasMore"]) == ([], False)


@pytest.mark.long
def test_a_period_before_the_website_draws_nothing_of_its_past() -> None:
    world, pasts = World(42, load_sites()["demo"]), KeptPasts()
    sizes = []
    for begin, end in (("1926-01-01", "1926-01-31"), ("2025-04-01", "2025-04-02")):
        query = {"startAt": begin, "endAt": end}
        VIEWS["getOverview"](Call(world, instant_of(INSTANT), "2026-02", {}, query, pasts=pasts))
        sizes.append(pasts.nbytes)

    assert sizes[0] < sizes[1] / 4


def test_unknown_parameters_are_ignored(api: httpx2.Client) -> None:
    assert overview(api, **WEEK, filter_moon="full", page_size=3) == overview(api, **WEEK)


def test_a_website_that_sells_nothing_has_no_revenue(api: httpx2.Client) -> None:
    told = ask(api, "/analytics/timeseries", "df_no_revenue", **WEEK, fields="revenue").json()

    assert told["currency"] is None
    assert told["totals"] == {
        "revenue": 0,
        "payments": 0,
        "revenueBreakdown": {"new": 0, "renewal": 0, "refund": 0},
    }


def test_an_account_token_needs_the_website(api: httpx2.Client) -> None:
    assert ask(api, "/analytics/overview", "dft_test", **WEEK).status_code == 400
    assert overview(api, "dft_test", **WEEK, websiteId=DEMO) == overview(api, **WEEK)


@pytest.mark.long
def test_the_past_of_yesterday_is_the_same_tomorrow() -> None:
    def told(now: int) -> list[bytes]:
        with running(now=iso_of(now), speed=0) as mock, httpx2.Client(base_url=mock.url) as client:
            return [
                ask(client, f"/analytics/{name}", **WEEK, limit=50).content for name in ("pages", "overview")
            ]

    assert told(TODAY + DAY) == told(TODAY + 9 * DAY)


@pytest.mark.parametrize("now", ["2020-01-01T00:00:00Z", "2025-03-03T00:00:30Z"])
def test_before_the_website_began_reports_are_empty(now: str) -> None:
    with running(now=now, speed=0) as mock, httpx2.Client(base_url=mock.url) as client:
        for path in ("/analytics/overview", "/analytics/pages", "/visitors"):
            assert ask(client, path).status_code == 200
        assert ask(client, "/analytics/timeseries", fields="visitors").json()["totals"] == {"visitors": 0}


@pytest.mark.long
def test_a_report_holds_up_neither_the_counter_nor_a_report_that_is_known() -> None:
    seeds = itertools.count(4711)

    # A request that waits for the report takes about as long as the report.
    assert_less(lambda: _share_of_the_slowest(next(seeds)), 0.5)


def _share_of_the_slowest(seed: int) -> float:
    """Returns the longest time of a request while a report is made, divided by the time of the report."""
    # The past of this seed has not been drawn yet, so its report takes long.
    with (
        running(now=INSTANT, seed=seed, speed=0) as mock,
        httpx2.Client(base_url=mock.url) as client,
    ):
        assert ask(client, "/analytics/overview", "df_quiet").status_code == 200
        ends: list[float] = []

        def ask_for_all_time() -> None:
            with httpx2.Client(base_url=mock.url) as other:
                assert ask(other, "/analytics/overview").status_code == 200
            ends.append(monotonic())

        thread = Thread(target=ask_for_all_time)
        begin = monotonic()
        thread.start()
        slowest = 0.0
        while not ends:
            start = monotonic()
            assert ask(client, "/analytics/realtime", "df_shop").status_code == 200
            # HEAD does not take the fast path.
            assert client.head("/analytics/overview", headers=bearer("df_quiet")).status_code == 200
            slowest = max(slowest, monotonic() - start)
        thread.join()
    return slowest / (ends[0] - begin)
