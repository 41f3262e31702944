"""Periods and buckets: how two texts and a time zone are read, also around short, long or shifted days."""

from datetime import UTC, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mock_server.instants import DAY, HOUR, MINUTE, instant_of, iso_of
from mock_server.world.reports.period import (
    INTERVALS,
    Period,
    PeriodError,
    as_whole_days,
    buckets_of,
    period_of,
    usual_period,
    zone_of,
)

PARIS, NEW_YORK, LORD_HOWE, APIA = (
    zone_of(name) for name in ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
)
UTC_ZONE = zone_of("UTC")
zones = st.sampled_from(["UTC", "Europe/Paris", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia"])


def test_dates_are_whole_days_of_the_zone() -> None:
    period = period_of("2026-02-06", "2026-02-07", NEW_YORK)

    assert period is not None
    assert iso_of(period.begin) == "2026-02-06T05:00:00.000Z"
    assert iso_of(period.end) == "2026-02-08T05:00:00.000Z"


def test_instants_are_included() -> None:
    period = period_of("2026-02-06T05:00:00Z", "2026-02-06T07:00:00+01:00", PARIS)

    assert period is not None
    assert (period.begin, period.end) == (instant_of("2026-02-06T05"), instant_of("2026-02-06T06") + 1)
    assert period.is_one_day


def test_no_dates_are_no_period() -> None:
    assert period_of(None, None, PARIS) is None


@pytest.mark.parametrize(
    ("start_at", "end_at", "problem"),
    [
        pytest.param("2026-02-06", None, "given together or not at all", id="no end"),
        pytest.param(None, "2026-02-06", "given together or not at all", id="no start"),
        pytest.param("2026-02-06", "2026-02-05", "endAt is before startAt", id="backwards"),
        pytest.param("2026-02-30", "2026-03-01", "startAt: '2026-02-30' is neither a date", id="no such day"),
        pytest.param("2026-02-06", "soon", "endAt: 'soon' is neither a date", id="no date"),
        pytest.param("2026-02-06", "2026-02-07T10:00:00", "nor an instant with a time zone", id="no offset"),
        pytest.param("", "", "startAt: '' is neither a date", id="empty"),
        pytest.param("2026-02-06T10:00:00 01:00", "", "the \\+ of an offset is written %2B", id="lost plus"),
    ],
)
def test_what_is_no_period_is_refused(start_at: str | None, end_at: str | None, problem: str) -> None:
    with pytest.raises(PeriodError, match=problem):
        period_of(start_at, end_at, PARIS)


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "../../etc/passwd", "/etc/localtime", "a" * 5000, "\x00"]
)
def test_what_is_no_zone_is_refused(name: str) -> None:
    with pytest.raises(PeriodError, match="is not an IANA time zone"):
        zone_of(name)


@pytest.mark.parametrize("name", ["localtime", "posixrules", "Factory", "right/UTC", "posix/Europe/Paris"])
def test_files_beside_the_zones_are_no_zones(name: str) -> None:
    # Only some systems have them, so a name would be accepted on one machine and refused on another.
    with pytest.raises(PeriodError, match=f"timezone: '{name}' is not an IANA time zone"):
        zone_of(name)


@pytest.mark.parametrize("zone", [UTC_ZONE, NEW_YORK, LORD_HOWE])
@pytest.mark.parametrize(
    ("start_at", "end_at"),
    [
        pytest.param("0001-01-01", "9999-12-31", id="dates"),
        pytest.param("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.9999999Z", id="instants"),
        pytest.param("0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-05:00", id="beyond the years in UTC"),
    ],
)
def test_all_years_of_the_calendar_are_a_period_that_can_be_written(
    start_at: str, end_at: str, zone: ZoneInfo
) -> None:
    period = period_of(start_at, end_at, zone)

    assert period is not None
    assert iso_of(period.begin).startswith("0001-01-01T")
    assert iso_of(period.end - 1).startswith("9999-12-31T")
    assert as_whole_days(start_at, end_at)[0] == start_at


@pytest.mark.parametrize("interval", INTERVALS)
def test_buckets_beyond_the_calendar_are_refused(interval: str) -> None:
    period = period_of("9999-12-01", "9999-12-31", NEW_YORK)
    assert period is not None

    with pytest.raises(PeriodError, match="outside the calendar"):
        buckets_of(period, interval)


def test_a_day_that_a_zone_skipped_is_empty() -> None:
    # Samoa went from 29 to 31 December 2011.
    period = period_of("2011-12-30", "2011-12-30", APIA)

    assert period is not None
    assert period.begin == period.end == instant_of("2011-12-30T10:00:00Z")
    assert buckets_of(period, "day") == []
    with pytest.raises(PeriodError, match="endAt is before startAt"):
        period_of("2011-12-31", "2011-12-29", APIA)


@pytest.mark.parametrize(
    ("texts", "taken_for"),
    [
        pytest.param(
            ("2026-02-06T00:00:00Z", "2026-02-07T23:59:59Z"), ("2026-02-06", "2026-02-07"), id="a day"
        ),
        pytest.param(
            ("2026-02-06T00:00:00.000Z", "2026-02-06T23:59:59.999Z"), ("2026-02-06",) * 2, id="with ms"
        ),
        pytest.param(("2026-02-06T00:00:00Z", "2026-02-07T12:00:00Z"), None, id="half a day"),
        pytest.param(("2026-02-06", "2026-02-07T23:59:00Z"), None, id="a date and an instant"),
    ],
)
def test_days_by_utc_are_read_as_dates(texts: tuple[str, str], taken_for: tuple[str, str] | None) -> None:
    assert as_whole_days(*texts) == (taken_for or texts)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        pytest.param("2026-03-29", PARIS, 23, id="clocks go forward"),
        pytest.param("2026-10-25", PARIS, 25, id="clocks go back"),
        pytest.param("2026-02-06", PARIS, 24, id="any other day"),
        pytest.param("2026-03-08", NEW_YORK, 23, id="in New York"),
    ],
)
def test_a_day_has_the_hours_it_has(day: str, zone: object, hours: int) -> None:
    period = period_of(day, day, zone)  # type: ignore[arg-type]

    assert period is not None
    buckets = buckets_of(period, "hour")
    assert len(buckets) == hours
    assert period.end - period.begin == hours * HOUR
    assert period.is_one_day


@pytest.mark.parametrize("day", ["2026-04-05", "2026-10-04"])
def test_half_an_hour_that_is_moved_belongs_to_the_hour_before(day: str) -> None:
    period = period_of(day, day, LORD_HOWE)
    assert period is not None

    lengths = [bucket.end - bucket.begin for bucket in buckets_of(period, "hour")]

    assert sorted(set(lengths)) == [HOUR, 90 * MINUTE]
    assert lengths.count(90 * MINUTE) == 1


@pytest.mark.parametrize(
    ("now", "begin"),
    [
        pytest.param("2026-04-05T15:10:00Z", "2026-04-06T01:00:00+10:30", id="just after"),
        pytest.param("2026-04-04T15:10:00Z", "2026-04-05T01:00:00+11:00", id="in the half hour"),
        pytest.param("2026-04-04T14:50:00Z", "2026-04-05T01:00:00+11:00", id="before"),
    ],
)
def test_an_hour_begins_at_its_full_hour_even_if_half_an_hour_was_moved(now: str, begin: str) -> None:
    instant = instant_of(now)

    [bucket] = buckets_of(Period(instant, instant + 1, LORD_HOWE), "hour")
    usual = buckets_of(usual_period("hour", instant, LORD_HOWE), "hour")

    assert bucket.timestamp == begin
    assert usual[-1] == bucket
    assert len(usual) == 24
    assert {one.timestamp[14:16] for one in usual} == {"00"}
    assert usual_period("hour", instant, LORD_HOWE).begin == usual[0].begin


def test_buckets_are_named_and_carry_the_offset() -> None:
    period = Period(instant_of("2025-12-31"), instant_of("2026-01-06"), PARIS)

    told = {interval: buckets_of(period, interval) for interval in INTERVALS}

    assert [bucket.name for bucket in told["day"]][:2] == ["31 Dec", "01 Jan"]
    assert [bucket.name for bucket in told["week"]] == ["29 Dec", "05 Jan"]
    assert [bucket.name for bucket in told["month"]] == ["Dec", "Jan"]
    assert told["hour"][0].name == "01:00"
    assert told["day"][0].timestamp == "2025-12-31T00:00:00+01:00"
    assert buckets_of(period._replace(zone=UTC_ZONE), "day")[0].timestamp == "2025-12-31T00:00:00Z"


def test_a_thousand_years_have_too_many_days_and_not_too_many_months() -> None:
    period = period_of("1500-01-01", "2499-12-31", UTC_ZONE)
    assert period is not None

    with pytest.raises(PeriodError, match="more than 50,000 buckets of one day"):
        buckets_of(period, "day")
    assert len(buckets_of(period, "month")) == 12_000


@pytest.mark.parametrize(
    ("interval", "count"), [("hour", 24), ("day", 30), ("month", 12)], ids=["a day", "30 days", "a year"]
)
def test_usual_periods(interval: str, count: int) -> None:
    now = instant_of("2026-02-06T05:27:30Z")

    buckets = buckets_of(usual_period(interval, now, NEW_YORK), interval)

    assert len(buckets) == count
    assert buckets[-1].begin <= now < buckets[-1].end


@given(
    st.integers(0, 4_000_000_000).map(lambda s: s * 1000),
    st.integers(1, 100 * DAY),
    zones,
    st.sampled_from(INTERVALS),
)
def test_buckets_follow_each_other_without_a_gap(begin: int, length: int, zone: str, interval: str) -> None:
    period = Period(begin, begin + length, zone_of(zone))

    buckets = buckets_of(period, interval)

    assert buckets[0].begin <= period.begin < buckets[0].end
    assert buckets[-1].begin < period.end <= buckets[-1].end
    assert all(one.end == other.begin for one, other in pairwise(buckets))
    # The timestamp of a bucket is the instant at which it begins, in the local time of the zone.
    told = [datetime.fromisoformat(bucket.timestamp).astimezone(UTC).timestamp() for bucket in buckets]
    assert told == [bucket.begin // 1000 for bucket in buckets]
