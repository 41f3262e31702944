"""The findings about requests: mistakes that the mock accepts."""

import httpx2
import pytest

from tests.controls import Controls
from tests.credentials import DEMO, bearer
from tests.state.journal import KNOWN, REALTIME, last


@pytest.mark.parametrize(
    ("path", "sent", "rules"),
    [
        pytest.param(REALTIME, True, [], id="nothing"),
        pytest.param(f"{REALTIME}?fields=visitors", True, [], id="documented parameter"),
        pytest.param(f"{REALTIME}?startAt=1", True, ["undocumented-parameter"], id="undocumented parameter"),
        pytest.param(f"{REALTIME}?__delay=0", True, [], id="our own parameter"),
        pytest.param(f"{REALTIME}?fields=&fields=", True, ["repeated-parameter"], id="repeated parameter"),
        pytest.param(f"{REALTIME}?websiteId={DEMO}", True, ["needless-website-id"], id="needless website id"),
        pytest.param(f"{REALTIME}/", True, ["slash-at-the-end"], id="slash at the end"),
        pytest.param(
            "/visitors/dfid_1/",
            True,
            ["slash-at-the-end", "cookie-as-visitor-id"],
            id="cookie, slash at the end",
        ),
        pytest.param("/visitors/dfid_1", True, ["cookie-as-visitor-id"], id="cookie for a visitor"),
        pytest.param(f"{REALTIME}?fields=df_x", True, ["token-in-url"], id="token in the URL"),
        pytest.param("/visitors/df_x", True, ["token-in-url"], id="token in the path"),
        pytest.param("/nothing?fields=***", True, ["unknown-route"], id="unknown route"),
        pytest.param("/nothing?a=dft_x", True, ["token-in-url", "unknown-route"], id="token to nowhere"),
    ],
)
def test_lint(controls: Controls, web: httpx2.Client, path: str, sent: bool, rules: list[str]) -> None:
    key = controls.mint()
    web.get(path, headers=bearer(key) if sent else {})

    found = last(controls, key)["lint"]
    assert [finding["rule"] for finding in found] == rules
    assert all(finding["message"].endswith(".") for finding in found)


def test_lint_of_a_request_without_authorization(controls: Controls, web: httpx2.Client) -> None:
    web.get(KNOWN)
    rows = [row for row in controls.get("/requests")["requests"] if row["path"].endswith(KNOWN)]

    assert [finding["rule"] for finding in rows[-1]["lint"]] == ["no-authorization"]


def test_lint_of_polling_faster_than_the_data(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint(frozen=True)
    for path in (REALTIME, f"{REALTIME}?fields=visitors", REALTIME):
        web.get(path, headers=bearer(key))
    # At another instant a repeated request is no longer a finding.
    controls.put("/clock", {"advance": 1000}, key=key)
    web.get(REALTIME, headers=bearer(key))
    rows = controls.get("/requests", key=key)["requests"]

    found = [[finding["rule"] for finding in row["lint"]] for row in rows]
    assert found == [[], [], ["polling-faster-than-the-data"], []]


def test_findings_about_one_request_are_bounded(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    web.get(REALTIME + "?" + "&".join(f"a{n}" for n in range(500)), headers=bearer(key))

    assert len(last(controls, key)["lint"]) == 20
