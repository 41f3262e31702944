"""What the mock says of itself: its health, its sites and its document."""

import re
from typing import Any

import httpx2
import pytest
import yaml
from openapi_spec_validator import OpenAPIV31SpecValidator

from mock_server import __version__
from mock_server.contract.document import REVISIONS
from mock_server.world.world import WORLD_VERSION
from tests.credentials import DEMO, bearer
from tests.instants import INSTANT
from tests.quick import quick
from tests.serving.addresses import BASE, REALTIME


def test_health_tells_version_seed_revision_and_instant(root: httpx2.Client) -> None:
    reply = root.get("/__mock/health")

    assert reply.status_code == 200
    assert reply.json() == {
        "status": "ok",
        "version": __version__,
        "worldVersion": WORLD_VERSION,
        "seed": 42,
        "revision": "2026-02",
        "instant": f"{INSTANT[:-1]}.000Z",
    }


def test_sites_name_the_default_one_with_key_and_website_id(root: httpx2.Client) -> None:
    sites = root.get("/__mock/sites").json()["sites"]

    demo = next(site for site in sites if site["name"] == "demo")
    assert (demo["websiteId"], demo["key"]) == (DEMO, "df_demo")
    assert all(re.fullmatch("[0-9a-f]{24}", site["websiteId"]) for site in sites)
    assert len({site["websiteId"] for site in sites}) == len(sites) >= 7


def test_sites_tell_what_their_first_plan_costs(root: httpx2.Client) -> None:
    prices = {site["name"]: site["price"] for site in root.get("/__mock/sites").json()["sites"]}

    assert prices["demo"] == {"amount": 19.0, "currency": "USD"}
    assert prices["shop"]["currency"] == "JPY"
    assert (prices["empty"], prices["no_revenue"]) == (None, None)


def test_key_and_website_id_of_each_site_lead_to_the_same_site(root: httpx2.Client) -> None:
    sites = root.get("/__mock/sites").json()["sites"]

    by_key = [root.get(REALTIME, headers=bearer(site["key"])) for site in sites]
    by_id = [
        root.get(f"{REALTIME}?websiteId={site['websiteId']}", headers=bearer("dft_test")) for site in sites
    ]

    assert {reply.status_code for reply in by_key} == {200}
    assert [reply.content for reply in by_id] == [reply.content for reply in by_key]


def test_each_member_of_a_cast_has_a_profile(root: httpx2.Client) -> None:
    sites = root.get("/__mock/sites").json()["sites"]
    members = [(site["key"], visitor_id) for site in sites for visitor_id in site["cast"].values()]

    replies = [root.get(f"{BASE}/visitors/{visitor_id}", headers=bearer(key)) for key, visitor_id in members]

    assert members
    assert {reply.status_code for reply in replies} == {200}


def test_document_is_of_the_running_revision_unless_asked(root: httpx2.Client) -> None:
    reply = root.get("/openapi.json")

    assert reply.json() == _document(root, REVISIONS[0])
    assert reply.json() != _document(root, REVISIONS[1])


@pytest.mark.parametrize("revision", quick(["all", *REVISIONS], 1))
def test_served_document_is_valid_and_names_this_server_first(root: httpx2.Client, revision: str) -> None:
    document = _document(root, revision)

    OpenAPIV31SpecValidator(document).validate()
    here = document["servers"][0]["url"]
    assert root.get(f"{here}/analytics/realtime", headers=bearer("df_test")).status_code == 200


@pytest.mark.parametrize("revision", quick([*REVISIONS, "all"], 1))
def test_document_is_the_same_as_json_and_as_yaml(root: httpx2.Client, revision: str) -> None:
    reply = root.get(f"/openapi.yaml?revision={revision}")

    assert reply.headers["Content-Type"].partition(";")[0] == "application/yaml"
    assert yaml.load(reply.text, yaml.CSafeLoader) == _document(root, revision)


@pytest.mark.parametrize("form", ["json", "yaml"])
@pytest.mark.parametrize("revision", ["2026-03", "", "ALL", "2026-02%00", "%ff"])
def test_unknown_revision_answers_400_naming_the_known(root: httpx2.Client, form: str, revision: str) -> None:
    reply = root.get(f"/openapi.{form}?revision={revision}")

    assert reply.status_code == 400
    assert all(known in reply.text for known in REVISIONS)


def _document(root: httpx2.Client, revision: str) -> Any:
    reply = root.get(f"/openapi.json?revision={revision}")
    assert reply.status_code == 200, reply.text
    return reply.json()
