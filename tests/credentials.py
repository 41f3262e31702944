"""The credentials that the tests use."""

DEMO = "665f0b3c4d2e1a0012345678"


def bearer(token: str) -> dict[str, str]:
    """The header that carries a token."""
    return {"Authorization": f"Bearer {token}"}
