"""What is wrong with an option, in plain words."""

import pytest

from contract_tests.commands.verify import REPORTS
from tests.command import ended


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("serve", "--port", "abc"), "Invalid value for '--port': 'abc' is not a whole number"),
        (("serve", "--port", "70000"), "Invalid value for '--port': 70000 is not between 0 and 65535"),
        (("serve", "--seed", "1.5"), "Invalid value for '--seed': '1.5' is not a whole number"),
        (("serve", "--speed", "fast"), "Invalid value for '--speed': 'fast' is not a number"),
        (("mutate", "--port", "x"), "Invalid value for '--port': 'x' is not a whole number"),
        (
            ("verify", "u", "--timeout", "x"),
            "Invalid value for '--timeout': 'x' is not a number of seconds or a duration, such as 500ms",
        ),
        (("verify", "u", "--pause", "99"), "Invalid value for '--pause': 99.0 is not between 0 and 60"),
        (("verify", "u", "--rate-limit", "0"), "Invalid value for '--rate-limit': 0.0 is less than 0.01"),
        (("verify", "u", "--max-requests", "0"), "Invalid value for '--max-requests': 0 is less than 1"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_number_is_told_in_plain_words(arguments: tuple[str, ...], told: str) -> None:
    result = ended(*arguments)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == f"datafast-mock: {told}\n"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("serve", "8500"), "the argument '8500' has no meaning here; --help lists the options"),
        (("verify", "u", "a", "b"), "the arguments 'a b' have no meaning here; --help lists the options"),
        (
            ("verify", "http://x", "--only", "map"),
            (
                "--only: there is no clause 'map'; for the whole family write 'MAP-*';"
                " see `datafast-mock explain`"
            ),
        ),
        (
            ("verify", "http://x", "--report", "out.html"),
            "--report: 'out.html' is not KIND=FILE, such as html=report.html, with a kind of "
            + ", ".join(REPORTS),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_first_mistake_is_told_with_what_to_do(arguments: tuple[str, ...], told: str) -> None:
    result = ended(*arguments)

    assert (result.returncode, result.stderr) == (2, f"datafast-mock: {told}\n")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("--timeout", "500ms", id="500 ms"),
        pytest.param("--pause", "0.5m", id="half a minute"),
        pytest.param("--rate-limit", "6000/min", id="requests a minute"),
        pytest.param("--rate-limit", "5/10s", id="requests in ten seconds"),
        pytest.param("--rate-limit", "100", id="requests a second"),
    ],
)
def test_a_quantity_of_verify_may_have_a_unit(option: str, value: str) -> None:
    # Nothing listens there, so that the run ends as soon as the options are read.
    result = ended("verify", "http://127.0.0.1:9", "--key", "df_test", option, value)

    assert result.returncode == 3, result.stderr


@pytest.mark.parametrize("value", ["60/year", "60/0s", "many/min", "0/min", "1/1h"])
def test_what_is_not_a_rate_is_refused(value: str) -> None:
    result = ended("verify", "http://127.0.0.1:9", "--rate-limit", value)

    assert result.returncode == 2
    assert result.stderr.startswith("datafast-mock: Invalid value for '--rate-limit': ")


def test_the_list_of_commands_has_whole_sentences() -> None:
    result = ended("--help", environment={"COLUMNS": "80"})
    _, _, commands = result.stdout.partition("Commands:\n")

    assert {line[-1] for line in commands.splitlines()} == {"."}
    assert "..." not in commands


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("DATAFAST_MOCK_PORT", "abc", "Invalid value for '--port': 'abc' is not a whole number"),
        ("DATAFAST_MOCK_FREEZE", "maybe", "Invalid value for '--freeze': 'maybe' is neither true nor false"),
        (
            "DATAFAST_MOCK_NOW",
            "soon",
            "Invalid value for '--now': 'soon' is not an ISO 8601 instant, such as",
        ),
        ("DATAFAST_MOCK_SITE", "nowhere", "--site: there is no 'nowhere'; known: demo"),
        ("DATAFAST_MOCK_SPEED", "-1", "--speed: -1.0 is not between 0 and 86400"),
        ("DATAFAST_MOCK_CONTROL_ORIGIN", "x", "Invalid value for '--control-origin': 'x' is not an origin"),
        (
            "DATAFAST_MOCK_HOST",
            "nowhere.invalid",
            "--host: 'nowhere.invalid' is not an address of this machine (N",
        ),
    ],
)
def test_a_wrong_variable_is_named(variable: str, value: str, told: str) -> None:
    result = ended("serve", environment={variable: value})

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"datafast-mock: {variable}: {told}")


def test_an_option_beside_a_variable_is_to_blame_itself() -> None:
    result = ended("serve", "--site", "nowhere", environment={"DATAFAST_MOCK_SITE": "shop"})

    assert result.stderr.startswith("datafast-mock: --site: there is no 'nowhere'")
