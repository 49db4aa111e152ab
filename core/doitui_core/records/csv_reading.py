"""Records in CSV: one row a record, the columns of `COLUMNS`. In a cell with several values they are split by `;`.

Cells are separated by commas, semicolons or tabs: whichever the first line has most of. A column that is not known here
keeps its name among the attributes, so that it is reported and left out.
"""

from __future__ import annotations

import csv
import re
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from doitui_core import csv_files
from doitui_core.errors import BadInput, UnreadableDocument
from doitui_core.metadata.sizes import LARGEST_DOCUMENT
from doitui_core.text import is_on

REQUIRED = ("object_id", "title")

#: Characters of a cell. A longer one is a broken file, such as one without a closing quote.
LONGEST = 1_000_000

Row = dict[str, Any]

_ORCID = re.compile(r"\(\s*(?:https?://orcid\.org/)?([0-9]{4}-[0-9]{4}-[0-9]{4}-[0-9]{3}[0-9X])\s*\)\s*$", re.ASCII)


def rows(path: Path) -> Iterator[tuple[int, Row | str]]:
    """(line, document) of each row: DataCite's JSON attributes with `object_id` and the other members besides them; or
    (line, why the row cannot be read).

    Raises `UnreadableDocument` for a file that is no CSV or lacks a column of `REQUIRED`.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            first = file.readline(LONGEST)
            file.seek(0)
            reader = csv.DictReader(_lines(file), restkey="", strict=True, delimiter=csv_files.delimiter(first))
            names = [name.strip() for name in reader.fieldnames or ()]
            missing = [name for name in REQUIRED if name not in names]
            if missing:
                raise UnreadableDocument(
                    f"has no column {', '.join(missing)}: the first line of a CSV file names its columns"
                )
            reader.fieldnames = names
            while (row := _next(reader)) is not None:
                if any(row.values()):
                    yield reader.line_num, _read(row)
    except (ValueError, csv.Error) as error:
        raise UnreadableDocument(f"is no CSV in UTF-8: {error}") from error


def _lines(file: TextIO) -> Iterator[str]:
    """The lines of a file. Raises `ValueError` for one that is longer than any document."""
    while line := file.readline(LARGEST_DOCUMENT + 1):
        if len(line) > LARGEST_DOCUMENT:
            raise ValueError(f"a line has more than {LARGEST_DOCUMENT} characters")
        yield line


#: Python has one limit for the cells of all readers in a process: ours holds while a row of ours is read.
_LIMIT = threading.Lock()


def _next(reader: csv.DictReader[str]) -> dict[str, Any] | None:
    with _LIMIT:
        before = csv.field_size_limit(LONGEST)
        try:
            return next(reader, None)
        finally:
            csv.field_size_limit(before)


def _read(row: dict[str, Any]) -> Row | str:
    if "" in row:
        return "has more cells than the first line has columns"
    cells = {name: (text or "").strip() for name, text in row.items()}
    try:
        return document({name: text for name, text in cells.items() if text})
    except BadInput as error:
        return str(error)


def document(cells: dict[str, str]) -> Row:
    """The document of a row, given its cells that are not empty. Raises `BadInput` for a cell that says nothing."""
    found: Row = {}
    for name, text in cells.items():
        column = COLUMNS.get(name)
        for key, value in (column(text) if column else {name: text}).items():
            if isinstance(value, list):
                found.setdefault(key, []).extend(value)
            elif isinstance(value, dict):
                found.setdefault(key, {}).update(value)
            else:
                found[key] = value
    return found


def _split(text: str) -> list[str]:
    return [part for each in text.split(";") if (part := each.strip())]


def person(text: str) -> Row:
    """`Family, Given (ORCID)`, or a name as it is written."""
    orcid = _ORCID.search(text)
    name = text[: orcid.start()].strip() if orcid else text
    family, comma, given = (part.strip() for part in name.partition(","))
    found: Row = {"name": name}
    if comma and family and given:
        found |= {"nameType": "Personal", "familyName": family, "givenName": given}
    if orcid:
        uri = {"nameIdentifierScheme": "ORCID", "schemeUri": "https://orcid.org"}
        found["nameIdentifiers"] = [{"nameIdentifier": f"https://orcid.org/{orcid[1]}", **uri}]
    return found


def _organisation(text: str) -> Row:
    return {"name": text, "nameType": "Organizational"}


Column = Callable[[str], Row]


def _each(key: str, member: str, **more: str) -> Column:
    """Each value of the cell becomes a row of the list `key`."""
    return lambda text: {key: [{member: part, **more} for part in _split(text)]}


def _one(key: str, member: str, **more: str) -> Column:
    """The whole cell becomes a row of the list `key`."""
    return lambda text: {key: [{member: text, **more}]}


def _rights(member: str) -> Column:
    """Text and address of one licence."""
    return lambda text: {"rightsList": {member: text}}


def _published(text: str) -> Row:
    try:
        return {"published": is_on(text)}
    except ValueError as error:
        raise BadInput(f"has published = {text!r}: {error}") from error


def _related(text: str) -> Row:
    """`RelationType Type identifier`, such as `IsPartOf DOI 10.5072/x`."""
    related = []
    for part in _split(text):
        relation, _, rest = part.partition(" ")
        kind, _, identifier = rest.strip().partition(" ")
        row = {"relationType": relation, "relatedIdentifierType": kind, "relatedIdentifier": identifier.strip()}
        related.append({name: value for name, value in row.items() if value})
    return {"relatedIdentifiers": related}


#: What each column becomes.
COLUMNS: dict[str, Column] = {
    "object_id": lambda text: {"object_id": text},
    "title": _one("titles", "title"),
    "subtitle": _one("titles", "title", titleType="Subtitle"),
    "translated_title": _one("titles", "title", titleType="TranslatedTitle"),
    "creators": lambda text: {"creators": list(map(person, _split(text)))},
    "creator_organisations": lambda text: {"creators": list(map(_organisation, _split(text)))},
    "publisher": lambda text: {"publisher": {"name": text}},
    "publication_year": lambda text: {"publicationYear": text},
    "resource_type": lambda text: {"types": {"resourceTypeGeneral": text}},
    "resource_type_text": lambda text: {"types": {"resourceType": text}},
    "subjects": _each("subjects", "subject"),
    "date_created": _one("dates", "date", dateType="Created"),
    "date_issued": _one("dates", "date", dateType="Issued"),
    "language": lambda text: {"language": text},
    "alternate_identifiers": _each("identifiers", "identifier", identifierType="Local"),
    "related_identifiers": _related,
    "sizes": lambda text: {"sizes": _split(text)},
    "formats": lambda text: {"formats": _split(text)},
    "version": lambda text: {"version": text},
    "rights": _rights("rights"),
    "rights_uri": _rights("rightsUri"),
    "abstract": _one("descriptions", "description", descriptionType="Abstract"),
    "description": _one("descriptions", "description", descriptionType="Other"),
    "place": _one("geoLocations", "geoLocationPlace"),
    "doi": lambda text: {"doi": text},
    "url": lambda text: {"url": text},
    "owner_name": lambda text: {"owner_name": text},
    "owner_email": lambda text: {"owner_email": text},
    "published": _published,
    "auto_create": lambda text: {"auto_create": text},
}
