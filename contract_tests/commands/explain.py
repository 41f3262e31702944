"""`datafast-mock explain`: everything about one clause."""

import click

from contract_tests.commands.guard import guarded
from contract_tests.quoting import quoted


@click.command(short_help="Print everything about one clause, or list all clauses.")
@click.argument("clause_id", metavar="[ID]", required=False)
def explain(clause_id: str | None) -> None:
    """Print everything about one clause; without an ID, list all clauses, one per line."""
    with guarded("explain"):
        _explain(clause_id)


def _explain(clause_id: str | None) -> None:
    from contract_tests.clauses import all_clauses
    from contract_tests.documented import EXAMPLE
    from contract_tests.mutants import all_mutants
    from contract_tests.report.words import ground_of

    if clause_id is None:
        for clause in all_clauses():
            click.echo(f"{clause.id:<8} {clause.sentence}")
        return
    found = [clause for clause in all_clauses() if clause.id.upper() == clause_id.upper()]
    if not found:
        raise click.UsageError(f"there is no clause {quoted(clause_id)}; `datafast-mock explain` lists them")
    clause = found[0]
    weight = "a violation breaks the contract" if clause.accuses else "a violation is a warning"
    if clause.accuses and clause.standing == EXAMPLE:
        weight = "another type breaks the contract; any other violation is a warning"
    mutants = [mutant.name for mutant in all_mutants() if mutant.clause == clause.id]
    click.echo(f"{clause.id}  {clause.sentence}\n")
    for title, text in (
        *([("About", clause.about)] if clause.about else []),
        ("Source", ground_of(clause)),
        ("Weight", weight),
        ("Revision", f"{clause.revision} only" if clause.revision else "both"),
        ("Needs", clause.needs.words),
        ("Mutants", " · ".join(mutants)),
    ):
        click.echo(f"{title:<10}{text}")
