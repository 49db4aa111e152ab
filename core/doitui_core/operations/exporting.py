"""The document of a DOI or record as it would be sent: for files, and for a look before a mint."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from doitui_core.config import repositories
from doitui_core.db.models import Doi, Record
from doitui_core.dois import datacite_document, reservations
from doitui_core.domain import strict_json
from doitui_core.domain.states import Wanted
from doitui_core.errors import Refused
from doitui_core.metadata import to_xml
from doitui_core.metadata.validate import Finding
from doitui_core.text import replace_unprintable

FORMATS = ("xml", "json")


@dataclass(frozen=True, slots=True)
class ExportedDocument:
    """The whole document of a DOI, and the `findings` of its record, errors first."""

    doi: str
    document: Mapping[str, Any]
    findings: Sequence[Finding]
    published: bool


def of_doi(row: Doi) -> ExportedDocument:
    """The document of a DOI. Raises `Refused` where it has no record."""
    if row.record is None:
        raise Refused(
            f"{row.doi} has no record here, so it has no document: `doitui doi adopt` may find one", "no_record"
        )
    return _exported(row.record, row.doi, tombstone=row.wanted == Wanted.TOMBSTONE)


def of_record(record: Record) -> ExportedDocument:
    """The document of a record, with its own DOI or the foreign one. Raises `Refused` for a record without DOI."""
    own = reservations.for_record(record)
    if own is not None:
        return of_doi(own)
    if not record.foreign_doi:
        raise Refused(
            f"record {record.object_id} has no DOI yet: run `doitui doi reserve {record.object_id}`", "no_doi"
        )
    return _exported(record, record.foreign_doi, tombstone=False)


def _exported(record: Record, doi: str, *, tombstone: bool) -> ExportedDocument:
    config = repositories.config(record.repository)
    document = datacite_document.document(record, doi, config, tombstone=tombstone)
    return ExportedDocument(
        doi, document, datacite_document.findings(record, config, "findable"), bool(record.published)
    )


def as_json(document: Mapping[str, Any], doi: str) -> dict[str, Any]:
    """A document with the attribute names of DataCite's REST API, without empty blocks."""
    return {name: value for name, value in {**document, "doi": doi}.items() if value not in (None, "", [], {})}


def as_xml(document: Mapping[str, Any], doi: str) -> str:
    """A document as DataCite XML. What no screen can show is a character reference."""
    text = to_xml.render(document, doi=doi).decode()
    return replace_unprintable(text, lambda character: f"&#{ord(character)};", keep="\t\n")


def file_text(found: ExportedDocument, form: str) -> str:
    """The document as a UTF-8 file in one of `FORMATS`: what `doi export` prints."""
    if form == "xml":
        return as_xml(found.document, found.doi).rstrip("\n") + "\n"
    text = strict_json.dumps(as_json(found.document, found.doi), ensure_ascii=False, indent=2)
    return replace_unprintable(text, lambda character: json.dumps(character)[1:-1], keep="\n") + "\n"
