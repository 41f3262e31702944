"""Credentials as data: what `fixtures/credentials.yaml` says of each token."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct

from mock_server.assets import FIXTURES, read_record
from mock_server.errors import InputError
from mock_server.state.limits import RateLimit, WrittenRate, read_rate
from mock_server.world.site import Site

CREDENTIALS = FIXTURES / "credentials.yaml"
ANALYTICS_READ = "analytics:read"
EVERYTHING = "*"

_WELL_FORMED = re.compile(r"df(t?)_[A-Za-z0-9_-]{1,200}")

# Every permission that an account token can have (page: authentication and scopes).
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
    """One credential: a website key (`df_…`) or an account token (`dft_…`)."""

    token: Annotated[str, Meta(pattern=r"^dft?_[A-Za-z0-9_-]+$(?!\n)")]
    description: str = ""
    site: str | None = None
    """The website of a key; None is the site that the server was started with."""
    permissions: tuple[Permission, ...] = ()
    websites: tuple[str, ...] = ()
    """The sites that an account token may access; empty is all of them."""
    is_suspended: bool = False
    rate_limit: WrittenRate | None = None
    """None is no limit of its own."""
    error: Literal[500, 504] | None = None

    @property
    def is_account_token(self) -> bool:
        """Whether this is a `dft_…` token, which must name the website on every request."""
        return self.token.startswith("dft_")

    @property
    def rate(self) -> RateLimit | None:
        """The rate limit by its members; None for none."""
        return read_rate(self.rate_limit)

    def may(self, permission: str) -> bool:
        """Whether the token has a permission; a website key has all of them."""
        return not self.is_account_token or bool({permission, EVERYTHING} & set(self.permissions))


def load_credentials(sites: Mapping[str, Site], path: Path = CREDENTIALS) -> dict[str, Credential]:
    """All credentials by token, the sites' own keys after them.

    Raises InputError for an unknown site, and for one whose name makes no key.
    """
    credentials = {}
    for n, credential in enumerate(read_record(path, tuple[Credential, ...])):
        for name in (*credential.websites, *([credential.site] if credential.site else [])):
            if name not in sites:
                raise InputError(f"{path}: $[{n}]", f"there is no site {name!r}")
        try:
            read_rate(credential.rate_limit)
        except ValueError as error:
            raise InputError(f"{path}: $[{n}].rateLimit", str(error)) from None
        credentials[credential.token] = credential
    for name, site in sites.items():
        token = f"df_{name}"
        if _WELL_FORMED.fullmatch(token) is None:
            problem = "a site's file, and so its key, is named by letters, digits, `_` and `-`"
            raise InputError(site.file, problem)
        credentials.setdefault(token, Credential(token=token, description=site.description, site=name))
    return credentials


def any_credential(token: str) -> Credential | None:
    """A credential for any well-formed token; None for any other."""
    match = _WELL_FORMED.fullmatch(token)
    if match is None:
        return None
    return Credential(token=token, permissions=("*",) if match[1] else ())
