"""The tables of the hub's events as models; `models` has them among the others."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, CompositeKey, TextField

from doitui_core.db.fields import Table


class HubEventGroup(Table):
    """How many events there are of one kind."""

    id = BigAutoField()
    key_hash = TextField()
    source_id = TextField()
    relation_type_id = TextField()
    occurred = TextField()
    created = TextField()
    subj_type = TextField()
    obj_type = TextField()
    subj_prefix = TextField()
    obj_prefix = TextField()
    subj_registrant = TextField()
    obj_registrant = TextField()
    events = BigIntegerField(default=0)


class HubEvent(Table):
    """One event as the hub shows it."""

    id = BigAutoField()
    uuid = TextField()
    key_hash = TextField()
    subj_id = TextField()
    obj_id = TextField()
    source_id = TextField()
    relation_type_id = TextField()
    source_token = TextField()
    message_action = TextField()
    license = TextField()
    total = BigIntegerField()
    occurred_at = TextField()
    created = TextField()
    updated = TextField()
    subj = TextField()
    obj = TextField()
    origin = TextField()
    group_id = BigIntegerField()


class HubEventTerm(Table):
    """A value by which an event is found, as a hash."""

    term = BigIntegerField()
    event_id = BigIntegerField()
    group_id = BigIntegerField()

    class Meta:
        primary_key = CompositeKey("term", "event_id")


class HubEventCopy(Table):
    """How far the archive's own events are copied."""

    id = BigAutoField()
    updated_at = BigIntegerField(default=0)
    event_id = BigIntegerField(default=0)
