"""The lengths of visits as a table with an entry for each possible random number."""

from math import log1p

import numpy as np

from mock_server.instants import MINUTE
from mock_server.world.chance import UNIT_16
from mock_server.world.lengths import LONGEST, SHORTEST
from mock_server.world.past.coins import Column
from mock_server.world.site import Site

_COINS = 1 << 16


def durations(site: Site) -> Column:
    """Returns, for each number of 16 bits, exactly the length that `lengths.duration` returns, in ms."""
    bounce = site.visits.bounce
    shares = np.arange(_COINS) * UNIT_16
    stays = shares >= bounce
    logarithms = np.array([log1p(share) for share in (-(shares[stays] - bounce) / (1 - bounce)).tolist()])
    lengths = np.zeros(_COINS, np.int64)
    lengths[stays] = np.clip(-logarithms * site.visits.minutes * MINUTE, SHORTEST, LONGEST)
    return lengths
