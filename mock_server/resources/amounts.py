"""The form of amounts in the API."""


def amount_of(amount: float) -> float:
    """Returns an amount in major units, as an integer if it is whole: 49 and not 49.0."""
    return int(amount) if amount.is_integer() else amount
