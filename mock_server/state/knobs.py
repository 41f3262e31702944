"""What may be set while the server runs, for all keys or for one."""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from mock_server.faults.action import Seed
from mock_server.faults.rules import MOST_RULES, Rule, Rules
from mock_server.problems import ProblemError
from mock_server.state.limits import RateLimit, WrittenRate, read_rate

Faults = Annotated[list[Rule], Meta(max_length=MOST_RULES)]


class Knobs(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """Null stands for what the server has, and in the server's own for what it was started with."""

    site: str | None = None
    seed: Seed | None = None
    revision: str | None = None
    rate_limit: WrittenRate | None = None
    faults: Faults | None = None

    @property
    def rate(self) -> RateLimit | None:
        """The rate limit by its members; None as above."""
        return read_rate(self.rate_limit)

    @property
    def weight(self) -> int:
        """About so many bytes of memory its rules take."""
        return sum(rule.weight for rule in self.faults or ())

    @property
    def told(self) -> dict[str, Any]:
        """The members as an answer has them: a rate limit by its members, and no rules as an empty list."""
        return {**msgspec.structs.asdict(self), "rate_limit": self.rate, "faults": list(self.faults or ())}

    @property
    def plain(self) -> "Knobs":
        """The settings alone, without what a subclass has beside them."""
        return Knobs(**{name: getattr(self, name) for name in Knobs.__struct_fields__})

    def check(self, sites: Collection[str], revisions: Collection[str]) -> None:
        """Raises ProblemError for a site, revision or rate limit that there is not, with what there is."""
        for name, value, known in (("site", self.site, sites), ("revision", self.revision, revisions)):
            if value is not None and value not in known:
                detail = f"`{name}`: there is no {value[:80]!r}; known: {', '.join(known)}."
                raise ProblemError(400, detail, member=f"/{name}", known=list(known))
        try:
            read_rate(self.rate_limit)
        except ValueError as error:
            raise ProblemError(400, f"`rateLimit`: {error}.", member="/rateLimit") from None


KnobsChange = msgspec.defstruct(
    "KnobsChange",
    [(member.name, member.type | UnsetType, UNSET) for member in msgspec.structs.fields(Knobs)],
    namespace={"__doc__": "The same, but what is left out stays as it is."},
    module=__name__,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    rename="camel",
)


def changed(knobs: Knobs, change: Struct) -> Knobs:
    """The settings after a `KnobsChange`."""
    members = msgspec.structs.asdict(change).items()
    given = {name: value for name, value in members if value is not UNSET}
    return msgspec.structs.replace(knobs, **given)


NOTHING = Knobs()
"""As on the server, or as it was started."""


@dataclass(slots=True)
class Board:
    """Knobs as they are turned, and the rules among them, which count."""

    knobs: Knobs = NOTHING
    rules: Rules = field(default_factory=Rules)
    weight: int = 0
    """That of the knobs."""

    def copy(self) -> "Board":
        """The same, whose rules go on counting for themselves."""
        return Board(self.knobs, self.rules.copy(), self.weight)

    def turn(self, knobs: Knobs) -> None:
        """Sets all; all rules count anew."""
        self.knobs, self.weight = knobs, knobs.weight
        self.rules = Rules(knobs.faults or ())

    def adjust(self, knobs: Knobs) -> None:
        """Sets all; a rule that is the same and at the same place as before goes on counting."""
        self.knobs, self.weight = knobs, knobs.weight
        self.rules = self.rules.followed_by(knobs.faults or ())
