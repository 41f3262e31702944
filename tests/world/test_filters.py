"""The filters of reports: how a text is parsed, which texts are refused, and which sessions match."""

from functools import cache

import numpy as np
import pytest

from mock_server.instants import DAY, instant_of
from mock_server.world.past.kept import KeptPasts
from mock_server.world.reports.facts import Facts, facts_of
from mock_server.world.reports.filters import NAMES, Filter, FilterError, Matching, filter_of
from mock_server.world.reports.overview import overview
from mock_server.world.reports.selection import Selection
from mock_server.world.site_files import load_sites
from mock_server.world.world import World

NOW = instant_of("2026-02-06T05:27:30Z")


@cache
def _demo() -> tuple[Facts, Selection]:
    drawing, past = KeptPasts().at(World(42, load_sites()["demo"]), NOW - DAY, NOW)
    facts = facts_of(drawing)
    return facts, Selection(past, NOW - DAY, NOW + 1, Matching([], facts.dimensions, facts.masks))


def _sessions(name: str, text: str) -> int:
    """Returns the number of sessions of a day that match a filter."""
    facts, whole = _demo()
    matching = Matching([filter_of(name, text)], facts.dimensions, facts.masks)
    sessions = overview(facts, Selection(whole.past, whole.begin, whole.end, matching))["sessions"]
    assert isinstance(sessions, int)
    return sessions


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        pytest.param("country", "FR", Filter("country", "is", ("FR",)), id="a value"),
        pytest.param("country", "is:FR,DE", Filter("country", "is", ("FR", "DE")), id="values"),
        pytest.param(
            "country", "is_not: FR , ,FR", Filter("country", "is_not", ("FR",)), id="gaps and repeats"
        ),
        pytest.param("page", "contains:/docs", Filter("page", "contains", ("/docs",)), id="contains"),
        pytest.param("ref", "https://a.example", Filter("ref", "is", ("https://a.example",)), id="a colon"),
        pytest.param("visit_count", "gte:2", Filter("visit_count", "gte", ("2",)), id="at least"),
        pytest.param("goal", "", Filter("goal", "is", ()), id="nothing"),
    ],
)
def test_texts_of_filters(name: str, text: str, expected: Filter) -> None:
    assert filter_of(name, text) == expected


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        pytest.param(
            "country",
            "contains:F",
            "filter_country: 'contains' is not one of the operators is, is_not",
            id="operator",
        ),
        pytest.param(
            "page",
            "gte:1",
            "filter_page: 'gte' is not one of the operators is, is_not, contains,",
            id="of another",
        ),
        pytest.param("visit_count", "gte:many", "filter_visit_count: 'many' is not a number", id="no number"),
        pytest.param(
            "visit_count",
            "gt:2",
            "'gt:2' is not a number of visits; the operators are is, is_not, gte, lte",
            id="unknown operator of a number",
        ),
        pytest.param("visit_count", "gte:\u0663", "is not a number of visits", id="Arabic digit"),
        pytest.param("visit_count", "is:-1", "'-1' is not a number of visits", id="negative"),
        pytest.param("visit_count", "is:" + "9" * 5000, "is not a number of visits", id="endless"),
    ],
)
def test_refused_filters(name: str, text: str, problem: str) -> None:
    with pytest.raises(FilterError, match=problem):
        filter_of(name, text)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        pytest.param("country", "United States", "us", id="country by name and code"),
        pytest.param("region", "California", "US-CA", id="region by name and code"),
        pytest.param("region", "California", "CA", id="region by its own code"),
        pytest.param("referrer", "Google", "www.google.com", id="referrer by name and domain"),
        pytest.param("referrer", "X", "x.com", id="referrer without www"),
    ],
)
def test_a_value_has_several_names(name: str, one: str, other: str) -> None:
    assert _sessions(name, one) == _sessions(name, other) > 0


def test_safari_takes_mobile_safari() -> None:
    assert _sessions("browser", "Safari") > _sessions("browser", "Mobile Safari") > 0


@pytest.mark.parametrize("name", [name for name in NAMES if name != "visit_count"])
def test_unknown_values_let_nothing_through(name: str) -> None:
    every = overview(*_demo())["sessions"]

    assert _sessions(name, "no such thing") == _sessions(name, "") == 0
    assert _sessions(name, "is_not:no such thing") == every


def test_values_of_one_filter_are_alternatives() -> None:
    assert _sessions("country", "FR,DE") == _sessions("country", "FR") + _sessions("country", "DE")


def test_visit_counts_are_compared() -> None:
    every = overview(*_demo())["sessions"]

    assert _sessions("visit_count", "lte:1") == _sessions("visit_count", "1") > 0
    assert _sessions("visit_count", "lte:1") + _sessions("visit_count", "gte:2") == every


def test_many_values_take_no_long_time() -> None:
    assert _sessions("city", ",".join(f"no {n}" for n in range(50_000)) + ",Paris") == _sessions(
        "city", "Paris"
    )


def test_flags_are_those_of_the_rows() -> None:
    facts, whole = _demo()
    matching = Matching([Filter("device", "is", ("tablet",))], facts.dimensions, facts.masks)

    flags = matching(whole.past.rows)

    systems = [facts.vocabulary.systems[n].device for n in whole.past.rows.system]
    assert np.array_equal(flags, [device == "tablet" for device in systems])
