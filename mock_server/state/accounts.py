"""Accounts: who owns which websites, as the files in `fixtures/accounts/` say."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from mock_server.assets import FIXTURES, read_record
from mock_server.errors import InputError
from mock_server.world.site import Site

ACCOUNTS = FIXTURES / "accounts"
DEFAULT_ACCOUNT = "demo"
"""The account of credentials that name none, and of sites that no account's file names."""

# Mail to these domains reaches nobody (RFC 2606).
_RESERVED = r"^[^@\s]+@([a-z0-9-]+\.)*(example\.(com|net|org)|[a-z0-9-]+\.(example|invalid|test))$(?!\n)"
_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Owner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The person that an account belongs to."""

    name: _Name
    email: Annotated[str, Meta(pattern=_RESERVED, max_length=200)]


class _Shown(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A website in an account's file; its id and its domain are those of the site that it shows."""

    site: str


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    owner: Owner
    websites: tuple[_Shown, ...]


@dataclass(slots=True, eq=False)
class Account:
    """The namespace of what is written through the API; several credentials may share one."""

    name: str
    owner: Owner
    websites: Mapping[str, str]
    """The name of the site that each website shows, by website id."""
    version: int = 0
    """It grows when something is written; with 0, answers depend on the world alone."""


def load_accounts(sites: Mapping[str, Site], folder: Path = ACCOUNTS) -> dict[str, Account]:
    """All accounts by name, the default one among them.

    Raises InputError for an unknown site, and for one that is a website twice.
    """
    accounts: dict[str, Account] = {}
    owners: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        file = read_record(path, _File)
        for n, website in enumerate(file.websites):
            place = f"{path}: $.websites[{n}].site"
            if website.site not in sites:
                raise InputError(place, f"there is no site {website.site!r}")
            if website.site in owners:
                raise InputError(place, f"{website.site!r} is a website of {owners[website.site]!r} already")
            owners[website.site] = path.stem
        websites = {sites[website.site].website_id: website.site for website in file.websites}
        accounts[path.stem] = Account(path.stem, file.owner, websites)
    if DEFAULT_ACCOUNT not in accounts:
        raise InputError(folder, f"there is no {DEFAULT_ACCOUNT}.yaml in this folder")
    default = accounts[DEFAULT_ACCOUNT]
    others = {site.website_id: name for name, site in sites.items() if name not in owners}
    default.websites = {**default.websites, **others}
    return accounts
