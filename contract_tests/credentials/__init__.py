"""Which token is for what."""

import re
from dataclasses import dataclass, fields, replace
from pathlib import Path

import msgspec
import yaml

_FOLDER = Path(__file__).parent
_WEBSITE_ID = re.compile(r"[0-9a-fA-F]{24}")
SHIPPED = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


class CredentialsError(Exception):
    """Credentials that cannot be used; the text says what is wrong, and with which file."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """Tokens by role; None for what nobody has given. It has no repr, so that no token is ever shown."""

    key: str | None = None
    account: str | None = None
    website_id: str | None = None
    no_permission: str | None = None
    elsewhere: str | None = None
    suspended: str | None = None
    limited: str | None = None
    error_500: str | None = None
    no_model: str | None = None
    unknowns: str | None = None
    bot: str | None = None
    visitor_id: str | None = None

    def check(self) -> None:
        """Raises CredentialsError for what is something else: a right server would be accused by it."""
        if self.key is not None and self.key.startswith("dft_"):
            raise CredentialsError("the website's key (df_…) is an account token (dft_…)")
        if self.account is not None and self.account.startswith("df_"):
            raise CredentialsError("the account token (dft_…) is a website's key (df_…)")
        if self.website_id is not None and _WEBSITE_ID.fullmatch(self.website_id) is None:
            raise CredentialsError(f"the website id {self.website_id[:40]!r} is not 24 hexadecimal digits")

    def over(self, others: "Credentials") -> "Credentials":
        """These, and the others where these are not given."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        return replace(others, **given)


def load_credentials(name: str) -> Credentials:
    """The credentials of a file, or the shipped ones of that name. Raises CredentialsError."""
    path = _FOLDER / f"{name}.yaml" if name in SHIPPED else Path(name)
    try:
        content = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise CredentialsError(f"{path}: {error.strerror}") from None
    except yaml.YAMLError as error:
        # Not the error's own text, which shows the line with the token.
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise CredentialsError(f"{place}: no valid YAML") from None
    known = {field.name for field in fields(Credentials)}
    if not isinstance(content, dict) or not all(isinstance(value, str) for value in content.values()):
        raise CredentialsError(f"{path}: expected are lines of `role: token`")
    unknown = [str(role) for role in content if role not in known]
    if unknown:
        raise CredentialsError(f"{path}: there is no role {unknown[0]!r}; known: {', '.join(sorted(known))}")
    return msgspec.convert(content, Credentials)
