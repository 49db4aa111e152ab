"""Which parent a record may have."""

from __future__ import annotations

from collections.abc import Callable

from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.dois import parent_link
from doitui_core.domain import strict_json
from doitui_core.errors import BadInput
from doitui_core.metadata import archival
from doitui_core.records.record_lookup import checked_id

#: Levels of a hierarchy; archives have about ten.
DEEPEST = 100

ParentOf = Callable[[str], str | None]


def in_no_file(_: str) -> None:
    """The `parent_of` of a record that comes alone."""


def checked(parent: str, object_id: str, config: Config, parent_of: ParentOf = in_no_file) -> str:
    """`parent`, if it can be the parent of the record: another record of the repository that is no part of it, or a
    DOI or URL. Raises `BadInput`.

    `parent_of`: what the file that is imported says of the parents of its records, stored or not: see
    `reading.Document`.
    """
    is_link = bool(archival.link_type(parent))
    if is_link and not database.storable(parent):
        raise BadInput(f"parent {parent[:60]!r} cannot be stored: remove unpaired surrogates and NUL")
    parent = parent if is_link else checked_id(parent)
    known = parent == object_id or parent_of(parent) is not None or parent_link.find(parent, config) is not None
    if not known and not is_link:
        raise BadInput(
            f"record {object_id!r} has the parent {parent!r}, which is no record of the repository:"
            " store the parent first, or give its DOI or URL",
            "parent",
        )
    if _is_circle(parent, object_id, config, parent_of):
        raise BadInput(
            f"record {object_id!r} cannot have the parent {parent!r}: that is the record itself or a part of it,"
            " or its parents form a circle",
            "parent",
        )
    return parent


def _is_circle(parent: str, object_id: str, config: Config, parent_of: ParentOf) -> bool:
    """Whether the record stands among `parent` and the records above it."""
    for _ in range(DEEPEST):
        if parent in ("", object_id):
            break
        stated = parent_of(parent)
        parent = _stored_parent(parent, config) if stated is None else stated
    return bool(parent)


def _stored_parent(object_id: str, config: Config) -> str:
    record = parent_link.find(object_id, config)
    metadata = strict_json.tolerant_loads(record.metadata) if record is not None else {}
    return str(metadata.get(parent_link.PARENT) or "")
