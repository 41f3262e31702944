"""The header that sends a token, and the id of the website `demo`."""

DEMO = "665f0b3c4d2e1a0012345678"


def bearer(token: str) -> dict[str, str]:
    """Returns the headers that send a token."""
    return {"Authorization": f"Bearer {token}"}
