"""`datafast-mock verify --explain-coverage`: the clauses that credentials make observable, offline."""

import pytest

from contract_tests.asking.credentials import Credentials, load_credentials
from contract_tests.clauses import all_clauses
from contract_tests.document import document
from contract_tests.judging.coverage import coverage_of, gains_of
from tests.command import ended
from tests.kit.nobody import nobody
from tests.kit.writing import WRITING

_IDS = [clause.id for clause in all_clauses() if clause.id not in WRITING]

NO_PERMISSION, ELSEWHERE = ("AUTH-04", "getOverview.no-permission"), ("AUTH-05", "getOverview.elsewhere")
FUNNEL = ("getFunnelResults.status", "getFunnelResults.data", "getFunnelResults.success")


def test_a_key_makes_most_clauses_observable() -> None:
    missing = set(_IDS) - set(coverage_of(document(), Credentials(key="df_x"), _IDS))

    accounts = {"AUTH-03", "AUTH-07", "ERR-04", *NO_PERMISSION, *ELSEWHERE}
    assert missing == {*accounts, "AUTH-08", "ERR-05", "ERR-06", "ERR-07", *FUNNEL}


@pytest.mark.long
def test_what_further_credentials_would_add() -> None:
    gains = gains_of(document(), Credentials(key="df_x"), _IDS)

    assert [(gain.roles, gain.clauses) for gain in gains] == [
        (("account", "website_id"), ("AUTH-03", "AUTH-07", "ERR-04")),
        (("funnel",), FUNNEL),
        (("no_permission", "website_id"), NO_PERMISSION),
        (("elsewhere", "website_id"), ELSEWHERE),
        (("suspended",), ("AUTH-08",)),
        (("limited",), ("ERR-06",)),
        (("error_500",), ("ERR-07",)),
        (("bot",), ("ERR-05",)),
    ]


@pytest.mark.long
def test_an_account_token_without_a_website_is_told_what_it_lacks() -> None:
    gains = {
        gain.roles: len(gain.clauses) for gain in gains_of(document(), Credentials(account="dft_x"), _IDS)
    }

    assert gains[("website_id",)] > 150


def test_all_credentials_make_all_clauses_observable() -> None:
    credentials = load_credentials("mock")

    assert coverage_of(document(), credentials, _IDS) == _IDS
    assert gains_of(document(), credentials, _IDS) == []


def test_what_writing_would_add() -> None:
    result = ended("verify", "--key", "df_x", "--explain-coverage", "--only", "WRITE-0*")

    assert result.stdout.startswith("With these credentials at most 0 of 9 clauses can be observed.\n")
    assert "With `--writes`, which sends goals and payments, 9 can be observed.\n" in result.stdout


def test_writing_without_other_tokens_shows_no_refusal_of_these() -> None:
    credentials = Credentials(key="df_x")

    ids = ["createGoal.success", "createGoal.no-permission", "deletePayments.elsewhere"]
    assert coverage_of(document(), credentials, ids, may_write=True) == ["createGoal.success"]


@pytest.mark.parametrize("has_url", [True, False], ids=["with a URL", "without one"])
def test_the_command_sends_nothing(has_url: bool) -> None:
    with nobody() as address:
        url = [address] if has_url else []
        result = ended("verify", *url, "--key", "df_secret", "--explain-coverage", "--only", "ERR-*")

    assert result.returncode == 0
    assert result.stdout.startswith("With these credentials at most 3 of 7 clauses can be observed.\n")
    assert "`account`: 1 more, 4 in all (ERR-04)" in result.stdout
    assert "df_secret" not in result.stdout
