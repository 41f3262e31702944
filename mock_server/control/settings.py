"""The operations that read, replace and change the settings of the server or of a key."""

from msgspec import Struct

from mock_server.contract.document import REVISIONS
from mock_server.control.call import ControlCall
from mock_server.faults.rules import Rule, check
from mock_server.problems import ProblemError
from mock_server.service import Service
from mock_server.state.limits import RateLimit
from mock_server.state.settings import ActiveSettings, Settings, changed

MOST_RULE_BYTES = 32 * 1024 * 1024
"""The maximum memory for the rules of the server and of all keys, in bytes."""


class RuleCount(Struct, frozen=True, kw_only=True):
    """The number of requests that a rule matched, and the number to which it was applied."""

    matched: int
    applied: int


class SettingsState(Struct, frozen=True, kw_only=True, rename="camel"):
    """The settings of the server or of a key; null means inherited.

    `counts` has an item for each rule in `faults`.
    """

    site: str | None
    seed: int | None
    revision: str | None
    rate_limit: RateLimit | None
    faults: list[Rule]
    counts: list[RuleCount]


def read_settings(call: ControlCall) -> SettingsState:
    """Returns the settings of the server, or of a key."""
    return _state(call)


def set_settings(call: ControlCall) -> SettingsState:
    """Replaces all settings of the server or of a key, and restarts the counters of rules and limits."""
    _check(call, call.body)
    service, key = call.service, call.key
    if key is not None:
        key.replace_settings(call.body)
    else:
        service.common.settings.replace(call.body)
        for each in service.keys.all():
            each.restart_limit()
    return _state(call)


def change_settings(call: ControlCall) -> SettingsState:
    """Changes the given settings; an unchanged rule or limit keeps its counters."""
    active = _active_of(call)
    settings = changed(active.values, call.body)
    _check(call, settings)
    active.update(settings)
    return _state(call)


def _check(call: ControlCall, settings: Settings) -> None:
    check_settings(call.service, settings, _active_of(call).weight)
    key = call.key
    if key is not None and key.credential.is_account_token and settings.site is not None:
        raise ProblemError(
            400,
            "`site`: an account token has no site of its own; each request names a website by `websiteId`.",
            member="/site",
        )


def _active_of(call: ControlCall) -> ActiveSettings:
    key = call.key
    return call.service.common.settings if key is None else key.settings


def check_settings(service: Service, settings: Settings, before: int = 0) -> None:
    """Raises ProblemError for rules that need too much memory, or for an unknown value.

    The error lists the known values. `before` is the memory of the rules that are replaced, in bytes.
    """
    settings.check(service.sites, REVISIONS)
    # A rule may be about an operation or example of one revision only.
    revisions = REVISIONS if settings.revision is None else (settings.revision,)
    problems = [_problem(service, settings, revision) for revision in revisions]
    if None not in problems:
        raise next(problem for problem in problems if problem is not None)
    if settings.weight > before and service.rules_weight - before + settings.weight > MOST_RULE_BYTES:
        detail = (
            f"The rules of all keys together would take more than {MOST_RULE_BYTES >> 20} MiB: "
            "remove some, or DELETE keys that you no longer need."
        )
        raise ProblemError(409, detail, member="/faults")


def _problem(service: Service, settings: Settings, revision: str) -> ProblemError | None:
    try:
        check(settings.faults or (), service.answers(revision))
    except ProblemError as problem:
        return problem
    return None


def _state(call: ControlCall) -> SettingsState:
    active = _active_of(call)
    counts = [RuleCount(matched=matched, applied=applied) for matched, applied in active.rules.counts]
    return SettingsState(**active.values.shown, counts=counts)
