"""Reports agree with each other, and with the sessions and profiles of the visitors whom they count."""

from collections import Counter
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from mock_server.instants import DAY, HOUR, MINUTE, instant_of
from mock_server.world.past.kept import KeptPasts, beginning
from mock_server.world.past.table import SETTLING_MINUTES
from mock_server.world.reports.breakdown import breakdown
from mock_server.world.reports.facts import Facts
from mock_server.world.reports.filters import Filter, Matching
from mock_server.world.reports.goals import exit_clicks, goals
from mock_server.world.reports.overview import overview, share
from mock_server.world.reports.period import Period, buckets_of, zone_of
from mock_server.world.reports.selection import Selection
from mock_server.world.reports.timeseries import timeseries, totals
from mock_server.world.reports.visitors import visitors
from mock_server.world.sessions import Session
from mock_server.world.walk import CUSTOM, EXTERNAL_LINK
from mock_server.world.world import World
from tests.sites import SITES

BEGIN = instant_of("2025-03-03")
NAMES = ["demo", "edge_cases", "empty", "no_revenue", "quiet", "shop"]
ZONES = ["UTC", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"]
PARTITIONS = ["country", "region", "city", "device", "browser", "os", "referrer", "entry_page"]

seeds = st.sampled_from([42, 2**40])
sites = st.sampled_from(NAMES)
# A few days of a website's first three years, so that many examples share one past.
DAYS = [BEGIN, *(BEGIN + days * DAY for days in (1, 27, 238, 341, 610, 1000))]
instants = st.builds(lambda day, lapse: day + lapse, st.sampled_from(DAYS), st.integers(0, 30 * HOUR))
lengths = st.integers(1, 3 * DAY) | st.integers(1, HOUR)
zones = st.sampled_from(ZONES).map(zone_of)


class Asked(NamedTuple):
    """A world, an instant and a period to report on, without filters."""

    seed: int
    site: str
    instant: int
    begin: int
    end: int


@st.composite
def questions(draw: st.DrawFn) -> Asked:
    instant = draw(instants)
    length = draw(lengths)
    end = instant + 1 - draw(st.just(0) | st.integers(0, 3 * DAY))
    return Asked(draw(seeds), draw(sites), instant, end - length, end)


filters = st.sampled_from(
    [
        (),
        (Filter("country", "is", ("FR", "United States", "JP")),),
        (Filter("device", "is_not", ("mobile",)),),
        (Filter("browser", "is", ("Safari",)), Filter("os", "is_not", ("iOS",))),
        (Filter("referrer", "is", ("Google", "Direct/None")),),
        (Filter("page", "is", ("/", "/blog")),),
        (Filter("page", "does_not_contain", ("o",)),),
        (Filter("entry_page", "contains", ("o",)),),
        (Filter("goal", "is_not", ("signup",)),),
        (Filter("hostname", "is", ("app.codefa.st",)),),
        (Filter("utm_source", "is", ("google",)),),
        (Filter("visit_count", "gte", ("2",)),),
        (Filter("visit_count", "is", ("1",)), Filter("page", "is_not", ("/",))),
        (Filter("city", "is", ()),),
    ]
)


@lru_cache(32)
def world(seed: int, site: str) -> World:
    return World(seed, SITES[site])


PASTS = KeptPasts()


@lru_cache(32)
def facts_of(one: World) -> Facts:
    drawing, _ = PASTS.at(one, BEGIN + 40 * DAY, BEGIN + 40 * DAY)
    return Facts(drawing, one.site.money)


def select(asked: Asked, chosen: Iterable[Filter] = (), pasts: KeptPasts = PASTS) -> tuple[Facts, Selection]:
    one = world(asked.seed, asked.site)
    facts = facts_of(one)
    _, past = pasts.at(one, asked.begin, asked.instant)
    matching = Matching(list(chosen), facts.dimensions, facts.masks)
    return facts, Selection(past, asked.begin, asked.end, matching)


def sessions_of(asked: Asked) -> list[Session]:
    """Returns all sessions that start in the period, visitor by visitor."""
    one, end = world(asked.seed, asked.site), min(asked.end, asked.instant + 1)
    minutes = range(asked.begin // MINUTE, end // MINUTE + 1)
    started = [session for minute in minutes for session in one.sessions_started(minute)]
    return [session for session in started if asked.begin <= session.start < end]


short_questions = questions().filter(lambda asked: asked.end - asked.begin < 2 * HOUR)


@given(short_questions)
def test_overview_counts_the_sessions_there_are(asked: Asked) -> None:
    facts, chosen = select(asked)
    sessions = sessions_of(asked)

    told = overview(facts, chosen)

    lengths = [session.latest_view(asked.instant) - session.start for session in sessions]
    assert told["sessions"] == len(sessions)
    assert told["visitors"] == len({session.visitor_id for session in sessions})
    assert told["pageviews"] == sum(session.views_until(asked.instant) for session in sessions)
    assert told["avg_session_duration"] == (round(sum(lengths) / len(lengths), 2) if lengths else 0)
    assert told["new_visitors"] == len({s.visitor_id for s in sessions if s.past.visits == 0})


def test_visits_and_payments_are_counted_on_a_website_without_a_first_day() -> None:
    begin, end = BEGIN - HOUR, BEGIN
    one = World(42, msgspec.structs.replace(SITES["demo"], since=None, growth=None))
    assert one.ledger is not None
    minutes = range(begin // MINUTE - SETTLING_MINUTES, end // MINUTE)
    sessions = [session for minute in minutes for session in one.sessions_started(minute)]
    payments = [payment for session in sessions if (payment := one.ledger.purchase(session))]
    payments += [payment for minute in minutes for payment in one.ledger.renewals_in(minute)]
    drawing, past = KeptPasts().at(one, begin, end)
    facts = Facts(drawing, one.site.money)

    told = overview(facts, Selection(past, begin, end, Matching([], facts.dimensions, facts.masks)))

    assert told["sessions"] == sum(begin <= session.start < end for session in sessions) > 0
    assert told["payments"] == sum(begin <= payment.at < end for payment in payments) > 0


@given(short_questions)
def test_goals_are_those_that_profiles_list(asked: Asked) -> None:
    facts, chosen = select(asked)
    earlier = asked._replace(begin=asked.begin - SETTLING_MINUTES * MINUTE)
    reached: Counter[tuple[int, str]] = Counter()
    who: dict[tuple[int, str], set[str]] = {}
    for session in sessions_of(earlier):
        for moment in session.walk.moments:
            if moment.goal and asked.begin <= moment.at < asked.end and moment.at <= asked.instant:
                name = moment.goal.name if moment.kind == CUSTOM else moment.goal.url
                key = moment.kind, name or ""
                reached[key] += 1
                who.setdefault(key, set()).add(session.visitor_id)

    told = {(CUSTOM, row["goal"]): (row["completions"], row["visitors"]) for row in goals(facts, chosen)}
    told |= {
        (EXTERNAL_LINK, row["url"]): (row["clicks"], row["visitors"]) for row in exit_clicks(facts, chosen)
    }

    assert told == {key: (count, len(who[key])) for key, count in reached.items()}


@given(seeds, st.sampled_from(["demo", "edge_cases", "shop"]), instants)
def test_every_recent_payment_of_the_map_is_in_the_revenue(seed: int, site: str, instant: int) -> None:
    asked = Asked(seed, site, instant, instant - 10 * MINUTE + 1, instant + 1)
    money = SITES[site].money
    assert money is not None

    recent = world(seed, site).payments(instant)
    told = totals(*select(asked))

    assume(len(recent) < 100)
    amounts = [(round(payment.amount * 10**money.decimals), payment.is_renewal) for payment in recent]
    facts = facts_of(world(seed, site))
    assert told["payments"] == len(recent)
    assert told["revenue"] == facts.amount(sum(amount for amount, _ in amounts))
    assert told["revenueBreakdown"]["renewal"] == facts.amount(sum(a for a, renews in amounts if renews))


@given(seeds, sites, instants)
def test_who_is_on_the_map_is_in_the_last_hour(seed: int, site: str, instant: int) -> None:
    facts, chosen = select(Asked(seed, site, instant, instant - HOUR, instant + 1))
    one = world(seed, site)

    listed = visitors(facts, chosen, 0, 10_000, goal=None, is_customer=None).visitors

    ids = {one.population.id_of(row.visitor) for row in listed}
    on_map = one.shown(instant, _identity)
    assert {session.visitor_id for session in on_map} <= ids


def _identity(_world: World, session: Session, instant: int) -> tuple[int, Session]:
    return instant + 1, session


@given(questions(), filters, zones, st.sampled_from(["hour", "day", "week", "month"]))
def test_buckets_add_up_to_the_overview(
    asked: Asked, chosen_by: tuple[Filter, ...], zone: Any, interval: str
) -> None:
    facts, chosen = select(asked, chosen_by)
    buckets = buckets_of(Period(asked.begin, asked.end, zone), interval)

    rows, whole = timeseries(facts, chosen, buckets), totals(facts, chosen)

    assert whole.items() >= overview(facts, chosen).items()
    assert len(rows) == len(buckets)
    for name in ("sessions", "payments", "pageviews", "new_visitors"):
        assert sum(row[name] for row in rows) == whole[name]
    assert round(sum(row["revenue"] for row in rows), 3) == round(whole["revenue"], 3)
    for kind in ("new", "renewal", "refund"):
        added = sum(row["revenueBreakdown"][kind] for row in rows)
        assert round(added, 3) == round(whole["revenueBreakdown"][kind], 3)
    counts = [row["visitors"] for row in rows]
    assert max(counts, default=0) <= whole["visitors"] <= sum(counts)
    assert all(row["visitors"] <= row["sessions"] for row in rows)


@given(questions(), filters, st.sampled_from(PARTITIONS))
def test_each_partition_adds_up_to_the_overview(
    asked: Asked, chosen_by: tuple[Filter, ...], dimension: str
) -> None:
    facts, chosen = select(asked, chosen_by)

    rows, whole = breakdown(facts, chosen, dimension), overview(facts, chosen)

    assert sum(row["visitors"] for row in rows) == whole["visitors"]
    assert sum(row["payments"] for row in rows) == whole["payments"]
    assert round(sum(row["revenue"] for row in rows), 3) == round(whole["revenue"], 3)
    assert [row["visitors"] for row in rows] == sorted((row["visitors"] for row in rows), reverse=True)
    assert len({row["value"] for row in rows}) == len(rows)


@given(questions(), filters, st.sampled_from(["page", "hostname", "campaign"]))
def test_other_dimensions_stay_within_the_overview(
    asked: Asked, chosen_by: tuple[Filter, ...], dimension: str
) -> None:
    facts, chosen = select(asked, chosen_by)

    rows, whole = breakdown(facts, chosen, dimension), overview(facts, chosen)

    assert all(row["visitors"] <= whole["visitors"] for row in rows)
    added = sum(row["visitors"] for row in rows)
    assert added <= whole["visitors"] if dimension == "campaign" else added >= whole["visitors"]


def test_who_sees_a_page_at_the_first_and_the_third_visit_counts_once() -> None:
    # In four days, some visitors come three times.
    asked = Asked(42, "demo", DAYS[4] + 30 * HOUR, DAYS[4] - 3 * DAY, DAYS[4] + 30 * HOUR)
    facts, chosen = select(asked)
    rows = breakdown(facts, chosen, "page")

    alone = [overview(facts, select(asked, [Filter("page", "is", (row["value"],))])[1]) for row in rows]

    assert max(Counter(chosen.rows.visitor.tolist()).values()) == 3
    assert [row["visitors"] for row in rows] == [told["visitors"] for told in alone]


@given(questions(), st.sampled_from(["page", "hostname", "referrer", "country", "entry_page"]))
def test_a_filter_for_a_value_gives_that_values_row(asked: Asked, dimension: str) -> None:
    facts, chosen = select(asked)
    rows = breakdown(facts, chosen, dimension)
    middle = len(rows) // 2

    for row in rows[middle : middle + 1]:
        _, narrowed = select(asked, [Filter(dimension, "is", (row["value"],))])
        told = overview(facts, narrowed)
        assert told["payments"] == row["payments"]
        # By referrer and entry page, a visitor counts for the value of the first visit.
        least = told["visitors"] if dimension in ("page", "hostname", "country") else 0
        assert least <= row["visitors"] <= told["visitors"]


@given(questions(), filters.filter(len))
def test_a_filter_and_its_opposite_part_the_sessions(asked: Asked, chosen_by: tuple[Filter, ...]) -> None:
    opposites = {
        "is": "is_not",
        "is_not": "is",
        "contains": "does_not_contain",
        "does_not_contain": "contains",
    }
    one = chosen_by[0]
    assume(one.operator in opposites)
    opposite = Filter(one.name, opposites[one.operator], one.values)

    parts = [overview(*select(asked, [part])) for part in (one, opposite)]
    whole = overview(*select(asked))

    for name in ("sessions", "pageviews", "payments"):
        assert sum(part[name] for part in parts) == whole[name]
    assert all(part[name] <= whole[name] for part in parts for name in ("visitors", "sessions", "payments"))


@pytest.mark.long
@given(questions(), filters, st.integers(1, 60))
def test_pages_of_visitors_are_the_whole_list(
    asked: Asked, chosen_by: tuple[Filter, ...], limit: int
) -> None:
    facts, chosen = select(asked._replace(begin=max(asked.begin, asked.end - 8 * HOUR)), chosen_by)

    first = visitors(facts, chosen, 0, limit, goal=None, is_customer=None)
    pages = [
        visitors(facts, chosen, n, limit, goal=None, is_customer=None).visitors
        for n in range(0, first.total, limit)
    ]

    listed = [row for page in pages for row in page]
    assert first.total == len(listed) == overview(facts, chosen)["visitors"]
    assert len({row.visitor for row in listed}) == len(listed)
    assert [row.last_seen_at for row in listed] == sorted((r.last_seen_at for r in listed), reverse=True)


@pytest.mark.long
@given(questions(), filters)
def test_customers_and_others_part_the_list(asked: Asked, chosen_by: tuple[Filter, ...]) -> None:
    facts, chosen = select(asked._replace(begin=max(asked.begin, asked.end - 8 * HOUR)), chosen_by)
    one = world(asked.seed, asked.site)

    parts = {
        flag: visitors(facts, chosen, 0, 40, goal=None, is_customer=flag) for flag in (True, False, None)
    }

    assert parts[True].total + parts[False].total == parts[None].total
    for flag in (True, False):
        for row in parts[flag].visitors[:10]:
            life = one.life(one.population.id_of(row.visitor), asked.instant)
            assert bool(life.payments) == flag


@pytest.mark.long
@given(short_questions)
def test_rows_of_the_list_agree_with_profiles(asked: Asked) -> None:
    facts, chosen = select(asked._replace(end=asked.instant + 1, begin=asked.instant - HOUR))
    one = world(asked.seed, asked.site)

    for row in visitors(facts, chosen, 0, 8, goal=None, is_customer=None).visitors:
        life = one.life(one.population.id_of(row.visitor), asked.instant)
        assert life.sessions[-1].start == row.start
        assert life.sessions[-1].latest_view(asked.instant) == row.last_seen_at


@given(questions())
def test_goals_count_the_visitors_who_are_listed_with_them(asked: Asked) -> None:
    facts, chosen = select(asked)

    for row in goals(facts, chosen)[:3]:
        page = visitors(facts, chosen, 0, 5, goal=row["goal"], is_customer=None)
        assert page.total == row["visitors"]
        assert all(asked.begin <= listed.last_seen_at < asked.end for listed in page.visitors)


# 22 of the visitors who paid then had bought before, and did not come.
@example(Asked(42, "edge_cases", DAYS[3] + 6 * HOUR, DAYS[3], DAYS[3] + 6 * HOUR), ())
@given(questions(), filters)
def test_conversion_rates_count_the_visitors_who_paid(asked: Asked, chosen_by: tuple[Filter, ...]) -> None:
    facts, chosen = select(asked, chosen_by)
    buckets = buckets_of(Period(asked.begin, asked.end, zone_of("UTC")), "day")
    bought_by = chosen.past.buyers.visitor[chosen.payments.row]

    rates = [overview(facts, chosen), *timeseries(facts, chosen, buckets)]

    spans = [(asked.begin, asked.end), *((bucket.begin, bucket.end) for bucket in buckets)]
    for told, (begin, end) in zip(rates, spans, strict=True):
        came, paid = (
            set(who[(at >= begin) & (at < end)].tolist())
            for who, at in ((chosen.rows.visitor, chosen.rows.start), (bought_by, chosen.payments.at))
        )
        assert told["visitors"] == len(came)
        assert told["conversion_rate"] == share(len(came & paid), len(came))


@given(questions(), filters)
def test_goals_are_sorted_by_completions_and_links_by_visitors(
    asked: Asked, chosen_by: tuple[Filter, ...]
) -> None:
    facts, chosen = select(asked, chosen_by)

    completed = [(-row["completions"], row["goal"]) for row in goals(facts, chosen)]
    clicked = [(-row["visitors"], row["url"]) for row in exit_clicks(facts, chosen)]

    assert completed == sorted(completed)
    assert clicked == sorted(clicked)


@given(questions(), filters, st.integers(SETTLING_MINUTES * MINUTE, 40 * DAY))
def test_what_is_over_is_told_the_same_later(asked: Asked, chosen_by: tuple[Filter, ...], lapse: int) -> None:
    now = asked._replace(instant=asked.end + SETTLING_MINUTES * MINUTE)
    later = now._replace(instant=now.instant + lapse)

    assert _all_reports(now, chosen_by, PASTS) == _all_reports(later, chosen_by, PASTS)


@settings(max_examples=settings().max_examples // 4)  # each draws the past several times
@given(questions(), filters, st.lists(st.integers(-2 * DAY, 2 * DAY), min_size=1, max_size=3))
def test_what_was_asked_before_changes_no_report(
    asked: Asked, chosen_by: tuple[Filter, ...], others: list[int]
) -> None:
    used = KeptPasts()
    for lapse in others:
        select(asked._replace(instant=asked.instant + lapse), chosen_by, used)

    assert _all_reports(asked, chosen_by, used) == _all_reports(asked, chosen_by, KeptPasts())


@settings(max_examples=settings().max_examples // 4)  # each draws the past several times
@given(
    questions(), st.lists(st.integers(-3 * HOUR, 3 * HOUR) | st.integers(-2000, 2000), min_size=1, max_size=6)
)
def test_an_overview_that_is_polled_is_the_one_asked_once(asked: Asked, lapses: list[int]) -> None:
    used = KeptPasts()
    polls = [asked._replace(instant=(now := asked.instant + lapse), end=now + 1) for lapse in lapses]

    polled = [overview(*select(one, (), used)) for one in polls]

    assert polled == [overview(*select(one, (), KeptPasts())) for one in polls]


def _all_reports(asked: Asked, chosen_by: tuple[Filter, ...], pasts: KeptPasts) -> object:
    facts, chosen = select(asked, chosen_by, pasts)
    buckets = buckets_of(Period(asked.begin, asked.end, zone_of("Europe/Paris")), "hour")
    return (
        totals(facts, chosen),
        timeseries(facts, chosen, buckets),
        [breakdown(facts, chosen, name) for name in ("city", "page", "campaign")],
        goals(facts, chosen),
        visitors(facts, chosen, 3, 50, goal=None, is_customer=None),
    )


def test_reports_look_back_as_far_as_the_site_tells() -> None:
    crowd = msgspec.structs.replace(SITES["demo"], retention=3)

    assert beginning(crowd, instant_of("2026-02-06T05:00:00Z")) == instant_of("2026-02-03")
    assert beginning(crowd, instant_of("2025-03-04T05:00:00Z")) == BEGIN
    assert beginning(SITES["demo"], instant_of("2026-02-06T05:00:00Z")) == BEGIN


def test_another_world_of_the_same_seed_and_website_has_the_same_table() -> None:
    pasts = KeptPasts()
    first, second, third = (
        pasts.at(World(seed, SITES["quiet"]), BEGIN + DAY, BEGIN + 2 * DAY) for seed in (42, 42, 1)
    )

    assert second[0] is first[0]
    assert third[0] is not first[0]
