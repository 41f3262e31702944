"""What a run may have left on a server, and how it is removed."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, eq=False, slots=True)
class Trace:
    """A thing that a run may have written.

    `what` names it for people. `operation` is the operation that removes it, with the parameters `values`;
    None if the API has none.
    """

    what: str
    operation: str | None = None
    values: Mapping[str, str] = field(default_factory=dict)


class Traces:
    """The things that a run may have written and has not removed, in the order in which they were sent."""

    def __init__(self) -> None:
        """Nothing is written yet."""
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
        """Returns what is left, the latest first."""
        return list(reversed(self._left))

    def is_confirmed(self, trace: Trace) -> bool:
        """Whether the server has accepted the thing."""
        return self._left.get(trace, False)
