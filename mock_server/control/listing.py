"""All keys that there are, to choose one from."""

from msgspec import Struct

from mock_server.control.asked import Asked
from mock_server.service import Service
from mock_server.state.keys import Key


class ListedKey(Struct, frozen=True, kw_only=True):
    """A key and what it is for: `label` is of who minted it, `description` of who shipped it, or empty.

    `account` is shared by all keys that see what one of them writes.

    `site` is what it answers for now, null for an account token; `websites` are those of an account token,
    empty for all of them, null for a website key.
    """

    key: str
    label: str
    description: str
    account: str
    site: str | None
    websites: list[str] | None
    minted: bool


class ListedKeys(Struct, frozen=True, kw_only=True):
    """All keys: those that come with the mock, minted ones, and with --any-key those that were used."""

    keys: list[ListedKey]


def list_keys(asked: Asked) -> ListedKeys:
    """`{"keys": [{"key", "label", "description", "account", "site", …}, …]}`."""
    return ListedKeys(keys=[_listed(asked.service, key) for key in asked.service.keys.all()])


def _listed(service: Service, key: Key) -> ListedKey:
    credential = key.credential
    is_account_token = credential.is_account_token
    return ListedKey(
        key=credential.token,
        label=key.label,
        description=credential.description,
        account=key.account.name,
        site=None if is_account_token else service.place_of(key, None, stands=None).site,
        websites=list(credential.websites) if is_account_token else None,
        minted=service.keys.is_minted(key),
    )
