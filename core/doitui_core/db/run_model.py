"""The latest runs of workers and cron commands."""

from __future__ import annotations

from peewee import BigAutoField, TextField

from doitui_core.db.fields import FlagField, InstantField, Table


class FinishedRun(Table):
    """A run that ended in good order. `drained`: it was to end when nothing was due."""

    id = BigAutoField()
    what = TextField()
    drained = FlagField()
    started_at = InstantField()
    ended_at = InstantField()
