"""The golden files of a website: the answers of all operations that read, and a choice of profiles."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from contract_tests.quoting import quoted
from mock_server.contract.operations import Operation
from mock_server.golden.asking import Answer, Mock, Question, url_of
from mock_server.golden.file import Golden
from mock_server.golden.traits import TRAITS
from mock_server.instants import DAY, instant_of, iso_of
from mock_server.state.accounts import DEFAULT_ACCOUNT

_VISITOR_ID = "visitorId"
_FUNNEL_ID = "funnelId"
_MAP = "getRealtimeMap"
# The columns of a time series, for which `fields` is required.
_FIELDS = ("name", "visitors", "sessions", "revenue", "payments", "conversion_rate")
_GOAL = "signup"
_PROPERTY = "propertyName"
_LOOKED_AT = 100
"""The number of visitors of a map that are searched for traits; all 5,000 of a site would take seconds."""

_ROLES = {
    "customer": "A customer: payments among the goals, and no prediction.",
    "identified": "An identified visitor: `profile` is an object.",
    "returning": "A visitor who came back: more than one visit.",
    "anonymous": "An anonymous visitor: `profile` is null.",
}
_REGULAR = "A visitor with a fixed id, who exists with every seed."


def _is_report(operation: Operation) -> bool:
    """Returns whether an operation reports on a period."""
    return any(parameter.name == "startAt" for parameter in operation.parameters)


def _query_of(operation: Operation, mock: Mock) -> str:
    """Returns the query of a report on the last seven whole days, with at most ten rows."""
    today = instant_of(mock.instant) // DAY * DAY
    names = {parameter.name for parameter in operation.parameters}
    query = {
        "fields": ",".join(_FIELDS) if "interval" in names else None,
        "startAt": iso_of(today - 7 * DAY)[:10],
        "endAt": iso_of(today - DAY)[:10],
        "limit": "10" if "limit" in names else None,
        "eventName": _GOAL if "eventName" in names else None,
    }
    return "?" + "&".join(f"{name}={value}" for name, value in query.items() if value is not None)


class _Visitor(NamedTuple):
    """A visitor whose profile gets a file; `label` becomes part of the file's name."""

    label: str
    visitor_id: str
    good_for: str


class _Website(NamedTuple):
    """A website as its own key sees it; `row` is its row in `/__mock/sites`."""

    mock: Mock
    row: Mapping[str, Any]

    def question(self, operation: Operation, further: str = "", **path: str) -> Question:
        """Makes the request for an operation; `further` is added to the query of a report."""
        query = _query_of(operation, self.mock) + further if _is_report(operation) else ""
        return Question(url_of(operation, path, query), self.row["key"], operation.method)

    def ask(self, operation: Operation, further: str = "", **path: str) -> Answer:
        """Returns the answer of an operation."""
        return self.mock.ask(self.question(operation, further, **path))

    def golden(
        self, operation: Operation, label: str, good_for: str, further: str = "", **path: str
    ) -> Golden:
        """Makes the file of an operation; `label` distinguishes several files of one operation."""
        name = self.row["name"]
        return Golden(
            path=f"{self.mock.revision}/{name}/{operation.operation_id}{label}.json",
            good_for=good_for,
            revision=self.mock.revision,
            site=name,
            operations=(operation.operation_id,),
            question=self.question(operation, further, **path),
            answer=self.ask(operation, further, **path),
        )


def answers_of(mock: Mock, row: Mapping[str, Any], *, with_reports: bool = False) -> Iterator[Golden]:
    """Yields the files of the website in a row of `/__mock/sites`, in the order of the document.

    `with_reports` adds the reports on a week of its past.
    """
    website = _Website(mock, row)
    for operation in mock.reads:
        if operation.path_names == (_VISITOR_ID,):
            yield from _profiles(website, operation)
        elif operation.path_names == (_FUNNEL_ID,):
            yield from _funnels(website, operation) if with_reports else ()
        elif not operation.path_names and (with_reports or not _is_report(operation)):
            golden = website.golden(operation, "", "")
            yield replace(golden, good_for=_use_of(website, operation, golden.answer))
            if any(parameter.name == _PROPERTY for parameter in operation.parameters):
                yield from _values(website, operation)


def _funnels(website: _Website, operation: Operation) -> Iterator[Golden]:
    service = website.mock.service
    website_id = service.sites[website.row["name"]].website_id
    for funnel in service.keys.account(DEFAULT_ACCOUNT).funnels.get(website_id, ()):
        if funnel.is_active:
            good_for = (
                f"{_summary(website.mock, operation)}, here {len(funnel.steps)} steps: {quoted(funnel.name)}."
            )
            yield website.golden(operation, f".{funnel.slug}", good_for, funnelId=funnel.id)


def _values(website: _Website, operation: Operation) -> Iterator[Golden]:
    """Yields a file with the values of the goal's first property; no file if the goal has no properties."""
    for name in list(website.mock.service.sites[website.row["name"]].goal_properties.get(_GOAL, {}))[:1]:
        good_for = f"{_summary(website.mock, operation)}, here the values of {quoted(name)}."
        yield website.golden(operation, f".{name}", good_for, f"&{_PROPERTY}={name}")


def _use_of(website: _Website, operation: Operation, answer: Answer) -> str:
    figures = _figures(answer.json["data"])
    counts = ", ".join(f"{number} {name}" for name, number in figures.items())
    empty = ": the empty state" if figures and not any(figures.values()) else ""
    here = f", here {counts}{empty}" if figures else ""
    return f"{_summary(website.mock, operation)}{here}. {website.row['description']}"


def _figures(data: Any) -> dict[str, int]:
    """Returns the figures of an answer by name.

    For an object, they are the lengths of its lists. For a list of one row, they are the integers in the row;
    for any other list, the number of its rows.
    """
    if not isinstance(data, list):
        return {name: len(value) for name, value in data.items() if isinstance(value, list)}
    if len(data) != 1:
        return {"rows": len(data)}
    return {name: value for name, value in data[0].items() if type(value) is int}


def _summary(mock: Mock, operation: Operation) -> str:
    """Returns an operation's summary in the document, or its `operationId` if it has none."""
    for item in mock.service.document["paths"].values():
        for part in item.values():
            if isinstance(part, dict) and part.get("operationId") == operation.operation_id:
                return str(part.get("summary", operation.operation_id))
    return operation.operation_id


def _profiles(website: _Website, operation: Operation) -> Iterator[Golden]:
    for label, visitor_id, good_for in (
        *_cast(website),
        *_regulars(website),
        *_with_traits(website, operation),
    ):
        golden = website.golden(operation, f".{label}", good_for, visitorId=visitor_id)
        # At another instant a regular may not have visited the website yet.
        if golden.answer.status == 200:
            yield golden


def _cast(website: _Website) -> list[_Visitor]:
    return [_Visitor(role, visitor_id, _ROLES[role]) for role, visitor_id in website.row["cast"].items()]


def _regulars(website: _Website) -> list[_Visitor]:
    regulars = website.mock.service.sites[website.row["name"]].regulars
    ids = [regular.visitor_id for regular in regulars]
    return [_Visitor(f"regular-{visitor_id[:8]}", visitor_id, _REGULAR) for visitor_id in ids]


def _with_traits(website: _Website, operation: Operation) -> Iterator[_Visitor]:
    """Yields, for each trait, the first visitor of the map who has it."""
    profiles = {
        visitor_id: website.ask(operation, visitorId=visitor_id).json["data"]
        for visitor_id in _met_on_the_map(website)
    }
    for trait in TRAITS:
        found = next((name for name, profile in profiles.items() if trait.is_met(profile)), None)
        if found is not None:
            yield _Visitor(trait.name, found, trait.good_for)


def _met_on_the_map(website: _Website) -> list[str]:
    """Returns the ids of the visitors on the map.

    Visitors who are only in the map's events are included, such as customers whose subscription was renewed.
    """
    operation = next(one for one in website.mock.service.operations if one.operation_id == _MAP)
    data = website.ask(operation).json["data"]
    rows = [*data["visitors"][:_LOOKED_AT], *data["recentEvents"]]
    return list(dict.fromkeys(row["visitorId"] for row in rows))
