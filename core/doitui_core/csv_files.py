"""CSV files whose first line names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from doitui_core.errors import BadInput, UnreadableDocument

#: The stripped cells of a row by their columns, or why the row cannot be read.
Row = dict[str, str] | str


def rows(path: Path, columns: Sequence[str], required: Sequence[str], remedy: str) -> Iterator[tuple[int, Row]]:
    """(line, row) of each row: the cells of `columns`, of which one that is not there is empty. See `cells`.

    Cells are separated by commas, semicolons or tabs. Raises `UnreadableDocument` for a file that is no CSV in UTF-8,
    or that lacks a `required` column, with `remedy`.
    """
    line = 0
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            reader = csv.DictReader(chain([first], file), delimiter=delimiter(first), strict=True)
            names = [name.strip() for name in reader.fieldnames or ()]
            missing = [name for name in required if name not in names]
            if missing:
                raise UnreadableDocument(f"{path}:1 has no column {', '.join(missing)}: {remedy}")
            reader.fieldnames = names
            for row in reader:
                line = reader.line_num
                yield line, _row(row, columns)
    except csv.Error as error:
        raise UnreadableDocument(f"{path} cannot be read after line {line}: {error}") from error
    except (OSError, ValueError) as error:
        raise UnreadableDocument(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def delimiter(first: str) -> str:
    """What separates cells, by the first line: spreadsheets write what their user's country separates lists with."""
    return max(",;\t", key=first.count)


def cells(row: Row) -> dict[str, str]:
    """The cells of a row. Raises `BadInput` for one that cannot be read."""
    if isinstance(row, str):
        raise BadInput(row)
    return row


def _row(row: dict[str | None, str | list[str] | None], columns: Sequence[str]) -> Row:
    # A cell too many has moved the others: an unquoted comma in a title, or in a number.
    if any(cell.strip() for cell in row.get(None) or ()):
        return "has more cells than the first line: put quotation marks around a cell that contains the separator"
    return {name: str(row.get(name) or "").strip() for name in columns}
