"""Kernel-4 metadata from an archival description. Pure.

What Heratio sends of a description (peers 2.2) and OPUS 4 of a document: only blocks that have data.

The keys, and what becomes of them:

- `title` (text), `alternative_titles` (texts): titles; without a title `Information object ID`.
- `actors`, each `{name, type, orcid, given_name, family_name, role, affiliation, affiliation_ror}`, `type` person,
  organisation or family, `role` creator (default) or a contributor type: creators and contributors.
- `events`, each `{type, date, start, end, actor, place}`, `type` creation (default), publication, accumulation or any
  other: dates and places. Their actors are creators (creation, accumulation, collection) or contributors.
- `publisher`, `{name, ror}`; without one the setting `default_publisher`, when the document is sent.
- `publication_year`; without it the earliest year of creation or publication, else the year given to `attributes`.
- `scope_and_content`: Abstract. `archival_history`, `acquisition` (texts), `notes` (several): descriptions, Other.
- `resource_type`, such as Text: resourceTypeGeneral, else the setting `default_resource_type`. `level`, such as Fonds:
  resourceType.
- `extent` (texts): sizes. `language` (codes): the first, since DataCite keeps one.
- `subjects`, each `{subject, scheme, scheme_uri, value_uri}`; `names` and `genres` (texts): subjects.
- `places`, each `{name, point: {latitude, longitude}, box: {west, east, south, north}, polygon: [points],
  inside: point}`: geoLocations.
- `identifiers`, each `{identifier, type}`: alternate identifiers, of the type Local without one.
- `parent`: the object id of a record of the repository, a DOI or a URL; IsPartOf (`dois.parent_link`).
- `derivatives`, `exhibitions`, each `{identifier, type}`, a DOI, a URL or with its type: IsVariantFormOf,
  IsReferencedBy.
- `rights`, each `{text, uri}`. `funding`, each `{funder_name, funder_identifier, funder_identifier_type,
  award_number, award_uri, award_title}`.
- `url`: the landing page. `doi`: the record's own DOI, or a foreign one.

In place of an object its first member may stand alone, and one value in place of a list.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from doitui_core.errors import BadInput
from doitui_core.metadata import archival_dates, archival_keys, archival_names
from doitui_core.metadata.kernel4 import ATTRIBUTES
from doitui_core.metadata.linking import TYPES
from doitui_core.metadata.wording import shown

Description = Mapping[str, Any]
Row = dict[str, Any]


def attributes(description: Description, *, object_id: str, year: int, publisher: str = "") -> dict[str, Any]:
    """Kernel-4 attributes in canonical form (`from_json.canonical`), `url` and `doi` among them. The parent is not: its
    DOI may come later.

    `year`: the publication year where the description names none. `publisher`: the single creator of a description
    without actors and publisher. Raises `BadInput` for an unknown key or a wrong shape, naming it.
    """
    given = archival_keys.tidy(description)
    found = archival_names.people(given, given.get("publisher", {}).get("name", "") or publisher)
    events = given.get("events", [])
    blocks: dict[str, Any] = {
        **{name: given.get(name) for name in ("doi", "url")},
        **found,
        "titles": _titles(given, object_id),
        "publisher": _publisher(given),
        "publicationYear": given.get("publication_year") or archival_dates.year(events) or year,
        "types": _members(given, resource_type="resourceTypeGeneral", level="resourceType"),
        "descriptions": _descriptions(given),
        "subjects": _subjects(given),
        "dates": [row for event in events if (row := archival_dates.row(event))],
        "language": next(iter(given.get("language", [])), None),
        "identifiers": [_identifier(row) for row in given.get("identifiers", [])],
        "relatedIdentifiers": _related(given),
        "sizes": given.get("extent"),
        "rightsList": [_members(row, text="rights", uri="rightsUri") for row in given.get("rights", [])],
        "geoLocations": _places(given),
        "fundingReferences": [_funding(row) for row in given.get("funding", [])],
    }
    return {name: blocks[name] for name in ATTRIBUTES if blocks.get(name) not in (None, "", [], {})}


def parent(description: Description) -> str:
    """The parent that a description names; empty without one."""
    return str(archival_keys.tidy({"parent": description.get("parent")}).get("parent", ""))


def link_type(identifier: str) -> str:
    """The related identifier type of a DOI, ARK, Handle, URN or URL; empty for anything else."""
    text = identifier.strip().casefold()
    bare = text.removeprefix("https://").removeprefix("http://").removeprefix("dx.").removeprefix("www.")
    if bare.startswith(("doi.org/10.", "doi:10.", "doi: 10.", "10.")) and "/" in bare:
        return "DOI"
    starts = {"ark:": "ARK", "hdl:": "Handle", "hdl.handle.net/": "Handle", "urn:": "URN"}
    named = next((kind for start, kind in starts.items() if bare.startswith(start)), "")
    return named or ("URL" if text.startswith(("http://", "https://", "ftp://")) else "")


def _titles(given: Description, object_id: str) -> list[Row]:
    others = [{"title": text, "titleType": "AlternativeTitle"} for text in given.get("alternative_titles", [])]
    return [{"title": given.get("title") or f"Information object {object_id}"}, *others]


def _publisher(given: Description) -> Row | None:
    if "publisher" not in given:
        return None  # the setting, when the document is sent
    row: Row = {"name": given["publisher"]["name"]}
    if ror := given["publisher"].get("ror"):
        row |= {"publisherIdentifier": ror, "publisherIdentifierScheme": "ROR", "schemeUri": "https://ror.org"}
    return row


def _descriptions(given: Description) -> list[Row]:
    others = [*(given.get(key) for key in ("archival_history", "acquisition")), *given.get("notes", [])]
    rows = [(given.get("scope_and_content"), "Abstract"), *((text, "Other") for text in others)]
    return [{"description": text, "descriptionType": kind} for text, kind in rows if text]


def _subjects(given: Description) -> list[Row]:
    members = {"subject": "subject", "scheme": "subjectScheme", "scheme_uri": "schemeUri", "value_uri": "valueUri"}
    rows = [_members(row, **members) for row in given.get("subjects", [])]
    rows += [{"subject": text} for key in ("names", "genres") for text in given.get(key, [])]
    return _once(rows)


def _identifier(row: Description) -> Row:
    return {"identifier": row["identifier"], "identifierType": row.get("type", "Local")}


def _related(given: Description) -> list[Row]:
    relations = {"derivatives": "IsVariantFormOf", "exhibitions": "IsReferencedBy"}
    return _once(
        [
            _link(row, relation, f"description.{key}[{index}]")
            for key, relation in relations.items()
            for index, row in enumerate(given.get(key, []))
        ]
    )


def _link(row: Description, relation: str, path: str) -> Row:
    identifier, named = row["identifier"], row.get("type", "")
    kind = TYPES.get(named.casefold(), named) or link_type(identifier)
    if not kind:
        raise BadInput(f"{path}.identifier is {shown(identifier)}, no DOI and no URL: give its type, such as ARK")
    return {"relationType": relation, "relatedIdentifierType": kind, "relatedIdentifier": identifier}


def _places(given: Description) -> list[Row]:
    of_events = [{"name": event["place"]} for event in given.get("events", []) if "place" in event]
    return _once([_place(row) for row in [*given.get("places", []), *of_events]])


def _place(row: Description) -> Row:
    builders: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "name": ("geoLocationPlace", str),
        "point": ("geoLocationPoint", _point),
        "box": ("geoLocationBox", _box),
    }
    found = {name: build(row[key]) for key, (name, build) in builders.items() if key in row}
    if "polygon" in row:
        found["geoLocationPolygon"] = _polygon(row["polygon"], row.get("inside"))
    return found


def _point(point: Description) -> Row:
    return {"pointLatitude": point["latitude"], "pointLongitude": point["longitude"]}


def _box(box: Description) -> Row:
    sides = {"west": "Longitude", "east": "Longitude", "south": "Latitude", "north": "Latitude"}
    return {f"{side}Bound{kind}": box[side] for side, kind in sides.items()}


def _polygon(points: list[Description], inside: Description | None) -> list[Row]:
    """Closed: the schema wants the first point again as the last."""
    closed = points if points[0] == points[-1] and len(points) > 1 else [*points, points[0]]
    rows = [{"polygonPoint": _point(point)} for point in closed]
    return rows if inside is None else [*rows, {"inPolygonPoint": _point(inside)}]


def _funding(row: Description) -> Row:
    found = _members(
        row,
        funder_name="funderName",
        funder_identifier="funderIdentifier",
        funder_identifier_type="funderIdentifierType",
        award_number="awardNumber",
        award_uri="awardUri",
        award_title="awardTitle",
    )
    if "funderIdentifier" in found:
        found.setdefault("funderIdentifierType", _funder_type(found["funderIdentifier"]))
    return found


def _funder_type(identifier: str) -> str:
    text = identifier.casefold()
    known = {"ror.org/": "ROR", "10.13039/": "Crossref Funder ID", "isni.org/": "ISNI", "grid.": "GRID"}
    return next((kind for part, kind in known.items() if part in text), "Other")


def _members(row: Description, **names: str) -> Row:
    return {to: row[key] for key, to in names.items() if key in row}


def _once(rows: list[Row]) -> list[Row]:
    return [row for index, row in enumerate(rows) if row not in rows[:index]]
