"""The tables of bulk requests as models; `models` has them among the others."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, CompositeKey, ForeignKeyField, TextField

from doitui_core.db.fields import FlagField, InstantField, Table


class BulkAct(Table):
    """A bulk request that a digest reports on when its jobs have finished."""

    id = BigAutoField()
    what = TextField()
    actor = TextField()
    repository_id = BigIntegerField(default=0)
    refused = TextField(default="[]")
    retry = FlagField(default=False)
    created_at = InstantField()
    told_at = InstantField(default=None)


class BulkJob(Table):
    """A job queued by a bulk request."""

    act = ForeignKeyField(BulkAct)
    job_id = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("act", "job_id")
