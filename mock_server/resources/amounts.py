"""Amounts as the API writes them."""


def amount_of(amount: float) -> float:
    """An amount in major units: 49 and not 49.0, 9.99 as it is."""
    return int(amount) if amount.is_integer() else amount
