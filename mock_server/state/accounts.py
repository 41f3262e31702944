"""The accounts, which own websites and the facts that are written through the API.

They are read from `fixtures/accounts/`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated

from msgspec import Meta, Struct

from contract_tests.quoting import quoted
from mock_server.assets import FIXTURES, read_record
from mock_server.errors import InputError
from mock_server.kinds import in_words
from mock_server.state.funnels import Funnel, faults_of
from mock_server.state.log import Log, Store
from mock_server.state.space import Space
from mock_server.world.site import Site
from mock_server.world.site_files import SITES

ACCOUNTS = FIXTURES / "accounts"
DEFAULT_ACCOUNT = "demo"
"""The account of credentials that name no account, and of sites that are in no account's file."""

# These domains never receive mail (RFC 2606).
_RESERVED = r"^[^@\s]+@([a-z0-9-]+\.)*(example\.(com|net|org)|[a-z0-9-]+\.(example|invalid|test))$(?!\n)"
_IN_WORDS = in_words("an e-mail address of a domain for examples, such as jane@example.com,")
_Name = Annotated[str, Meta(min_length=1, max_length=200)]


class Owner(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The owner of an account."""

    name: _Name
    email: Annotated[str, Meta(pattern=_RESERVED, max_length=200, extra=_IN_WORDS)]


class _Shown(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A website in an account's file; it has the id and the domain of the site that it shows."""

    site: str
    funnels: Annotated[tuple[Funnel, ...], Meta(max_length=100)] = ()


class _File(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    owner: Owner
    websites: tuple[_Shown, ...]


@dataclass(slots=True, eq=False)
class Account:
    """An account: the owner of websites and written facts. Several credentials may share it."""

    name: str
    owner: Owner
    websites: Mapping[str, str]
    """The name of the site that each website shows, by website id."""
    funnels: Mapping[str, Sequence[Funnel]] = field(default_factory=dict)
    """The funnels of websites that have any, by website id."""
    log: Log = field(default_factory=Log)
    """The facts that were written through the API."""

    @property
    def version(self) -> int:
        """The number of changes to the account's facts. While it is 0, answers depend on the world alone."""
        return self.log.version

    def as_shipped(self, store: Store | None = None, space: Space | None = None) -> "Account":
        """Returns a copy of the account, with the facts of a store; if `store` is None, without facts."""
        return replace(self, log=Log(self.name, store, space))


def load_accounts(sites: Mapping[str, Site], folder: Path = ACCOUNTS) -> dict[str, Account]:
    """Returns all accounts by name, including the default one.

    Raises InputError for an unknown site, for a site that two websites show, and for an invalid funnel.
    """
    accounts: dict[str, Account] = {}
    owners: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        file = read_record(path, _File)
        for n, website in enumerate(file.websites):
            place = f"{path}: $.websites[{n}].site"
            if website.site not in sites:
                raise InputError(place, f"there is no site {quoted(website.site)}")
            if website.site in owners:
                raise InputError(
                    place, f"{quoted(website.site)} is a website of {quoted(owners[website.site])} already"
                )
            owners[website.site] = path.stem
            site = sites[website.site]
            for below, problem in faults_of(website.funnels, site):
                if Path(site.file).parent != SITES:
                    told = f"it replaces a site of the mock, and does not fit its funnels ({problem})"
                    raise InputError(site.file, f"{told}: rename the file")
                raise InputError(f"{path}: $.websites[{n}].funnels{below}", problem)
        websites = {sites[website.site].website_id: website.site for website in file.websites}
        funnels = {sites[one.site].website_id: one.funnels for one in file.websites if one.funnels}
        accounts[path.stem] = Account(path.stem, file.owner, websites, funnels)
    if DEFAULT_ACCOUNT not in accounts:
        raise InputError(folder, f"there is no {DEFAULT_ACCOUNT}.yaml in this folder")
    default = accounts[DEFAULT_ACCOUNT]
    others = {site.website_id: name for name, site in sites.items() if name not in owners}
    default.websites = {**default.websites, **others}
    return accounts
