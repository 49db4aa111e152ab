"""The table of harvests as a model; `models` has it among the others."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, TextField

from doitui_core.db.fields import FlagField, InstantField, Table


class Harvest(Table):
    """One harvest over OAI-PMH and how far it is."""

    id = BigAutoField()
    repository_id = BigIntegerField()
    url = TextField()
    prefix = TextField()
    set_spec = TextField(default="")
    from_date = TextField(default="")
    token = TextField(default="")
    datestamp = TextField(default="")
    in_order = FlagField(default=True)
    started = TextField(default="")
    completed = TextField(default="")
    updated_at = InstantField()
