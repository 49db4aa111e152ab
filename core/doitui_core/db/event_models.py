"""Tables of `event derive` and `event pull`, as models; `models` has them among the others."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, TextField

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


class PulledEvent(Table):
    """An event that somebody else made about one of our DOIs."""

    id = BigAutoField()
    dedupe_hash = TextField()
    uuid = TextField()
    repository_id = BigIntegerField()
    doi_id = BigIntegerField()
    subj_id = TextField()
    relation_type_id = TextField()
    obj_id = TextField()
    source_id = TextField()
    total = BigIntegerField()
    occurred_at = InstantField()
    created_at = InstantField()
    updated_at = InstantField()


class EventPull(Table):
    """How far the events of one prefix have been read."""

    id = BigAutoField()
    repository_id = BigIntegerField()
    url = TextField()
    prefix = TextField()
    cursor = TextField()
    newest_doi_id = BigIntegerField()
    updated_at = InstantField()
