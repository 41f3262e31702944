"""The credentials of a run: a token or an id for each role."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from pathlib import Path

import msgspec
import yaml

from contract_tests.asking.files import read_file
from contract_tests.document import document
from contract_tests.masking import Mask
from contract_tests.quoting import quoted

_FOLDER = Path(__file__).parent
_NAMES = {"key": "website's key", "account": "account token"}
_OBJECT = ("24 hexadecimal digits", re.compile(r"[0-9a-fA-F]{24}"))
_UUID = ("a UUID", re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"))
# The credentials that are ids, with their documented form; ids are not secret.
_IDS = {
    "website_id": ("website id", *_OBJECT),
    "bot": ("id of a bot", *_UUID),
    "visitor_id": ("visitor id", *_UUID),
    "funnel": ("id of a funnel", *_OBJECT),
}
_LARGEST = 1 << 20
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_NULL = "tag:yaml.org,2002:null"
SHIPPED = tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


class CredentialsError(Exception):
    """An error for credentials that cannot be used; the text says what is wrong, and in which file."""


@dataclass(frozen=True, slots=True, repr=False)
class Credentials:
    """The tokens and ids by role; None for each that is not given.

    The class has no repr, because it would show the tokens.
    """

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
    funnel: str | None = None

    def check(self) -> None:
        """Raises CredentialsError for a credential of a wrong form, which a correct server would refuse."""
        for name, token in self._secrets():
            if token.lower().startswith("bearer "):
                raise CredentialsError(
                    f"the {_NAMES.get(name, name)} begins with `Bearer`; give the token alone"
                )
            unfit = next((sign for sign in token if not "!" <= sign <= "~"), None)
            if unfit is not None:
                told = f"contains {quoted(unfit)}, which a token cannot have: give the whole token, as it is"
                raise CredentialsError(f"the {_NAMES.get(name, name)} {told}")
        if self.key is not None and self.key.startswith("dft_"):
            raise CredentialsError("an account token (dft_…) is given as the website's key (df_…)")
        if self.account is not None and self.account.startswith("df_"):
            raise CredentialsError("a website's key (df_…) is given as the account token (dft_…)")
        for role, (name, form, pattern) in _IDS.items():
            given = getattr(self, role)
            if given is not None and pattern.fullmatch(given) is None:
                raise CredentialsError(f"the {name} {quoted(given[:40])} is not {form}")

    def mask(self, others: Iterable[str] = ()) -> Mask:
        """Returns a mask that hides these tokens, and others, in a server's answers.

        It does not hide a token that the document contains, because correct answers would look wrong.
        """
        tokens = (token for _, token in self._secrets())
        return _mask(frozenset(filter(None, (*tokens, *others))))

    def _secrets(self) -> Iterator[tuple[str, str]]:
        """Yields each token that is given, as a pair of its role and the token."""
        for role in fields(self):
            token = getattr(self, role.name)
            if role.name not in _IDS and token is not None:
                yield role.name, token

    def stripped(self) -> "Credentials":
        """Returns the credentials without white space around them, such as a line's end.

        A credential that is then empty becomes None.
        """
        given = {f.name: getattr(self, f.name) for f in fields(self)}
        return replace(self, **{name: (text or "").strip() or None for name, text in given.items()})

    def over(self, others: "Credentials") -> "Credentials":
        """Returns these credentials; each that is None is taken from `others`."""
        given = {f.name: getattr(self, f.name) for f in fields(self) if getattr(self, f.name) is not None}
        return replace(others, **given)


# A run needs the same mask several times, and compiling it takes a tenth of a second.
@lru_cache(8)
def _mask(tokens: frozenset[str]) -> Mask:
    return Mask(token for token in tokens if not document().mentions(token))


def load_credentials(name: str) -> Credentials:
    """Returns the credentials in a file. `name` is its path, or a name in SHIPPED, such as `mock`.

    Raises CredentialsError.
    """
    path = _FOLDER / f"{name}.yaml" if name in SHIPPED else Path(name)
    try:
        node = yaml.compose(read_file(path, _LARGEST), Loader=_LOADER)
    except OSError as error:
        raise CredentialsError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as error:
        # The error's own text is not shown, because it quotes the line with the token.
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        raise CredentialsError(f"{place}: not valid YAML") from None
    return msgspec.convert(_tokens(node, path), Credentials).stripped()


def _tokens(node: yaml.Node | None, path: Path) -> dict[str, str]:
    """Returns the tokens of a file by role, exactly as written, even if they look like numbers or dates."""
    known = {field.name for field in fields(Credentials)}
    found: dict[str, str] = {}
    if not isinstance(node, yaml.MappingNode):
        raise CredentialsError(f"{path}: expected lines of the form `role: token`")
    for role, token in node.value:
        place = f"{path}:{role.start_mark.line + 1}"
        if not (isinstance(role, yaml.ScalarNode) and isinstance(token, yaml.ScalarNode)):
            raise CredentialsError(f"{place}: expected lines of the form `role: token`")
        if role.value not in known:
            problem = f"there is no role {quoted(role.value[:80])}; known: {', '.join(sorted(known))}"
            raise CredentialsError(f"{place}: {problem}")
        if role.value in found:
            raise CredentialsError(f"{place}: the role {quoted(role.value)} occurs twice")
        # `role:`, `role: ~` and `role: null` mean that the token is not given.
        found[role.value] = "" if token.tag == _NULL else token.value
    return found
