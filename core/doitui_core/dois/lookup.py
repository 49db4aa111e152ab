"""Finding a DOI by its string, in any spelling."""

from __future__ import annotations

from doitui_core.db import database
from doitui_core.db.models import Doi
from doitui_core.domain import doi_paths, doi_spelling, identifiers
from doitui_core.errors import NotFound


def find(text: str) -> Doi:
    """The DOI that `text` names, in any spelling. Raises `NotFound`, `InvalidDoi`."""
    row = Doi.get_or_none(Doi.folded == identifiers.fold(text)) if database.storable(text) else None
    if row is None:
        doi_paths.check(doi_spelling.bare(text))
        raise NotFound(f"there is no DOI {text!r} here: list them with `doitui doi list`")
    return row


def find_sendable(text: str) -> Doi:
    """`find` for what sends requests. Raises `InvalidDoi` also for an old row that no request can name."""
    row = find(text)
    doi_paths.check_sendable(row.doi)
    return row
