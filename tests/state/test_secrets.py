"""Secrets in the journal: tokens and headers are masked wherever requests are shown."""

import base64
import json

import httpx2

from mock_server.testing import running
from tests.controls import Controls
from tests.credentials import bearer
from tests.instants import INSTANT
from tests.state.journal import REALTIME, last


def test_a_stranger_s_token_is_masked_where_any_key_will_do() -> None:
    with running(any_key=True, now=INSTANT) as mock, Controls(mock.server) as anyones:
        httpx2.get(mock.url + REALTIME, headers=bearer("df_stranger"))

        assert anyones.get("/requests")["requests"][0]["keyName"] == "df_***"


def test_a_token_as_a_label_is_masked_wherever_it_is_shown(controls: Controls, web: httpx2.Client) -> None:
    minted = controls.post("/keys", {"label": "for df_secret\\u0020and df\\u005fsecret"})
    web.get(REALTIME, headers=bearer(minted["key"]))
    listed = [key["label"] for key in controls.get("/keys")["keys"] if key["key"] == minted["key"]]

    labels = {minted["label"], controls.get(f"/keys/{minted['key']}")["label"], *listed}
    assert labels == {last(controls, minted["key"])["label"]} == {"for df_***\\u0020and df_***"}


def test_secrets_are_masked(controls: Controls, web: httpx2.Client) -> None:
    key = controls.mint()
    secrets = {
        "Cookie": "session=sesame",
        "X-Auth-Token": "sesame",
        "Api-Key": "sesame",
        "Proxy-Authorization": "Basic sesame",
        "X-Api": f"say {key} twice",
    }
    secrets |= {"X-Api-Key": "sesame", "df_sesame": "1", "Prefer": "delay=0, example=df_sesame"}
    secrets |= {"Referer": "http://localhost/?a=%2Cdf_sesame&b=dft%5Fse%73ame&c=%64%66_%73esame"}
    secrets |= {"X-Next": "/to%2Fit%253Fkey%253Ddf_sesame%26u%3Ddf%255Fsesame"}
    secrets |= {"X-Context": '{"url": "/?key\\u003ddf_sesame", "text": "a\\ndf_sesame"}'}
    web.get(f"{REALTIME}?token={key}&dft_sesame=1", headers={**bearer(key), **secrets})
    web.get(f"/visitors/{key}", headers=bearer(key))
    web.get(f"{REALTIME}?of={key}", headers={"Authorization": "Bearer sesame.jwt"})
    web.get(REALTIME, headers={"Authorization": "df_sesame df_sesame"})
    web.get("/x%41df_sesame?a=%41df_sesame", headers={"Authorization": "xdf_sesame x"})
    web.get(f"{REALTIME}?fields=%41df_sesame", headers=bearer(key))
    web.get(f"{REALTIME}?__example=%41df_sesame", headers=bearer(key))
    basic = base64.b64encode(b"df_sesame:").decode()
    credentials = [f"Basic {basic}", "df_sesame", "sesame", f"Bearer  {key}", 'Digest username="df_sesame"']
    for n, authorization in enumerate(credentials):
        web.get(f"{REALTIME}?n={n}", headers={"Authorization": authorization})
    text = json.dumps([controls.get("/requests", key=key), controls.get("/requests", limit=12)])

    assert basic not in text
    assert key.removeprefix("df_") not in text
    assert "sesame" not in text
    assert "?a=%2Cdf_***&b=dft_***&c=df_***" in text
    assert '"authorization": ["Bearer df_***"]' in text
    assert '"authorization": ["Bearer ***"]' in text
