"""The rules that the document has about access to operations.

Probes, clauses and mutants are made from these rules.
"""

import re
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from contract_tests.asking import labels
from contract_tests.asking.labels import NO_WEBSITE, NOBODY
from contract_tests.asking.needs import ACCOUNT, KEY, Need, by_writing, of_role
from contract_tests.document import Document
from contract_tests.documented import OBSERVED, Operation, Parameter
from contract_tests.exchange import is_success_status
from contract_tests.families import BY_HAND

MAIN, WITHOUT_TOKEN, UNKNOWN = "main", "without a token", "unknown"
"""The senders of requests that are not roles: the main credentials, no token, and an invalid token."""

WEBSITE_KEY, ACCOUNT_TOKEN, WEBSITE_ID = "websiteKey", "accountToken", "websiteId"
UNKNOWN_IDS = (NOBODY, NO_WEBSITE, "nobody-has-this-name", "0")
"""Ids that nothing has, one for each usual form of an id."""

_LABELS = {
    "without-token": labels.NO_CREDENTIAL,
    "unknown-token": labels.UNKNOWN_CREDENTIAL,
    "no-permission": labels.NO_PERMISSION,
    "elsewhere": labels.ELSEWHERE,
    "website-key": labels.WRONG_KIND,
    "unknown-website": labels.UNKNOWN_WEBSITE,
    "unknown-id": labels.UNKNOWN_RESOURCE,
}
_NEEDS = {
    WITHOUT_TOKEN: Need("a request without a token"),
    UNKNOWN: Need("a request with an invalid token"),
    MAIN: KEY,
    "key": KEY,
    "account": ACCOUNT,
    "no_permission": of_role("a token", "no_permission"),
    "elsewhere": of_role("a token", "elsewhere"),
}
_NO_ROLES: Mapping[str, str] = {}
_ACCOUNTS = ("account", "no_permission", "elsewhere")
# The roles of the credentials for path parameters. The ids for other parameters are not known before the run.
_IDS = {"funnelId": "funnel"}
_UNAUTHORIZED, _FORBIDDEN, _NOT_FOUND = 401, 403, 404


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the document: a request of some kind is answered with one of `statuses`.

    `who` sends the requests: a role of the credentials, or one of MAIN, WITHOUT_TOKEN and UNKNOWN. `values`
    are the values of parameters by name. `roles` maps each further parameter to the role whose credential is
    its value.
    """

    id: str
    operation: Operation
    label: str
    who: str
    statuses: tuple[int, ...]
    sentence: str
    needs: Need
    values: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_decided(self) -> bool:
        """Whether the rule expects a success whose status no page names."""
        return self.operation.is_success_decided and all(map(is_success_status, self.statuses))


@dataclass(frozen=True, slots=True)
class Paging:
    """An operation whose answers come in pages.

    `size` is the smallest `limit`; `who`, `values` and `roles` are as in Rule.
    """

    operation: Operation
    size: int
    who: str
    values: Mapping[str, str]
    roles: Mapping[str, str]


def rules_of(contract: Document) -> list[Rule]:
    """Returns the rules of the operations without clauses written by hand, in the order of the document.

    If several reads have the same refusal, only the rule of the first one is returned, so that a run does not
    take half a dozen requests for each operation. Rules about unknown ids, and rules of operations that
    write, are never left out.
    """
    found: dict[Hashable, Rule] = {}
    for operation in _described(contract):
        asked = _Asked(operation)
        for rule in asked.rules():
            found.setdefault(asked.likeness(rule), rule)
    return list(found.values())


def pagings_of(contract: Document) -> list[Paging]:
    """Returns the operations with pages for which the kit can make a correct request.

    Of several operations whose answers have the same members outside of `data`, only the first is returned.
    """
    found: dict[Hashable, Paging] = {}
    for operation in _described(contract):
        asked = _Asked(operation)
        limit, offset = operation.parameter("limit"), operation.parameter("offset")
        if limit and offset and operation.is_read and asked.is_known:
            size = int(limit.schema.get("minimum", 1))
            paging = Paging(operation, max(size, 1), asked.main, asked.values, asked.roles)
            found.setdefault(_form(contract, operation), paging)
    return list(found.values())


def _form(contract: Document, operation: Operation) -> Hashable:
    """Returns the members of an operation's answer outside of `data`."""
    return frozenset(r.place for r in contract.rows if r.operation == operation.id and r.place[0] != "data")


def _described(contract: Document) -> Iterator[Operation]:
    return (operation for operation in contract.operations.values() if operation.id not in BY_HAND)


def wide_reads_of(contract: Document) -> list[tuple[Operation, dict[str, str]]]:
    """Returns each read that has some columns only on request, with the values that request all columns.

    Such columns are known from clients, not from the documentation.
    """
    found = []
    for operation in _described(contract):
        asked, fields = _Asked(operation), operation.parameter("fields")
        rows = (row for row in contract.rows if row.operation == operation.id)
        observed = {row.place[-1] for row in rows if row.standing == OBSERVED}
        names = [] if fields is None else fields.schema.get("items", {}).get("enum", [])
        if observed & set(names) and operation.is_read and asked.is_known:
            found.append((operation, {**asked.values, "fields": ",".join(names)}))
    return found


class _Asked:
    """An operation, with the credentials and parameter values that a correct request to it needs."""

    def __init__(self, operation: Operation) -> None:
        self.operation = operation
        self._in_path = [p for p in operation.parameters if p.place == "path"]
        schemes = {scheme for alternative in operation.security for scheme in alternative}
        self.takes_keys = WEBSITE_KEY in schemes
        self.takes_tokens = ACCOUNT_TOKEN in schemes
        self.is_below_a_website = operation.parameter(WEBSITE_ID, "path") is not None
        # The credentials do not say to which website the key belongs, so a path with a website needs the
        # account token.
        self.main = MAIN if self.takes_keys and not self.is_below_a_website else "account"

    @cached_property
    def roles(self) -> dict[str, str]:
        """The parameters whose values are credentials, each with the role of the credential.

        With an account token, `websiteId` has the role `website_id`. With a key there is no such parameter.
        """
        is_meant = self.is_below_a_website or (self.operation.parameter(WEBSITE_ID) and self.main != MAIN)
        return {WEBSITE_ID: "website_id"} if is_meant else {}

    @cached_property
    def values(self) -> dict[str, str]:
        """The required parameters, each with its documented example.

        If the operation requires one of several parameters, the first of these with an example is added.
        """
        examples = {
            p.name: p for p in self.operation.parameters if p.name != WEBSITE_ID and p.example is not None
        }
        required = [p.name for p in examples.values() if p.place in ("path", "query") and p.is_required]
        chosen = [name for name in self.operation.needed if name in examples][:1]
        return {name: _text(examples[name].example) for name in (*required, *chosen)}

    @property
    def is_known(self) -> bool:
        """Whether the kit can make a correct request.

        It can if the path has no id but the website's, and each required query parameter has an example.
        """
        required = {p.name for p in self.operation.parameters if p.is_required and p.place == "query"}
        is_placed = all(p.name == WEBSITE_ID for p in self._in_path)
        has_one = not self.operation.needed or not self.values.keys().isdisjoint(self.operation.needed)
        return is_placed and has_one and required - {WEBSITE_ID} <= self.values.keys()

    def likeness(self, rule: Rule) -> Hashable:
        """Returns a key that two rules share if it is enough to test one of the two."""
        kind = rule.label
        if kind not in labels.REFUSED - {labels.UNKNOWN_RESOURCE} or not self.operation.is_read:
            return rule.id
        security = tuple(tuple(sorted(alternative.items())) for alternative in self.operation.security)
        return kind, rule.who, rule.statuses, security, self.is_below_a_website, bool(rule.roles)

    def rules(self) -> Iterator[Rule]:
        """Yields the rules that follow from the document's `security`, parameters and statuses."""
        errors, name = self.operation.errors, f"`{self.operation.method} {self.operation.path}`"
        if self.operation.security and _UNAUTHORIZED in errors:
            told = f"{name} without a token is refused with 401."
            yield self._rule("without-token", WITHOUT_TOKEN, (_UNAUTHORIZED,), told)
            told = f"{name} with an invalid token is refused with 401."
            yield self._rule("unknown-token", UNKNOWN, (_UNAUTHORIZED,), told)
        if self.operation.security and _FORBIDDEN in errors:
            yield from self._forbidden(name)
        if _NOT_FOUND in errors:
            yield from self._not_found(name)
        if self.operation.successes and (self.is_known or self._ids):
            statuses = tuple(sorted(self.operation.successes))
            told = f"{name} is answered with {' or '.join(map(str, statuses))}."
            yield self._rule("success", self.main, statuses, told, roles=self._ids)

    def _forbidden(self, name: str) -> Iterator[Rule]:
        security = self.operation.security
        roles = [role for alternative in security for role in alternative.get(ACCOUNT_TOKEN, ())]
        if roles:
            lacking = f"an account token without `{'`, `'.join(roles)}`"
            told = f"{name} with {lacking} is refused with 403."
            yield self._rule("no-permission", "no_permission", (_FORBIDDEN,), told)
        if self.takes_tokens and self._website is not None:
            told = f"{name} with an account token that may not access the website is refused with 403 or 404."
            yield self._rule("elsewhere", "elsewhere", (_FORBIDDEN, _NOT_FOUND), told)
        if self.takes_tokens and not self.takes_keys:
            told = f"{name} refuses a website's key with 401 or 403: it needs an account token."
            yield self._rule("website-key", "key", (_UNAUTHORIZED, _FORBIDDEN), told)

    def _not_found(self, name: str) -> Iterator[Rule]:
        named = [p for p in self._in_path if p.name != WEBSITE_ID]
        if self.is_below_a_website and not named:
            told = f"{name} of a website that does not exist is refused with 404 or 403."
            statuses = (_FORBIDDEN, _NOT_FOUND)
            yield self._rule("unknown-website", "account", statuses, told, {WEBSITE_ID: NO_WEBSITE})
        unknown = {p.name: value for p in named if (value := _unknown(p)) is not None}
        if named and len(unknown) == len(named):
            told = f"{name} with an id that does not exist is answered with 404."
            yield self._rule("unknown-id", self.main, (_NOT_FOUND,), told, unknown)

    @cached_property
    def _ids(self) -> dict[str, str]:
        """The role for each path parameter except the website; empty if a parameter has no role."""
        named = [p.name for p in self._in_path if p.name != WEBSITE_ID]
        return {name: _IDS[name] for name in named} if set(named) <= _IDS.keys() else {}

    @cached_property
    def _website(self) -> Parameter | None:
        """The parameter that names the website; None for an operation without one."""
        return self.operation.parameter(WEBSITE_ID, "path") or self.operation.parameter(WEBSITE_ID)

    def _rule(
        self,
        kind: str,
        who: str,
        statuses: tuple[int, ...],
        sentence: str,
        values: Mapping[str, str] | None = None,
        roles: Mapping[str, str] = _NO_ROLES,
    ) -> Rule:
        given = {name: value for name, value in self.values.items() if name not in roles} | dict(values or {})
        is_named = self.is_below_a_website or who in _ACCOUNTS
        needs = _NEEDS[who] if self.operation.is_read else by_writing(f"{_NEEDS[who]}, and ")
        if roles:
            needs = of_role("an id", *roles.values())
        if self._website and is_named and WEBSITE_ID not in given:
            roles = {**roles, WEBSITE_ID: "website_id"}
        asking = () if who in (MAIN, WITHOUT_TOKEN, UNKNOWN) else (who,)
        needs = needs._replace(roles=(*asking, *roles.values()))
        label = _LABELS.get(kind) or (labels.OK if who == MAIN else labels.ACCOUNT)
        name = f"{self.operation.id}.{kind}"
        return Rule(name, self.operation, label, who, statuses, sentence, needs, given, roles)


def _unknown(parameter: Parameter) -> str | None:
    """Returns an id that does not exist, in the parameter's form.

    Returns None if no id of UNKNOWN_IDS has this form.
    """
    pattern = re.compile(parameter.schema.get("pattern", ""))
    return next((value for value in UNKNOWN_IDS if pattern.search(value)), None)


def _text(value: object) -> str:
    if isinstance(value, list):
        return ",".join(map(_text, value))
    return str(value).lower() if isinstance(value, bool) else str(value)
