"""When the database was backed up, as the audit log has it."""

from __future__ import annotations

from datetime import datetime

import peewee

from doitui_core.db.models import Audit

#: In the audit log; the detail of a backup that is not verified.
ACTION, BEGUN = "backup", "begun"


def newest() -> datetime | None:
    """When the last verified backup was made; None if never."""
    found: datetime | None = (
        Audit.select(peewee.fn.MAX(Audit.at)).where(Audit.action == ACTION, Audit.detail != BEGUN).scalar()
    )
    return found
