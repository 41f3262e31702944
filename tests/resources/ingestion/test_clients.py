"""What is known of browsers: their systems, devices and places."""

import pytest

from mock_server.resources.ingestion.places import whereabouts_of
from mock_server.resources.ingestion.systems import device_of, system_of
from tests.resources.ingestion.browser import SAFARI

WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "expected"),
    [
        pytest.param(SAFARI, ("Safari", "Mac OS", "desktop"), id="Safari on a Mac"),
        pytest.param(
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
            ("Chrome", "Windows", "desktop"),
            id="Chrome on Windows",
        ),
        pytest.param(
            f"Mozilla/5.0 (Windows NT 10.0) {WEBKIT} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0",
            ("Edge", "Windows", "desktop"),
            id="Edge",
        ),
        pytest.param(
            "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
            ("Firefox", "Linux", "desktop"),
            id="Firefox on Linux",
        ),
        pytest.param(
            f"Mozilla/5.0 (X11; CrOS x86_64 16328.65.0) {WEBKIT} Chrome/141.0.0.0 Safari/537.36",
            ("Chrome", "Chrome OS", "desktop"),
            id="Chrome OS",
        ),
        pytest.param(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/26.1 Mobile/15E148 Safari/604.1",
            ("Mobile Safari", "iOS", "mobile"),
            id="iPhone",
        ),
        pytest.param(
            "Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
            " Version/18.6 Mobile/15E148 Safari/604.1",
            ("Mobile Safari", "iOS", "tablet"),
            id="iPad",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 16; Pixel 9) {WEBKIT} Chrome/142.0.0.0 Mobile Safari/537.36",
            ("Mobile Chrome", "Android", "mobile"),
            id="Android phone",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 15; SM-X710) {WEBKIT} Chrome/142.0.0.0 Safari/537.36",
            ("Chrome", "Android", "tablet"),
            id="Android tablet",
        ),
        pytest.param(
            f"Mozilla/5.0 (Linux; Android 15; SM-S921B) {WEBKIT} SamsungBrowser/28.0 Chrome/130.0.0.0"
            " Mobile Safari/537.36",
            ("Samsung Internet", "Android", "mobile"),
            id="Samsung",
        ),
        pytest.param(
            "Mozilla/5.0 (Android 15; Mobile; rv:145.0) Gecko/145.0 Firefox/145.0",
            ("Mobile Firefox", "Android", "mobile"),
            id="Firefox on Android",
        ),
    ],
)
def test_browsers_and_systems_have_the_worlds_own_names(
    user_agent: str, expected: tuple[str, str, str]
) -> None:
    system = system_of(user_agent)

    assert (system.browser, system.os, system.device) == expected
    assert not system.is_bot


@pytest.mark.parametrize(
    ("width", "device"),
    [(375, "mobile"), (800, "tablet"), (1440, "desktop"), (None, "desktop")],
)
def test_the_window_tells_the_device_if_the_user_agent_does_not(width: int | None, device: str) -> None:
    assert device_of(system_of("unknown"), width) == device


@pytest.mark.parametrize(
    ("zone", "language", "place"),
    [
        pytest.param("Europe/Paris", "fr-FR", ("FR", "FR-IDF", "Paris"), id="a city's name"),
        pytest.param("America/Los_Angeles", "es-MX", ("US", "US-CA", "Los Angeles"), id="two words"),
        pytest.param("America/New_York", "en-US", ("US", "US-NY", "New York City"), id="the largest city"),
        pytest.param("Europe/Kiev", "uk-UA", ("UA", "UA-30", "Kyiv"), id="an older name of the zone"),
        pytest.param("UTC", "en-GB", ("GB", None, None), id="the language's country"),
        pytest.param("UTC", "zh-Hant-TW", ("TW", None, None), id="a language with a script"),
        pytest.param("UTC", "en", (None, None, None), id="nothing"),
        pytest.param(None, None, (None, None, None), id="nothing sent"),
        pytest.param("../../etc/passwd", "??-??", (None, None, None), id="nonsense"),
    ],
)
def test_a_time_zone_and_a_language_make_a_place(
    zone: str | None, language: str | None, place: tuple[str | None, ...]
) -> None:
    assert whereabouts_of(zone, language) == place
