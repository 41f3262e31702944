"""The amounts of money in reports, which are summed in minor units and answered in major units."""

from mock_server.world.currencies import currency_of


def symbol_of(currency: str) -> str:
    """Returns the symbol of a currency; its code if it has no symbol."""
    known = currency_of(currency)
    return currency if known is None else known.symbol


def major(amount: int, decimals: int) -> float:
    """Returns an amount in major units, as an integer if it is whole."""
    whole, rest = divmod(amount, 10**decimals)
    in_major: float = round(amount / 10**decimals, decimals) if rest else whole
    return in_major
