"""Traces: the goals, payments and identities that a run may have left on a server, and how to remove them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """A goal, payment or identity that a run may have written.

    `what` names it for people. `operation`, with the parameters `values`, removes it; None if the API cannot
    remove it.
    """

    what: str
    operation: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


class Traces:
    """The things that a run may have written and has not removed, in the order in which they were sent."""

    def __init__(self) -> None:
        """Begins without traces."""
        self._left: dict[Trace, bool] = {}

    def begin(self, trace: Trace) -> None:
        """Notes a thing before it is sent, because it may be written even if there is no answer."""
        self._left[trace] = False

    def confirm(self, trace: Trace) -> None:
        """Notes that the server has accepted the thing."""
        self._left[trace] = True

    def end(self, trace: Trace) -> None:
        """Forgets a thing that the server has refused or removed."""
        self._left.pop(trace, None)

    def left(self) -> list[Trace]:
        """Returns the traces that are not removed, the latest first."""
        return list(reversed(self._left))

    def is_confirmed(self, trace: Trace) -> bool:
        """Returns whether the server has accepted the thing."""
        return self._left.get(trace, False)
