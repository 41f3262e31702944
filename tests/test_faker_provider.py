"""The Faker provider, as a factory of users' tests uses it."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from faker import Faker

from mock_server import faker_provider
from mock_server.contract.document import REVISIONS
from mock_server.errors import InputError
from mock_server.faker_provider import MOST_BYTES, DataFastProvider
from tests.quick import quick
from tests.schemas import strict_validator

KINDS = ("visitor", "event", "payment", "profile")


def faker(seed: int) -> Faker:
    fake = Faker()
    fake.add_provider(DataFastProvider)
    fake.seed_instance(seed)
    return fake


def make(fake: Faker, kind: str) -> Callable[..., dict[str, Any]]:
    method: Callable[..., dict[str, Any]] = getattr(fake, f"datafast_{kind}")
    return method


@pytest.mark.parametrize("revision", quick(REVISIONS, 1))
def test_rows_fit_the_documented_map(revision: str) -> None:
    fake = faker(1)
    answer = {
        "count": 8,
        "visitors": [fake.datafast_visitor(revision=revision) for _ in range(8)],
        "hasConversionPredictions": True,
        "conversionMetrics": {"baselineConversionRate": 0.01, "baselineAverageValue": 49},
        "recentEvents": [fake.datafast_event(revision=revision) for _ in range(8)],
        "recentPayments": [fake.datafast_payment(revision=revision) for _ in range(8)],
    }

    strict_validator(revision, "getRealtimeMap", 200).validate({"status": "success", "data": answer})


@pytest.mark.parametrize("revision", REVISIONS)
def test_profiles_fit_the_documented_ones(revision: str) -> None:
    fake = faker(2)

    for _ in range(8):
        profile = fake.datafast_profile(revision=revision)
        strict_validator(revision, "getVisitor", 200).validate({"status": "success", "data": profile})


@pytest.mark.parametrize("kind", quick(KINDS, 2))
def test_a_seed_gives_the_same_values_and_another_seed_others(kind: str) -> None:
    first, again, other = ([make(fake, kind)() for _ in range(5)] for fake in (faker(7), faker(7), faker(8)))

    assert first == again
    assert first != other


@pytest.mark.long
def test_values_are_many() -> None:
    fake = faker(3)

    ids = {fake.datafast_visitor()["visitorId"] for _ in range(40)}

    assert len(ids) > 30


def test_values_belong_to_the_caller() -> None:
    changed = faker(3).datafast_visitor()
    changed["location"]["city"] = "Changed"

    assert faker(3).datafast_visitor()["location"]["city"] != "Changed"


def test_a_site_gives_its_own_values() -> None:
    fake = faker(4)

    assert {fake.datafast_payment(site="shop")["currency"] for _ in range(5)} == {"JPY"}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param({"site": "nowhere"}, "known: demo", id="unknown site"),
        pytest.param({"revision": "2020-01"}, "known: 2026-02", id="unknown revision"),
        pytest.param({"site": "empty"}, "always empty", id="nobody there"),
    ],
)
def test_unknown_names_are_refused_with_a_reason(arguments: dict[str, str], problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        faker(5).datafast_visitor(**arguments)


@pytest.mark.long
def test_cache_is_bounded_in_bytes() -> None:
    fake = faker(3)
    sizes = [len(json.dumps(fake.datafast_visitor(site="launch_day"))) for _ in range(4)]

    # Each call needs the rows of another instant, about five thousand rows of this size.
    assert 5_000 * sum(sizes) > MOST_BYTES
    assert MOST_BYTES / 4 < faker_provider._rows.cache_info().currsize <= MOST_BYTES
