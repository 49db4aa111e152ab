"""The mail that waited when a backup was made. Whoever went on with the database has most likely sent it, and nothing
says so in the backup: after a restore it is discarded. What it reported is in the lists and in `doctor`.
"""

from __future__ import annotations

from doitui_core.clock import EPOCH
from doitui_core.db import database
from doitui_core.db.models import BulkAct, Notice, NoticeItem
from doitui_core.notify.mail import UNSENT


def discard() -> int:
    """Discard mail that waits, and results that wait for a digest; how many of both. Inside `database.write()`.

    Mail that was given up stays, for the doctor.
    """
    mails = Notice.delete().where(UNSENT, Notice.due_at > EPOCH).execute()
    results = NoticeItem.delete().execute()
    acts = BulkAct.update(told_at=database.now()).where(BulkAct.told_at == EPOCH).execute()
    return int(mails + results + acts)
