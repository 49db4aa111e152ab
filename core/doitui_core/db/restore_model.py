"""The tables of restores as models; `models` has them among the others."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, TextField

from doitui_core.db.fields import InstantField, Table


class Restore(Table):
    """A time at which the database was put back; what was done since `backed_up_at` is not in it."""

    id = BigAutoField()
    backed_up_at = InstantField()
    restored_at = InstantField()
    actor = TextField()


class RestoredDoi(Table):
    """A DOI of which DataCite was not asked yet since the restore. The row goes when it was."""

    doi_id = BigIntegerField(primary_key=True)
    backed_up_at = InstantField()
