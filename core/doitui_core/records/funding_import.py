"""Fundings from CSV: stored with their records, and sent as `fundingReferences` besides those of the document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from doitui_core import csv_files
from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Funding, Record
from doitui_core.dois import fundings, record_checks, reservations
from doitui_core.errors import BadInput, DoituiError, Misconfigured
from doitui_core.metadata.kernel4 import VOCABULARIES
from doitui_core.records import record_lookup

REQUIRED = ("object_id", "funder_name")

#: Any other column is ignored.
COLUMNS = (*REQUIRED, *(column for column in fundings.COLUMNS.values() if column != "funder_name"))

REMEDY = f"its first line must name {', '.join(REQUIRED)}, and may name {', '.join(COLUMNS[2:])}"

TYPES = VOCABULARIES["funderIdentifierType"]

#: Of how an identifier begins, without its address: its type.
_PREFIXES = {"ror.org/": "ROR", "10.13039/": "Crossref Funder ID", "grid.": "GRID", "isni.org/": "ISNI"}

#: Characters of a cell. Longer ones are a broken file, such as one without a closing quote.
LONGEST = 2_000


@dataclass
class FundingImportResult:
    """Rows `imported`, rows that the record had already (`duplicates`), and those `rejected`: (place, why)."""

    imported: int = 0
    duplicates: int = 0
    rejected: list[tuple[str, str]] = field(default_factory=list)


def import_fundings(
    paths: Sequence[Path], result: FundingImportResult | None = None, *, dry_run: bool = False
) -> FundingImportResult:
    """Store the rows of CSV files with the columns of `COLUMNS`, each in a transaction of its own.

    The DOIs of their records become `changed`. `result` is added to, row by row, also where an error ends the import.
    Raises `UnreadableDocument` for a file that is no such CSV, `Misconfigured` where nothing can be stored. A bad row
    is rejected, and the others are stored.
    """
    result = FundingImportResult() if result is None else result
    for path in paths:
        for number, row in csv_files.rows(path, COLUMNS, REQUIRED, REMEDY):
            try:
                new = _store(csv_files.cells(row), dry_run)
                result.imported += new
                result.duplicates += not new
            except Misconfigured:  # the same for all rows
                raise
            except DoituiError as error:
                result.rejected.append((f"{path}:{number}", str(error)))
    return result


def _store(row: dict[str, str], dry_run: bool) -> bool:
    """Whether the funding was new."""
    values = _checked(row)
    record = record_lookup.find(row["object_id"])
    if dry_run:
        return not _has(record, values)
    with database.write():
        record = reservations.lock_record(record)
        if _has(record, values):
            return False
        Funding.create(record=record.id, created_at=database.now(), **values)
        config = repositories.config(record.repository)
        record_checks.store(record, config)
        reservations.refresh(record, config)
    return True


def _has(record: Record, values: dict[str, str]) -> bool:
    known = Funding.select().where(Funding.record == record.id)
    return any(fundings.same({name: getattr(row, name) for name in values}, values) for row in known)


def _checked(row: dict[str, str]) -> dict[str, str]:
    """The columns of a funding. Raises `BadInput` for what cannot be stored or sent."""
    for name, text in row.items():
        if len(text) > LONGEST or not database.storable(text):
            raise BadInput(f"{name} is {text[:40]!r}…: it must be text of at most {LONGEST} characters")
    for name in REQUIRED:
        if not row[name]:
            raise BadInput(f"{name} is empty: each row needs {' and '.join(REQUIRED)}")
    values = {name: text for name, text in row.items() if name != "object_id"}
    return values | {"funder_identifier_type": _type(row["funder_identifier"], row["funder_identifier_type"])}


def _type(identifier: str, written: str) -> str:
    """The type of a funder's identifier in DataCite's spelling; without one, by the identifier's form."""
    if written and not identifier:
        raise BadInput(f"funder_identifier_type is {written!r}, but funder_identifier is empty: give both or neither")
    if not written:
        return next((kind for start, kind in _PREFIXES.items() if start in identifier.lower()), _untyped(identifier))
    known = {kind.casefold(): kind for kind in TYPES}
    if written.casefold() in known:
        return known[written.casefold()]
    close = get_close_matches(written.casefold(), known, n=1)
    hint = f"did you mean {known[close[0]]!r}?" if close else f"use one of {', '.join(TYPES)}"
    raise BadInput(f"funder_identifier_type is {written!r}: {hint}")


def _untyped(identifier: str) -> str:
    return "Other" if identifier else ""
