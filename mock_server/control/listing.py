"""The operation that lists all keys."""

from msgspec import Struct

from mock_server.control.call import ControlCall
from mock_server.service import Service
from mock_server.state.key import Key


class ListedKey(Struct, frozen=True, kw_only=True):
    """A key with its purpose: `label` is from its maker, `description` from the mock; either may be empty.

    Keys of one `account` share all written facts. `site` is the present site of a website key, null for an
    account token. `websites` are the sites that an account token may access, an empty list if it may access
    all, and null for a website key.
    """

    key: str
    label: str
    description: str
    account: str
    site: str | None
    websites: list[str] | None
    minted: bool


class ListedKeys(Struct, frozen=True, kw_only=True):
    """The keys that come with the mock, minted keys, and, with --any-key, all keys that were used."""

    keys: list[ListedKey]


def list_keys(call: ControlCall) -> ListedKeys:
    """Returns `{"keys": [{"key", "label", "description", "account", "site", …}, …]}`."""
    return ListedKeys(keys=[_listed(call.service, key) for key in call.service.keys.all()])


def _listed(service: Service, key: Key) -> ListedKey:
    credential = key.credential
    is_account_token = credential.is_account_token
    return ListedKey(
        key=credential.token,
        label=key.label,
        description=credential.description,
        account=key.account.name,
        site=None if is_account_token else service.choice_of(key, None, stands=None).site,
        websites=list(credential.websites) if is_account_token else None,
        minted=service.keys.is_minted(key),
    )
