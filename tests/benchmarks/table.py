"""The one table, as plain aligned text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ground import Row

HEAD = ("what", "figure", "unit", "target", "", "note")


def lines(rows: Sequence[Row]) -> Iterator[str]:
    """The head, a rule and a line for each row. Figures stand on the right of their column."""
    cells = [HEAD, *map(_cells, rows)]
    widths = [max(len(line[i]) for line in cells) for i in range(len(HEAD))]
    for number, line in enumerate(cells):
        aligned = [
            text.rjust(width) if i in (1, 3) else text.ljust(width)
            for i, (text, width) in enumerate(zip(line, widths, strict=True))
        ]
        yield "  ".join(aligned).rstrip()
        if number == 0:
            yield "  ".join("-" * width for width in widths)


def _cells(row: Row) -> tuple[str, ...]:
    verdict = {True: "met", False: "MISSED", None: ""}[row.met]
    return (row.what, _number(row.figure), row.unit, _target(row), verdict, row.beside)


def _target(row: Row) -> str:
    if row.least is not None:
        return f">= {row.least:,.0f}"
    return f"<= {row.most:,.0f}" if row.most is not None else ""


def _number(figure: float | None) -> str:
    """Three digits are as many as a benchmark knows."""
    if figure is None:
        return "-"
    if figure >= 100:
        return f"{figure:,.0f}"
    return f"{figure:.1f}" if figure >= 10 else f"{figure:.2f}"
