"""The access rules of operations, read from `security`: kinds of token, permissions and role."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

Role = Literal["viewer", "member", "owner"]
"""The roles of a person in an account, from the fewest rights to the most (page: team)."""

Security = Sequence[Mapping[str, Sequence[str]]]

_ROLES: tuple[Role, ...] = get_args(Role)


class Access(NamedTuple):
    """The permissions and the role that a token of one kind needs."""

    permissions: tuple[str, ...]
    role: Role
    """The lowest role that is allowed."""

    def admits(self, role: Role) -> bool:
        """Returns whether a role may use the operation."""
        return _ROLES.index(role) >= _ROLES.index(self.role)


def access_of(security: Any, method: str) -> dict[str, Access]:
    """Returns the access rules of an operation by security scheme.

    In a `security` such as `{accountToken: ["goals:write"]}`, the listed names are permissions. The list may
    also contain a role, which is the lowest one that a person needs. Without it, a viewer may use GET, and
    other methods need a member. Tokens of a scheme that is not listed are refused: for example, an operation
    for owners does not list the scheme of website keys.
    """
    found: dict[str, Access] = {}
    for requirement in security or ():
        for scheme, names in requirement.items():
            named = [role for role in _ROLES if role in names]
            usual: Role = "viewer" if method == "GET" else "member"
            permissions = tuple(name for name in names if name not in _ROLES)
            found.setdefault(scheme, Access(permissions, named[-1] if named else usual))
    return found
