"""The coverage of credentials: the clauses that can be observed with them, and with more credentials."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache

from contract_tests.asking.credentials import Credentials
from contract_tests.asking.labels import NO_WEBSITE
from contract_tests.asking.needs import Need
from contract_tests.asking.probes import probes_for
from contract_tests.asking.probes.probe import is_wanted
from contract_tests.clauses import clauses_for
from contract_tests.document import Document

_WEBSITE = "website_id"
# This value stands for a missing credential. Any value will do, because no request is sent.
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Gain:
    """The roles of missing credentials, and the ids of the clauses that could also be observed with these."""

    roles: tuple[str, ...]
    clauses: tuple[str, ...]


def coverage_of(
    contract: Document, credentials: Credentials, ids: Sequence[str], *, may_write: bool = False
) -> list[str]:
    """Returns the ids, out of `ids`, of the clauses that can be observed with these credentials."""
    probes, needs = probes_for(contract, credentials, ids, may_write=may_write), _needs_of(contract)
    return [
        clause_id
        for clause_id in ids
        if needs[clause_id].is_met_by(credentials)
        and any(is_wanted(probe.serves, [clause_id]) for probe in probes)
    ]


def gains_of(contract: Document, credentials: Credentials, ids: Sequence[str]) -> list[Gain]:
    """Returns the missing credentials with which more clauses could be observed, the greatest gain first."""
    gains = [gain for gain in _gains(contract, credentials, ids) if gain.clauses]
    return sorted(gains, key=lambda gain: -len(gain.clauses))


@cache
def _needs_of(contract: Document) -> dict[str, Need]:
    """Returns what each clause needs, by its id."""
    return {clause.id: clause.needs for clause in clauses_for(contract)}


def _gains(contract: Document, credentials: Credentials, ids: Sequence[str]) -> Iterator[Gain]:
    now = set(coverage_of(contract, credentials, ids))
    # Most account tokens are useless without a website, so each is tried together with a website's id.
    placed = replace(credentials, website_id=credentials.website_id or NO_WEBSITE)
    with_website = coverage_of(contract, placed, ids)
    if credentials.website_id is None:
        yield Gain((_WEBSITE,), tuple(one for one in with_website if one not in now))
    for role in (field.name for field in fields(Credentials) if field.name != _WEBSITE):
        if getattr(credentials, role) is not None:
            continue
        alone = coverage_of(contract, replace(credentials, **{role: _ANY}), ids)
        both = coverage_of(contract, replace(placed, **{role: _ANY}), ids)
        needs_website = len(both) - len(with_website) > len(alone) - len(now)
        found, known = (both, {*now, *with_website}) if needs_website else (alone, now)
        roles = (role, _WEBSITE) if needs_website and credentials.website_id is None else (role,)
        yield Gain(roles, tuple(one for one in found if one not in known))
