"""The list of all faults, and the action that changes an answer on demand: a fault, a status, a delay."""

import re
from typing import Annotated, Literal, get_args

from msgspec import UNSET, Meta, Struct, UnsetType
from msgspec.structs import force_setattr

from contract_tests.quoting import quoted
from mock_server.contract.responses import Answers, Example
from mock_server.kinds import in_words
from mock_server.pointers import FORM, FORM_IN_WORDS
from mock_server.problems import ProblemError

LONGEST = 60_000
"""The longest delay, and the longest time of a `drip`, in ms."""

Fault = Literal[
    "reset", "empty", "truncate", "malformed", "content-type", "wrong-type", "missing", "drip", "hang"
]
FAULTS: tuple[str, ...] = get_args(Fault)

_RANGE = re.compile(r"([0-9]{1,9})(?:\.\.([0-9]{1,9}))?")
# The options of faults, each with the faults that accept it.
_FAULTS_WITH = {"pointer": ("wrong-type", "missing"), "share": ("truncate",), "duration": ("drip",)}

Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Milliseconds = Annotated[int, Meta(ge=0, le=LONGEST)]
# This is a list, because msgspec 0.22 misreads a union of an integer and a tuple of two.
Span = Annotated[list[Milliseconds], Meta(min_length=2, max_length=2)]
_Written = Annotated[
    str,
    Meta(
        pattern=r"^[0-9]{1,9}(\.\.[0-9]{1,9})?$",
        extra=in_words("a number of milliseconds or a range such as 200..900"),
    ),
]


class Action(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """One change to an answer; members that are left out change nothing."""

    code: Annotated[int, Meta(ge=200, le=599)] | UnsetType = UNSET
    """A documented status; its documented example is the answer.

    Statuses below 200 are not allowed, because they only announce another answer.
    """
    example: Annotated[str, Meta(max_length=200)] | UnsetType = UNSET
    """The name of a documented example."""
    delay: Milliseconds | Span | _Written | UnsetType = UNSET
    """The delay before the answer, in ms; two numbers are the bounds of a random delay.

    A text as in `Prefer`, such as `200..900`, is replaced by its number or its two numbers.
    """
    fault: Fault | UnsetType = UNSET
    pointer: (
        Annotated[str, Meta(pattern=FORM, max_length=1000, extra=in_words(FORM_IN_WORDS))] | UnsetType
    ) = UNSET
    """The member that `wrong-type` and `missing` change, as a JSON pointer."""
    share: Annotated[float, Meta(ge=0, lt=1)] | UnsetType = UNSET
    """The share of the body that `truncate` sends; 0.5 by default."""
    duration: Milliseconds | UnsetType = UNSET
    """The time that `drip` takes for the body, in ms; 2,000 by default."""

    def __post_init__(self) -> None:
        """Reads a delay that is a text. Raises ValueError for a member that would have no effect."""
        for member, faults in _FAULTS_WITH.items():
            if getattr(self, member) is not UNSET and self.fault not in faults:
                raise ValueError(f"`{member}` is only allowed with the fault {' or '.join(faults)}")
        if isinstance(self.delay, str):
            force_setattr(self, "delay", span_of(self.delay))
        if isinstance(self.delay, list) and self.delay[0] > self.delay[1]:
            raise ValueError("the first number of `delay` must not be larger than the second")

    @property
    def delays(self) -> tuple[int, int]:
        """The shortest and the longest delay in ms; both are 0 if the action has no delay."""
        delay = 0 if self.delay is UNSET else self.delay
        assert not isinstance(delay, str), "read when the action was made"
        return (delay, delay) if isinstance(delay, int) else (delay[0], delay[1])

    @property
    def is_nothing(self) -> bool:
        """Whether the action changes nothing."""
        return self == _NOTHING

    @property
    def forces_an_example(self) -> bool:
        """Whether the answer is a documented example and not made from the world."""
        return self.code is not UNSET or self.example is not UNSET


_NOTHING = Action()


def span_of(text: str) -> int | list[int]:
    """Reads a delay in ms, such as `1500`, or the bounds of a random one, such as `200..900`.

    Raises ValueError.
    """
    match = _RANGE.fullmatch(text)
    ends = [int(end) for end in match.groups() if end is not None] if match else []
    if not ends or max(ends) > LONGEST or ends != sorted(ends):
        raise ValueError(f"a number of milliseconds up to {LONGEST:,} is expected, such as 1500 or 200..900")
    return ends[0] if len(ends) == 1 else ends


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
