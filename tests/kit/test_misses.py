"""Violations of a printed sentence that are small, late or rare: the sentence's own clause notices each."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest

from contract_tests.asking import labels
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.instants import iso
from contract_tests.judging.verdict import Outcome, Verdict, judge
from contract_tests.operations import MAP, REALTIME, VISITOR
from contract_tests.recording import Recording

_CLAUSES = {clause.id: clause for clause in all_clauses()}

Edit = Callable[[Json, Exchange], object]
"""Changes the body of an answer in place."""


def _judged(clause: str, exchanges: list[Exchange]) -> Verdict:
    return judge(Recording(exchanges), [_CLAUSES[clause]])[0]


def _edited(exchanges: list[Exchange], operation: str, edit: Edit) -> list[Exchange]:
    """Returns the exchanges with the successful answers of an operation edited."""

    def edited(exchange: Exchange) -> Exchange:
        if exchange.operation != operation or not exchange.is_success:
            return exchange
        body = msgspec.json.decode(exchange.body)
        edit(body, exchange)
        return replace(exchange, body=msgspec.json.encode(body))

    return [edited(exchange) for exchange in exchanges]


def _query(exchange: Exchange) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(exchange.url).query))


def _told(verdict: Verdict) -> tuple[str, str]:
    """Returns the first problem and its pointer."""
    first = verdict.violations[0]
    return first.problem, first.pointer


class Miss(NamedTuple):
    """A fault: the clause that it contradicts, the operation and the edit; then what the clause says."""

    clause: str
    operation: str
    edit: Edit
    outcome: Outcome
    problem: str
    pointer: str


def _on(which: Callable[[dict[str, str]], bool], edit: Callable[[Json], object]) -> Edit:
    """Returns an edit of the answers to some queries."""
    return lambda body, exchange: edit(body) if which(_query(exchange)) else None


def _is_second(query: dict[str, str]) -> bool:
    return query.get("offset") == "1"


def _is_plain(query: dict[str, str]) -> bool:
    return "offset" not in query


def _last_without_figure(body: Json) -> None:
    del body["data"][-1]["payments"]


def _null_before_a_repeated_visitor(body: Json, _exchange: Exchange) -> None:
    data = body["data"]
    data["visitors"] = [None, *data["visitors"], data["visitors"][0]]


def _null_before_late_goals(body: Json, exchange: Exchange) -> None:
    goals = body["data"]["activity"]["completedGoals"]
    if exchange.now and goals:
        goals[0]["timestamp"] = iso(exchange.now.latest + 60_000)
        goals.insert(0, None)


def _last_device_as_object(body: Json, _exchange: Exchange) -> None:
    body["data"]["visitors"][-1]["system"]["device"] = "mobile"


def _a_day_old(body: Json, exchange: Exchange) -> None:
    for event in body["data"]["recentEvents"][:1]:
        event["timestamp"] = iso(exchange.now.earliest - 90_061_000) if exchange.now else None


MISSES = [
    Miss(
        "SUM-15",
        "getDevices",
        _on(_is_second, lambda body: body["data"][-1].update(device="toaster")),
        Outcome.BROKEN,
        "the whole list has no row with this value",
        "/data/1/device",
    ),
    Miss(
        "SEL-08",
        "getDevices",
        _on(_is_plain, _last_without_figure),
        Outcome.WARNING,
        "`payments` is missing in 1 of 7 rows",
        "/data/2/payments",
    ),
    Miss(
        "SEL-09",
        "getDevices",
        _on(_is_second, lambda body: body["data"].pop()),
        Outcome.BROKEN,
        "this page has 1 row, its offset is 1, and its limit is 2",
        "/pagination/total",
    ),
    Miss(
        "SEL-09",
        "getDevices",
        _on(_is_second, lambda body: body["data"].clear()),
        Outcome.BROKEN,
        "this page has 0 rows, its offset is 1, and its limit is 2",
        "/pagination/total",
    ),
    Miss(
        "SEL-09",
        "getDevices",
        _on(_is_second, lambda body: body["pagination"].update(total=7)),
        Outcome.BROKEN,
        "another answer with rows of this list says 3",
        "/pagination/total",
    ),
    Miss(
        "SEL-09",
        "getCities",
        lambda body, _exchange: body["pagination"].update(total=101, hasMore=False),
        Outcome.BROKEN,
        "this page has 100 rows, its offset is 0, and its limit is 100, and `total` is 101",
        "/pagination/hasMore",
    ),
    Miss(
        "SEL-09",
        "getDevices",
        _on(_is_plain, lambda body: body["pagination"].update(total=1.0)),
        Outcome.BROKEN,
        "this page has 3 rows, its offset is 0, and its limit is 100",
        "/pagination/total",
    ),
    Miss(
        "getDevices.paging-echo",
        "getDevices",
        _on(_is_second, lambda body: body["pagination"].update(limit=99.0)),
        Outcome.WARNING,
        "`limit` was 2",
        "/pagination/limit",
    ),
    Miss(
        "SEL-10",
        "listVisitors",
        _on(
            lambda query: query.get("limit") == "2",
            lambda body: body["data"][1].update(visitorId=body["data"][0]["visitorId"].upper()),
        ),
        Outcome.BROKEN,
        "`/data/0` has the same value",
        "/data/1/visitorId",
    ),
    Miss(
        "MAP-73",
        MAP,
        _null_before_a_repeated_visitor,
        Outcome.BROKEN,
        "`/data/visitors/1` has the same `visitorId`",
        "/data/visitors/39/visitorId",
    ),
    Miss(
        "VIS-66",
        VISITOR,
        _null_before_late_goals,
        Outcome.BROKEN,
        "it is later than the answer",
        "/data/activity/completedGoals/1/timestamp",
    ),
    Miss(
        "REV-01",
        MAP,
        _last_device_as_object,
        Outcome.BROKEN,
        "the parts of `system` before it are objects",
        "/data/visitors/37/system/device",
    ),
    Miss(
        "MAP-76",
        MAP,
        _a_day_old,
        Outcome.BROKEN,
        "it is at least 1 day 1 hour older than the answer",
        "/data/recentEvents/0/timestamp",
    ),
    Miss(
        "RT-01",
        REALTIME,
        lambda body, _exchange: body["data"][0].update(visitors=None),
        Outcome.BROKEN,
        "`visitors` is null, not an integer",
        "/data/0/visitors",
    ),
    Miss(
        "RT-02",
        REALTIME,
        lambda body, _exchange: body.update(data=[42]),
        Outcome.BROKEN,
        "`data` has an item that is an integer, not an object",
        "/data/0",
    ),
    Miss(
        "RT-02",
        REALTIME,
        lambda body, _exchange: body.update(data=None),
        Outcome.BROKEN,
        "`data` is null, not an array",
        "/data",
    ),
    Miss(
        "MAP-02",
        MAP,
        lambda body, _exchange: body["data"]["visitors"].append(None),
        Outcome.BROKEN,
        "`visitors` has an item that is null, not an object",
        "/data/visitors/38",
    ),
    Miss(
        "MAP-07",
        MAP,
        lambda body, _exchange: body["data"]["visitors"][1]["location"].update(countryCode="US\n"),
        Outcome.BROKEN,
        "`countryCode` is not two capital letters",
        "/data/visitors/1/location/countryCode",
    ),
    Miss(
        "SUM-02",
        "getTimeseries",
        lambda body, _exchange: body["totals"].update(payments=1_234_567),
        Outcome.BROKEN,
        "the buckets add up to 1531 payments",
        "/totals/payments",
    ),
]


@pytest.mark.parametrize("miss", MISSES, ids=lambda miss: f"{miss.clause} {miss.problem[:40]}")
def test_the_clause_notices_it_and_says_where(recorded: list[Exchange], miss: Miss) -> None:
    verdict = _judged(miss.clause, _edited(recorded, miss.operation, miss.edit))

    assert (verdict.outcome, *_told(verdict)) == (miss.outcome, miss.problem, miss.pointer)


@pytest.mark.parametrize(
    ("kind", "is_json"),
    [
        ("application/json; charset=utf-8", True),
        ("Application/JSON", True),
        ("text/json", True),
        ("application/problem+json", True),
        ("application/x-json", True),
        ("application/x-ndjson", False),
        ("application/json-seq", False),
        ("text/plain; profile=json", False),
    ],
)
def test_a_content_type_is_json_by_its_last_word(recorded: list[Exchange], kind: str, is_json: bool) -> None:
    exchanges = [replace(e, headers={**e.headers, "content-type": kind}) for e in recorded[:20]]

    assert _judged("ENV-07", exchanges).outcome is (Outcome.HOLDS if is_json else Outcome.WARNING)


@pytest.mark.parametrize(("times", "outcome"), [(1, Outcome.HOLDS), (2, Outcome.WARNING)])
def test_a_filter_that_fails_twice_is_a_warning(
    recorded: list[Exchange], times: int, outcome: Outcome
) -> None:
    failed = [replace(e, status=500) for e in recorded if "filter_os" in e.url]
    others = [e for e in recorded if "filter_os" not in e.url]

    assert _judged("SEL-03", [*others, *failed * times]).outcome is outcome


@pytest.mark.parametrize(
    ("times", "status", "outcome"),
    [
        (1, 500, Outcome.NOT_OBSERVED),
        (2, 500, Outcome.WARNING),
        (2, 503, Outcome.NOT_OBSERVED),
        (2, 418, Outcome.BROKEN),
    ],
)
def test_a_report_that_fails_twice_is_a_warning(
    recorded: list[Exchange], times: int, status: int, outcome: Outcome
) -> None:
    failed = [replace(e, status=status) for e in recorded if e.operation == "getBrowsers"]
    others = [e for e in recorded if e.operation != "getBrowsers"]

    assert _judged("getBrowsers.success", [*others, *failed * times]).outcome is outcome
    # Of a server that fails always, no clause says anything.
    assert _judged("getBrowsers.success", failed * times).outcome in (Outcome.NOT_OBSERVED, outcome)


@pytest.mark.parametrize("member", ["browser", "visitors"])
def test_a_mobile_browser_does_not_stand_for_the_filtered_one(recorded: list[Exchange], member: str) -> None:
    def unknown(body: Json, _exchange: Exchange) -> None:
        body["data"][0][member] = None

    # The filter by a browser finds its mobile variant, too, which has a row of its own.
    assert _judged("SEL-01", _edited(recorded, "getBrowsers", unknown)).outcome is Outcome.HOLDS


def _crowded(empty: int) -> Callable[[Json, Exchange], None]:
    """Returns an edit that has every listed visitor view a page, and one map, by its number, list nobody."""
    numbers = count()

    def edit(body: Json, exchange: Exchange) -> None:
        data = body["data"]
        assert exchange.now is not None
        view = {**data["recentEvents"][0], "type": "pageview", "timestamp": iso(exchange.now.latest - 60_000)}
        data["recentEvents"] = [{**view, "visitorId": row["visitorId"]} for row in data["visitors"]]
        if next(numbers) == empty:
            data.update(visitors=[], count=0)

    return edit


@pytest.mark.parametrize(("empty", "outcome"), [(1, Outcome.BROKEN), (-1, Outcome.HOLDS)])
def test_one_map_that_lists_nobody_is_noticed(recorded: list[Exchange], empty: int, outcome: Outcome) -> None:
    assert _judged("MAP-94", _edited(recorded, MAP, _crowded(empty))).outcome is outcome


def test_an_overview_without_the_quotient_does_not_observe_it(recorded: list[Exchange]) -> None:
    def without(body: Json, _exchange: Exchange) -> None:
        for row in body["data"]:
            row.pop("revenue_per_visitor", None)
            row.pop("conversion_rate", None)

    exchanges = _edited(recorded, "getOverview", without)

    assert _judged("SUM-08", exchanges).outcome is Outcome.NOT_OBSERVED
    assert _judged("SUM-09", exchanges).outcome is Outcome.NOT_OBSERVED


def test_a_time_series_may_begin_within_a_week(recorded: list[Exchange]) -> None:
    weeks = [e for e in recorded if _query(e).get("interval") == "week" or e.operation == "getMetadata"]

    assert _judged("SEL-05", weeks).outcome is Outcome.HOLDS


def test_a_visitor_whose_device_changes_once_is_counted_once(recorded: list[Exchange]) -> None:
    shown = [e for e in recorded if e.operation == MAP and labels.SANDWICH in e.labels]

    def change(body: Json, exchange: Exchange) -> None:
        if exchange is shown[-1]:
            for row in body["data"]["visitors"]:
                row["system"]["os"]["name"] = "BeOS"

    verdict = _judged("POLL-04", _edited(shown, MAP, change))

    assert verdict.outcome is Outcome.BROKEN
    assert "of 38 visitors have changed" in _told(verdict)[0]


def _suspected(body: Json, _exchange: Exchange) -> None:
    """Gives a visitor a low score."""
    body["data"]["prediction"] = {"score": 3}


def _without_payments(body: Json, exchange: Exchange) -> None:
    _suspected(body, exchange)
    body["data"]["activity"]["completedGoals"] = []


@pytest.mark.parametrize(
    ("edit", "outcome"), [(_suspected, Outcome.BROKEN), (_without_payments, Outcome.NOT_OBSERVED)]
)
def test_a_profile_from_before_the_first_payment_is_not_compared(
    recorded: list[Exchange], edit: Edit, outcome: Outcome
) -> None:
    assert _judged("AGR-10", _edited(recorded, VISITOR, edit)).outcome is outcome


def test_several_allowed_statuses_are_told_as_a_list(recorded: list[Exchange]) -> None:
    refused = [replace(e, status=418) for e in recorded if labels.NO_WEBSITE_ID in e.labels]

    assert _told(_judged("AUTH-03", refused))[0] == "answered 418, not 400, 401, 403, 404 or 422"
