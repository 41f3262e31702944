"""Who may ask an operation, read from `security`: which kinds of token, with which permissions and role."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

Role = Literal["viewer", "member", "owner"]
"""What a person may do in an account, from the least to the most (page: team)."""

Security = Sequence[Mapping[str, Sequence[str]]]

_ROLES: tuple[Role, ...] = get_args(Role)


class Access(NamedTuple):
    """What a token of one kind needs."""

    permissions: tuple[str, ...]
    role: Role
    """The least role."""

    def admits(self, role: Role) -> bool:
        """Whether somebody of a role may do it."""
        return _ROLES.index(role) >= _ROLES.index(self.role)


def access_of(security: Any, method: str) -> dict[str, Access]:
    """What each kind of token needs, by the name of its security scheme; others are refused.

    The roles of OpenAPI 3.1 are permissions here, as in `{accountToken: ["goals:write"]}`. The role of a
    person may be among them; if none is, a viewer may read and a member may do the rest. An operation for
    owners leaves `websiteKey` out, so that a `df_` key acts as a member at most.
    """
    found: dict[str, Access] = {}
    for requirement in security or ():
        for scheme, names in requirement.items():
            named = [role for role in _ROLES if role in names]
            usual: Role = "viewer" if method == "GET" else "member"
            permissions = tuple(name for name in names if name not in _ROLES)
            found.setdefault(scheme, Access(permissions, named[-1] if named else usual))
    return found
