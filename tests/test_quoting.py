r"""Values in messages are shown as they were written: a backslash is one backslash."""

import httpx2
import pytest

from mock_server.testing import RunningMock
from tests.command import ended
from tests.controls import Controls
from tests.credentials import bearer


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("serve", "--site", r"a\b"), r"--site: there is no 'a\b'; known: ", id="of the mock"),
        pytest.param(("verify", r"C:\api"), r"'C:\api' is not a URL", id="of the kit"),
        pytest.param(("serve", "--site", "it's\\"), '--site: there is no "it\'s\\";', id="with a quote"),
        pytest.param(
            ("serve", "--site", "a\\b\x1b"), r"--site: there is no 'a\\b\x1b'; known: ", id="beside an escape"
        ),
    ],
)
def test_a_value_of_the_command_line_keeps_its_backslashes(arguments: tuple[str, ...], told: str) -> None:
    result = ended(*arguments)

    assert result.returncode == 2
    assert result.stderr.startswith(f"datafast-mock: {told}")


def test_a_value_of_a_request_keeps_its_backslashes(mock: RunningMock) -> None:
    query = {"websiteId": r"a\b"}
    reply = httpx2.get(f"{mock.url}/analytics/realtime", params=query, headers=bearer("dft_test"))

    assert reply.json()["error"]["message"] == (
        r"Invalid 'websiteId' 'a\b': 24 hexadecimal digits are expected."
    )


def test_a_value_of_a_preference_keeps_its_backslashes(mock: RunningMock) -> None:
    query = {"__example": r"a\b"}
    reply = httpx2.get(f"{mock.url}/analytics/realtime", params=query, headers=bearer("df_test"))

    assert reply.json()["detail"].startswith(r"There is no example 'a\b' here")


def test_a_value_of_a_control_keeps_its_backslashes(controls: Controls) -> None:
    reply = controls.ask("PUT", "/clock", {"now": r"6\2"})

    assert reply.json()["detail"].startswith(r"`now`: '6\2' is not an ISO 8601 instant")
