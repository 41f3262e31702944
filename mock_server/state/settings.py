"""The settings that the controls change while the server runs, for all keys or for one."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from contract_tests.quoting import quoted
from mock_server.faults.action import Seed
from mock_server.faults.rules import MOST_RULES, Rule, Rules
from mock_server.problems import ProblemError
from mock_server.state.limits import RateLimit, WrittenRate, read_rate

Faults = Annotated[list[Rule], Meta(max_length=MOST_RULES)]


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The settings of a key or of the server.

    A null setting is inherited: by a key from the server, by the server from its options.
    """

    site: str | None = None
    seed: Seed | None = None
    revision: str | None = None
    rate_limit: WrittenRate | None = None
    faults: Faults | None = None

    @property
    def rate(self) -> RateLimit | None:
        """The rate limit as a RateLimit, even if it was written in short; None means that it is inherited."""
        return read_rate(self.rate_limit)

    @property
    def weight(self) -> int:
        """The estimated memory of the rules, in bytes."""
        return sum(rule.weight for rule in self.faults or ())

    @property
    def shown(self) -> dict[str, Any]:
        """The members for an answer, with the rate limit as a RateLimit, and an empty list for no rules."""
        return {**msgspec.structs.asdict(self), "rate_limit": self.rate, "faults": list(self.faults or ())}

    @property
    def plain(self) -> "Settings":
        """The settings without the further members of a subclass."""
        return Settings(**{name: getattr(self, name) for name in Settings.__struct_fields__})

    def check(self, sites: Collection[str], revisions: Collection[str]) -> None:
        """Raises ProblemError for an invalid rate limit, or for an unknown site or revision.

        The error lists the known ones.
        """
        for name, value, known in (("site", self.site, sites), ("revision", self.revision, revisions)):
            if value is not None and value not in known:
                detail = f"`{name}`: there is no {quoted(value[:80])}; known: {', '.join(known)}."
                raise ProblemError(400, detail, member=f"/{name}", known=list(known))
        try:
            read_rate(self.rate_limit)
        except ValueError as error:
            raise ProblemError(400, f"`rateLimit`: {error}.", member="/rateLimit") from None


SettingsChange = msgspec.defstruct(
    "SettingsChange",
    [(member.name, member.type | UnsetType, UNSET) for member in msgspec.structs.fields(Settings)],
    namespace={"__doc__": "A change of settings: those that are left out stay as they are."},
    module=__name__,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename="camel",
)


def changed(settings: Settings, change: Struct) -> Settings:
    """Returns the settings after a `SettingsChange`."""
    members = msgspec.structs.asdict(change).items()
    given = {name: value for name, value in members if value is not UNSET}
    return msgspec.structs.replace(settings, **given)


NOTHING = Settings()
"""No settings: all are inherited."""


@dataclass(slots=True)
class ActiveSettings:
    """The settings of a key or of the server, with the counts of their rules."""

    values: Settings = NOTHING
    rules: Rules = field(default_factory=Rules)
    weight: int = 0
    """The approximate memory of the rules, in bytes."""

    def copy(self) -> "ActiveSettings":
        """Returns a copy whose rules have counters of their own."""
        return ActiveSettings(self.values, self.rules.copy(), self.weight)

    def replace(self, settings: Settings) -> None:
        """Replaces all settings, and restarts the counters of all rules."""
        self.values, self.weight = settings, settings.weight
        self.rules = Rules(settings.faults or ())

    def update(self, settings: Settings) -> None:
        """Replaces all settings; an unchanged rule at the same index keeps its counters."""
        self.values, self.weight = settings, settings.weight
        self.rules = self.rules.followed_by(settings.faults or ())
