"""Requests that no probe has sent get labels from their contents: the ones that probes give such requests."""

import json
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from contract_tests.asking import labels
from contract_tests.asking.contents import LONGEST_NAME, LONGEST_VALUE, MOST_KEYS, content_label
from contract_tests.asking.credentials import Credentials, load_credentials
from contract_tests.asking.labels import request_label
from contract_tests.document import document
from contract_tests.exchange import Exchange

_CREDENTIALS = load_credentials("mock")
# These labels follow from the token, not from the contents.
_BY_TOKEN = frozenset(
    {
        *(labels.NO_CREDENTIAL, labels.UNKNOWN_CREDENTIAL, labels.NO_WEBSITE_ID, labels.UNKNOWN_WEBSITE),
        *(labels.NO_PERMISSION, labels.ELSEWHERE, labels.SUSPENDED, labels.WRONG_KIND),
    }
)
_TOLD = labels.REFUSED | {labels.SUPERFLUOUS}


def _label_of(exchange: Exchange) -> str | None:
    operation = document().operations[str(exchange.operation)]
    query = dict(parse_qsl(urlsplit(exchange.url).query))
    named = request_label(operation.id, query, exchange.path.get("visitorId"), _CREDENTIALS)
    return named or content_label(operation, query, exchange.request_body, exchange.status, _CREDENTIALS)


@pytest.mark.long
def test_the_requests_of_the_probes_are_known_by_their_contents(recorded: list[Exchange]) -> None:
    kinds = set()
    for exchange in recorded:
        if exchange.labels.isdisjoint(_BY_TOKEN):
            wanted = set(exchange.labels & _TOLD)
            found = {_label_of(exchange)} & _TOLD
            assert found == wanted, (exchange.operation, exchange.url, exchange.request_body)
            kinds |= found

    assert kinds == _TOLD - _BY_TOKEN


@pytest.mark.parametrize(
    ("operation", "body", "label"),
    [
        pytest.param("createGoal", b"[]", labels.NO_JSON, id="no object"),
        pytest.param("createGoal", b"[" * 100_000, labels.NO_JSON, id="a hundred thousand levels"),
        pytest.param("createGoal", b'{"name": 7, "datafast_visitor_id": "x"}', None, id="a number"),
        pytest.param("createPayment", b'{"amount": null}', labels.MISSING, id="null"),
        pytest.param(
            "createPayment",
            b'{"amount": true, "currency": "USD", "transaction_id": "t"}',
            labels.BAD_AMOUNT,
            id="an amount that is true",
        ),
        pytest.param("identifyVisitor", b"", labels.NO_JSON, id="nothing"),
    ],
)
def test_odd_bodies_have_a_label(operation: str, body: bytes, label: str | None) -> None:
    assert content_label(document().operations[operation], {}, body, 400, Credentials()) == label


def test_the_limits_are_those_of_the_document() -> None:
    whole = json.loads((Path(__file__).parents[2] / "openapi.json").read_bytes())
    schemas = whole["components"]["schemas"]
    goal, identity = schemas["GoalSent"]["properties"], schemas["IdentitySent"]["properties"]

    assert goal["name"]["maxLength"] == LONGEST_NAME
    assert goal["metadata"]["maxProperties"] == MOST_KEYS
    assert goal["metadata"]["additionalProperties"]["maxLength"] == LONGEST_VALUE
    assert identity["user_id"]["maxLength"] == LONGEST_VALUE


_GOAL = {"datafast_visitor_id": "a3ab2331-989f-4cfa-91c6-2461c9e3c6bd"}


@pytest.mark.parametrize(
    ("name", "label"),
    [
        pytest.param("x" * LONGEST_NAME, None, id="the longest"),
        pytest.param("x" * (LONGEST_NAME + 1), labels.BAD_NAME, id="one more"),
        pytest.param("A_z:0 -", None, id="all kinds of characters"),
        pytest.param("identify", labels.RESERVED_NAME, id="reserved"),
        pytest.param("", labels.BAD_NAME, id="empty"),
    ],
)
def test_names_of_goals_at_their_limits(name: str, label: str | None) -> None:
    body = json.dumps({**_GOAL, "name": name}).encode()

    assert content_label(document().operations["createGoal"], {}, body, 200, Credentials()) == label
