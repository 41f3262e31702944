"""The operations that read and change the clock of the server or of a key."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType

from contract_tests.durations import milliseconds_of
from contract_tests.quoting import quoted
from mock_server.control.call import ControlCall
from mock_server.instants import instant_of, iso_of
from mock_server.options import FASTEST
from mock_server.problems import ProblemError
from mock_server.state.clock import Clock

Instant = Annotated[str, Meta(max_length=40, description="ISO 8601; without an offset it is UTC.")]
Speed = Annotated[
    float, Meta(gt=0, le=FASTEST, description="Seconds by which the clock advances in one real second.")
]

_A_CENTURY = 100 * 366 * 86_400_000
Milliseconds = Annotated[
    int, Meta(ge=-_A_CENTURY, le=_A_CENTURY, description="Milliseconds; a negative number goes back.")
]
Duration = Annotated[str, Meta(max_length=40, description="Such as 500ms, 90s, 5m, 1h or -2d.")]


class ClockState(Struct, frozen=True, kw_only=True):
    """The time of a clock in whole seconds, and its speed while it is not frozen."""

    now: str
    speed: float
    frozen: bool


class ClockChange(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A change to a clock; members that are left out change nothing, and `advance` is added to `now`."""

    now: Instant | UnsetType = UNSET
    advance: Milliseconds | Duration | UnsetType = UNSET
    speed: Speed | UnsetType = UNSET
    frozen: bool | UnsetType = UNSET


def read_clock(call: ControlCall) -> ClockState:
    """Returns the clock of the key in the query, or of the server."""
    key = call.key
    return state_of(call.service.common.clock if key is None else call.service.clock_of(key))


def set_clock(call: ControlCall) -> ClockState:
    """Changes the server's clock, or the clock of the key in the query.

    Such a key no longer follows the server's clock.
    """
    key = call.key
    if key is None:
        clock = call.service.common.clock
        change(clock, call.body)
    else:
        clock = call.service.clock_of(key).copy()
        change(clock, call.body)
        key.clock = clock
    return state_of(clock)


def change(clock: Clock, wanted: ClockChange) -> None:
    """Changes a clock. Raises ProblemError, and changes nothing, for an invalid instant or duration."""
    advance = _advance_of(wanted.advance)
    try:
        clock.set(
            now=None if wanted.now is UNSET else instant_of(wanted.now),
            advance=advance,
            speed=None if wanted.speed is UNSET else wanted.speed,
            is_frozen=None if wanted.frozen is UNSET else wanted.frozen,
        )
    except ValueError as error:
        raise ProblemError(400, f"`now`: {error}.", member="/now") from None


def _advance_of(written: int | str | UnsetType) -> int:
    """Reads a duration, in ms; none is 0. Raises ProblemError."""
    if not isinstance(written, str):
        return 0 if written is UNSET else written
    try:
        found = milliseconds_of(written)
        if abs(found) > _A_CENTURY:
            raise ValueError(f"{quoted(written)} is longer than a century")
    except ValueError as error:
        raise ProblemError(400, f"`advance`: {error}.", member="/advance") from None
    return found


def state_of(clock: Clock) -> ClockState:
    """Returns the state of a clock as the API shows it."""
    return ClockState(now=iso_of(clock.now()), speed=clock.speed, frozen=clock.is_frozen)
