"""The command `report`: its figures are those of the API, and its complaints name the options."""

import httpx2
import pytest

from mock_server.instants import DAY, instant_of, iso_of
from tests.command import ended
from tests.credentials import bearer
from tests.instants import INSTANT
from tests.quick import quick

TODAY = instant_of(INSTANT) // DAY * DAY
FROM, TO = (iso_of(TODAY - days * DAY)[:10] for days in (7, 1))


def test_figures_are_those_of_the_api(api: httpx2.Client) -> None:
    query = {"startAt": FROM, "endAt": TO}
    figures = api.get("/analytics/overview", params=query, headers=bearer("df_test")).json()["data"][0]
    pages = api.get("/analytics/pages", params=query, headers=bearer("df_test")).json()

    result = ended("report", "--from", FROM, "--to", TO, "--now", INSTANT)

    assert result.returncode == 0, result.stderr
    words = result.stdout.split()
    assert result.stdout.startswith(f"codefa.st  ·  {FROM} to {TO}  ·  America/New_York\n")
    assert f"{figures['visitors']:,}" in words
    assert f"${figures['revenue']:,}" in words
    assert "Visitors by day\n" in result.stdout
    for row in pages["data"][:8]:
        assert f"{row['visitors']:,}" in words
    assert f"  … and {pages['pagination']['total'] - 8} more\n" in result.stdout


@pytest.mark.parametrize("site", quick(["empty", "edge_cases", "no_revenue", "quiet"], 1))
def test_every_website_has_a_report(site: str) -> None:
    result = ended("report", "--site", site, "--from", TO, "--to", TO, "--now", INSTANT)

    assert result.returncode == 0, result.stderr
    assert "Visitors by hour" in result.stdout
    assert ("revenue" in result.stdout) == (site == "edge_cases")


@pytest.mark.long
def test_without_dates_it_is_about_the_whole_past() -> None:
    result = ended("report", "--site", "quiet", "--now", INSTANT, "--timezone", "Asia/Tokyo")

    assert "·  all time  ·  Asia/Tokyo\n" in result.stdout
    assert "Visitors by month, the last 12\n" in result.stdout


def test_website_seed_and_instant_may_be_variables_as_for_serve() -> None:
    period = ("--from", FROM, "--to", TO)
    variables = {"SITE": "quiet", "SEED": "7", "NOW": iso_of(TODAY - 3 * DAY), "TIMEZONE": "Mars", "TO": "x"}
    environment = {f"DATAFAST_MOCK_{name}": value for name, value in variables.items()}
    options = ("--site", "quiet", "--seed", "7", "--now", variables["NOW"])

    told = ended("report", *period, environment=environment)

    assert told.stdout.startswith("quiet-corner.example")
    assert told.stdout == ended("report", *period, *options).stdout
    assert told.stdout != ended("report", *period, *options[:4], "--now", INSTANT).stdout


def test_a_wrong_variable_of_a_report_is_named() -> None:
    result = ended("report", environment={"DATAFAST_MOCK_SITE": "nowhere"})

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("datafast-mock: DATAFAST_MOCK_SITE: --site: there is no 'nowhere'")


@pytest.mark.parametrize(
    ("begin", "end", "curve"),
    quick(
        [
            pytest.param(
                "1500-01-01", "2499-12-31", "Visitors by month, the last 32\n", id="a thousand years"
            ),
            pytest.param(
                "0001-01-01", "9999-12-31", "Visitors by month: the period is too long", id="all years"
            ),
        ],
        1,
    ),
)
def test_a_period_of_any_length_has_a_whole_report(begin: str, end: str, curve: str) -> None:
    result = ended("report", "--site", "quiet", "--now", INSTANT, "--from", begin, "--to", end)

    assert (result.returncode, result.stderr) == (0, "")
    assert curve in result.stdout
    assert "Operating systems" in result.stdout


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        pytest.param(("--site", "nowhere"), "there is no 'nowhere'; known: demo, ", id="site"),
        pytest.param(("--from", "2026-01-01"), "--from, --to: give both or neither", id="one date"),
        pytest.param(("--from", "x", "--to", "2026-01-01"), "--from: 'x' is neither a date", id="no date"),
        pytest.param(
            ("--from", "2026-01-01", "--to", "2026-01-02 10:00"),
            "such as 2026-02-06, nor an instant with a time zone\n",
            id="no zone",
        ),
        pytest.param(
            ("--from", "2026-01-02", "--to", "2026-01-01"),
            "--from, --to: --to is before --from\n",
            id="order",
        ),
        pytest.param(("--timezone", "Mars"), "mock: --timezone: 'Mars' is not an IANA time zone", id="zone"),
        pytest.param(("--now", "yesterday"), "'yesterday' is not an ISO 8601 instant", id="instant"),
    ],
)
def test_invalid_options_are_refused_in_one_line(options: tuple[str, ...], problem: str) -> None:
    result = ended("report", *options)

    assert (result.returncode, result.stdout, result.stderr.count("\n")) == (2, "", 1)
    assert problem in result.stderr
