"""Tables that `event derive` works with, as models; `models` has them among the others."""

from __future__ import annotations

from peewee import BigIntegerField, TextField

from doitui_core.db.fields import InstantField, Table


class DoiAgency(Table):
    """The registration agency of a DOI prefix; empty where the resolver named none."""

    prefix = TextField(primary_key=True)
    agency = TextField(default="")
    asked_at = InstantField()


class EventDerivation(Table):
    """How far an interrupted `event derive` came. Repository 0: all."""

    repository_id = BigIntegerField(primary_key=True)
    doi_id = BigIntegerField()
