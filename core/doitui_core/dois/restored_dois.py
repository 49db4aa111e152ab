"""DOIs whose rows come from a backup, until DataCite was asked about them."""

from __future__ import annotations

from datetime import datetime

from doitui_core.db import prepared
from doitui_core.db.restore_model import Restore, RestoredDoi
from doitui_core.domain.after_restore import SKEW

_OF_DOI = prepared.Select(lambda doi_id: RestoredDoi.select().where(RestoredDoi.doi_id == doi_id), int)


def backed_up_at(doi_id: int) -> datetime | None:
    """The time of the backup its row comes from; None once DataCite was asked, or without a restore."""
    row = _OF_DOI.first(doi_id)
    return row.backed_up_at if row is not None else None


def forget(doi_id: int) -> None:
    """DataCite was asked: the row is as new as any. Inside `database.write()`."""
    RestoredDoi.delete().where(RestoredDoi.doi_id == doi_id).execute()


def waiting() -> int:
    """How many DOIs DataCite has not been asked about yet."""
    return int(RestoredDoi.select().count())


def made_by_lost_database(created: datetime | None) -> bool:
    """Whether a DOI in our account that was made then may be the work of a database that a backup has replaced."""
    if created is None:
        return False
    between = (Restore.backed_up_at <= created + SKEW) & (Restore.restored_at >= created - SKEW)
    return bool(Restore.select().where(between).exists())
