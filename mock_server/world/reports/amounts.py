"""Amounts of money in reports: whole numbers of the smallest unit inside, major units outside."""

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
    """The symbol of a currency; its code where there is none."""
    return _SYMBOLS.get(currency, currency)


def major(amount: int, decimals: int) -> float:
    """An amount in major units, as an integer where it is one."""
    whole, rest = divmod(amount, 10**decimals)
    in_major: float = round(amount / 10**decimals, decimals) if rest else whole
    return in_major
