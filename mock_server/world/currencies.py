"""The currencies of ISO 4217 with approximate rates, from `fixtures/data/currencies.csv`."""

from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from mock_server.assets import FIXTURES, read_rows
from mock_server.world.site import Money

_CURRENCIES = FIXTURES / "data" / "currencies.csv"
US_DOLLAR = "USD"
"""The currency of a site that sells nothing."""
MOST_MINOR_UNITS = 4 * 10**14
"""The largest amount of a payment in minor units of the site's currency.

The sum of the 10,000 payments that an account can have fits into the 64 bits in which reports add them up.
"""

_US_DOLLAR = (US_DOLLAR, 2, 1.0)


class Currency(NamedTuple):
    """A currency. One major unit is worth about `usd` US dollars, and has `decimals` decimal places."""

    code: str
    decimals: int
    usd: float
    symbol: str
    """The symbol that reports print; the code if there is none."""


def currency_of(code: str) -> Currency | None:
    """Returns the currency with a code in capitals; None if the table has no such currency."""
    return _currencies().get(code)


def convert(amount: float, code: str, money: Money | None) -> float:
    """Returns an amount converted to a site's currency, and rounded to its decimals.

    A site without a currency has US dollars. The site's own rate is used for its own currency. Raises
    KeyError for an unknown currency.
    """
    wanted, decimals, rate = _US_DOLLAR if money is None else (money.currency, money.decimals, money.usd_rate)
    if code != wanted:
        amount = amount * _currencies()[code].usd / rate
    return round(amount, decimals)


def minor_units(amount: float, code: str, money: Money | None) -> int:
    """Returns an amount in minor units of a site's currency. Raises KeyError for an unknown currency."""
    decimals = _US_DOLLAR[1] if money is None else money.decimals
    minor: int = round(convert(amount, code, money) * 10**decimals)
    return minor


# The file is read on first use: most servers never need it.
@cache
def _currencies() -> Mapping[str, Currency]:
    rows = read_rows(_CURRENCIES, "code", "decimals", "usd", "symbol")
    return {row[0]: Currency(row[0], int(row[1]), float(row[2]), row[3] or row[0]) for row in rows}
