"""The keys of a running mock: those that come with it, and those that were minted."""

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from itertools import count

from cachetools import Cache, LRUCache

from contract_tests.quoting import quoted
from mock_server.problems import ProblemError
from mock_server.state.accounts import DEFAULT_ACCOUNT, Account
from mock_server.state.credentials import Credential, any_credential, site_token, token_in
from mock_server.state.key import Key
from mock_server.state.log import Log, Memory, Store
from mock_server.state.space import Space
from mock_server.world.site import tracking_id_of

MOST_KEYS = 1_000
"""The largest number of minted keys at a time."""
IDLE_SECONDS = 3_600
"""The time in seconds after which an unused minted key is removed."""

_MOST_ANY_KEYS = 1_000


class Keys:
    """All keys of a server."""

    def __init__(
        self,
        credentials: Mapping[str, Credential],
        accounts: Mapping[str, Account],
        *,
        allow_any: bool,
        seconds: Callable[[], float] = time.monotonic,
        store: Store | None = None,
    ) -> None:
        """`allow_any` accepts every well-formed token; `seconds` is the clock by which keys become idle.

        `store` keeps the facts of the accounts that come with the mock; with None, they are lost when the
        process ends. The facts of minted keys' accounts are always lost then.
        """
        self._store = Memory() if store is None else store
        self._seconds = seconds
        self._credentials = credentials
        self._described = accounts
        self._websites = {
            website_id: site for account in accounts.values() for website_id, site in account.websites.items()
        }
        self._funnels = {
            website_id: funnels
            for account in accounts.values()
            for website_id, funnels in account.funnels.items()
        }
        self._ship()
        self._tracked = {key.tracking_id: token for token, key in self._shipped.items() if key.tracking_id}
        for website_id, site in self._websites.items():
            self._tracked |= dict.fromkeys((website_id, tracking_id_of(website_id)), site_token(site))
        self._minted: dict[str, Key] = {}
        self._any: LRUCache[str, Key] = LRUCache(_MOST_ANY_KEYS)
        self._allow_any = allow_any
        # The numbers continue after a reset, so that a new account never has the name of an old one.
        self._numbers = count(1)

    def named(self, authorization: str | None) -> Key | None:
        """Returns the key of an `Authorization` header; None if unknown.

        This counts as a use of a minted key.
        """
        token = token_in(authorization)
        if token is None:
            return None
        key = self.find(token)
        return self._any_key(token) if key is None and self._allow_any else key

    def shadow_of(self, authorization: str | None) -> Key | None:
        """Returns a shadow of the key that `named` would return. This is not counted as a use of the key."""
        token = token_in(authorization)
        if token is None:
            return None
        key = self._seen(token)
        if key is not None:
            return key.shadow()
        credential = any_credential(token) if self._allow_any else None
        return None if credential is None else Key(credential, self._default_account)

    def find(self, token: str) -> Key | None:
        """Returns the key of a token; None if there is no such key. This counts as a use of a minted key."""
        key = self._shipped.get(token)
        if key is None and self._minted:
            key = self._used(token)
        return self._any.get(token) if key is None and self._allow_any else key

    def tracked(self, name: str) -> Key | None:
        """Returns the key to which a page sends its events; None if unknown.

        This counts as a use of a minted key. `name` is the tracking id of a key or of a website, or the
        website's id. An id of a website stands for the key of its site.
        """
        token = self._tracked.get(name.lower()) or next(
            (token for token, key in self._minted.items() if key.tracking_id == name.lower()), None
        )
        return None if token is None else self.find(token)

    def mint(self, credential: Credential, account: Account, label: str) -> Key:
        """Makes a key for an account. Raises ProblemError if there are too many, or the token is taken."""
        self._expire()
        if credential.token in self._shipped:
            raise ProblemError(409, "This key comes with the mock: choose another one, or leave `key` out.")
        if credential.token in self._minted:
            raise ProblemError(409, "This key exists already: DELETE it first, or choose another one.")
        if len(self._minted) >= MOST_KEYS:
            raise ProblemError(
                409,
                f"There are {MOST_KEYS:,} minted keys, the most allowed: DELETE keys that you do not need.",
            )
        key = Key(credential, account, label, used=self._seconds())
        self._minted[credential.token] = key
        self._any.pop(credential.token, None)
        return key

    def forget(self, token: str) -> None:
        """Removes a minted key. Raises ProblemError if there is none."""
        if token in self._shipped:
            raise ProblemError(
                400, "This key comes with the mock and cannot be deleted; POST /__mock/reset resets it."
            )
        if token not in self._minted:
            raise ProblemError(404, "This minted key does not exist (any more).")
        self._remove(token)

    def all(self) -> Iterator[Key]:
        """Yields every key: the shipped keys, minted ones and, with `allow_any`, others that were used.

        This is not counted as a use of the keys.
        """
        self._expire()
        yield from self._shipped.values()
        yield from tuple(self._minted.values())
        yield from [self._untouched(token) for token in self._any]

    def is_shipped(self, key: Key) -> bool:
        """Returns whether a key comes with the mock. It is false for a key that a reset has replaced."""
        return self._shipped.get(key.credential.token) is key

    def is_minted(self, key: Key) -> bool:
        """Returns whether a key was minted."""
        return key.credential.token in self._minted

    def reset(self) -> None:
        """Restores the state at the start: no minted keys, no settings, no journals, no written facts.

        Raises ApiError 500, and changes nothing, if the store cannot remove the facts.
        """
        self._store.reset()
        self._ship()
        self._minted.clear()
        self._any.clear()

    def account(self, name: str) -> Account:
        """Returns an account of the mock or of a minted key. Raises ProblemError if the name is unknown."""
        self._expire()
        known = self._accounts | {key.account.name: key.account for key in self._minted.values()}
        if name not in known:
            detail = f"`account`: there is no {quoted(name[:80])}; known: {', '.join(known)}."
            raise ProblemError(400, detail, member="/account", known=list(known))
        return known[name]

    def new_account(self) -> Account:
        """Makes an account that owns every website, with its funnels.

        The account is removed with its last key.
        """
        names = (f"account-{number}" for number in self._numbers)
        name = next(name for name in names if name not in self._accounts)
        log = Log(name, space=self._space)
        return Account(name, self._default_account.owner, self._websites, self._funnels, log)

    def _used(self, token: str) -> Key | None:
        key = self._minted.get(token)
        if key is None:
            return None
        if self._is_idle(key):
            self._remove(token)
            return None
        key.used = self._seconds()
        return key

    def _seen(self, token: str) -> Key | None:
        """Returns the key of a token; None if there is no such key.

        This is not counted as a use of the key.
        """
        key = self._shipped.get(token) or self._minted.get(token)
        if key is not None:
            return None if self.is_minted(key) and self._is_idle(key) else key
        return self._untouched(token) if token in self._any else None

    def _untouched(self, token: str) -> Key:
        """Looks a key up without changing the order of the LRU cache."""
        key: Key = Cache.__getitem__(self._any, token)
        return key

    def _is_idle(self, key: Key) -> bool:
        return self._seconds() - key.used > IDLE_SECONDS

    def _expire(self) -> None:
        for token in [token for token, key in self._minted.items() if self._is_idle(key)]:
            self._remove(token)

    def _remove(self, token: str) -> None:
        """Removes a minted key. If no other key has its account, the account's facts are removed as well."""
        account = self._minted.pop(token).account
        is_left = all(key.account is not account for key in self._minted.values())
        if is_left and self._accounts.get(account.name) is not account:
            account.log.clear()

    def _any_key(self, token: str) -> Key | None:
        credential = any_credential(token)
        if credential is None:
            return None
        key = self._any[token] = Key(credential, self._default_account)
        return key

    @property
    def _default_account(self) -> Account:
        return self._accounts[DEFAULT_ACCOUNT]

    def _ship(self) -> None:
        """Makes the accounts and keys that come with the mock, with the store's facts and no settings."""
        self._space = Space()
        self._accounts = {
            name: account.as_shipped(self._store, self._space) for name, account in self._described.items()
        }
        self._shipped = {
            token: Key(credential, self._accounts[credential.account], is_shipped=True)
            for token, credential in self._credentials.items()
        }


def new_token(*, is_account_token: bool) -> str:
    """Makes a token that cannot be guessed."""
    return ("dft_" if is_account_token else "df_") + secrets.token_hex(12)
