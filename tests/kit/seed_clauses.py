"""The clauses about the counter, the map and the profile, the only operations of a small server."""

from contract_tests.clauses import all_clauses
from contract_tests.families import FAMILIES, family_of

_FAMILIES = [family for family in FAMILIES if family.key not in ("SUM", "WRITE")]
SEED_CLAUSES = [clause for clause in all_clauses() if family_of(clause.id) in _FAMILIES]
