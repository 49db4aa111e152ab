"""Which DOI people mean: a DOI in any spelling, or the object id of the record that has it."""

from __future__ import annotations

from doitui_core.db import database
from doitui_core.db.models import Doi
from doitui_core.dois import doi_rows
from doitui_core.domain import doi_spelling, identifiers
from doitui_core.errors import NotFound


def find(text: str) -> Doi:
    """The DOI that `text` names. A DOI here counts before an object id that reads like it.

    Raises `NotFound`, `InvalidDoi`, and `AmbiguousId` for an object id of several repositories.
    """
    row = Doi.get_or_none(Doi.folded == identifiers.fold(text)) if database.storable(text) else None
    return row if row is not None else _of_record(text)


def _of_record(text: str) -> Doi:
    # Only here: most name a DOI, and these take as long to import as the rest of a command.
    from doitui_core.dois import reservations
    from doitui_core.records import record_lookup

    try:
        record = record_lookup.find(text)
    except NotFound:
        if identifiers.parse_doi(doi_spelling.bare(text)):
            return doi_rows.find(text)  # which raises: there is none
        raise NotFound(f"there is no DOI or record {text!r} here: list them with `doitui doi list`") from None
    row = reservations.for_record(record)
    if row is not None:
        return row
    if record.foreign_doi:
        message = f"the DOI of record {record.object_id}, {record.foreign_doi}, is foreign: nothing is sent for it"
        raise NotFound(message)
    raise NotFound(f"record {record.object_id} has no DOI: `doitui doi mint {record.object_id}` mints one")
