"""Recorded traffic of several websites, servers or tokens, whose answers need not agree."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract_tests.asking import labels
from contract_tests.asking.credentials import Credentials
from contract_tests.asking.har.reading import read_har
from contract_tests.clauses import all_clauses
from contract_tests.exchange import Exchange
from contract_tests.judging.verdict import Outcome, judge
from contract_tests.recording import Recording
from tests.kit.exchanges import answered, outcome_of

Json = Any
_BASE = "https://api.example.com/api/v1"
_ONE, _OTHER = "665f0b3c4d2e1a0012345678", "665f0b3c4d2e1a0012345679"
_VISITOR = "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"
_DATES = "startAt=2026-01-01&endAt=2026-01-02"
_CLAUSES = [
    clause
    for clause in all_clauses()
    if clause.id.startswith(("POLL-", "AGR-", "RT-", "ERR-", "AUTH-", "ENV-"))
]


def _entry(
    second: int, path: str, data: Json, token: str = "dft_mine", status: int = 200, base: str = _BASE
) -> Json:
    body = {"status": "success", "data": data}
    if status >= 300:
        body = {"status": "error", "error": {"code": status, "message": "No."}}
    return {
        "startedDateTime": f"2026-02-06T05:00:{second:02}.000Z",
        "time": 20,
        "request": {
            "method": "GET",
            "url": base + path,
            "headers": [{"name": "Authorization", "value": f"Bearer {token}"}],
        },
        "response": {
            "status": status,
            "headers": [{"name": "Date", "value": f"Fri, 06 Feb 2026 05:00:{second:02} GMT"}],
            "content": {"text": json.dumps(body)},
        },
    }


def _judged(tmp_path: Path, entries: list[Json]) -> dict[str, Outcome]:
    traffic = tmp_path / "traffic.har"
    creator = {"name": "Firefox", "version": "1"}
    traffic.write_text(json.dumps({"log": {"version": "1.2", "creator": creator, "entries": entries}}))
    exchanges, _ = read_har(traffic, None, Credentials())
    return {v.clause.id: v.outcome for v in judge(Recording(exchanges), _CLAUSES)}


def _map(country: str, user_id: str) -> Json:
    visitor = {
        "visitorId": _VISITOR,
        "location": {"city": None, "region": None, "countryCode": country},
        "system": {"browser": {"name": "Chrome"}, "os": {"name": "Linux"}, "device": {"type": "desktop"}},
        "profileData": {"userId": user_id, "hasProfile": True},
    }
    event = {
        "_id": "69857c80aaaaaaaaaaaaaaaa",
        "type": "custom",
        "visitorId": _VISITOR,
        "timestamp": f"2026-02-06T04:59:{len(user_id):02}.000Z",
        "extraData": {"eventName": user_id},
    }
    return {"count": 1, "visitors": [visitor], "recentEvents": [event], "recentPayments": []}


def _profile(visits: int, *, is_known: bool = False) -> Json:
    activity = {
        "visitCount": visits,
        "pageViewCount": visits,
        "firstVisitAt": f"2026-01-{20 - visits:02}T00:00:00.000Z",
        "timeSinceFirstVisit": visits,
        "visitedPages": [{"url": "/", "timestamp": f"2026-02-0{visits}T00:00:00.000Z"}] * visits,
        "completedGoals": [],
    }
    identity = {"countryCode": "FR"}
    profile = {"userId": "u", "metadata": {}} if is_known else None
    return {"visitorId": _VISITOR, "identity": identity, "activity": activity, "profile": profile}


_MANY = "?websiteId="
_PROFILE = f"/visitors/{_VISITOR}"
_TRAFFIC = [
    pytest.param(
        "POLL-06",
        [
            _entry(1, f"{_PROFILE}{_MANY}{_ONE}", _profile(2)),
            _entry(2, f"{_PROFILE}{_MANY}{_OTHER}", _profile(3)),
        ],
        id="profiles",
    ),
    pytest.param(
        "POLL-01",
        [
            _entry(1, f"/analytics/realtime/map{_MANY}{_ONE}", _map("FR", "a")),
            _entry(2, f"/analytics/realtime/map{_MANY}{_OTHER}", _map("DE", "longer")),
        ],
        id="maps",
    ),
    pytest.param(
        "AGR-09",
        [
            _entry(1, f"/analytics/realtime/map{_MANY}{_ONE}", _map("FR", "v")),
            _entry(2, f"{_PROFILE}{_MANY}{_OTHER}", _profile(1, is_known=True)),
        ],
        id="a map and a profile",
    ),
    pytest.param(
        "AGR-14",
        [
            _entry(1, f"/analytics/realtime/map{_MANY}{_ONE}", _map("FR", "u")),
            _entry(2, f"/analytics/realtime/map{_MANY}{_OTHER}", {**_map("FR", "u"), "recentEvents": []}),
            _entry(3, f"{_PROFILE}{_MANY}{_OTHER}", _profile(1, is_known=True)),
        ],
        id="a goal and a profile",
    ),
    pytest.param(
        "RT-05",
        [
            _entry(1, f"/analytics/realtime{_MANY}{_ONE}", [{"visitors": 300}]),
            _entry(2, f"/analytics/realtime{_MANY}{_OTHER}&{_DATES}", [{"visitors": 3}]),
            _entry(3, f"/analytics/realtime{_MANY}{_OTHER}&{_DATES}", [{"visitors": 3}]),
        ],
        id="counters",
    ),
]


def _about_one(entries: list[Json]) -> list[Json]:
    """Returns the entries as if all were about one website."""
    return [
        json.loads(json.dumps(entry).replace(_OTHER, _ONE).replace("other.example", "api.example"))
        for entry in entries
    ]


def _of_two_servers(entries: list[Json]) -> list[Json]:
    """Returns the entries as if each website had a server of its own, with one key."""
    text = json.dumps(entries).replace("dft_mine", "df_mine").replace(f"{_MANY}{_ONE}", "?a=b")
    found: list[Json] = json.loads(text)
    for entry in found:
        if _OTHER in entry["request"]["url"]:
            url = entry["request"]["url"].replace(f"{_MANY}{_OTHER}", "?a=b")
            entry["request"]["url"] = url.replace("api.example", "other.example")
    return found


@pytest.mark.parametrize(("clause", "entries"), _TRAFFIC)
def test_two_websites_of_one_account_need_not_agree(clause: str, entries: list[Json], tmp_path: Path) -> None:
    found = _judged(tmp_path, entries)

    assert [name for name, outcome in found.items() if outcome is Outcome.BROKEN] == []
    assert found[clause] is Outcome.NOT_OBSERVED


@pytest.mark.parametrize(("clause", "entries"), _TRAFFIC)
def test_two_servers_with_one_key_need_not_agree(clause: str, entries: list[Json], tmp_path: Path) -> None:
    found = _judged(tmp_path, _of_two_servers(entries))

    assert [name for name, outcome in found.items() if outcome is Outcome.BROKEN] == []
    assert found[clause] is Outcome.NOT_OBSERVED


@pytest.mark.parametrize(("clause", "entries"), _TRAFFIC)
def test_the_same_answers_about_one_website_must(clause: str, entries: list[Json], tmp_path: Path) -> None:
    # A single visitor is a warning, where something may have happened meanwhile.
    assert _judged(tmp_path, _about_one(entries))[clause] in (Outcome.BROKEN, Outcome.WARNING)


_WRONG = [
    pytest.param("/analytics/realtime?fields=visitors", "RT-04", id="fields"),
    pytest.param("/analytics/realtime?fields=pageviews", "ERR-01", id="unknown fields"),
    pytest.param(f"/analytics/realtime?{_DATES}", "RT-05", id="dates"),
    pytest.param("/visitors/not-a-uuid?a=b", "ERR-02", id="a malformed visitor id"),
    pytest.param("/visitors/00000000-0000-4000-8000-000000000000?a=b", "ERR-03", id="nobody's id"),
]


@pytest.mark.parametrize(("path", "clause"), _WRONG)
@pytest.mark.parametrize(
    ("status", "more"),
    [
        pytest.param(400, "", id="without a website"),
        pytest.param(404, f"&websiteId={_OTHER}", id="of an unknown website"),
        pytest.param(422, f"&websiteId={_OTHER}", id="of a malformed website"),
        pytest.param(307, f"&websiteId={_ONE}", id="that is redirected"),
    ],
)
def test_a_refusal_because_of_the_website_is_no_fault(
    path: str, clause: str, status: int, more: str, tmp_path: Path
) -> None:
    entries = [
        _entry(1, f"/analytics/realtime?websiteId={_ONE}", [{"visitors": 1}]),
        _entry(2, "/admin/websites", [{"_id": _ONE}]),
        _entry(3, path + more, None, status=status),
    ]

    found = _judged(tmp_path, entries)

    assert [name for name, outcome in found.items() if outcome is Outcome.BROKEN] == []
    assert found[clause] is Outcome.NOT_OBSERVED


@pytest.mark.parametrize(("path", "clause"), _WRONG)
@pytest.mark.parametrize(
    ("token", "more"), [("dft_mine", f"&websiteId={_ONE}"), ("df_mine", "")], ids=["account", "key"]
)
def test_a_refusal_of_a_known_website_is_judged(
    path: str, clause: str, token: str, more: str, tmp_path: Path
) -> None:
    entries = [
        _entry(1, f"/analytics/realtime?x=y{more}", [{"visitors": 1}], token),
        _entry(3, path + more, None, token, status=418),
    ]

    assert _judged(tmp_path, entries)[clause] is Outcome.BROKEN


@pytest.mark.parametrize("query", ["fields=visitors&fields=pageviews", f"fields=a&fields=b&{_DATES}"])
def test_several_values_of_a_parameter_are_not_judged(query: str, tmp_path: Path) -> None:
    known = _entry(1, "/analytics/realtime", [{"visitors": 1}], "df_mine")

    for answer in (
        _entry(3, f"/analytics/realtime?{query}", [{"visitors": 1}], "df_mine"),
        _entry(3, f"/analytics/realtime?{query}", None, "df_mine", status=400),
    ):
        found = _judged(tmp_path, [known, answer])
        assert [name for name, outcome in found.items() if outcome is Outcome.BROKEN] == []


def _listed(key: str, country: str) -> list[Exchange]:
    """Returns a map, a profile of its only visitor, and the list of visitors, all with one key."""
    visitor = {"visitorId": _VISITOR, "identity": {"country": country}}
    made = [
        answered("/analytics/realtime/map", {"visitors": [{"visitorId": _VISITOR}] * 5}),
        answered(_PROFILE, {**_profile(1), "identity": {"countryCode": country}}),
        answered("/visitors", [visitor, *({"visitorId": str(n)} for n in range(4))]),
    ]
    told = (frozenset({labels.OK}), frozenset({labels.MET}), frozenset({labels.PRESENT}))
    return [
        replace(exchange, labels=found, sender=key, path={"visitorId": _VISITOR})
        for exchange, found in zip(made, told, strict=True)
    ]


def test_the_visitors_list_is_compared_with_answers_about_its_website_only() -> None:
    own, other = _listed("df_one", "FR"), _listed("df_other", "DE")

    mixed = [*own[:2], *other[:2], own[2]]
    assert [outcome_of(clause, mixed) for clause in ("SUM-20", "SUM-21")] == [Outcome.HOLDS] * 2
    assert outcome_of("SUM-21", [*own[:2], other[2]]) is Outcome.NOT_OBSERVED
    assert outcome_of("SUM-20", [*own[:2], other[2]]) is Outcome.NOT_OBSERVED
    moved = [own[0], replace(other[1], sender="df_one"), own[2]]
    assert outcome_of("SUM-21", moved) is Outcome.WARNING
