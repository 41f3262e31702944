"""The URL parameters of a session's first page, as map and profile show them."""

from mock_server.world.site import PARAMS, Source

AD_CLICK_IDS = (*("gclid", "gbraid", "wbraid", "fbclid", "msclkid", "ttclid", "twclid", "li_fat_id"),)
"""The parameters with the click ids of advertisements."""


def params_of(source: Source) -> dict[str, str | None]:
    """Returns all eight documented parameters (page 002); missing ones are None."""
    return {name: source.params.get(name) for name in PARAMS}
