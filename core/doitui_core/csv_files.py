"""CSV files whose first line names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from doitui_core.errors import UnreadableDocument


def rows(
    path: Path, columns: Sequence[str], required: Sequence[str], remedy: str
) -> Iterator[tuple[int, dict[str, str]]]:
    """(line, the stripped cells of `columns`) of each row; a cell or column that is not there is empty.

    Raises `UnreadableDocument` for a file that is no CSV in UTF-8, or that lacks a `required` column, with `remedy`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in required if name not in (reader.fieldnames or ())]
            if missing:
                raise UnreadableDocument(f"{path} has no column {', '.join(missing)}: {remedy}")
            for row in reader:
                yield reader.line_num, {name: (row.get(name) or "").strip() for name in columns}
    except (OSError, ValueError, csv.Error) as error:
        raise UnreadableDocument(f"{path} cannot be read: {getattr(error, 'strerror', None) or error}") from error
