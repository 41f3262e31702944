"""The currencies: which ones sites use, and how amounts are converted."""

import re

import pytest

from mock_server.assets import FIXTURES, read_rows
from mock_server.state.log import MOST_FACTS
from mock_server.world.currencies import MOST_MINOR_UNITS, convert, currency_of, minor_units
from tests.sites import SITES

ROWS = list(read_rows(FIXTURES / "data" / "currencies.csv", "code", "decimals", "usd", "symbol"))
SHOP, DEMO, EDGES = (SITES[name].money for name in ("shop", "demo", "edge_cases"))


def test_each_currency_is_listed_once_with_a_rate() -> None:
    codes = [code for code, *_ in ROWS]

    assert codes == sorted(set(codes))
    assert len(codes) > 150
    assert [code for code in codes if not re.fullmatch("[A-Z]{3}", code)] == []
    assert {decimals for _, decimals, _, _ in ROWS} == {"0", "2", "3"}
    assert all(0 < float(usd) < 10 for _, _, usd, _ in ROWS)


def test_the_largest_payments_of_an_account_add_up_in_64_bits() -> None:
    assert MOST_FACTS * MOST_MINOR_UNITS < 2**63


def test_minor_units_have_the_decimals_of_the_site() -> None:
    found = [minor_units(29.99, "USD", money) for money in (DEMO, None)]

    assert found == [2999, 2999]
    assert minor_units(100, "JPY", SHOP) == 100


def test_currencies_of_sites_have_the_decimals_of_the_standard() -> None:
    used = [site.money for site in SITES.values() if site.money is not None]

    known = {money.currency: currency_of(money.currency) for money in used}
    assert {code: found and found.decimals for code, found in known.items()} == {
        money.currency: money.decimals for money in used
    }


@pytest.mark.parametrize("code", ["XXX", "XAU", "usd", "", "CHE"])
def test_what_no_country_uses_is_no_currency(code: str) -> None:
    assert currency_of(code) is None


def test_symbol_of_a_currency_without_one_is_its_code() -> None:
    euro, franc = currency_of("EUR"), currency_of("CHF")

    assert (euro and euro.symbol, franc and franc.symbol) == ("€", "CHF")


def test_amount_in_the_currency_of_the_site_stays() -> None:
    assert convert(29.99, "USD", DEMO) == 29.99


def test_amount_is_rounded_to_the_decimals_of_the_site() -> None:
    assert (convert(29.999, "USD", DEMO), convert(1200.4, "JPY", SHOP)) == (30.0, 1200.0)


def test_amount_in_another_currency_is_converted_at_the_rate_of_the_site() -> None:
    assert EDGES is not None
    assert SHOP is not None
    # The amount in US dollars follows from the site's own rate.
    assert convert(SHOP.usd_rate * 1000, "USD", SHOP) == 1000
    assert convert(1, "EUR", DEMO) == 1.18
    assert convert(100, "EUR", EDGES) == round(118 / EDGES.usd_rate, 3)


def test_site_without_money_counts_in_dollars() -> None:
    assert convert(100, "EUR", None) == 118


def test_unknown_currency_is_an_error() -> None:
    with pytest.raises(KeyError):
        convert(1, "XXX", DEMO)
