"""The operations that mint, read and delete keys, one for each test."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from contract_tests.quoting import quoted
from contract_tests.tokens import without_tokens
from mock_server.control.call import ControlCall, key_of
from mock_server.control.clocks import ClockChange, ClockState, Instant, Speed, change, state_of
from mock_server.control.settings import check_settings
from mock_server.faults.rules import Rule
from mock_server.kinds import in_words
from mock_server.problems import ProblemError
from mock_server.state.accounts import Account
from mock_server.state.clock import Clock
from mock_server.state.credentials import TOKEN_FORM, TOKEN_FORM_IN_WORDS, Credential, Permission
from mock_server.state.key import Key
from mock_server.state.keys import new_token
from mock_server.state.limits import RateLimit
from mock_server.state.settings import Settings

_Label = Annotated[str, Meta(max_length=200, description="A label for people, such as the name of a test.")]
_Token = Annotated[
    str,
    Meta(
        pattern=TOKEN_FORM,
        description="The new key. It must not exist yet.",
        extra=in_words(TOKEN_FORM_IN_WORDS),
    ),
]
_AccountName = Annotated[str, Meta(max_length=200, description="The account of another key, to join it.")]


class NewKey(Settings, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The settings of a new key.

    Settings that are left out are inherited from the server. With `permissions` or `websites` the key becomes
    an account token (`dft_…`).
    """

    key: _Token | UnsetType = UNSET
    """The token, for a client with a fixed key; a random one if left out."""
    label: _Label = ""
    account: _AccountName | UnsetType = UNSET
    """The account that the key joins; a new one if left out."""
    now: Instant | UnsetType = UNSET
    speed: Speed | UnsetType = UNSET
    frozen: bool | UnsetType = UNSET
    permissions: Annotated[list[Permission], Meta(max_length=100)] | None = None
    websites: Annotated[list[str], Meta(max_length=100)] | None = None

    @property
    def is_account_token(self) -> bool:
        """Whether the new key is an account token: it begins with `dft_`, or has permissions or websites."""
        named = self.permissions is not None or self.websites is not None
        return named or (self.key is not UNSET and self.key.startswith("dft_"))


class KeyState(Struct, frozen=True, kw_only=True, rename="camel"):
    """A key with its settings and its clock; inherited settings have the values of the server.

    `url` is the API's base URL. `account` is the name of the key's account, which other keys can join. A page
    that sends events with the `trackingId` writes to this account. `websiteId` and `trackingId` are null for
    an account token.
    """

    key: str
    url: str
    label: str
    account: str
    site: str | None
    website_id: str | None
    tracking_id: str | None
    seed: int
    revision: str
    now: str
    speed: float
    frozen: bool
    rate_limit: RateLimit | None
    faults: list[Rule]
    permissions: list[str] | None
    websites: list[str] | None


def mint(call: ControlCall) -> KeyState:
    """Makes a key. Raises ProblemError, and makes none, if a setting is invalid."""
    service, wanted = call.service, call.body
    check_settings(service, wanted)
    keys = service.keys
    account = keys.new_account() if wanted.account is UNSET else keys.account(wanted.account)
    credential = _credential(wanted, account)
    clock = service.common.clock.copy()
    change(clock, ClockChange(now=wanted.now, speed=wanted.speed, frozen=wanted.frozen))
    # The label is shown to everyone who lists keys or requests.
    key = keys.mint(credential, account, without_tokens(wanted.label))
    key.clock = clock
    key.replace_settings(wanted.plain)
    return _state(call, key, clock)


def read_key(call: ControlCall) -> KeyState:
    """Returns a key with its settings and its clock."""
    key = key_of(call.service, call.token)
    return _state(call, key, call.service.clock_of(key))


def forget(call: ControlCall) -> None:
    """Removes a minted key with its journal. Raises ProblemError if there is none."""
    call.service.keys.forget(call.token)


def _credential(wanted: NewKey, account: Account) -> Credential:
    token = _token(wanted)
    if not wanted.is_account_token:
        return Credential(token=token, account=account.name)
    if wanted.site is not None:
        raise ProblemError(
            400, "`site`: an account token (dft_…) has no site; give its `websites`.", member="/site"
        )
    for number, name in enumerate(wanted.websites or ()):
        if name not in account.websites.values():
            known = list(account.websites.values())
            detail = f"`websites`: there is no {quoted(name[:80])}; known: {', '.join(known)}."
            raise ProblemError(400, detail, member=f"/websites/{number}", known=known)
    permissions: list[Permission] = ["*"] if wanted.permissions is None else wanted.permissions
    return Credential(
        token=token,
        account=account.name,
        permissions=tuple(permissions),
        websites=tuple(wanted.websites or ()),
    )


def _token(wanted: NewKey) -> str:
    if wanted.key is UNSET:
        return new_token(is_account_token=wanted.is_account_token)
    if wanted.is_account_token and not wanted.key.startswith("dft_"):
        raise ProblemError(
            400, "`key`: only account tokens (dft_…) can have `permissions` and `websites`.", member="/key"
        )
    return wanted.key


def _state(call: ControlCall, key: Key, clock: Clock) -> KeyState:
    service, credential = call.service, key.credential
    shown: ClockState = state_of(clock)
    site = None if credential.is_account_token else service.choice_of(key, None, stands=None).site
    limiter = service.limiter_of(key)
    return KeyState(
        key=credential.token,
        url=call.url,
        label=key.label,
        account=key.account.name,
        site=site,
        website_id=None if site is None else service.sites[site].website_id,
        tracking_id=key.tracking_id,
        seed=service.seed_of(key),
        revision=service.revision_of(key),
        now=shown.now,
        speed=shown.speed,
        frozen=shown.frozen,
        rate_limit=None if limiter is None else limiter.rate,
        faults=list(key.settings.values.faults or ()),
        permissions=list(credential.permissions) if credential.is_account_token else None,
        websites=list(credential.websites) if credential.is_account_token else None,
    )
