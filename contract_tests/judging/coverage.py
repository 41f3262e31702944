"""The coverage of credentials: which clauses their requests can make observable, and what more would."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace

from contract_tests.asking.credentials import Credentials
from contract_tests.asking.labels import NO_WEBSITE
from contract_tests.asking.probes import probes_for
from contract_tests.asking.probes.probe import is_wanted
from contract_tests.document import Document

_WEBSITE = "website_id"
# Any text does, since nothing is sent.
_ANY = "any"


@dataclass(frozen=True, slots=True)
class Gain:
    """The roles of credentials that are not given, and the ids of the clauses that they would add."""

    roles: tuple[str, ...]
    clauses: tuple[str, ...]


def coverage_of(
    contract: Document, credentials: Credentials, ids: Sequence[str], *, may_write: bool = False
) -> list[str]:
    """Returns those of the clauses that the requests of these credentials can make observable."""
    probes = probes_for(contract, credentials, ids, may_write=may_write)
    return [clause_id for clause_id in ids if any(is_wanted(probe.serves, [clause_id]) for probe in probes)]


def gains_of(contract: Document, credentials: Credentials, ids: Sequence[str]) -> list[Gain]:
    """Returns the credentials that would add clauses, the greatest gain first."""
    gains = [gain for gain in _gains(contract, credentials, ids) if gain.clauses]
    return sorted(gains, key=lambda gain: -len(gain.clauses))


def _gains(contract: Document, credentials: Credentials, ids: Sequence[str]) -> Iterator[Gain]:
    now = set(coverage_of(contract, credentials, ids))
    # Most tokens of accounts are only of use with a website, so it is added to each of them.
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
