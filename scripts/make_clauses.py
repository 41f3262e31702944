"""Writes docs/clauses.md: every clause with its source and the mutants that prove it.

Run by `make clauses`.
"""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from contract_tests.clauses import all_clauses
from contract_tests.clauses.clause import Clause
from contract_tests.document import document
from contract_tests.documented import EXAMPLE
from contract_tests.families import FAMILIES, Family, family_of
from contract_tests.mutants import all_mutants
from contract_tests.report.words import ground_of

TARGET = Path(__file__).parent.parent / "docs" / "clauses.md"


def main() -> None:
    """Writes the file."""
    TARGET.write_text(clauses_page(), encoding="utf-8")


def clauses_page() -> str:
    """Returns the text of the whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    mutants: dict[str, list[str]] = defaultdict(list)
    noticed = [mutant for mutant in all_mutants() if mutant.weight != "nothing"]
    for mutant in noticed:
        mutants[mutant.clause].append(mutant.name)
    yield "# Clauses"
    yield ""
    yield "<!-- Made by `make clauses`; do not edit. -->"
    yield ""
    yield (
        f"The {len(all_clauses())} sentences by which `datafast-mock verify` judges a server. A violation"
        " *breaks* the contract if the sentence rests on a page, on DataFast's public documentation elsewhere"
        " or on a conclusion from these. It is a *warning* if the sentence rests on the value in an example,"
        " or on what programs report of the live API. The last column names faults that the clause notices,"
        f" {len(noticed)} in all: `datafast-mock prove` plants each of them, besides"
        f" {len(all_mutants()) - len(noticed)} changes that must pass, and `datafast-mock mutate NAME` serves"
        " one."
    )
    for family in dict.fromkeys(family_of(clause.id) for clause in all_clauses()):
        found = [clause for clause in all_clauses() if family_of(clause.id) == family]
        yield from (
            "",
            f"## {_title_of(family)}",
            "",
            "| | Sentence | What it is | Source | Weight | Proven by |",
            "|---|---|---|---|---|---|",
        )
        yield from (_row(clause, mutants[clause.id]) for clause in found)


def _title_of(family: Family) -> str:
    """Returns the title of a family; a family of the document is titled by its operation."""
    if family in FAMILIES:
        return family.title
    operation = document().operations[family.title]
    return f"`{operation.method} {operation.path}`"


def _row(clause: Clause, mutants: list[str]) -> str:
    weight = "breaks" if clause.accuses else "warns"
    if clause.accuses and clause.standing == EXAMPLE:
        weight = "breaks if the type is wrong, else warns"
    only = f" ({clause.revision} only)" if clause.revision else ""
    # The names are shown without the clause's id and place, because both are in the row already.
    names = [name.removeprefix(f"{clause.id} ").removeprefix(_place_of(clause)).strip() for name in mutants]
    cells = (
        clause.id,
        clause.sentence + only,
        clause.about,
        ground_of(clause),
        weight,
        " · ".join(dict.fromkeys(names)),
    )
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _place_of(clause: Clause) -> str:
    place, separator, _ = clause.sentence.partition(": ")
    return place.strip("`") if separator else ""


if __name__ == "__main__":
    main()
