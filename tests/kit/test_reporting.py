"""The kit accuses and warns no correct server of reports, however it rounds, counts and attributes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from email.utils import formatdate
from urllib.parse import urlencode

import msgspec
import pytest

from contract_tests.asking.client import Limits
from contract_tests.asking.credentials import Credentials
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange, Json
from contract_tests.judging.run import Plan, Run, verify
from contract_tests.judging.verdict import Outcome, Verdict, judge
from contract_tests.recording import Recording
from tests.kit.reporting.everybody import REPORTING, Grouping, Travelling
from tests.kit.reporting.plain import Reporting, day_of
from tests.kit.strangers.plain import KEY
from tests.kit.strangers.serving import running
from tests.quick import quick

_CLAUSES = [clause for clause in all_clauses() if clause.id.startswith(("SUM-", "SEL-"))]
_BY_ID = {clause.id: clause for clause in all_clauses()}
_FINE = (Outcome.HOLDS, Outcome.NOT_OBSERVED)
_HEADERS = {"Authorization": f"Bearer {KEY}"}
_OPERATIONS = {
    "overview": "getOverview",
    "timeseries": "getTimeseries",
    "metadata": "getMetadata",
    "campaigns": "getCampaigns",
    "countries": "getCountries",
    "devices": "getDevices",
    "pages": "getPages",
}


@pytest.mark.parametrize(
    "make",
    [Reporting, *(pytest.param(make, marks=pytest.mark.long) for make in REPORTING if make is not Reporting)],
    ids=lambda make: make.__name__,
)
def test_a_correct_server_is_neither_accused_nor_warned(make: Callable[[], Reporting]) -> None:
    run = _verified(make())

    assert (run.stopped, run.refused, _told(run.verdicts)) == (None, None, [])


@pytest.mark.long
def test_a_visitor_in_two_countries_may_have_each_payment_in_both() -> None:
    assert _told(_verified(Travelling()).of(Outcome.BROKEN)) == []


def _verified(server: Reporting) -> Run:
    """Returns the run of the kit on a server."""
    with running(server) as base:
        plan = Plan(base, Credentials(KEY), _CLAUSES, limits=Limits(timeout=60), pause=0)
        return verify(plan, lambda _sentence: None, lambda _count: None)


def _told(verdicts: Sequence[Verdict]) -> list[str]:
    """Returns the findings as text."""
    return [
        f"{verdict.clause.id}: {v.problem} at {v.pointer} of {v.exchange.url}" if v else str(verdict.bug)
        for verdict in verdicts
        if verdict.outcome not in _FINE
        for v in verdict.violations or (None,)
    ]


def _week(server: Reporting, **query: str) -> dict[str, str]:
    """Returns a query for the last seven days that are over everywhere."""
    last = day_of(server.now()) - timedelta(days=2)
    return {"startAt": str(last - timedelta(days=6)), "endAt": str(last), **query}


def _asked(server: Reporting, name: str, query: Mapping[str, str]) -> Exchange:
    """Returns the exchange about a report."""
    answer = server.answer(f"/analytics/{name}", query, _HEADERS)
    url = f"http://127.0.0.1/api/v1/analytics/{name}?{urlencode(query)}"
    now = server.now()
    return Exchange(
        "GET",
        url,
        _OPERATIONS[name],
        frozenset({"ok"}),
        int(now * 1000),
        5,
        answer.status,
        {"date": formatdate(now, usegmt=True)},
        answer.body,
        successes=frozenset({200}),
    )


@pytest.mark.parametrize("make", [Reporting, Grouping])
@pytest.mark.parametrize(
    ("name", "columns"),
    quick(
        [("campaigns", "utm_source,visitors"), ("pages", "path,visitors"), ("pages", "hostname,visitors")], 1
    ),
)
def test_columns_may_or_may_not_change_which_rows_there_are(
    make: Callable[[], Reporting], name: str, columns: str
) -> None:
    server = make()
    queries = [{}, {"limit": "3"}, {"fields": columns}, {"fields": columns, "limit": "3"}]
    asked = [_asked(server, name, _week(server, **query)) for query in queries]

    assert _told(judge(Recording(asked), _CLAUSES)) == []


def test_a_filter_by_page_and_its_opposite_may_find_the_same_session() -> None:
    server = Reporting()
    asked = [
        _asked(server, "overview", _week(server, **query))
        for query in ({}, {"filter_page": "is:/docs"}, {"filter_page": "is_not:/docs"})
    ]
    # This server understands the filter as: at least one other page was viewed.
    body = msgspec.json.decode(asked[-1].body)
    body["data"][0]["sessions"] = msgspec.json.decode(asked[0].body)["data"][0]["sessions"]
    asked[-1] = replace(asked[-1], body=msgspec.json.encode(body))

    assert _told(judge(Recording(asked), _CLAUSES)) == []


_FLAGS = "https://flags.example"


@pytest.mark.parametrize(
    ("name", "rows", "outcome"),
    [
        pytest.param(
            "countries",
            [{"country": "Congo", "image": f"{_FLAGS}/{code}.svg", "visitors": 5} for code in ("CG", "CD")],
            Outcome.HOLDS,
            id="two countries with one short name",
        ),
        pytest.param(
            "countries",
            [{"country": "Congo", "image": f"{_FLAGS}/CG.svg", "visitors": 5}] * 2,
            Outcome.BROKEN,
            id="a country twice",
        ),
        pytest.param(
            "campaigns",
            [{"campaign": {name: "spring"}, "visitors": 5} for name in ("ref", "via")],
            Outcome.HOLDS,
            id="two parameters with one value",
        ),
        pytest.param(
            "campaigns",
            [{"campaign": {"ref": "spring", "via": ""}, "visitors": 5}] * 2,
            Outcome.BROKEN,
            id="a campaign twice",
        ),
    ],
)
def test_rows_with_one_name_may_be_about_two_things(name: str, rows: list[Json], outcome: Outcome) -> None:
    server = Reporting()
    asked = replace(
        _asked(server, name, _week(server)), body=msgspec.json.encode({"status": "success", "data": rows})
    )

    assert judge(Recording([asked]), [_BY_ID["SEL-10"]])[0].outcome is outcome


@pytest.mark.parametrize(
    ("told", "own", "outcome"),
    [
        ("$", "usd", Outcome.HOLDS),
        ("EUR", "USD", Outcome.BROKEN),
        ("EUR", "EUR", Outcome.WARNING),
        ("CFA", "XOF", Outcome.HOLDS),
    ],
)
def test_the_code_of_another_currency_is_noticed(told: str, own: str, outcome: Outcome) -> None:
    server = Reporting()
    bodies = {"overview": {"currency": told, "visitors": 1}, "metadata": {"currency": own}}
    asked = [
        replace(
            _asked(server, name, _week(server) if name == "overview" else {}),
            body=msgspec.json.encode({"status": "success", "data": [row]}),
        )
        for name, row in bodies.items()
    ]

    assert judge(Recording(asked), [_BY_ID["SEL-12"]])[0].outcome is outcome


def test_rows_without_a_name_may_be_equal_on_two_pages() -> None:
    server = Reporting()
    told = msgspec.json.encode({"status": "success", "data": [{"visitors": 5}]})
    asked = [
        replace(
            _asked(server, "devices", _week(server, fields="visitors", limit="1", offset=offset)), body=told
        )
        for offset in ("0", "1", "0")
    ]

    verdict = judge(Recording(asked), [_BY_ID["getDevices.paging-offset"]])[0]

    assert verdict.outcome is Outcome.NOT_OBSERVED


@pytest.mark.parametrize("member", ["revenue", "payments", "visitors"])
def test_a_page_with_other_figures_than_the_whole_list_is_noticed(member: str) -> None:
    server = Reporting()
    page, whole = (_asked(server, "devices", _week(server, **query)) for query in ({"limit": "2"}, {}))
    body = msgspec.json.decode(page.body)
    body["data"][1][member] = body["data"][1][member] // 2

    verdicts = judge(Recording([replace(page, body=msgspec.json.encode(body)), whole]), [_BY_ID["SUM-15"]])

    assert [v.pointer for v in verdicts[0].violations] == [f"/data/1/{member}"]
