"""Accounts: how they are read from the files of a folder, and which keys share one."""

from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from mock_server.errors import InputError
from mock_server.state.accounts import load_accounts
from mock_server.state.credentials import load_credentials
from tests.controls import Controls, Json
from tests.credentials import bearer
from tests.sites import SITES

SHOP = SITES["shop"].website_id
REALTIME = "/analytics/realtime"
OWNER: Json = {"name": "Jane Doe", "email": "jane@example.com"}
ANOTHER = {"owner": {"name": "John Roe", "email": "john@mail.example"}, "websites": [{"site": "shop"}]}
DEMO: Json = {"owner": OWNER, "websites": [{"site": "demo"}]}


def _folder(folder: Path, **files: Any) -> Path:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_bytes(msgspec.yaml.encode(content))
    return folder


def test_the_shipped_account_owns_every_shipped_site() -> None:
    accounts = load_accounts(SITES)

    assert list(accounts) == ["demo"]
    assert accounts["demo"].owner.email == "jane@example.com"
    assert accounts["demo"].websites == {site.website_id: name for name, site in SITES.items()}
    assert accounts["demo"].version == 0


def test_a_site_that_no_account_names_belongs_to_the_default_one(tmp_path: Path) -> None:
    accounts = load_accounts(SITES, _folder(tmp_path, demo=DEMO, roe=ANOTHER))

    assert accounts["roe"].websites == {SHOP: "shop"}
    assert set(accounts["demo"].websites.values()) == SITES.keys() - {"shop"}


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        pytest.param(
            {"demo": {**DEMO, "websites": [{"site": "nowhere"}]}},
            "demo.yaml: $.websites[0].site: there is no site 'nowhere'",
            id="unknown site",
        ),
        pytest.param(
            {"demo": {**DEMO, "websites": [{"site": "demo"}, {"site": "demo"}]}},
            "demo.yaml: $.websites[1].site: 'demo' is a website of 'demo' already",
            id="site twice in an account",
        ),
        pytest.param(
            {"demo": {**DEMO, "websites": [{"site": "shop"}]}, "roe": ANOTHER},
            "roe.yaml: $.websites[0].site: 'shop' is a website of 'demo' already",
            id="site of two accounts",
        ),
        pytest.param(
            {"demo": {**DEMO, "owner": {**OWNER, "email": "jane@datafa.st"}}},
            "demo.yaml: $.owner.email: ",
            id="mail that could reach somebody",
        ),
        pytest.param({"demo": {**DEMO, "plan": "pro"}}, "demo.yaml: $: ", id="unknown member"),
        pytest.param({"roe": ANOTHER}, "there is no demo.yaml", id="no default account"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(files: Json, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        load_accounts(SITES, _folder(tmp_path, **files))

    assert problem in str(refused.value)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        pytest.param({"account": "nobody"}, "$[0].account: there is no 'nobody'; known: demo", id="account"),
        pytest.param({"site": "shop"}, "$[0]: the account 'demo' has no site 'shop'", id="site of another"),
        pytest.param({"role": "guest"}, "$[0].role: there is no 'guest'", id="role"),
    ],
)
def test_a_credential_needs_an_account_and_its_sites(row: Json, problem: str, tmp_path: Path) -> None:
    accounts = load_accounts(SITES, _folder(tmp_path, demo=DEMO, roe=ANOTHER))
    path = tmp_path / "credentials.yaml"
    path.write_bytes(msgspec.yaml.encode([{"token": "df_mine", **row}]))

    with pytest.raises(InputError) as refused:
        load_credentials(SITES, accounts, path)

    assert f"credentials.yaml: {problem}" in str(refused.value)


def test_the_key_of_a_site_belongs_to_the_account_of_that_site(tmp_path: Path) -> None:
    accounts = load_accounts(SITES, _folder(tmp_path, demo=DEMO, roe=ANOTHER))
    path = tmp_path / "credentials"
    path.write_text("[]")
    credentials = load_credentials(SITES, accounts, path)

    assert credentials["df_shop"].account == "roe"
    assert credentials["df_demo"].account == "demo"
    assert credentials["df_demo"].role == "owner"


@pytest.mark.parametrize("name", ["limited", "error_500", "suspended", "test", "xxx"])
def test_a_site_whose_key_comes_with_the_mock_is_refused(name: str) -> None:
    own = msgspec.structs.replace(SITES["shop"], name=name, file=f"own/{name}.yaml", website_id="0" * 24)
    sites = {**SITES, name: own}

    with pytest.raises(InputError, match=rf"^own/{name}\.yaml: the key of this site would be df_{name},"):
        load_credentials(sites, load_accounts(sites))


def test_a_site_that_does_not_fit_the_funnels_of_the_one_that_it_replaces_is_named() -> None:
    own = msgspec.structs.replace(SITES["empty"], name="demo", file="own/demo.yaml", website_id="0" * 24)

    with pytest.raises(
        InputError, match=r"^own/demo\.yaml: it replaces a site of the mock, and does not fit its funnels \("
    ):
        load_accounts({**SITES, "demo": own})


def test_a_minted_key_has_an_account_of_its_own(controls: Controls) -> None:
    one, other = (controls.post("/keys", {})["account"] for _ in range(2))

    assert len({one, other, "demo"}) == 3


def test_keys_of_one_account_are_listed_with_its_name(controls: Controls) -> None:
    website_key = controls.post("/keys", {"site": "shop"})
    account = website_key["account"]
    token = controls.post("/keys", {"account": account, "permissions": ["*"]})
    listed = {row["key"]: row["account"] for row in controls.get("/keys")["keys"]}

    assert listed["df_test"] == "demo"
    assert listed[website_key["key"]] == listed[token["key"]] == account
    assert controls.get(f"/keys/{token['key']}")["account"] == account


def test_a_key_may_join_the_account_of_the_shipped_ones(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(account="demo", permissions=["analytics:read"], websites=["shop"])
    statuses = [
        web.get(REALTIME, params={"websiteId": SITES[name].website_id}, headers=bearer(key)).status_code
        for name in ("shop", "demo")
    ]

    assert controls.get(f"/keys/{key}")["account"] == "demo"
    assert statuses == [200, 403]


def test_an_unknown_account_is_refused_with_the_known_ones(controls: Controls) -> None:
    minted = controls.post("/keys", {})["account"]
    reply = controls.ask("POST", "/keys", {"account": "nobody"})

    assert reply.status_code == 400
    assert reply.json()["member"] == "/account"
    assert {"demo", minted} <= set(reply.json()["known"])


def test_an_account_is_gone_with_its_last_key(controls: Controls) -> None:
    first = controls.post("/keys", {})
    second = controls.post("/keys", {"account": first["account"]})
    controls.ask("DELETE", f"/keys/{first['key']}")
    third = controls.post("/keys", {"account": first["account"]})
    for key in (second, third):
        controls.ask("DELETE", f"/keys/{key['key']}")

    assert controls.ask("POST", "/keys", {"account": first["account"]}).status_code == 400
