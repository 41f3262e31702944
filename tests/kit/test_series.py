"""The intervals, buckets and symbols of time series: each variant of a correct answer, and wrong ones."""

from datetime import datetime, timedelta

import pytest

from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome
from tests.kit.exchanges import answered, outcome_of

_PARIS = "startAt=2026-01-12&endAt=2026-01-14&timezone=Europe/Paris"


def _series(query: str, timestamp: str = "2026-01-12T00:00:00+01:00", **more: Json) -> Exchange:
    bucket = {"name": "12 Jan", "timestamp": timestamp, "visitors": 1}
    told = {"interval": "day", "timezone": "Europe/Paris", **more}
    return answered(f"/analytics/timeseries?{query}&fields=name,visitors", [bucket], **told)


@pytest.mark.parametrize(
    ("timestamp", "outcome"),
    [
        pytest.param("2026-01-12T00:00:00+01:00", Outcome.HOLDS, id="with the offset of the zone"),
        pytest.param("2026-01-11T23:00:00Z", Outcome.HOLDS, id="the same instant in UTC"),
        pytest.param("2026-01-12T00:00:00Z", Outcome.HOLDS, id="the day in UTC"),
        pytest.param("2026-01-11T00:00:00+01:00", Outcome.WARNING, id="the day before"),
        pytest.param("2026-01-13T00:00:00Z", Outcome.WARNING, id="the day after"),
        pytest.param("0001-01-12T00:00:00+14:00", Outcome.HOLDS, id="before all other time zones"),
    ],
)
def test_a_day_has_its_name_in_its_time_zone(timestamp: str, outcome: Outcome) -> None:
    assert outcome_of("SEL-19", [_series(f"{_PARIS}&interval=day", timestamp)]) is outcome


@pytest.mark.parametrize(
    ("dates", "outcome"),
    [
        pytest.param("startAt=2026-01-12&endAt=2026-01-14", Outcome.BROKEN, id="three dates"),
        pytest.param("startAt=2026-01-12&endAt=2026-01-12", Outcome.NOT_OBSERVED, id="one date"),
        pytest.param("", Outcome.WARNING, id="no dates"),
        pytest.param("startAt=2026-01-12", Outcome.NOT_OBSERVED, id="half a period"),
        pytest.param(
            "startAt=2026-01-12T05:00:00Z&endAt=2026-01-13T07:00:00Z", Outcome.BROKEN, id="26 hours"
        ),
        pytest.param(
            "startAt=2026-01-12T05:00:00Z&endAt=2026-01-13T06:00:00Z", Outcome.NOT_OBSERVED, id="25 hours"
        ),
        pytest.param(
            "startAt=2026-01-14T05:00:00Z&endAt=2026-01-12T05:00:00Z", Outcome.NOT_OBSERVED, id="backwards"
        ),
    ],
)
def test_another_interval_than_requested_is_noticed(dates: str, outcome: Outcome) -> None:
    told = _series(f"{dates}&interval=day", interval="hour")

    assert outcome_of("SEL-07", [told]) is outcome
    right = Outcome.NOT_OBSERVED if outcome is Outcome.NOT_OBSERVED else Outcome.HOLDS
    assert outcome_of("SEL-07", [_series(f"{dates}&interval=day")]) is right


@pytest.mark.parametrize(("buckets", "outcome"), [(6, Outcome.HOLDS), (7, Outcome.BROKEN)])
def test_instants_have_room_for_the_days_that_they_touch(buckets: int, outcome: Outcome) -> None:
    query = "startAt=2026-01-12T05:00:00Z&endAt=2026-01-14T20:00:00Z&interval=day&fields=visitors"
    told = answered(f"/analytics/timeseries?{query}", [{"visitors": 1}] * buckets, interval="day")

    assert outcome_of("SEL-07", [told]) is outcome


@pytest.mark.parametrize(("later", "outcome"), [("EUR", Outcome.BROKEN), ("USD", Outcome.NOT_OBSERVED)])
def test_a_setting_that_is_changed_meanwhile_is_unknown(later: str, outcome: Outcome) -> None:
    exchanges = [
        answered("/analytics/metadata", [{"currency": "EUR"}]),
        answered("/analytics/overview", [{"revenue": 1, "currency": "$"}]),
        answered("/analytics/metadata", [{"currency": later}]),
    ]

    assert outcome_of("SEL-12", exchanges) is outcome
    assert outcome_of("SEL-12", exchanges[::-1]) is outcome


@pytest.mark.parametrize(
    ("code", "told", "outcome"),
    [
        pytest.param("USD", "$", Outcome.HOLDS, id="dollars"),
        pytest.param("MXN", "$", Outcome.HOLDS, id="pesos"),
        pytest.param("usd", "$", Outcome.HOLDS, id="a code in small letters"),
        pytest.param("CHF", "CHF", Outcome.HOLDS, id="a currency without a symbol"),
        pytest.param("CAD", "CA$", Outcome.HOLDS, id="another symbol"),
        pytest.param("CHF", "$", Outcome.BROKEN, id="dollars for francs"),
        pytest.param("EUR", "$", Outcome.BROKEN, id="dollars for euros"),
        pytest.param("EUR", "usd", Outcome.BROKEN, id="another code in small letters"),
        pytest.param("EUR", "eur", Outcome.WARNING, id="the code in small letters"),
    ],
)
def test_a_symbol_can_stand_for_the_currency(code: str, told: str, outcome: Outcome) -> None:
    exchanges = [
        answered("/analytics/metadata", [{"currency": code}]),
        answered("/analytics/overview", [{"revenue": 1, "currency": told}]),
    ]

    assert outcome_of("SEL-12", exchanges) is outcome


@pytest.mark.parametrize(
    ("zone", "day", "first", "buckets", "outcome"),
    [
        pytest.param("UTC", "2026-01-12", "2026-01-12T00:00Z", 24, Outcome.HOLDS, id="a day"),
        pytest.param("UTC", "2026-01-12", "2026-01-12T00:00Z", 25, Outcome.BROKEN, id="an hour more"),
        pytest.param("UTC", "2026-01-12", "2026-01-12T01:00Z", 24, Outcome.HOLDS, id="from one to one"),
        pytest.param(
            "Europe/Paris", "2025-10-26", "2025-10-25T22:00Z", 25, Outcome.HOLDS, id="the end of summer time"
        ),
        pytest.param(
            "Europe/Paris", "2025-10-26", "2025-10-25T22:00Z", 26, Outcome.BROKEN, id="an hour more, then"
        ),
        pytest.param(
            "Europe/Paris",
            "2025-03-30",
            "2025-03-29T23:00Z",
            24,
            Outcome.BROKEN,
            id="an hour more, in spring",
        ),
        pytest.param(
            "Asia/Kolkata", "2026-01-12", "2026-01-11T18:00Z", 25, Outcome.HOLDS, id="hours of UTC in India"
        ),
        pytest.param(
            "America/Santiago", "2025-09-07", "2025-09-07T04:00Z", 23, Outcome.HOLDS, id="without midnight"
        ),
        pytest.param("Nowhere", "2026-01-12", "2026-01-12T00:00Z", 25, Outcome.HOLDS, id="an unknown zone"),
    ],
)
def test_one_date_covers_no_more_than_its_day(
    zone: str, day: str, first: str, buckets: int, outcome: Outcome
) -> None:
    begin = datetime.fromisoformat(first)
    rows = [{"timestamp": (begin + timedelta(hours=n)).isoformat()} for n in range(buckets)]
    query = f"startAt={day}&endAt={day}&timezone={zone}&fields=name&interval=hour"
    told = answered(f"/analytics/timeseries?{query}", rows, interval="hour", timezone=zone)

    assert outcome_of("SUM-22", [told]) is outcome
