"""Which parent a record may have."""

from __future__ import annotations

from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.dois import parent_link
from doitui_core.domain import strict_json
from doitui_core.errors import BadInput
from doitui_core.metadata import archival
from doitui_core.records.record_lookup import checked_id

#: Levels of a hierarchy; archives have about ten.
DEEPEST = 100


def checked(parent: str, object_id: str, config: Config) -> str:
    """`parent`, if it can be the parent of the record: another record of the repository that is no part of it, or a
    DOI or URL. Raises `BadInput`.
    """
    is_link = bool(archival.link_type(parent))
    if is_link and not database.storable(parent):
        raise BadInput(f"parent {parent[:60]!r} cannot be stored: remove unpaired surrogates and NUL")
    parent = parent if is_link else checked_id(parent)
    if parent != object_id and parent_link.find(parent, config) is None and not is_link:
        raise BadInput(
            f"record {object_id!r} has the parent {parent!r}, which is no record of the repository:"
            " store the parent first, or give its DOI or URL"
        )
    if _is_circle(parent, object_id, config):
        raise BadInput(
            f"record {object_id!r} cannot have the parent {parent!r}: that is the record itself or a part of it"
        )
    return parent


def _is_circle(parent: str, object_id: str, config: Config) -> bool:
    """Whether the record stands among `parent` and the stored records above it."""
    for _ in range(DEEPEST):
        if parent in ("", object_id):
            break
        record = parent_link.find(parent, config)
        stored = strict_json.tolerant_loads(record.metadata) if record is not None else {}
        parent = str(stored.get(parent_link.PARENT) or "")
    return bool(parent)
