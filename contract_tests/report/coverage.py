"""The report of `--explain-coverage`: how many clauses can be observed, now and with more credentials."""

import textwrap
from collections.abc import Iterator, Sequence

from contract_tests.asking.credentials import Credentials
from contract_tests.clauses.telling import counted
from contract_tests.document import Document
from contract_tests.judging.coverage import coverage_of, gains_of
from contract_tests.report.words import ids_told

_WIDTH = 100
# The largest number of ids in a line, because nobody reads the ids of a hundred clauses.
_MOST_NAMED = 20


def coverage_report(contract: Document, credentials: Credentials, ids: Sequence[str]) -> Iterator[str]:
    """Yields the lines of the report. No request is sent, so the server may still lack the data."""
    now = len(coverage_of(contract, credentials, ids))
    writing = len(coverage_of(contract, credentials, ids, may_write=True))
    gains = gains_of(contract, credentials, ids)
    yield f"With these credentials at most {now} of {counted(len(ids), 'clause', 'clauses')} can be observed."
    if writing > now:
        yield f"With `--writes`, which sends goals and payments, {writing} can be observed."
    if gains:
        yield from ("", "With more tokens or ids (`--credentials`), more can be observed:")
    for gain in gains:
        roles = " and ".join(f"`{role}`" for role in gain.roles)
        named = f" ({ids_told(gain.clauses)})" if len(gain.clauses) <= _MOST_NAMED else ""
        told = f"{roles}: {len(gain.clauses)} more, {now + len(gain.clauses)} in all{named}"
        yield from textwrap.wrap(
            told, _WIDTH, initial_indent="  ", subsequent_indent=" " * 4, break_on_hyphens=False
        )
