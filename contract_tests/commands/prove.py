"""`datafast-mock prove`: shows that the clauses notice known faults."""

import sys
import time
from collections import Counter

import click

from contract_tests.commands.guard import guarded

_UNPLANTED = "it changes no answer of the clean recording"


@click.command(short_help="Check that the contract kit notices every known fault.")
@click.option("--quiet", is_flag=True, help="Leave out the faults that are judged as expected.")
def prove(*, quiet: bool) -> None:
    """Plant every known fault in a correct server's answers and check that the clauses notice it.

    The faults of documented members are made from the document. Each fault must be judged as expected: it
    breaks the contract, it is a warning, or it passes because no page forbids it.

    Exit codes: 0 if each fault is judged as expected and each clause has a fault that no other clause
    notices, 1 otherwise.
    """
    with guarded("prove"):
        sys.exit(_prove(is_quiet=quiet))


def _prove(*, is_quiet: bool) -> int:
    from contract_tests.asking.client import StoppedError
    from contract_tests.clauses.telling import counted
    from contract_tests.document import document
    from contract_tests.judging import proof

    begun = time.monotonic()
    try:
        recordings = proof.clean_recordings()
    except (StoppedError, proof.UncleanError) as error:
        click.echo(f"datafast-mock: {error}", err=True)
        return 1
    proofs = []
    for one in proof.prove(recordings):
        proofs.append(one)
        noticed_by = ", ".join(one.fallen) or "nothing"
        if not one.is_right:
            expected = f" (expected: {one.expected})" if one.expected else ""
            told = f"{one.weight}{expected}; noticed by {noticed_by}"
            click.echo(f"survived  {one.clause:<8}  {one.mutant}: {told if one.is_planted else _UNPLANTED}")
        elif one.weight == "nothing" and not is_quiet:
            click.echo(f"passed    {one.clause:<8}  {one.mutant}: nothing forbids it")
        elif not is_quiet:
            others = "" if one.fallen == (one.clause,) else f"  (noticed by: {noticed_by})"
            click.echo(f"killed    {one.clause:<8}  {one.mutant}: {one.message}{others}")
    survivors = sum(not one.is_right for one in proofs)
    weights = Counter(one.weight for one in proofs if one.is_right)
    unproven = proof.unproven(proofs)
    for clause in unproven:
        click.echo(f"unproven  {clause.id:<8}  no fault is noticed by this clause alone")
    members = len(document().rows)
    click.echo(
        f"{len(proofs)} mutants of {members} documented members: {weights['breaks']} break the contract,"
        f" {weights['warns']} warn, {weights['nothing']} pass as they should, {survivors} survived;"
        f" {counted(len(unproven), 'clause', 'clauses')} unproven; {time.monotonic() - begun:.1f} s"
    )
    return 1 if survivors or unproven else 0
