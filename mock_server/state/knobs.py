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


class KnobsChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """The same, but what is left out stays as it is."""

    site: str | UnsetType | None = UNSET
    seed: Seed | UnsetType | None = UNSET
    revision: str | UnsetType | None = UNSET
    rate_limit: WrittenRate | UnsetType | None = UNSET
    faults: Faults | UnsetType | None = UNSET

    def of(self, knobs: Knobs) -> Knobs:
        """What comes of it."""
        given: dict[str, Any] = {
            name: value for name, value in msgspec.structs.asdict(self).items() if value is not UNSET
        }
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
