"""The kit's options for pytest: `pytest --pyargs contract_tests --datafast-url URL`.

A plugin of its own, because a conftest in an installed package is read too late for options. It imports
nothing: every run of pytest in the environment loads it.
"""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the server's address and the credentials for it."""
    group = parser.getgroup("datafast", "DataFast contract (pytest --pyargs contract_tests)")
    group.addoption("--datafast-url", metavar="URL", help="The API's base URL. Without it a mock is started.")
    group.addoption(
        "--datafast-key", metavar="KEY", help="A website's key (df_…), also read from DATAFAST_KEY."
    )
    group.addoption(
        "--datafast-credentials", metavar="FILE", help="File of tokens by role; `mock` uses the mock's own."
    )
