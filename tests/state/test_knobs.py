"""The settings of a key: every operation of the controls about them has each of them."""

import msgspec
import pytest

from mock_server.control.minting import KeyState, NewKey
from mock_server.control.settings import SettingsState
from mock_server.state.knobs import Knobs, KnobsChange, changed

MEMBERS = {member.name: member.encode_name for member in msgspec.structs.fields(Knobs)}


@pytest.mark.parametrize("kind", [KnobsChange, NewKey, SettingsState, KeyState])
def test_whatever_is_about_settings_has_all_of_them(kind: type[msgspec.Struct]) -> None:
    members = {member.name: member.encode_name for member in msgspec.structs.fields(kind)}

    assert MEMBERS.items() <= members.items()


def test_a_change_leaves_what_it_does_not_name() -> None:
    before = Knobs(site="shop", seed=7)
    change = msgspec.json.decode(b'{"seed": null, "revision": "2026-06"}', type=KnobsChange)

    assert changed(before, change) == Knobs(site="shop", revision="2026-06")
