"""Values of a record that a person sets: landing page, owner, and whether publishing creates its DOI."""

from __future__ import annotations

from collections.abc import Mapping

from doitui_core.config import repositories, setting_parsers
from doitui_core.db import audit, database
from doitui_core.db.models import Record
from doitui_core.dois import activity_log, reservations
from doitui_core.domain.publish_decision import OVERRIDES
from doitui_core.errors import BadInput
from doitui_core.records import records
from doitui_core.records.records import RecordInput

#: The columns that can be set.
COLUMNS = ("auto_create", "url", "owner_name", "owner_email")


def check(record: Record, values: Mapping[str, str]) -> set[str]:
    """The columns that `change` would change. Raises `BadInput` for a value that cannot be stored."""
    config = repositories.config(record.repository)
    before = {name: getattr(record, name) for name in COLUMNS}
    planned = records.preview(config, _checked(record, values)).record
    return {name for name in COLUMNS if getattr(planned, name) != before[name]}


def change(record: Record, values: Mapping[str, str], *, actor: str = "python") -> set[str]:
    """Set `values` by column (`COLUMNS`); the columns that changed. They stay when the record's document is imported
    again. An empty text takes back what was set; the next import fills it. Raises as `check`.
    """
    given = _checked(record, values)
    config = repositories.config(record.repository)
    with database.write():
        before = reservations.lock_record(record)
        old = {name: getattr(before, name) for name in COLUMNS}
        stored = records.store(config, given, actor).record
        changed = {name for name in COLUMNS if getattr(stored, name) != old[name]}
        audit.note(actor, "set", f"record {stored.object_id}", _detail(values))
        row = reservations.for_record(stored)
        if "url" in changed and row is not None:
            activity_log.url_changed(row, row.url)
    return changed


def _detail(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {text}".rstrip() for name, text in values.items())


def _checked(record: Record, values: Mapping[str, str]) -> RecordInput:
    plain = {name: text.strip() for name, text in values.items()}
    if plain.get("url"):
        records.check_url(plain["url"])
    if plain.get("auto_create") and plain["auto_create"] not in OVERRIDES:
        raise BadInput(f"auto_create cannot be {plain['auto_create']!r}: use {' or '.join(OVERRIDES)}")
    try:
        setting_parsers.one_mail(plain.get("owner_email", ""))
    except ValueError as error:
        raise BadInput(f"the owner's address cannot be {plain['owner_email']!r}: {error}") from error
    return RecordInput(record.object_id, None, {}, plain)
