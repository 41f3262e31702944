"""The mock's own journals as HAR files: they tell worlds and websites apart."""

import json
from itertools import product
from pathlib import Path
from urllib.request import Request, urlopen

import httpx2
import pytest

from contract_tests.asking.own_mock import INSTANT
from mock_server.testing import running
from tests.command import serving
from tests.controls import Controls
from tests.kit.browsing import judged_of, outcomes
from tests.quick import quick


@pytest.mark.long
def test_the_journal_of_two_websites_is_not_taken_for_that_of_one(traffic: Path) -> None:
    """The tokens in the file are masked, so that they are all equal."""
    day = "startAt=2026-02-04&endAt=2026-02-04"
    asked = ("metadata?", f"overview?{day}", f"timeseries?{day}&interval=day&fields=name,visitors,sessions")
    with serving("--now", INSTANT) as address:
        for key in ("df_edge_cases", "df_demo"):
            for path in asked:
                request = Request(f"{address}/api/v1/analytics/{path}")
                request.add_header("Authorization", f"Bearer {key}")
                urlopen(request, timeout=30).close()
        with urlopen(f"{address}/__mock/requests?format=har", timeout=30) as reply:
            log = json.load(reply)["log"]

    options = ("--only", "SUM-*,SEL-*")
    code, report, told = judged_of(traffic, log["entries"], *options, creator=log["creator"]["name"])

    assert (code, outcomes(report, "broken"), outcomes(report, "warning")) == (0, [], []), told
    assert {"SUM-01", "SEL-05", "SEL-06"} <= set(outcomes(report, "holds")), told
    assert "Bearer df_***" in str(log)
    assert "Bearer df_demo" not in str(log)


def _asked_of_three_worlds(controls: Controls, web: httpx2.Client, which: str) -> None:
    """Sends requests that the journal shows as requests of equal masked tokens, but about several worlds."""
    label = "" if which == "no labels" else "my test"
    first, second = (controls.mint(site=site, label=label) for site in ("demo", "edge_cases"))
    keys = [first] * 3 if which in ("settings", "Prefer") else [first, second, first]
    for n, key in enumerate(keys):
        if which == "settings":
            controls.patch("/settings", {"site": ("demo", "edge_cases")[n % 2]}, key=key)
        headers = {"Authorization": f"Bearer {key}"}
        if which == "Prefer" and n == 1:
            headers["Prefer"] = "site=edge_cases"
        for path in _OF_ONE_DAY:
            web.get(path, headers=headers).raise_for_status()


_DAY = "startAt=2026-02-04&endAt=2026-02-04"
_OF_ONE_DAY = (
    "/analytics/metadata",
    f"/analytics/overview?{_DAY}",
    f"/analytics/timeseries?{_DAY}&interval=day&fields=name,visitors,sessions",
)


@pytest.mark.parametrize("which", quick(["no labels", "one label", "settings", "Prefer"], 1))
def test_the_journal_tells_worlds_apart(which: str, traffic: Path) -> None:
    with running(now=INSTANT) as mock, Controls(mock.server) as controls:
        with httpx2.Client(base_url=mock.url) as web:
            _asked_of_three_worlds(controls, web, which)
        log = controls.get("/requests", format="har")["log"]

    options = ("--only", "SUM-*,SEL-*")
    code, report, told = judged_of(traffic, log["entries"], *options, creator=log["creator"]["name"])

    assert (code, outcomes(report, "broken"), outcomes(report, "warning")) == (0, [], []), told
    assert {"SUM-01", "SEL-05", "SEL-06"} <= set(outcomes(report, "holds")), told
    assert len({entry["_world"] for entry in log["entries"]}) == 2


@pytest.mark.long
def test_examples_that_the_mock_sent_on_demand_are_no_answers_of_its_world(traffic: Path) -> None:
    paths = ("realtime/map", "realtime", "overview?startAt=2026-02-04&endAt=2026-02-04")
    with serving("--now", INSTANT) as address:
        for path, preference in product(paths, ("code=200", "site=demo")):
            headers = {"Authorization": "Bearer df_demo", "Prefer": preference}
            urlopen(Request(f"{address}/api/v1/analytics/{path}", headers=headers), timeout=30).close()
        with urlopen(f"{address}/__mock/requests?format=har", timeout=30) as reply:
            log = json.load(reply)["log"]

    code, report, told = judged_of(traffic, log["entries"], creator=log["creator"]["name"])

    assert (code, outcomes(report, "broken"), outcomes(report, "warning")) == (0, [], []), told
    assert report["answers"] == len(paths)
    assert "3 with an example of the document" in told
