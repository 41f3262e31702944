"""The credentials, which are tokens with their rights. They are read from `fixtures/credentials.yaml`."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from contract_tests.quoting import quoted
from contract_tests.serving.errors import ErrorKind
from mock_server.assets import FIXTURES, read_record
from mock_server.contract.access import Role
from mock_server.errors import KEY_MALFORMED, KEY_MISSING, KEY_UNKNOWN, InputError
from mock_server.kinds import in_words
from mock_server.state.accounts import DEFAULT_ACCOUNT, Account
from mock_server.state.limits import RateLimit, WrittenRate, read_rate
from mock_server.world.site import Site

CREDENTIALS = FIXTURES / "credentials.yaml"
EVERYTHING = "*"

TOKEN_FORM = r"^dft?_[A-Za-z0-9_-]{1,200}$(?!\n)"  # noqa: S105 - a pattern
"""The form of every token, as a regular expression."""
TOKEN_FORM_IN_WORDS = "df_ or dft_ with 1 to 200 letters, digits, `_` or `-` behind it"  # noqa: S105 - the pattern

_WELL_FORMED = re.compile(TOKEN_FORM)

# All permissions that an account token can have (page: authentication and scopes).
Permission = Literal[
    "*",
    "analytics:read",
    "goals:read",
    "goals:write",
    "payments:read",
    "payments:write",
    "identify:write",
    "websites:read",
    "websites:write",
    "settings:read",
    "settings:write",
    "funnels:read",
    "funnels:write",
    "alerts:read",
    "alerts:write",
    "team:read",
    "team:write",
    "api-keys:read",
    "api-keys:write",
    "notes:read",
    "notes:write",
]


class Credential(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """A credential: a website key (`df_…`) or an account token (`dft_…`)."""

    token: Annotated[str, Meta(pattern=TOKEN_FORM, extra=in_words(TOKEN_FORM_IN_WORDS))]
    description: str = ""
    account: str = DEFAULT_ACCOUNT
    role: Role = "owner"
    """The role that the person who made the token has in the account."""
    site: str | None = None
    """The site of a website key; None means the site with which the server was started."""
    permissions: tuple[Permission, ...] = ()
    websites: tuple[str, ...] = ()
    """The sites that an account token may access; empty means all."""
    is_suspended: bool = False
    rate_limit: WrittenRate | None = None
    """The rate limit of the credential; None means no limit of its own."""
    error: Literal[500, 504] | None = None

    @property
    def is_account_token(self) -> bool:
        """Whether this is a `dft_…` token, which may access several websites."""
        return self.token.startswith("dft_")

    @property
    def rate(self) -> RateLimit | None:
        """The rate limit as a RateLimit, even if it was written in short; None if there is none."""
        return read_rate(self.rate_limit)

    @property
    def scheme(self) -> str:
        """The name of the token's security scheme in the document."""
        return "accountToken" if self.is_account_token else "websiteKey"

    def may(self, permission: str) -> bool:
        """Returns whether the token has a permission; a website key has all of them."""
        return not self.is_account_token or bool({permission, EVERYTHING} & set(self.permissions))


def site_token(site: str) -> str:
    """Returns the token of a site's own website key."""
    return f"df_{site}"


def load_credentials(
    sites: Mapping[str, Site], accounts: Mapping[str, Account], path: Path = CREDENTIALS
) -> dict[str, Credential]:
    """Returns a mapping from tokens to credentials: all of the file, then one for each site.

    Raises InputError for an unknown account, for a site that the account does not have, or for a site whose
    name does not fit into a token or makes the token of another credential.
    """
    credentials = {}
    for n, credential in enumerate(read_record(path, tuple[Credential, ...])):
        account = accounts.get(credential.account)
        if account is None:
            problem = f"there is no {quoted(credential.account)}; known: {', '.join(accounts)}"
            raise InputError(f"{path}: $[{n}].account", problem)
        for name in (*credential.websites, *([credential.site] if credential.site else [])):
            if name not in account.websites.values():
                raise InputError(
                    f"{path}: $[{n}]", f"the account {quoted(account.name)} has no site {quoted(name)}"
                )
        try:
            read_rate(credential.rate_limit)
        except ValueError as error:
            raise InputError(f"{path}: $[{n}].rateLimit", str(error)) from None
        credentials[credential.token] = credential
    owners = {name: account.name for account in accounts.values() for name in account.websites.values()}
    for name, site in sites.items():
        token = site_token(name)
        if _WELL_FORMED.search(token) is None:
            problem = "a site's name, which is part of its key, may only have letters, digits, `_` and `-`"
            raise InputError(site.file, problem)
        own = Credential(token=token, description=site.description, account=owners[name], site=name)
        if credentials.setdefault(token, own).site != name:
            problem = f"the key of this site would be {token}, which comes with the mock: rename the file"
            raise InputError(site.file, problem)
    return credentials


def any_credential(token: str) -> Credential | None:
    """Returns a credential for any well-formed token, or None for other texts."""
    if _WELL_FORMED.search(token) is None:
        return None
    return Credential(token=token, permissions=("*",) if token.startswith("dft_") else ())


def token_in(authorization: str | None) -> str | None:
    """Returns the token of a `Bearer` header; None for any other header."""
    # Only HTTP's white space is removed.
    scheme, _, token = (authorization or "").strip(" \t").partition(" ")
    return token.strip(" \t") if scheme.lower() == "bearer" else None


def key_problem_of(authorization: str | None) -> ErrorKind:
    """Returns the error for an `Authorization` header with which no key was found; None means no header."""
    if not (authorization or "").strip():
        return KEY_MISSING
    token = token_in(authorization)
    return KEY_MALFORMED if token is None or _WELL_FORMED.search(token) is None else KEY_UNKNOWN
