"""Records in AtoM's ISAD CSV template: one row a description, its place in the hierarchy by `parentId`.

The file is read twice. The first time finds what is wrong with the whole of it before anything is stored, and where
each description stands, so that a parent may come after its parts. Neither keeps rows in memory.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from doitui_core import csv_files
from doitui_core.db.disk_map import DiskMap
from doitui_core.errors import BadInput, UnreadableDocument
from doitui_core.records import isad_columns
from doitui_core.records.csv_reading import LONGEST

Row = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class IsadRow:
    """A row: its line, its cells that are not empty, its description with the object id of its parent, and its
    publication state. `error`: why it cannot be stored, and because of which `column`.
    """

    line: int
    cells: dict[str, str] = field(default_factory=dict)
    description: dict[str, Any] = field(default_factory=dict)
    published: bool | None = None
    error: str = ""
    column: str = ""


@dataclass(frozen=True, slots=True)
class IsadFile:
    """An ISAD CSV file: its path, its columns, and its hierarchy.

    `ids`: line and object id of each legacy id, as `LINE OBJECT-ID`; `parents`: the parentId of each object id.
    """

    path: Path
    encoding: str
    delimiter: str
    names: list[str]
    id_column: str
    ids: DiskMap
    parents: DiskMap

    @property
    def unknown(self) -> list[str]:
        """Columns that AtoM's template does not have."""
        return [name for name in self.names if name and name not in isad_columns.KNOWN]

    def rows(self) -> Iterator[IsadRow]:
        """The rows, in the order of the file."""
        for line, cells in _rows(self.path, self.encoding, self.delimiter):
            yield self._row(line, cells)

    def parent_of(self, object_id: str) -> str | None:
        """The object id of the parent that the file gives a record; empty without one, None where it has no such
        record.
        """
        parent = self.parents.get(object_id)
        return self._object_id(parent) if parent else parent

    def _row(self, line: int, row: list[str]) -> IsadRow:
        if len(row) != len(self.names):
            return IsadRow(line, error=f"has {len(row)} cells, but the first line names {len(self.names)} columns")
        cells = _cells(self.names, row)
        if problem := self._problem(line, cells):
            return IsadRow(line, cells, error=problem[1], column=problem[0])
        try:
            published = isad_columns.published(cells)
        except BadInput as error:
            return IsadRow(line, cells, error=str(error), column="publicationStatus")
        parent = self._object_id(cells.get("parentId", "")) or cells.get("qubitParentSlug", "")
        description = isad_columns.description(cells)
        return IsadRow(line, cells, {**description, "parent": parent} if parent else description, published)

    def _problem(self, line: int, cells: dict[str, str]) -> tuple[str, str] | None:
        """The column and what is wrong with it."""
        if "parentId" in cells and "qubitParentSlug" in cells:
            return "qubitParentSlug", "has both parentId and qubitParentSlug: leave one of them empty"
        if self.id_column not in cells:
            return self.id_column, f"has no {self.id_column} to take the object id from (--object-id)"
        first = self.ids.get(cells.get("legacyId", ""), "").partition(" ")[0]
        if first and int(first) != line:
            translated = f" (a translation, culture {cells['culture']}?)" if "culture" in cells else ""
            return "legacyId", f"has the legacyId {cells['legacyId']!r} of line {first}{translated}: write each once"
        return None

    def _object_id(self, legacy_id: str) -> str:
        """The object id of a legacy id: that of its row, else itself, as of records imported before."""
        return self.ids.get(legacy_id, "").partition(" ")[2] or legacy_id


def is_isad(path: Path) -> bool:
    """Whether the first line of a file names columns of the template."""
    try:
        return isad_columns.is_header(_header(path)[2])
    except (UnreadableDocument, ValueError, csv.Error):
        return False


def read(path: Path, object_id: str = "auto") -> IsadFile:
    """The file and its hierarchy. `object_id`: the column with the object ids; `auto`: legacyId, else identifier.

    Raises `UnreadableDocument` for a file that is no such CSV, naming the line.
    """
    encoding, delimiter, names = _header(path)
    _check_header(names)
    column = next(name for name in isad_columns.ID_COLUMNS if name in names) if object_id == "auto" else object_id
    if column not in names:
        raise UnreadableDocument(f"has no column {column!r} to take the object id from (--object-id)")
    file = IsadFile(path, encoding, delimiter, names, column, DiskMap(), DiskMap())
    for line, row in _rows(path, encoding, delimiter):
        _note(file, line, _cells(names, row))
    return file


def _note(file: IsadFile, line: int, cells: dict[str, str]) -> None:
    """Where a row stands. Of two with the same legacy id the first counts."""
    object_id, legacy_id = cells.get(file.id_column, ""), cells.get("legacyId", "")
    if object_id and not (legacy_id and legacy_id in file.ids):
        if legacy_id:
            file.ids[legacy_id] = f"{line} {object_id}"
        file.parents.setdefault(object_id, cells.get("parentId") or cells.get("qubitParentSlug", ""))


def _header(path: Path) -> tuple[str, str, list[str]]:
    """Encoding, delimiter and columns."""
    encoding = _encoding(path)
    # What is wrong with the encoding is found with its line, by `_rows`.
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        first = file.readline(LONGEST)
        file.seek(0)
        delimiter = csv_files.delimiter(first)
        names = next(_lines(file, delimiter), (0, []))[1]
    return encoding, delimiter, [name.strip() for name in names]


def _encoding(path: Path) -> str:
    """UTF-8, or UTF-16 where its byte order mark says so, as some spreadsheets write it."""
    with path.open("rb") as file:
        return "utf-16" if file.read(2) in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"


def _check_header(names: list[str]) -> None:
    missing = [] if isad_columns.TITLE in names else [isad_columns.TITLE]
    missing += [] if any(name in names for name in isad_columns.ID_COLUMNS) else ["legacyId"]
    if missing:
        raise UnreadableDocument(
            f"has no column {', '.join(missing)}: the first line names the columns of AtoM's ISAD CSV template"
        )
    if twice := sorted({name for name in names if name and names.count(name) > 1}):
        raise UnreadableDocument(f"has the column {', '.join(twice)} more than once: rename or remove one")


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[Row]:
    """(first line, cells) of each row below the header that has any."""
    try:
        with path.open(encoding=encoding, newline="") as file:
            lines = _lines(file, delimiter)
            next(lines, None)
            yield from (row for row in lines if any(map(str.strip, row[1])))
    except UnicodeDecodeError as error:
        line = _undecodable(path, encoding)
        raise UnreadableDocument(f"is not in UTF-8 (line {line}): save it as CSV in UTF-8") from error


def _lines(file: TextIO, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(LONGEST)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise UnreadableDocument(f"is no CSV: line {line}: {error}; is a quote not closed?") from error
        yield line, row


def _undecodable(path: Path, encoding: str) -> int:
    """The first line that is not UTF-8; 0 where lines are no bytes of their own."""
    if encoding == "utf-16":
        return 0
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                line.decode()
            except UnicodeDecodeError:
                return number
    return 0


def _cells(names: list[str], row: list[str]) -> dict[str, str]:
    return {name: text for name, cell in zip(names, row, strict=False) if (text := cell.strip()) and text != "NULL"}
