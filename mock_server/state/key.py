"""A key: a credential, with its account and its own state."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mock_server.contract.access import Access
from mock_server.errors import (
    GATEWAY_TIMEOUT,
    NO_PERMISSION,
    ROLE_TOO_LOW,
    SERVER_ERROR,
    SUSPENDED,
    TOKEN_NOT_TAKEN,
    WEBSITE_ID_MALFORMED,
    WEBSITE_ID_MISSING,
    WEBSITE_NOT_ALLOWED,
    WEBSITE_NOT_FOUND,
    ApiError,
)
from mock_server.state.accounts import Account
from mock_server.state.clock import Clock
from mock_server.state.credentials import Credential
from mock_server.state.entries import Caller
from mock_server.state.journal import Journal
from mock_server.state.limits import Limiter, RateLimit
from mock_server.state.settings import ActiveSettings, Settings
from mock_server.world.site import tracking_id_of

_FORCED = {500: SERVER_ERROR, 504: GATEWAY_TIMEOUT}
_WEBSITE_ID = re.compile(r"[0-9a-fA-F]{24}")


@dataclass(slots=True, eq=False)
class Key:
    """A credential, with its account and its state. Settings that are None are inherited from the server."""

    credential: Credential
    account: Account
    label: str = ""
    is_shipped: bool = False
    """Whether the key comes with the mock; its token is public then."""
    clock: Clock | None = None
    settings: ActiveSettings = field(default_factory=ActiveSettings)
    journal: Journal = field(default_factory=Journal)
    used: float = 0.0
    caller: Caller = field(init=False)
    """The key as its requests in the journal name it."""
    tracking_id: str | None = field(init=False)
    """The id by which pages send events to the key's account; None for an account token."""
    _limiter: Limiter | None = None

    def __post_init__(self) -> None:
        token = "dft_***" if self.credential.is_account_token else "df_***"
        name = self.credential.token if self.is_shipped else self.label or token
        self.caller = Caller(token, name, self.label)
        is_named = not self.credential.is_account_token
        self.tracking_id = tracking_id_of(self.credential.token) if is_named else None

    def limiter(self, common: RateLimit | None) -> Limiter | None:
        """Returns the counter for the key's own rate limit, or for `common` if it has none.

        Returns None if there is neither of them.
        """
        rate = self.settings.values.rate or self.credential.rate or common
        if rate is None:
            return None
        if self._limiter is None or self._limiter.rate != rate:
            self._limiter = Limiter(rate)
        return self._limiter

    def replace_settings(self, settings: Settings) -> None:
        """Replaces all settings, and restarts the counters of the rules and of the rate limit."""
        self.settings.replace(settings)
        self.restart_limit()

    def restart_limit(self) -> None:
        """Restarts the counter of the rate limit."""
        self._limiter = None

    def shadow(self) -> "Key":
        """Returns a copy for a peek, which changes no counter or journal of the original."""
        limiter = None if self._limiter is None else replace(self._limiter)
        return replace(self, settings=self.settings.copy(), journal=Journal(), _limiter=limiter)

    def site_of(self, website_id: str | None, default: str, *, stands: str | None) -> str:
        """Returns the site that a request is about. Raises ApiError.

        `website_id` is the id that was sent, or None. `default` is the site of a website key that has no site
        of its own. `stands` is the place of the id in the operation: `path`, `query`, or None if the
        operation has no id. With a website key, an id in the query is ignored, and an id in the path must be
        the id of the key's website.
        """
        credential = self.credential
        if stands is None or (stands == "query" and not credential.is_account_token):
            return credential.site or default
        if not website_id:
            raise ApiError(WEBSITE_ID_MISSING)
        if _WEBSITE_ID.fullmatch(website_id) is None:
            raise ApiError(WEBSITE_ID_MALFORMED, value=website_id[:80])
        site = self.account.websites.get(website_id.lower())
        if not credential.is_account_token and site != (credential.site or default):
            raise ApiError(WEBSITE_NOT_ALLOWED, website_id=website_id)
        if site is None:
            raise ApiError(WEBSITE_NOT_FOUND, website_id=website_id)
        if credential.websites and site not in credential.websites:
            raise ApiError(WEBSITE_NOT_ALLOWED, website_id=website_id)
        return site

    def admit(self, access: Mapping[str, Access]) -> None:
        """Raises ApiError if the access rules of an operation do not allow this key."""
        credential = self.credential
        if credential.error is not None:
            raise ApiError(_FORCED[credential.error])
        needed = access.get(credential.scheme)
        if needed is None:
            raise ApiError(TOKEN_NOT_TAKEN, prefix=credential.token.partition("_")[0] + "_")
        for permission in needed.permissions:
            if not credential.may(permission):
                raise ApiError(NO_PERMISSION, permission=permission)
        if not needed.admits(credential.role):
            raise ApiError(ROLE_TOO_LOW, wanted=needed.role, role=credential.role)
        if credential.is_suspended:
            raise ApiError(SUSPENDED)
