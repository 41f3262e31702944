"""Facts that tests write to a log."""

from collections.abc import Callable

from mock_server.errors import ApiError
from mock_server.state.log import MOST_FACTS, Log
from mock_server.world.facts import Fact, GoalReached, GoalsRemoved

DEMO = "665f0b3c4d2e1a0012345678"
SHOP = "665f0b3c4d2e1a0000000003"


def goal(number: int = 1, description: str | None = None) -> GoalReached:
    """Returns a goal, a different one for each number."""
    return GoalReached(
        written=1_770_355_640_000 + number * 1_000,
        event_id=f"{number:024x}",
        visitor_id=f"{number:08x}-0000-4000-8000-000000000000",
        name="signup",
        description=description,
        properties={"plan": "pro"},
    )


def removal(number: int = 1) -> GoalsRemoved:
    """Returns a removal of goals, a different one for each number."""
    return GoalsRemoved(written=1_770_355_640_000, name=f"goal_{number}")


def fill(log: Log, write: Callable[[int], Fact]) -> str:
    """Writes to a log until it refuses a fact, and returns the status and the reason."""
    try:
        for number in range(2 * MOST_FACTS):
            log.append(DEMO, write(number))
    except ApiError as refused:
        return f"{refused.kind.status}: {refused.message}"
    raise AssertionError("the log refused nothing")
