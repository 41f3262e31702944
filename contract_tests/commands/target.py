"""The server that `pytest --pyargs contract_tests` judges, by pytest's options."""

import os
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest

from contract_tests.asking.address import AddressError, base_of, is_loopback
from contract_tests.asking.credentials import Credentials, CredentialsError, load_credentials
from contract_tests.tokens import without_tokens


class Target(NamedTuple):
    """The base URL of a server, the credentials for it, and whether it may be written to."""

    base: str
    credentials: Credentials
    may_write: bool


def target_by(config: pytest.Config) -> Target | None:
    """Returns the server that the options name; None if they name none. Raises pytest.UsageError."""
    url = config.getoption("--datafast-url")
    if url is None:
        return None
    may_write = bool(config.getoption("--datafast-writes"))
    try:
        base = base_of(url)
        is_here = is_loopback(urlsplit(base).hostname or "")
        if may_write and not is_here and not config.getoption("--datafast-i-own-this-server"):
            told = "--datafast-writes changes the server. If it is yours, add --datafast-i-own-this-server"
            raise pytest.UsageError(told)
        return Target(base, _credentials(config), may_write)
    except AddressError as error:
        raise pytest.UsageError(without_tokens(f"--datafast-url: {error}")) from None
    except CredentialsError as error:
        told = f"--datafast-key, --datafast-credentials: {error}"
        raise pytest.UsageError(without_tokens(told)) from None


def _credentials(config: pytest.Config) -> Credentials:
    """Returns the credentials of the options and the environment. Raises CredentialsError."""
    given = Credentials(
        key=config.getoption("--datafast-key") or os.environ.get("DATAFAST_KEY"),
        account=os.environ.get("DATAFAST_ACCOUNT_TOKEN"),
    ).stripped()
    name = config.getoption("--datafast-credentials")
    credentials = given.over(load_credentials(name)) if name else given
    credentials.check()
    return credentials
