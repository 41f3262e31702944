"""docs/sites.md is correct: its website can be served, and it describes every member."""

import re
from pathlib import Path

import httpx2
import pytest
from msgspec.structs import fields

from mock_server.errors import InputError
from mock_server.state import funnels
from mock_server.state.accounts import load_accounts
from mock_server.world import site
from mock_server.world.site_files import load_sites
from tests.command import serving
from tests.credentials import bearer
from tests.instants import INSTANT

PAGE = (Path(__file__).parent.parent / "docs" / "sites.md").read_text(encoding="utf-8")
EXAMPLE, FUNNELS = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
# These members are set when a file is loaded.
OWN = {"fileName", "file"}


@pytest.mark.parametrize(
    "record",
    [*site._Record.__subclasses__(), funnels.Funnel, funnels.Step],
    ids=lambda record: record.__name__,
)
def test_every_member_is_described(record: type) -> None:
    members = {field.encode_name for field in fields(record)} - (OWN if record is site.Site else set())

    # In a table a member is in backticks, alone or before its value.
    assert {name for name in members if not re.search(rf"`{name}[`:]", PAGE)} == set()


def test_the_shown_website_is_alive(tmp_path: Path) -> None:
    (tmp_path / "my-shop.yaml").write_text(EXAMPLE, encoding="utf-8")

    with serving("--sites", str(tmp_path), "--site", "my-shop", "--now", INSTANT) as url:
        reply = httpx2.get(f"{url}/api/v1/analytics/realtime/map", headers=bearer("df_my-shop"))

    told = reply.json()["data"]
    assert 10 < told["count"] < 120
    assert any(event["path"] == "/shirts" for event in told["recentEvents"])


def test_the_shown_funnel_is_one_that_the_site_can_have(tmp_path: Path) -> None:
    owner = "owner: {name: Jane Doe, email: jane@example.com}\n"
    (tmp_path / "demo.yaml").write_text(owner + FUNNELS, encoding="utf-8")

    accounts = load_accounts(load_sites(), tmp_path)

    [[funnel]] = accounts["demo"].funnels.values()
    assert [step.id for step in funnel.steps] == ["landing", "pricing", "signup"]


def test_the_shown_complaint_is_the_real_one(tmp_path: Path) -> None:
    broken = EXAMPLE.replace("/shirts: 80", "/shoes: 80")
    (tmp_path / "my-shop.yaml").write_text(broken, encoding="utf-8")

    with pytest.raises(InputError) as error:
        load_sites([tmp_path])

    assert str(error.value).removeprefix(f"{tmp_path}/") in PAGE
