"""Funnels: which pages a step's URL matches, and each error in an account's file, with its place."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from mock_server.errors import InputError
from mock_server.state.accounts import load_accounts
from mock_server.state.funnels import Step
from tests.controls import Json
from tests.sites import SITES

OWNER = {"name": "Jane Doe", "email": "jane@example.com"}
LANDING: Json = {"name": "Landing", "type": "pageview", "url": "/"}
SIGNUP: Json = {"name": "Signup", "type": "goal", "goalName": "signup"}
FUNNEL: Json = {"id": "a" * 24, "name": "First", "steps": [LANDING, SIGNUP]}


def _load(folder: Path, *funnels: Json) -> Any:
    account = {"owner": OWNER, "websites": [{"site": "demo", "funnels": funnels}]}
    (folder / "demo.yaml").write_bytes(msgspec.yaml.encode(account))
    return load_accounts(SITES, folder)["demo"].funnels[SITES["demo"].website_id]


@pytest.mark.parametrize(
    ("url", "paths"),
    [
        pytest.param("/pricing", ["/pricing"], id="one page"),
        pytest.param("/pricing*", ["/pricing", "/pricing/compare"], id="and what follows"),
        pytest.param("/pricing/*", ["/pricing/compare"], id="below"),
        pytest.param("*/s*s", ["/checkout/success", "/dashboard/settings"], id="several wildcards"),
        pytest.param("/PRICING", [], id="another letter case"),
        pytest.param("/pricin.", [], id="dot"),
        pytest.param("/pricin?", [], id="question mark"),
        pytest.param("/[a-z]ricing", [], id="brackets"),
        pytest.param("pricing", [], id="part of a path"),
    ],
)
def test_a_url_matches_pages(url: str, paths: list[str]) -> None:
    step = Step(name="Step", type="pageview", url=url)

    assert sorted(step.paths_of(SITES["demo"])) == paths


def test_a_url_of_many_wildcards_is_matched_at_once() -> None:
    step = Step(name="Step", type="pageview", url="*e" * 900 + "*!")

    assert step.paths_of(SITES["edge_cases"]) == ()


def test_a_wildcard_alone_matches_every_page() -> None:
    step = Step(name="Step", type="pageview", url="*")

    for site in SITES.values():
        assert len(step.paths_of(site)) == len(site.pages)


@pytest.mark.parametrize(
    ("name", "step_id"),
    [("Landing", "landing"), ("  Signup, page_2!", "signup-page-2"), ("カート", "カート")],
)
def test_the_id_of_a_step_is_made_of_its_name(name: str, step_id: str) -> None:
    assert Step(name=name, type="pageview", url="/").id == step_id


def test_a_funnel_is_active_unless_its_file_says_otherwise(tmp_path: Path) -> None:
    first, second = _load(tmp_path, FUNNEL, {**FUNNEL, "id": "b" * 24, "name": "Other", "isActive": False})

    assert (first.is_active, second.is_active) == (True, False)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"id": "A" * 24}, "[0].id: ", id="id in capitals"),
        pytest.param({"name": ""}, "[0].name: ", id="no name"),
        pytest.param(
            {"name": "?"}, "[0].name: '?' has neither a letter nor a digit", id="name without a word"
        ),
        pytest.param({"slug": "first"}, "[0]: ", id="unknown member"),
        pytest.param({"steps": [LANDING]}, "[0].steps: ", id="one step"),
        pytest.param({"steps": [LANDING] * 9}, "[0].steps: ", id="nine steps"),
        pytest.param(
            {"steps": [LANDING, {**SIGNUP, "type": "click"}]}, "[0].steps[1].type: ", id="unknown type"
        ),
        pytest.param(
            {"steps": [{**LANDING, "url": "/no*"}, SIGNUP]},
            "[0].steps[0].url: '/no*' is not a page of the site 'demo'",
            id="unknown page",
        ),
        pytest.param(
            {"steps": [LANDING, {**SIGNUP, "goalName": "Share on X"}]},
            "[0].steps[1].goalName: 'Share on X' is not a goal of the site 'demo'",
            id="link instead of a goal",
        ),
        pytest.param(
            {"steps": [LANDING, {"name": "Signup", "type": "goal"}]},
            "[0].steps[1].goalName: a goal needs a name",
            id="no goal",
        ),
        pytest.param(
            {"steps": [{"name": "Landing", "type": "pageview"}, SIGNUP]},
            "[0].steps[0].url: the view of a page needs a path",
            id="no page",
        ),
        pytest.param(
            {"steps": [{**LANDING, "goalName": "signup"}, SIGNUP]},
            "[0].steps[0].goalName: the view of a page has no goal",
            id="page with a goal",
        ),
        pytest.param(
            {"steps": [LANDING, {**SIGNUP, "url": "/"}]},
            "[0].steps[1].url: a goal has no page",
            id="goal with a page",
        ),
        pytest.param(
            {"steps": [LANDING, {**SIGNUP, "name": "LANDING!"}]},
            "[0].steps[0].name: several steps have names that give the id 'landing'",
            id="names alike",
        ),
        pytest.param(
            {"steps": [LANDING, {**SIGNUP, "name": "!"}]},
            "[0].steps[1].name: '!' has neither a letter nor a digit",
            id="name of a step without a word",
        ),
    ],
)
def test_a_wrong_funnel_is_refused_with_its_place(change: Json, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        _load(tmp_path, {**FUNNEL, **change})

    assert f"demo.yaml: $.websites[0].funnels{problem}" in str(refused.value)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        pytest.param({"name": "Other"}, f"[1].id: {'a' * 24!r} is another funnel", id="id"),
        pytest.param({"id": "b" * 24}, "[1].name: 'First' is another funnel", id="name"),
    ],
)
def test_two_funnels_of_a_website_are_told_apart(change: Json, problem: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        _load(tmp_path, FUNNEL, {**FUNNEL, **change})

    assert problem in str(refused.value)
