"""The clauses about what reports select: they accuse no correct server, and notice faults."""

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest

from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.recording import Recording

pytestmark = pytest.mark.long

_CLAUSES = {clause.id: clause for clause in all_clauses()}

Edit = Callable[[Json, dict[str, list[str]]], object]


def _outcome(recorded: list[Exchange], clause: str, operation: str, edit: Edit) -> Outcome:
    """Returns the verdict of a clause after the answers of an operation are edited."""

    def edited(exchange: Exchange) -> Exchange:
        if exchange.operation != operation or not exchange.is_success:
            return exchange
        body = msgspec.json.decode(exchange.body)
        edit(body, parse_qs(urlsplit(exchange.url).query))
        return replace(exchange, body=msgspec.json.encode(body))

    return judge(Recording(map(edited, recorded)), [_CLAUSES[clause]])[0].outcome


def _without_unknown_countries(body: Json, query: dict[str, list[str]]) -> None:
    if query.get("filter_country", [""])[0].startswith("is_not:"):
        body["data"][0]["sessions"] = int(body["data"][0]["sessions"] * 0.8)


def _a_third_fewer(body: Json, query: dict[str, list[str]]) -> None:
    if "filter_referrer" in query:
        body["data"][0]["visitors"] = int(body["data"][0]["visitors"] * 0.7)


def _two_of_a_name(body: Json, _query: dict[str, list[str]]) -> None:
    body["data"][1]["region"] = body["data"][0]["region"]


def _a_third_elsewhere(body: Json, _query: dict[str, list[str]]) -> None:
    for row in body["data"][::3]:
        row["identity"]["browser"] = "Mosaic"


def _half_elsewhere(body: Json, _query: dict[str, list[str]]) -> None:
    body["data"] = body["data"][: len(body["data"]) // 2 * 2]
    for row in body["data"][::2]:
        row["identity"]["browser"] = "Mosaic"


def _without_revenue(body: Json, _query: dict[str, list[str]]) -> None:
    for row in body["data"]:
        row.pop("revenue", None)


@pytest.mark.parametrize(
    ("clause", "operation", "edit", "outcome"),
    [
        pytest.param(
            "SUM-12", "getOverview", _without_unknown_countries, Outcome.WARNING, id="is_not of no country"
        ),
        pytest.param("SEL-01", "getOverview", _a_third_fewer, Outcome.HOLDS, id="another attribution"),
        pytest.param("SEL-10", "getRegions", _two_of_a_name, Outcome.HOLDS, id="two regions of a name"),
        pytest.param("SEL-11", "listVisitors", _a_third_elsewhere, Outcome.HOLDS, id="a later visit"),
        pytest.param("SEL-11", "listVisitors", _half_elsewhere, Outcome.HOLDS, id="half elsewhere"),
        pytest.param(
            "SEL-08", "getPages", _without_revenue, Outcome.WARNING, id="a website without payments"
        ),
    ],
)
def test_what_a_correct_server_may_do_does_not_break_the_contract(
    recorded: list[Exchange], clause: str, operation: str, edit: Edit, outcome: Outcome
) -> None:
    assert _outcome(recorded, clause, operation, edit) is outcome


def _all_days(body: Json, query: dict[str, list[str]]) -> None:
    if query.get("interval") == ["week"]:
        body["data"] *= 5


def _as_in_the_first_page(body: Json, _query: dict[str, list[str]]) -> None:
    body["pagination"]["total"] = len(body["data"])


@pytest.mark.parametrize(
    ("clause", "operation", "edit"),
    [
        pytest.param("SEL-07", "getTimeseries", _all_days, id="days for weeks"),
        pytest.param("SEL-09", "getDevices", _as_in_the_first_page, id="a total of the page"),
    ],
)
def test_what_no_correct_server_does_breaks_the_contract(
    recorded: list[Exchange], clause: str, operation: str, edit: Edit
) -> None:
    assert _outcome(recorded, clause, operation, edit) is Outcome.BROKEN


def _unknown_zone(body: Json, _query: dict[str, list[str]]) -> None:
    body["data"][0]["timezone"] = "EST5"


def test_a_time_zone_that_this_machine_does_not_know_is_not_judged(recorded: list[Exchange]) -> None:
    assert _outcome(recorded, "SEL-05", "getMetadata", _unknown_zone) is Outcome.HOLDS
