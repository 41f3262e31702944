"""The rates of births and purchases in each minute, as a website grows."""

from functools import lru_cache
from math import exp

from mock_server.instants import DAY, MINUTE, instant_of
from mock_server.world.lengths import mean_minutes
from mock_server.world.site import Site

PURCHASE_WAVES = 3
"""The number of waves with purchases, including the visitors' first visits."""
_DAY_MINUTES = DAY // MINUTE


class Rates:
    """The rates of one website, which are constant within an hour. Hours and days count from the epoch."""

    def __init__(self, site: Site) -> None:
        """Takes the rates from the site; nobody is born before the site's `since`."""
        self._site = site
        shares = [1.0, *(wave.share for wave in site.waves)]
        births = site.online / ((10 + mean_minutes(site)) * sum(shares))
        # The factors by hour of the week, Monday first.
        self._births = [births * hour * day for day in site.rhythm.weekdays for hour in site.rhythm.hours]
        self._purchase_share = site.money.purchase.share if site.money else 0.0
        self._wave_shares = shares[:PURCHASE_WAVES] if site.money else []
        self.first_minute = instant_of(site.since) // MINUTE if site.since else None
        """The minute of the site's `since`; None if the site has always existed."""
        self._spikes = [(instant_of(spike.at) // DAY, spike) for spike in site.spikes]
        self.level = lru_cache(1024)(self._level_of)
        self._peak = max(self._births, default=0.0)

    @property
    def purchase_waves(self) -> int:
        """The number of waves in which purchases are made."""
        return len(self._wave_shares)

    def births(self, hour: int) -> float:
        """Returns the mean number of births in each minute of an hour."""
        return self._births[_hour_of_week(hour)] * self.level(hour // 24)

    def purchases(self, wave: int, hour: int) -> float:
        """Returns the mean number of purchases in each minute of an hour, in visits of a wave."""
        return _purchases(self.births(hour) * self._wave_shares[wave], self._purchase_share)

    def most_purchases(self, wave: int, minutes: range) -> float:
        """Returns an upper bound of `purchases` in these minutes."""
        level = max(self.level(minutes[0] // _DAY_MINUTES), self.level(minutes[-1] // _DAY_MINUTES))
        return _purchases(self._peak * level * self._wave_shares[wave], self._purchase_share)

    def exists(self, minute: int) -> bool:
        """Returns whether the website exists in this minute."""
        return self.first_minute is None or minute >= self.first_minute

    def _level_of(self, day: int) -> float:
        """Returns the factor by which growth and spikes change all rates of a day."""
        level = 1.0
        growth = self._site.growth
        if growth is not None and self.first_minute is not None:
            grown = (day - self.first_minute // _DAY_MINUTES) / growth.days
            level = growth.start ** (1 - min(max(grown, 0.0), 1.0))
        for first, spike in self._spikes:
            if day >= first:
                level *= 1 + (spike.factor - 1) * 0.5 ** ((day - first) / spike.half_life)
        return level


def _hour_of_week(hour: int) -> int:
    """Returns a number from 0 to 167, Monday first; the epoch was a Thursday."""
    return (hour + 72) % 168


def _purchases(visits: float, share: float) -> float:
    """Returns the mean number of purchases in a minute that has any visits.

    A minute has `visits` visits on average, and a `share` of all visits buys. Because minutes without visits
    have no purchases, the other minutes have more.
    """
    # Below this number of visits, `1 - exp(-visits)` loses its digits.
    return share * visits / (1 - exp(-visits)) if visits > 1e-9 else 0.0
