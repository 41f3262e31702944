"""Systems and browsers by their User-Agent header, with the names that the world itself uses."""

from functools import lru_cache
from typing import Any, NamedTuple

# The longest User-Agent that is parsed. Browsers send no longer ones, and parsing would take long.
_LONGEST = 512
# ua-parser's names that differ from those in fixtures/systems.yaml.
_BROWSERS = {
    "Chrome Mobile": "Mobile Chrome",
    "Chrome Mobile iOS": "Chrome",
    "Chrome Mobile WebView": "Chrome WebView",
    "Edge Mobile": "Edge",
    "Firefox Mobile": "Mobile Firefox",
    "Firefox iOS": "Mobile Firefox",
    # HeadlessChrome is the browser of tests, not a crawler. The page's script decides whether its events
    # count.
    "HeadlessChrome": "Chrome",
    "Mobile Safari UI/WKWebView": "Mobile Safari",
    "Opera Mobile": "Opera",
}
_SYSTEMS = {"Mac OS X": "Mac OS"}
_MODELS = {"Mac": "Macintosh", "K": None, "Smartphone": None, "Tablet": None}
_MOBILE, _TABLET, _DESKTOP = "mobile", "tablet", "desktop"
# The widths in pixels below which a window is taken for one on a phone, and for one on a tablet.
_NARROW, _WIDE = 600, 1024


class System(NamedTuple):
    """A browser, its operating system and its device; None is unknown."""

    browser: str | None = None
    browser_version: str | None = None
    os: str | None = None
    os_version: str | None = None
    vendor: str | None = None
    model: str | None = None
    device: str | None = None
    """`desktop`, `mobile` or `tablet`; None if the header does not contain the type."""
    is_bot: bool = False


@lru_cache(256)
def system_of(user_agent: str) -> System:
    """Returns the browser, operating system and device of a User-Agent.

    The first call takes half a second, to compile the patterns.
    """
    # The import is here, so that only servers that get events wait for it.
    from ua_parser import parse  # noqa: PLC0415

    found = parse(user_agent[:_LONGEST])
    browser, os, device = found.user_agent, found.os, found.device
    brand = None if device is None else device.brand
    model = None if device is None else device.model
    return System(
        browser=None if browser is None else _BROWSERS.get(browser.family, browser.family),
        browser_version=_version(browser),
        os=None if os is None else _SYSTEMS.get(os.family, os.family),
        os_version=_version(os),
        vendor=None if brand is None or brand.startswith("Generic") else brand,
        model=model and _MODELS.get(model, model),
        device=None if os is None else _device(os.family, model, user_agent),
        is_bot=brand == "Spider",
    )


def device_of(system: System, width: int | None) -> str:
    """Returns the type of a device, by its system or, if that is not enough, by its window's width."""
    if system.device is not None:
        return system.device
    if width is None or width >= _WIDE:
        return _DESKTOP
    return _MOBILE if width < _NARROW else _TABLET


def _device(os: str, model: str | None, user_agent: str) -> str:
    if os == "iOS":
        return _TABLET if model is not None and model.startswith("iPad") else _MOBILE
    if os == "Android":
        return _MOBILE if "Mobile" in user_agent else _TABLET
    return _DESKTOP


def _version(found: Any) -> str | None:
    parts = (getattr(found, name, None) for name in ("major", "minor", "patch", "patch_minor"))
    return ".".join(part for part in parts if part) or None
