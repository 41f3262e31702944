"""Columns and single sessions use the same random numbers, so a visit's row agrees with its session."""

from bisect import bisect_right
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.instants import MINUTE, instant_of
from mock_server.world.chance import UNIT_16, WORD, Chance, mix, nth, words
from mock_server.world.lengths import duration
from mock_server.world.past import coins
from mock_server.world.past.births import births_in
from mock_server.world.past.buyers import highest
from mock_server.world.past.drawing import Drawing, Stretch
from mock_server.world.past.lengths import durations
from mock_server.world.residents import MOST_REGULAR_VISITS
from mock_server.world.sessions import Session
from mock_server.world.visits import BORN, PURCHASE, REGULAR
from mock_server.world.walk import EXTERNAL_LINK, NEVER
from mock_server.world.world import World
from tests.sites import SITES
from tests.timing import assert_cheap

BEGIN = instant_of("2025-03-03") // MINUTE
END = instant_of("2032-01-01") // MINUTE
seeds = st.integers(-(2**63), 2**63 - 1)
minutes = st.integers(BEGIN, END) | st.integers(BEGIN - 60, BEGIN + 60 * 24 * 40)
sites = st.sampled_from(sorted(SITES))


@lru_cache(16)
def drawn(seed: int, site: str) -> tuple[World, Drawing]:
    world = World(seed, SITES[site])
    return world, Drawing(world)


def test_a_regular_comes_a_thousand_times_at_most() -> None:
    world, drawing = drawn(42, "demo")
    [visitor, _] = world.population.residents.regulars
    visits = world.population.visits_of(visitor, instant_of("9990-01-01"))
    minutes = [visits[-1].start // MINUTE + n * 7 * 24 * 60 for n in (0, 1)]

    assert len(visits) == MOST_REGULAR_VISITS
    assert world.population.past_of(visits[-1]).visits == MOST_REGULAR_VISITS - 1
    for minute, visit in zip(minutes, (visits[-1:], []), strict=True):
        started = [one for one in world.population.visits_started(minute) if one.visitor == visitor]
        columns = drawing.visit_columns.started(minute, minute + 1)
        assert started == visit
        assert int((columns.kind == REGULAR).sum()) == len(visit)


def test_earlier_purchases_cost_as_much_in_any_year() -> None:
    drawing = Drawing(World(43, SITES["demo"]))

    assert_cheap(lambda: drawing.earlier_purchases(instant_of("9000-01-01") // MINUTE), 10_000_000)


@given(st.lists(st.integers(0, WORD), min_size=1, max_size=50), st.integers(0, 200))
def test_columns_mix_as_single_numbers_do(numbers: list[int], number: int) -> None:
    column = np.array(numbers, np.uint64)

    assert coins.mixed(column.copy()).tolist() == [mix(word) for word in numbers]
    assert coins.nth(column, number).tolist() == [nth(word, number) for word in numbers]


@given(st.integers(0, WORD), st.integers(1, 200))
def test_words_drawn_at_once_are_those_drawn_one_by_one(state: int, count: int) -> None:
    at_once = np.frombuffer(words(state, count), np.uint64)[::2]

    assert at_once.tolist() == [nth(state, number) for number in range(count)]


@given(seeds, st.integers(0, 9), st.integers(-(2**38), 2**38), st.integers(0, 1000), st.integers(0, 3))
def test_columns_have_the_states_of_single_minutes(
    seed: int, purpose: int, minute: int, wave: int, kind: int
) -> None:
    chance = Chance(seed, "site")

    [state] = coins.states(chance, purpose, np.array([minute]), wave=wave, kind=kind)

    assert int(state) == chance.state(purpose, minute, wave=wave, kind=kind)


@given(
    st.sampled_from([16, 32]),
    st.lists(st.lists(st.floats(0, 1), max_size=4), min_size=1, max_size=3),
    st.sampled_from([0, 100]),
    st.lists(st.floats(0, 1, exclude_max=True), min_size=1),
)
def test_a_table_finds_the_bounds_that_a_search_finds(
    bits: int, shares: list[list[float]], unused: int, drawn_shares: list[float]
) -> None:
    lists = [sorted(round(share * 2**bits) for share in own) for own in shares]
    # With this many lists, bounds are found by a search and not in a table.
    search = coins.BoundSearch([*lists, *([[]] * unused)], bits)
    tossed = [int(share * 2**bits) for share in drawn_shares]
    tossed += [bound - one for own in lists for bound in own for one in (0, 1) if 0 <= bound - one < 2**bits]

    for n, own in enumerate(lists):
        before = sum(map(len, lists[:n]))
        found = search.of(np.array(tossed), n)
        assert found.tolist() == [before + bisect_right(own, coin) for coin in tossed]


@given(
    st.lists(st.tuples(st.integers(0, 2), st.sampled_from([0, 1, 60_000, 65_535])), max_size=90),
    st.lists(st.integers(0, 4), min_size=3, max_size=3),
)
def test_the_highest_coins_of_each_place_are_found(tossed: list[tuple[int, int]], counts: list[int]) -> None:
    place, drawn_coins = np.array(tossed, np.int64).reshape(-1, 2).T
    ranked = sorted(((place, coin, row) for row, (place, coin) in enumerate(tossed)), reverse=True)
    of_place = [[row for place, _, row in ranked if place == n][: counts[n]] for n in range(3)]

    found = highest(drawn_coins, place, np.array(counts))

    assert sorted(found.tolist()) == sorted(row for rows in of_place for row in rows)


@given(seeds, sites, minutes, st.integers(0, 130))
def test_as_many_are_born_in_columns(seed: int, site: str, minute: int, count: int) -> None:
    population = World(seed, SITES[site]).population
    one_by_one = [population.births(minute + n) for n in range(count)]

    assert births_in(population, minute, minute + count).tolist() == one_by_one


@given(seeds, sites, minutes, st.integers(0, 1500))
def test_the_same_visitors_buy_in_columns(seed: int, site: str, minute: int, count: int) -> None:
    count = 2 if site == "launch_day" else count
    world, drawing = drawn(seed, site)
    population = world.population
    visits = [v for n in range(count) for v in population.purchases_started(minute + n)]
    bought = [v for v in visits if world.sessions.outcome(v, population.past_of(v)) == PURCHASE]

    told = drawing.visit_columns.purchases(minute, minute + count)

    told = told.take(np.flatnonzero(told.kind == BORN))
    in_columns = zip(told.start.tolist(), told.minute.tolist(), told.number.tolist(), strict=True)
    assert sorted(in_columns) == sorted((v.start, v.visitor.minute, v.visitor.number) for v in bought)


@pytest.mark.parametrize("site", sorted(SITES))
def test_a_column_has_the_length_of_each_coin(site: str) -> None:
    lengths = [duration(SITES[site], coin * UNIT_16) for coin in range(1 << 16)]

    assert durations(SITES[site]).tolist() == lengths


@given(seeds, sites, minutes, st.integers(1, 40))
def test_columns_tell_of_each_visit_what_its_session_tells(
    seed: int, site: str, minute: int, count: int
) -> None:
    count = 2 if site == "launch_day" else count
    world, drawing = drawn(seed, site)
    sessions = [s for n in range(count) for s in world.sessions_started(minute + n)]

    told = drawing.visits(minute, minute + count, None)

    assert _as_rows(drawing, told) == sorted(_as_row(session, NEVER) for session in sessions)


@given(seeds, sites, minutes, st.integers(0, 46 * MINUTE))
def test_columns_tell_nothing_that_is_to_come(seed: int, site: str, minute: int, lapse: int) -> None:
    world, drawing = drawn(seed, site)
    until = minute * MINUTE + lapse
    sessions = [s for s in world.sessions_started(minute) if s.start <= until]

    told = drawing.visits(minute, minute + 1, until)

    assert _as_rows(drawing, told) == sorted(_as_row(session, until) for session in sessions)


def _as_rows(drawing: Drawing, told: Stretch) -> list[tuple[object, ...]]:
    """Returns the facts of the drawn columns, one tuple for each visit, sorted."""
    visits, courses, walks = told.visits, told.courses, drawing.walks
    goals: list[list[tuple[int, str, str]]] = [[] for _ in range(len(visits))]
    reached = zip(courses.goal_row, courses.goal_at, courses.goal, courses.goal_coin, strict=True)
    for row, at, number, coin in reached:
        target = walks.goals[number]
        properties = drawing.properties.of(target.name, int(coin)) if target.name else {}
        goals[row].append((int(at), target.name or target.url, str(properties)))
    rows = []
    for n in range(len(visits)):
        system, place = drawing.personas.systems[told.system[n]], drawing.personas.places[told.place[n]]
        names = {walks.goals[m].name or walks.goals[m].url for m in _set_of(courses.goals[n])}
        assert names == {name for _, name, _ in goals[n]}
        rows.append(
            (
                *(int(getattr(visits, name)[n]) for name in ("start", "kind", "minute", "number", "wave")),
                int(visits.earlier[n]),
                (bool(visits.is_customer[n]), bool(visits.is_identified[n])),
                (str(place[:4]), tuple(map(str, system))),
                (
                    walks.sources[courses.source[n]].referrer or "",
                    str(walks.sources[courses.source[n]].params),
                ),
                drawing.site.pages[courses.entry[n]].path,
                tuple(sorted(drawing.site.pages[m].path for m in _set_of(courses.pages[n]))),
                (int(courses.views[n]), int(courses.length[n]), int(courses.paid_at[n])),
                tuple(sorted(goals[n])),
            )
        )
    return sorted(rows)


def _set_of(words_of_mask: np.ndarray) -> list[int]:
    bits = words_of_mask.dtype.itemsize * 8
    mask = sum(int(word) << bits * n for n, word in enumerate(words_of_mask))
    return [n for n in range(mask.bit_length()) if mask >> n & 1]


def _as_row(session: Session, until: int) -> tuple[object, ...]:
    """Returns the facts of a session up to an instant, as a tuple in the form of `_as_rows`."""
    walk, persona, visit = session.walk, session.persona, session.visit
    count = session.views_until(until)
    goals = [
        (
            moment.at,
            moment.goal.url if moment.kind == EXTERNAL_LINK else moment.goal.name,
            str(session.properties_of(moment)),
        )
        for moment in walk.moments
        if moment.goal is not None and moment.at <= until
    ]
    paid_at = walk.paid_at if walk.paid_at is not None and walk.paid_at <= until else 0
    device = (persona.device.type, persona.device.os, persona.device.browser)
    return (
        *(session.start, *visit.visitor, visit.wave),
        session.past.visits,
        (session.past.is_customer, session.past.is_identified),
        (str(persona.place[:4]), tuple(map(str, device))),
        (session.source.referrer or "", str(session.source.params)),
        walk.pages[0].path,
        tuple(sorted({page.path for page in walk.pages[:count]})),
        (count, walk.views[count - 1] - session.start, paid_at),
        tuple(sorted(goals)),
    )
