"""The amounts of money in reports: minor units inside, major units outside."""

_SYMBOLS = {
    "USD": "$",
    "EUR": "€",
    "GBP": "£",
    "JPY": "¥",
    "INR": "₹",
    "KRW": "₩",
    "BRL": "R$",
    "CAD": "CA$",
    "AUD": "A$",
}


def symbol_of(currency: str) -> str:
    """Returns the symbol of a currency; its code where there is none."""
    return _SYMBOLS.get(currency, currency)


def major(amount: int, decimals: int) -> float:
    """Returns an amount in major units, as an integer where it is one."""
    whole, rest = divmod(amount, 10**decimals)
    in_major: float = round(amount / 10**decimals, decimals) if rest else whole
    return in_major
