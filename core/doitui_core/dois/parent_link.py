"""The relation of a record to its parent: stored as the parent's id, resolved whenever the document is built.

So a parent that gets its DOI later is named by it in the next document of its parts, without any change of theirs.
"""

from __future__ import annotations

from typing import Any

from doitui_core.config.repositories import Config
from doitui_core.db import prepared
from doitui_core.db.models import IS_KEPT, Doi, Record
from doitui_core.metadata import archival

#: The member of a record's metadata with the object id of its parent, or a DOI or URL. Not of Kernel 4: never sent.
PARENT = "parent"

_RECORD: prepared.Select[Record] = prepared.Select(
    lambda object_id, repository_id: Record.select(
        Record.id, Record.object_id, Record.url, Record.foreign_doi, Record.metadata
    ).where(Record.object_id == object_id, Record.repository == repository_id),
    str,
    int,
)
_DOI: prepared.Select[Doi] = prepared.Select(
    lambda record_id: Doi.select(Doi.doi).where(Doi.record == record_id, IS_KEPT), int
)


def find(parent: str, config: Config) -> Record | None:
    """The record of the repository with that object id: its id, object id, url, foreign DOI and metadata."""
    return _RECORD.first(parent, config.repository_id)


def add(attributes: dict[str, Any], config: Config) -> None:
    """Replace the parent in a record's stored `attributes` by the relation IsPartOf, unless they have that relation.

    It names the parent's DOI (own or foreign), else its landing page; a parent that has neither is left out.
    """
    link = _link(str(attributes.pop(PARENT, None) or ""), config)
    own = attributes.get("relatedIdentifiers", [])
    if link is None or not isinstance(own, list):
        return
    kind, identifier = link
    row = {"relationType": "IsPartOf", "relatedIdentifierType": kind, "relatedIdentifier": identifier}
    if row not in own:
        attributes["relatedIdentifiers"] = [*own, row]


def _link(parent: str, config: Config) -> tuple[str, str] | None:
    """(type, identifier) of a parent."""
    if not parent:
        return None
    record = find(parent, config)
    if record is None:
        return (kind, parent) if (kind := archival.link_type(parent)) else None
    doi = _DOI.first(record.id)
    if found := doi.doi if doi is not None else record.foreign_doi:
        return "DOI", found
    page = record.url or config.landing_page(record.object_id)
    return ("URL", page) if page else None
