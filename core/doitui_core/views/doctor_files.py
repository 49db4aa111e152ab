"""The doctor's check of backups."""

from __future__ import annotations

from datetime import timedelta

import peewee

from doitui_core.clock import iso
from doitui_core.db import backup_notes, database
from doitui_core.db.models import Repository
from doitui_core.dois import restored_dois
from doitui_core.text import plural
from doitui_core.views.doctor_check import OK, WARN, Check

#: Older than this a backup should not be, nor a database without one.
OLDEST = timedelta(days=7)

REMEDY = "doitui backup /var/backups/doitui-$(date +%F).db"


def backups() -> list[Check]:
    """Whether there is a recent backup. Only those of `doitui backup` are known here."""
    found = []
    if waiting := restored_dois.waiting():
        message = f"{plural(waiting, 'DOI', grouped=True)} not checked at DataCite since the database was restored"
        found.append(Check("backup", WARN, message, "doitui work --drain"))
    newest, now = backup_notes.newest(), database.now()
    first = Repository.select(peewee.fn.MIN(Repository.created_at)).scalar()
    if newest is None and first is not None and now - first > OLDEST:
        message = f"none made by `doitui backup`, and the database is older than {OLDEST.days} days"
        found.append(Check("backup", WARN, message, REMEDY))
    elif newest is not None and now - newest > OLDEST:
        message = f"the last one by `doitui backup` is of {iso(newest)}, more than {OLDEST.days} days ago"
        found.append(Check("backup", WARN, message, REMEDY))
    made = f"the last one is of {iso(newest)}" if newest else "none made by `doitui backup` yet"
    return found or [Check("backup", OK, made)]
