"""The settings of the server and those of keys: site, seed, revision, rate limit, fault rules."""

from msgspec import Struct

from mock_server.contract.document import REVISIONS
from mock_server.control.asked import Asked
from mock_server.faults.rules import Rule, check
from mock_server.problems import ProblemError
from mock_server.service import Service
from mock_server.state.knobs import Board, Knobs, changed
from mock_server.state.limits import RateLimit

MOST_RULE_BYTES = 32 * 1024 * 1024
"""Of memory, for the rules of all keys and the server's."""


class RuleCount(Struct, frozen=True, kw_only=True):
    """How many requests a rule was about, and to how many of them it was applied."""

    matched: int
    applied: int


class SettingsState(Struct, frozen=True, kw_only=True, rename="camel"):
    """What holds now; null is what the server has, or what it was started with. `counts` go with `faults`."""

    site: str | None
    seed: int | None
    revision: str | None
    rate_limit: RateLimit | None
    faults: list[Rule]
    counts: list[RuleCount]


def read_settings(asked: Asked) -> SettingsState:
    """What is set for the server, or for a key."""
    return _state(asked)


def set_settings(asked: Asked) -> SettingsState:
    """Replaces all that is set for the server, or for a key; rules and limits count anew."""
    _check(asked, asked.body)
    service, key = asked.service, asked.key
    if key is not None:
        key.turn(asked.body)
    else:
        service.common.board.turn(asked.body)
        for each in service.keys.all():
            each.restart_limit()
    return _state(asked)


def change_settings(asked: Asked) -> SettingsState:
    """Sets what is given; rules that stay where they were, and a limit that stays, go on counting."""
    board = _board(asked)
    knobs = changed(board.knobs, asked.body)
    _check(asked, knobs)
    board.adjust(knobs)
    return _state(asked)


def _check(asked: Asked, knobs: Knobs) -> None:
    check_knobs(asked.service, knobs, _board(asked).weight)
    key = asked.key
    if key is not None and key.credential.is_account_token and knobs.site is not None:
        raise ProblemError(400, "`site`: an account token names its website by `websiteId`.", member="/site")


def _board(asked: Asked) -> Board:
    key = asked.key
    return asked.service.common.board if key is None else key.board


def check_knobs(service: Service, knobs: Knobs, before: int = 0) -> None:
    """Raises ProblemError for what there is not, with what there is, and for rules that there is no room for.

    `before` is the weight of the rules in whose place these come.
    """
    knobs.check(service.sites, REVISIONS)
    # A rule may be about what only one revision documents.
    revisions = REVISIONS if knobs.revision is None else (knobs.revision,)
    problems = [_problem(service, knobs, revision) for revision in revisions]
    if None not in problems:
        raise next(problem for problem in problems if problem is not None)
    if knobs.weight > before and service.rules_weight - before + knobs.weight > MOST_RULE_BYTES:
        detail = (
            f"The rules of all keys together would take more than {MOST_RULE_BYTES >> 20} MiB: "
            "take some away, or DELETE keys that are not needed any more."
        )
        raise ProblemError(409, detail, member="/faults")


def _problem(service: Service, knobs: Knobs, revision: str) -> ProblemError | None:
    try:
        check(knobs.faults or (), service.answers(revision))
    except ProblemError as problem:
        return problem
    return None


def _state(asked: Asked) -> SettingsState:
    board = _board(asked)
    counts = [RuleCount(matched=matched, applied=applied) for matched, applied in board.rules.counts]
    return SettingsState(**board.knobs.told, counts=counts)
