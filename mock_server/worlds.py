"""The worlds of a server, one for each site, and the answers of the present tick."""

from collections.abc import Mapping

from cachetools import LRUCache

from mock_server.site import Site
from mock_server.views.call import Call
from mock_server.views.registry import View
from mock_server.world.world import World

_CACHE_BYTES = 32 * 1024 * 1024


class Worlds:
    """Worlds by site name. Answers that depend on nothing but the instant are kept, up to 32 MB of them."""

    def __init__(self, seed: int, sites: Mapping[str, Site]) -> None:
        """Raises InputError where a site cannot be made into a world."""
        self._worlds = {name: World(seed, site) for name, site in sites.items()}
        self._snapshots: LRUCache[tuple[View, str, int, str], bytes] = LRUCache(_CACHE_BYTES, getsizeof=len)

    def __getitem__(self, name: str) -> World:
        """The world of a site."""
        return self._worlds[name]

    def answer(self, view: View, site: str, instant: int, revision: str, path: Mapping[str, str]) -> bytes:
        """The body that a view answers with. Raises ApiError."""
        if path:
            return view(Call(self._worlds[site], instant, revision, path))
        known = (view, site, instant, revision)
        body = self._snapshots.get(known)
        if body is None:
            body = view(Call(self._worlds[site], instant, revision, path))
            if len(body) < _CACHE_BYTES:
                self._snapshots[known] = body
        return body
