"""What is needed to observe a clause: an answer or a request in words, and the option of `verify` for it."""

from typing import NamedTuple

from contract_tests.asking.credentials import Credentials

CREDENTIALS, WRITES = "--credentials", "--writes"
WRITING = f"the option `{WRITES}`"
"""The words for the option that a clause about a write needs."""


class Need(NamedTuple):
    """What is needed to observe a clause.

    `words` begin in small letters and have no full stop. `option` is the option of `verify` that they name,
    such as `--key`; empty if none would help. `roles` are the credentials without which no run can observe
    the clause.
    """

    words: str
    option: str = ""
    roles: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Returns the words."""
        return self.words

    def is_met_by(self, credentials: Credentials) -> bool:
        """Returns whether the credentials have all roles."""
        return all(getattr(credentials, role) for role in self.roles)

    def and_more(self, more: str) -> "Need":
        """Returns this need with more words at its end."""
        return self._replace(words=self.words + more)


def by_option(words: str, option: str) -> Need:
    """Returns the need for something that an option gives; its name is put in brackets behind the words."""
    return Need(f"{words} (`{option}`)", option)


def of_role(words: str, *roles: str) -> Need:
    """Returns the need for something that the file of credentials has for one role, or for several."""
    named = "`, `".join(roles)
    return by_option(f"{words} for the role `{named}`", CREDENTIALS)._replace(roles=roles)


def by_writing(words: str) -> Need:
    """Returns the need for something that a run sees only if it may write."""
    return Need(f"{words}{WRITING}", WRITES)


KEY, ACCOUNT = by_option("a website's key", "--key"), by_option("an account token", "--account-token")
