"""Fault rules: which requests they match, how often and how likely they apply, and what they do."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from sys import getsizeof
from typing import Annotated, NamedTuple

from msgspec import UNSET, Meta, Struct, UnsetType

from contract_tests.quoting import quoted
from mock_server.contract.responses import Answers, Example
from mock_server.faults.action import Action, Seed, chosen, has
from mock_server.problems import ProblemError

MOST_RULES = 100

_RULE_BYTES = 400
# The approximate overhead of a text in a mapping, in bytes.
_TEXT_BYTES = 24

_Text = Annotated[str, Meta(max_length=1000)]
_Count = Annotated[int, Meta(ge=0, le=1_000_000_000)]


class When(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """The requests that a rule matches; members that are left out match all."""

    operation: _Text | UnsetType = UNSET
    """An `operationId`, such as `getRealtimeMap`."""
    query: dict[_Text, _Text | None] | UnsetType = UNSET
    """Query parameters with their values; null matches a missing parameter."""

    def matches(self, operation_id: str, query: Mapping[str, Sequence[str]]) -> bool:
        """Returns whether the rule matches a request."""
        if self.operation is not UNSET and self.operation != operation_id:
            return False
        if self.query is UNSET:
            return True
        return all(fits(query.get(name, ()), value) for name, value in self.query.items())


class Rule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A rule, such as `{"when": {"operation": "getRealtimeMap"}, "then": {"code": 500}, "times": 2}`."""

    then: Action
    when: When = When()
    times: _Count | UnsetType = UNSET
    """The maximum number of requests to which the rule applies; without it, the rule applies to all."""
    after: _Count = 0
    """The number of matching requests that the rule skips first."""
    probability: Annotated[float, Meta(ge=0, le=1)] = 1.0
    seed: Seed = 0
    """The seed of the random choices; with the same seed a run repeats exactly."""

    @property
    def weight(self) -> int:
        """The approximate memory of the rule, in bytes."""
        texts: list[object] = [self.when.operation, self.then.example, self.then.pointer]
        for pair in ({} if self.when.query is UNSET else self.when.query).items():
            texts += pair
        return _RULE_BYTES + sum(getsizeof(text) + _TEXT_BYTES for text in texts if isinstance(text, str))


class Chosen(NamedTuple):
    """The action of the rule that applies to a request; `number` is the index of the rule."""

    number: int
    action: Action
    random_number: float
    """A random number in [0, 1) that picks the random delay."""


@dataclass(slots=True)
class _Tally:
    matched: int = 0
    applied: int = 0


@dataclass(slots=True)
class Rules:
    """A list of rules with their counters. The first rule that applies decides."""

    rules: Sequence[Rule] = ()
    _counts: list[_Tally] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._counts = [_Tally() for _ in self.rules]

    def __bool__(self) -> bool:
        return bool(self.rules)

    def followed_by(self, rules: Sequence[Rule]) -> "Rules":
        """Returns new rules, in which an unchanged rule at the same index keeps its counters."""
        others = Rules(rules)
        for number, (old, new) in enumerate(zip(self.rules, rules, strict=False)):
            if old == new:
                others._counts[number] = self._counts[number]
        return others

    def copy(self) -> "Rules":
        """Returns the same rules with counters of their own, which start from the present counts."""
        copy = Rules(self.rules)
        copy._counts = [replace(count) for count in self._counts]
        return copy

    @property
    def counts(self) -> list[tuple[int, int]]:
        """For each rule, the number of requests that it matched and the number to which it applied."""
        return [(count.matched, count.applied) for count in self._counts]

    def choose(
        self, operation_id: str, query: Mapping[str, Sequence[str]], answers: Answers
    ) -> Chosen | None:
        """Returns the first rule that applies to a request, or None, and counts the request.

        `answers` are the documented answers of its operation.
        """
        for number, (rule, count) in enumerate(zip(self.rules, self._counts, strict=True)):
            if not rule.when.matches(operation_id, query) or not has(answers, rule.then):
                continue
            count.matched += 1
            likely, between = _random_numbers(rule.seed, number, count.matched)
            if _applies(rule, count) and likely < rule.probability:
                count.applied += 1
                return Chosen(number, rule.then, between)
        return None


def fits(values: Sequence[str], wanted: str | None) -> bool:
    """Returns whether a parameter has the value `wanted`, or, if `wanted` is None, whether it is missing."""
    return not values if wanted is None else wanted in values


def check(rules: Iterable[Rule], operations: Mapping[str, Answers]) -> None:
    """Raises ProblemError for a rule that can never apply, with a list of the known names.

    `operations` are the documented answers by `operationId`.
    """
    for number, rule in enumerate(rules):
        try:
            _check(rule, operations)
        except ProblemError as problem:
            detail = f"Rule {number}, counted from 0, can never apply: {problem.detail}"
            raise ProblemError(400, detail, rule=number, **problem.members) from None


def _check(rule: Rule, operations: Mapping[str, Answers]) -> None:
    name = rule.when.operation
    if name is not UNSET and name not in operations:
        known = list(operations)
        detail = f"there is no operation {quoted(name[:80])}; known: {', '.join(known)}."
        raise ProblemError(400, detail, operations=known)
    if not rule.then.forces_an_example:
        return
    chosen(_together(operations.values()) if name is UNSET else operations[name], rule.then)


def _together(operations: Iterable[Answers]) -> Answers:
    """Returns the documented answers of several operations as if they were those of one."""
    found: dict[int, dict[str, Example]] = {}
    for answers in operations:
        for status, examples in answers.items():
            found.setdefault(status, {}).update(examples)
    return found


def _applies(rule: Rule, count: _Tally) -> bool:
    if count.matched <= rule.after:
        return False
    return rule.times is UNSET or count.applied < rule.times


def _random_numbers(seed: int, number: int, matched: int) -> tuple[float, float]:
    """Returns two random numbers in [0, 1), which are the same for the same arguments."""
    digest = blake2b(f"{seed}/{number}/{matched}".encode(), digest_size=16).digest()
    return int.from_bytes(digest[:8]) / 2**64, int.from_bytes(digest[8:]) / 2**64
