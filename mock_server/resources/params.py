"""The URL parameters of a session's first page, as map and profile show them."""

from mock_server.world.site import Source

PARAMS = ("ref", "source", "via", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term")


def params_of(source: Source) -> dict[str, str | None]:
    """Returns all eight documented parameters (page 002); missing ones are None."""
    return {name: source.params.get(name) for name in PARAMS}
