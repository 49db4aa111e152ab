"""Records with more than one DOI, and foreign DOIs of more than one record.

An index allows one DOI of ours for a record, so what is left are foreign DOIs and alternate identifiers besides it.
OPUS 4 allowed several before 4.6.2, and its update prints the same sentence.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import peewee

from doitui_core.db.chunks import row_chunks
from doitui_core.db.models import Doi, Record
from doitui_core.domain import identifiers
from doitui_core.operations import doi_assignments
from doitui_core.operations.doi_assignments import NamedDoi

#: Records read at once.
CHUNK = 500


@dataclass(frozen=True, slots=True)
class SurplusDois:
    """A record with more than one DOI."""

    object_id: str
    repository: str
    dois: tuple[NamedDoi, ...]

    @property
    def message(self) -> str:
        """As OPUS 4 says it."""
        return f"document {self.object_id} has more than one DOI but only one DOI is expected: consider a cleanup"


@dataclass(frozen=True, slots=True)
class SharedDoi:
    """A DOI of more than one record (`CODE:ID`)."""

    doi: str
    records: tuple[str, ...]

    @property
    def message(self) -> str:
        """One line."""
        return f"DOI {self.doi} belongs to {len(self.records)} documents: {', '.join(self.records)}"


def surplus(repository_id: int = 0) -> Iterator[SurplusDois]:
    """The records with more than one DOI, oldest first; `repository_id` 0: of all repositories."""
    names_one: Any = (Record.foreign_doi != "") | peewee.fn.LOWER(Record.metadata).contains('"identifiertype":"doi"')
    query = Record.select().where(names_one)
    if repository_id:
        query = query.where(Record.repository == repository_id)
    for chunk in row_chunks(query, Record.id, CHUNK):
        for record in chunk:
            dois = doi_assignments.of_record(record)
            if len(dois) > 1:
                yield SurplusDois(record.object_id, record.repository.code, tuple(dois))


def shared(repository_id: int = 0) -> list[SharedDoi]:
    """The foreign DOIs that several records have, or that are the own DOI of another record; by DOI. `repository_id`:
    of which at least one record is in it.
    """
    found: dict[str, dict[int, Record]] = defaultdict(dict)
    for chunk in row_chunks(Record.select().where(Record.foreign_doi != ""), Record.id, CHUNK):
        by_doi: dict[str, list[Record]] = defaultdict(list)
        for record in chunk:
            by_doi[identifiers.fold(record.foreign_doi)].append(record)
        for folded, records in by_doi.items():
            found[folded].update({record.id: record for record in records})
        for row in Doi.select().where(Doi.folded.in_(list(by_doi))):
            if row.record is not None:
                found[row.folded][row.record.id] = row.record
    return [
        SharedDoi(folded, tuple(f"{one.repository.code}:{one.object_id}" for one in records.values()))
        for folded, records in sorted(found.items())
        if len(records) > 1
        and (not repository_id or any(one.repository_id == repository_id for one in records.values()))
    ]
