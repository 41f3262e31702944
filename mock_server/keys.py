"""Keys: what a token stands for while the server runs."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from mock_server.accounts import ANALYTICS_READ, Account, any_account
from mock_server.clock import Clock
from mock_server.errors import (
    GATEWAY_TIMEOUT,
    NO_PERMISSION,
    SERVER_ERROR,
    SUSPENDED,
    UNAUTHORIZED,
    WEBSITE_ID_MALFORMED,
    WEBSITE_ID_MISSING,
    WEBSITE_NOT_ALLOWED,
    WEBSITE_NOT_FOUND,
    ApiError,
)
from mock_server.limits import Limiter
from mock_server.site import Site

_FORCED = {500: SERVER_ERROR, 504: GATEWAY_TIMEOUT}
_WEBSITE_ID = re.compile(r"[0-9a-fA-F]{24}")


@dataclass(frozen=True, slots=True)
class Key:
    """A credential with its state: its clock and what is left of its rate limit (None: no limit)."""

    account: Account
    clock: Clock
    limiter: Limiter | None

    def admit(self, instant: int) -> dict[str, str]:
        """Counts a request; headers for the answer. Raises ApiError where this key is refused."""
        headers = self.limiter.take(instant) if self.limiter else {}
        if self.account.error is not None:
            raise ApiError(_FORCED[self.account.error])
        if not self.account.may(ANALYTICS_READ):
            raise ApiError(NO_PERMISSION, permission=ANALYTICS_READ)
        if self.account.is_suspended:
            raise ApiError(SUSPENDED)
        return headers


class Keys:
    """All keys of a server."""

    def __init__(
        self,
        accounts: Mapping[str, Account],
        sites: Mapping[str, Site],
        default_site: str,
        clock: Clock,
        *,
        allow_any: bool,
    ) -> None:
        """`allow_any`: whatever is well-formed is a key of the default site."""
        self._keys = {account.token: _key(account, clock) for account in accounts.values()}
        self._names = {site.website_id: name for name, site in sites.items()}
        self._default_site = default_site
        self._clock = clock
        self._allow_any = allow_any

    def authenticate(self, authorization: str | None) -> Key:
        """The key that an `Authorization` header names. Raises ApiError 401."""
        # HTTP's white space and no other.
        scheme, _, token = (authorization or "").strip(" \t").partition(" ")
        token = token.strip(" \t")
        key = self._keys.get(token) if scheme.lower() == "bearer" else None
        if key is None and self._allow_any and scheme.lower() == "bearer":
            account = any_account(token)
            key = _key(account, self._clock) if account else None
        if key is None:
            raise ApiError(UNAUTHORIZED, headers={"WWW-Authenticate": "Bearer"})
        return key

    def site_of(self, key: Key, website_id: str | None) -> str:
        """The site that a request is about. With a website key `websiteId` is ignored. Raises ApiError."""
        account = key.account
        if not account.is_account_token:
            return account.site or self._default_site
        if not website_id:
            raise ApiError(WEBSITE_ID_MISSING)
        if _WEBSITE_ID.fullmatch(website_id) is None:
            raise ApiError(WEBSITE_ID_MALFORMED, value=website_id[:80])
        name = self._names.get(website_id.lower())
        if name is None:
            raise ApiError(WEBSITE_NOT_FOUND, website_id=website_id)
        if account.websites and name not in account.websites:
            raise ApiError(WEBSITE_NOT_ALLOWED, website_id=website_id)
        return name


def _key(account: Account, clock: Clock) -> Key:
    return Key(account, clock, None if account.limit is None else Limiter(account.limit))
