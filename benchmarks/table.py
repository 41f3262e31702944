"""The table of figures, in Markdown that is readable in a terminal, too."""

from collections.abc import Iterable, Sequence

from benchmarks.figures import Bound, Gap, Line, Row

_HEAD = ("", "median", "lowest – highest", "bound", "", "beside")
_WORDS = {True: ("met", "reached"), False: ("**not met**", "not reached")}


def table(lines: Iterable[Line]) -> str:
    """Returns a Markdown table with aligned columns."""
    cells = [_HEAD, *(_cells(line) for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD))]
    rule = tuple("-" * width for width in widths)
    return "\n".join(_joined(row, widths) for row in (cells[0], rule, *cells[1:]))


def summary(lines: Iterable[Line]) -> str:
    """Returns a sentence that says how many bounds are met, and which are not; ambitions are ignored."""
    judged = [line for line in lines if isinstance(line, Row) and line.bound and not line.bound.is_ambition]
    missed = [line.what for line in judged if not line.is_met]
    met = f"{len(judged) - len(missed)} of {len(judged)} bounds met"
    return f"{met}; not: {', '.join(missed)}." if missed else f"{met}."


def number(value: float) -> str:
    """Returns a figure as text, with three significant digits, and with commas between thousands."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _cells(line: Line) -> tuple[str, ...]:
    if isinstance(line, Gap):
        return (line.what, "–", "–", "–", "not measured", line.reason.replace("|", "\\|"))
    middle, low, high = (number(value) for value in line.found)
    alone = line.found.low == line.found.high
    return (
        line.what,
        f"{middle} {line.unit}",
        "" if alone else f"{low} – {high}",
        "" if line.bound is None else _bound(line.bound),
        "" if line.bound is None else _WORDS[line.bound.holds(line.found.middle)][line.bound.is_ambition],
        line.beside,
    )


def _bound(bound: Bound) -> str:
    return f"{'≥' if bound.is_least else '≤'} {bound.limit:g}"


def _joined(row: Sequence[str], widths: Sequence[int]) -> str:
    return "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
