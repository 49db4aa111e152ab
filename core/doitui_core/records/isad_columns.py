"""AtoM's ISAD CSV template: its columns, and what a row says as an archival description. Pure.

Columns and their meaning: AtoM 2.x, lib/task/import/example/isad and csvImportTask. Several values of a cell are
separated by `|`; those of the event columns belong together by their position; NULL stands for an empty one.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Any

from doitui_core.errors import BadInput

Cells = Mapping[str, str]

#: Columns that make a file an ISAD CSV: one of the first, and one of the others.
ID_COLUMNS = ("legacyId", "identifier")
TITLE = "title"
MARKS = ("legacyId", "qubitParentSlug", "levelOfDescription", "scopeAndContent", "archivalHistory", "eventActors")

#: Column with one value, and the key of the description.
_SINGLE = {
    "title": "title",
    "levelOfDescription": "level",
    "archivalHistory": "archival_history",
    "acquisition": "acquisition",
    "scopeAndContent": "scope_and_content",
    "extentAndMedium": "extent",
    "doi": "doi",
}

#: The same for columns with several.
_SEVERAL = {
    "alternateTitle": "alternative_titles",
    "generalNote": "notes",
    "language": "language",
    "subjectAccessPoints": "subjects",
    "placeAccessPoints": "places",
    "nameAccessPoints": "names",
    "genreAccessPoints": "genres",
}

#: Columns of events: AtoM 2.1 and later, and before.
_EVENTS = {
    "eventTypes": "type",
    "eventDates": "date",
    "eventStartDates": "start",
    "eventEndDates": "end",
    "eventActors": "actor",
    "eventPlaces": "place",
}
_OLD_EVENTS = {"creators": "actor", "creatorDates": "date", "creatorDatesStart": "start", "creatorDatesEnd": "end"}

#: Columns of the template that Kernel 4 has no place for, or that AtoM needs only for itself.
_UNUSED = (
    *("appraisal", "accruals", "arrangement", "accessConditions", "reproductionConditions", "script", "languageNote"),
    *("physicalCharacteristics", "findingAids", "locationOfOriginals", "locationOfCopies", "publicationNote"),
    *("relatedUnitsOfDescription", "digitalObjectPath", "digitalObjectChecksum", "descriptionIdentifier"),
    *("institutionIdentifier", "rules", "descriptionStatus", "levelOfDetail", "revisionHistory", "sources"),
    *("languageOfDescription", "scriptOfDescription", "archivistNote", "physicalObjectName"),
    *("physicalObjectLocation", "physicalObjectType", "physicalStorageLocation", "eventActorHistories"),
    *("eventDescriptions", "creatorHistories", "creatorDateNotes", "nameAccessPointHistories"),
    *("subjectAccessPointScopes", "placeAccessPointHistories", "culture", "accessionName"),
    *("copyrightStatus", "copyrightExpires", "copyrightHolder"),
)

#: Columns of ours, which a file may have besides.
OWN = ("doi", "url", "owner_name", "owner_email")

KNOWN = frozenset(
    (
        *OWN,
        *("legacyId", "parentId", "qubitParentSlug", "identifier", "accessionNumber", "repository"),
        *("alternativeIdentifiers", "alternativeIdentifierLabels", "digitalObjectURI", "publicationStatus"),
        *(*_SINGLE, *_SEVERAL, *_EVENTS, *_OLD_EVENTS, *_UNUSED),
    )
)

_STATES = {"published": True, "draft": False}


def is_header(names: list[str]) -> bool:
    """Whether a file with these columns is an ISAD CSV."""
    return TITLE in names and any(name in names for name in MARKS)


def description(cells: Cells) -> dict[str, Any]:
    """The description of a row, given its cells that are not empty. Its parent is not among it."""
    found: dict[str, Any] = {key: cells[name] for name, key in _SINGLE.items() if name in cells}
    found |= {key: values(cells, name) for name, key in _SEVERAL.items() if name in cells}
    links = [{"identifier": text, "type": "URL"} for text in values(cells, "digitalObjectURI")]
    more = {
        "events": _events(cells, _EVENTS) or _events(cells, _OLD_EVENTS),
        "identifiers": _identifiers(cells),
        "derivatives": links,
        "actors": _holder(cells),
    }
    return found | {key: rows for key, rows in more.items() if rows}


def published(cells: Cells) -> bool | None:
    """The publication state of a row; None where it says none. Raises `BadInput`."""
    text = cells.get("publicationStatus", "")
    if text and text.casefold() not in _STATES:
        raise BadInput(f"has publicationStatus = {text!r}: it must be Published or Draft")
    return _STATES[text.casefold()] if text else None


def values(cells: Cells, name: str) -> list[str]:
    """The values of a cell; one that is NULL or blank is left out."""
    return [text for text in _parts(cells, name) if text]


def _parts(cells: Cells, name: str) -> list[str]:
    parts = (part.strip() for part in cells[name].split("|")) if name in cells else ()
    return ["" if part == "NULL" else part for part in parts]


def _events(cells: Cells, columns: Mapping[str, str]) -> list[dict[str, str]]:
    rows = zip_longest(*(_parts(cells, name) for name in columns), fillvalue="")
    events = [{key: text for key, text in zip(columns.values(), row, strict=True) if text} for row in rows]
    return [event for event in events if event.keys() - {"type"}]


def _identifiers(cells: Cells) -> list[dict[str, str]]:
    labels = _parts(cells, "alternativeIdentifierLabels")
    pairs = zip_longest(_parts(cells, "alternativeIdentifiers"), labels, fillvalue="")
    found = [{"identifier": text, "type": ""} for text in values(cells, "identifier")]
    found += [{"identifier": text, "type": label} for text, label in pairs if text]
    return [*found, *({"identifier": text, "type": "Accession number"} for text in values(cells, "accessionNumber"))]


def _holder(cells: Cells) -> list[dict[str, str]]:
    """The archival institution that holds it."""
    name = cells.get("repository", "")
    return [{"name": name, "type": "institution", "role": "HostingInstitution"}] if name else []
