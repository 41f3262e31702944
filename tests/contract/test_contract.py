"""The document: it is valid, its examples fit its schemas, and so does every answer of the mock."""

import json
from typing import Any

import httpx2
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contract_tests.serving import errors as errors_of_http
from mock_server import errors
from mock_server.contract.document import REVISIONS, load_document, narrow
from mock_server.contract.operations import operations_of, own_operations
from mock_server.resources.call import Call
from mock_server.resources.registry import VIEWS
from mock_server.testing import running
from mock_server.world.world import World
from tests.credentials import DEMO, bearer
from tests.instants import INSTANT
from tests.quick import quick
from tests.schemas import answer_of, strict_validator
from tests.sites import SITES

DOCUMENT = load_document()
OPERATIONS = [operation.operation_id for operation in operations_of(DOCUMENT)]
MAP_AND_PROFILE = ("getRealtime", "getRealtimeMap", "getVisitor")
# launch_day has 5,000 visitors, which take long.
ALL_SITES = [
    pytest.param(site, marks=pytest.mark.long) if site == "launch_day" else site for site in sorted(SITES)
]
INSTANTS = (1_770_355_650_000, 1_790_000_000_000, 1_500_000_000_123)


@pytest.mark.parametrize("revision", quick([None, *REVISIONS], 1))
def test_document_is_valid_whole_and_narrowed(revision: str | None) -> None:
    document = DOCUMENT if revision is None else narrow(DOCUMENT, revision)

    OpenAPIV31SpecValidator(document).validate()


def _examples() -> list[Any]:
    """Returns every named example of an answer, once for each revision that has it."""
    return [
        pytest.param(revision, operation, status, example["value"], id=f"{operation} {name} {revision}")
        for revision in REVISIONS
        for document in [narrow(DOCUMENT, revision)]
        for item in document["paths"].values()
        for described in item.values()
        for operation, responses in [(described["operationId"], described["responses"])]
        for status in map(int, responses)
        for media in [answer_of(document, operation, status)["content"]["application/json"]]
        for name, named in media["examples"].items()
        for example in [_resolved(document, named)]
    ]


def _resolved(document: Any, named: Any) -> Any:
    name = named.get("$ref", "").removeprefix("#/components/examples/")
    return document["components"]["examples"][name] if name else named


@pytest.mark.parametrize(("revision", "operation", "status", "value"), _examples())
def test_documented_payload_fits_its_revision(revision: str, operation: str, status: int, value: Any) -> None:
    strict_validator(revision, operation, status).validate(value)


def test_documented_maps_fit_no_other_revision() -> None:
    examples = DOCUMENT["components"]["examples"]
    early, late = (strict_validator(revision, "getRealtimeMap", 200) for revision in REVISIONS)

    assert not late.is_valid(examples["mapDocumented202602"]["value"])
    assert not early.is_valid(examples["mapDocumented202606"]["value"])


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize("site", ALL_SITES)
def test_every_answer_fits_its_revision_with_nothing_undocumented(site: str, revision: str) -> None:
    counter, seen, profile = (strict_validator(revision, operation, 200) for operation in MAP_AND_PROFILE)
    world = World(42, SITES[site])
    instants = INSTANTS[:1] if site == "launch_day" else INSTANTS

    for instant in instants:
        counter.validate(_ask("getRealtime", world, instant, revision))
        map_answer = _ask("getRealtimeMap", world, instant, revision)
        seen.validate(map_answer)
        for visitor in map_answer["data"]["visitors"][:40]:
            profile.validate(_ask("getVisitor", world, instant, revision, visitorId=visitor["visitorId"]))


def _ask(operation: str, world: World, instant: int, revision: str, **path: str) -> Any:
    return json.loads(VIEWS[operation](Call(world, instant, revision, path)).body)


REFUSALS = [
    pytest.param("", "df_nobody", 401, id="unknown token"),
    pytest.param("?fields=pageviews", "df_test", 400, id="fields"),
    pytest.param("", "dft_test", 400, id="no websiteId"),
    pytest.param(f"?websiteId={DEMO}", "dft_no_permission", 403, id="no permission"),
    pytest.param("?websiteId=000000000000000000000000", "dft_test", 404, id="unknown website"),
    pytest.param("", "df_error_500", 500, id="server error"),
]


@pytest.mark.parametrize("revision", REVISIONS)
@pytest.mark.parametrize(("query", "token", "status"), REFUSALS)
def test_every_refusal_fits_the_document(
    api: httpx2.Client, revision: str, query: str, token: str, status: int
) -> None:
    reply = api.get(f"/analytics/realtime{query}", headers=bearer(token))

    assert reply.status_code == status
    strict_validator(revision, "getRealtime", status).validate(reply.json())


def test_refusal_by_the_limit_fits_the_document() -> None:
    with running(now=INSTANT, speed=0) as mock, httpx2.Client(base_url=mock.url) as api:
        replies = [api.get("/analytics/realtime", headers=bearer("df_limited")) for _ in range(4)]

    strict_validator(REVISIONS[0], "getRealtime", 429).validate(replies[-1].json())


def test_every_error_of_the_catalogue_is_documented_or_beyond_the_pages() -> None:
    documented = {status for operation in operations_of(DOCUMENT) for status in operation.answers}
    rows = [*vars(errors).values(), *vars(errors_of_http).values()]
    catalogue = {kind.status for kind in rows if isinstance(kind, errors_of_http.ErrorKind)}
    # The pages do not document the errors of any HTTP server (wrong method, timeouts, sizes), nor the 501 of
    # an operation that is not mocked yet.
    beyond = {405, 408, 413, 414, 431, 501, 504}

    assert documented - {200} == catalogue - beyond


def test_every_operation_has_a_view() -> None:
    assert set(OPERATIONS) == set(VIEWS)


@pytest.mark.parametrize("operation", OPERATIONS)
def test_operation_and_each_of_its_answers_names_where_it_is_documented(operation: str) -> None:
    pages = DOCUMENT["info"]["x-pages"]
    described = [one for item in DOCUMENT["paths"].values() for one in item.values()]
    item = next(one for one in described if one["operationId"] == operation)
    answers = [answer_of(DOCUMENT, operation, int(status)) for status in item["responses"]]

    for part in (item, *answers):
        # These two standings have no page.
        if part.get("x-standing") in ("other", "decided") and "x-source" not in part:
            continue
        page, _, heading = part["x-source"].partition(" ")
        assert page in pages
        assert heading


def test_a_rule_of_one_of_several_filters_names_documented_parameters() -> None:
    rules = {one.operation_id: one for one in own_operations(DOCUMENT) if one.needed}

    assert rules.keys() == {"deleteGoals", "deletePayments"}
    for operation in rules.values():
        assert set(operation.needed) <= {parameter.name for parameter in operation.parameters}


def _members() -> list[Any]:
    """Returns every member of every schema, with references resolved."""
    return [
        pytest.param({**_schema(member), **member}, id=f"{schema}.{name}")
        for schema, content in DOCUMENT["components"]["schemas"].items()
        for name, member in content.get("properties", {}).items()
    ]


def _schema(member: Any) -> Any:
    name = member.get("$ref", "").removeprefix("#/components/schemas/")
    return DOCUMENT["components"]["schemas"][name] if name else {}


@pytest.mark.parametrize("member", _members())
def test_every_member_is_described_with_type_example_and_standing(member: Any) -> None:
    is_leaf = not any(name in member for name in ("properties", "items", "anyOf", "additionalProperties"))

    assert member.get("description")
    assert "type" in member or "anyOf" in member
    assert "x-source" in member or "x-standing" in member or "properties" in member
    assert "examples" in member or not is_leaf
