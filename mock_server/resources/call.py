"""What a view is given."""

from collections.abc import Mapping
from typing import NamedTuple

from mock_server.world.world import World


class Call(NamedTuple):
    """One checked request: the world of its key, the instant and revision to answer in, path parameters."""

    world: World
    instant: int
    revision: str
    path: Mapping[str, str]
