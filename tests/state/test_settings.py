"""The settings of a key: each operation of the controls that is about settings has every setting."""

import msgspec
import pytest

from mock_server.control.minting import KeyState, NewKey
from mock_server.control.settings import SettingsState
from mock_server.state.settings import Settings, SettingsChange, changed

MEMBERS = {member.name: member.encode_name for member in msgspec.structs.fields(Settings)}


@pytest.mark.parametrize("kind", [SettingsChange, NewKey, SettingsState, KeyState])
def test_whatever_is_about_settings_has_all_of_them(kind: type[msgspec.Struct]) -> None:
    members = {member.name: member.encode_name for member in msgspec.structs.fields(kind)}

    assert MEMBERS.items() <= members.items()


def test_a_change_leaves_other_settings() -> None:
    before = Settings(site="shop", seed=7)
    change = msgspec.json.decode(b'{"seed": null, "revision": "2026-06"}', type=SettingsChange)

    assert changed(before, change) == Settings(site="shop", revision="2026-06")
