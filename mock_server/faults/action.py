"""The action that changes an answer on demand: a fault, a status, a delay."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import force_setattr

from contract_tests.quoting import quoted
from mock_server.contract.responses import Answers, Example
from mock_server.faults.amounts import (
    FAULTS,
    Milliseconds,
    Pointer,
    WrittenFault,
    WrittenShare,
    WrittenSpan,
    WrittenTime,
    members_of,
    share_of,
    span_of,
    time_of,
)
from mock_server.problems import ProblemError

# The options of faults, each with the faults that accept it.
_FAULTS_WITH = {"pointer": ("wrong-type", "missing"), "share": ("truncate",), "duration": ("drip",)}

Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
# This is a list, because msgspec 0.22 misreads a union of an integer and a tuple of two.
Span = Annotated[list[Milliseconds | WrittenTime], Meta(min_length=2, max_length=2)]


_READERS: Mapping[str, Callable[[str], Any]] = {"delay": span_of, "share": share_of, "duration": time_of}


class Action(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One change to an answer; members that are left out change nothing."""

    code: Annotated[int, Meta(ge=200, le=599)] | UnsetType = UNSET
    """A documented status; its documented example is the answer.

    Statuses below 200 are not allowed, because they only announce another answer.
    """
    example: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    """The name of a documented example."""
    delay: Milliseconds | Span | WrittenSpan | UnsetType = UNSET
    """The delay before the answer, in ms; two numbers are the bounds of a random delay.

    A text as in `Prefer`, such as `200..900` or `1.5s`, is replaced by its number or its two numbers.
    """
    fault: WrittenFault | UnsetType = UNSET
    """One of the faults; an option behind its name, as in `Prefer`, becomes a member of its own."""
    pointer: Pointer | UnsetType = UNSET
    """The member that `wrong-type` and `missing` change, as a JSON pointer."""
    share: Annotated[float, Meta(ge=0, lt=1)] | WrittenShare | UnsetType = UNSET
    """The share of the body that `truncate` sends; 0.5 by default."""
    duration: Milliseconds | WrittenTime | UnsetType = UNSET
    """The time that `drip` takes for the body, in ms; 2,000 by default."""

    def __post_init__(self) -> None:
        """Reads the members that are texts. Raises ValueError for a member that would have no effect."""
        if isinstance(self.fault, str) and self.fault not in FAULTS:
            self._set_fault(self.fault)
        for member, faults in _FAULTS_WITH.items():
            if getattr(self, member) is not UNSET and self.fault not in faults:
                raise ValueError(f"`{member}` is only allowed with the fault {' or '.join(faults)}")
        for member, read in _READERS.items():
            written = getattr(self, member)
            if isinstance(written, str):
                force_setattr(self, member, _read(member, read, written))
        if isinstance(self.delay, list):
            self._set_bounds(self.delay)

    def _set_fault(self, text: str) -> None:
        """Sets a fault that is written with its option. Raises ValueError if the option is given twice."""
        for member, value in _read("fault", members_of, text).items():
            if member != "fault" and getattr(self, member) is not UNSET:
                raise ValueError(f"`{member}` is given twice: in a member of its own, and in `fault`")
            force_setattr(self, member, value)

    def _set_bounds(self, written: list[int | str]) -> None:
        ends = [_read("delay", time_of, end) if isinstance(end, str) else end for end in written]
        if ends[0] > ends[1]:
            raise ValueError("the first number of `delay` must not be larger than the second")
        force_setattr(self, "delay", ends)

    @property
    def delays(self) -> tuple[int, int]:
        """The shortest and the longest delay in ms; both are 0 if the action has no delay."""
        delay: Any = 0 if self.delay is UNSET else self.delay
        return (delay, delay) if isinstance(delay, int) else (delay[0], delay[1])

    @property
    def sent_share(self) -> float:
        """The share of the body that `truncate` sends."""
        return 0.5 if self.share is UNSET else float(self.share)

    @property
    def drip_time(self) -> int:
        """The time that `drip` takes for the body, in ms."""
        return 2_000 if self.duration is UNSET else int(self.duration)

    @property
    def is_nothing(self) -> bool:
        """Whether the action changes nothing."""
        return self == _NOTHING

    @property
    def forces_an_example(self) -> bool:
        """Whether the answer is a documented example and not made from the world."""
        return self.code is not UNSET or self.example is not UNSET


def _read(member: str, read: Callable[[str], Any], text: str) -> Any:
    """Reads a text. Raises ValueError, which names the member."""
    try:
        return read(text)
    except ValueError as error:
        raise ValueError(f"`{member}`: {error}") from None


_NOTHING = Action()


def chosen(answers: Answers, action: Action) -> Example:
    """Returns the documented answer that an action forces.

    Raises ProblemError if no documented answer fits the action; the error lists the documented answers.
    """
    if not answers:
        raise ProblemError(400, "No answer is documented here.")
    if action.code is not UNSET and action.code not in answers:
        known = sorted(answers)
        detail = f"The status {action.code} is not documented here; documented: {', '.join(map(str, known))}."
        raise ProblemError(400, detail, codes=known)
    statuses = sorted(answers) if action.code is UNSET else [action.code]
    if action.example is UNSET:
        return next(iter(answers[statuses[0]].values()))
    for status in statuses:
        if action.example in answers[status]:
            return answers[status][action.example]
    names = list(dict.fromkeys(name for status in statuses for name in answers[status]))
    detail = f"There is no example {quoted(action.example[:80])} here; documented: {', '.join(names)}."
    raise ProblemError(400, detail, examples=names)


def has(answers: Answers, action: Action) -> bool:
    """Returns whether the answer that an action forces is in `answers`; true if the action forces none."""
    if not action.forces_an_example:
        return True
    try:
        chosen(answers, action)
    except ProblemError:
        return False
    return True
