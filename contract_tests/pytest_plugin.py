"""The kit's options for pytest: `pytest --pyargs contract_tests --datafast-url URL`.

This is a plugin, because pytest reads a conftest in an installed package too late for options. It imports
nothing else of the kit, because every run of pytest in the environment loads it.
"""

from contextlib import suppress

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds the options for the server's address and its credentials."""
    group = parser.getgroup("datafast", "DataFast contract (pytest --pyargs contract_tests)")
    group.addoption("--datafast-url", metavar="URL", help="The API's base URL. Without it a mock is started.")
    group.addoption(
        "--datafast-key", metavar="KEY", help="A website's key (df_…), also read from DATAFAST_KEY."
    )
    group.addoption(
        "--datafast-credentials",
        metavar="FILE",
        help="A file of tokens by role, or `mock` for the mock's own.",
    )
    group.addoption(
        "--datafast-writes",
        action="store_true",
        help="Judge writes, too. Without --datafast-url this is always done.",
    )
    group.addoption(
        "--datafast-i-own-this-server",
        action="store_true",
        help="Allow --datafast-writes on another machine.",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Checks the options once, before any test. Raises pytest.UsageError.

    Without them nothing is imported. A missing package is reported by the tests.
    """
    if hasattr(config, "workerinput"):
        return
    if config.getoption("--datafast-url") is None:
        # Otherwise the mock would be judged, and hold every clause, although another server is meant.
        for option in ("--datafast-key", "--datafast-credentials", "--datafast-i-own-this-server"):
            if config.getoption(option):
                raise pytest.UsageError(f"{option}: it needs --datafast-url, which names the server")
        return
    with suppress(ModuleNotFoundError):
        # Most runs of pytest need no import.
        from contract_tests.commands.target import target_by  # noqa: PLC0415

        target_by(config)
