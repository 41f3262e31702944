"""The parameters of a session's URL as the API shows them."""

from mock_server.resources.params import params_of
from mock_server.world.site import Source

NAMES = ["ref", "source", "via", "utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"]


def test_each_documented_parameter_has_its_own_value() -> None:
    source = Source(weight=1, params={name: f"the {name}" for name in NAMES})

    assert list(params_of(source).items()) == [(name, f"the {name}") for name in NAMES]


def test_missing_parameters_are_null_and_undocumented_ones_are_not_shown() -> None:
    source = Source(weight=1, params={"utm_source": "x", "gclid": "y"}, ad_click_id="gclid")

    assert params_of(source) == {**dict.fromkeys(NAMES), "utm_source": "x"}
