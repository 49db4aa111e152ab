"""The tables of mail as models; `models` has them among the others."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, IntegerField, TextField

from doitui_core.db.fields import InstantField, Table


class Notice(Table):
    """One mail to send; `topic` is unique, so it is sent once."""

    id = BigAutoField()
    topic = TextField()
    recipients = TextField()
    subject = TextField()
    body = TextField()
    created_at = InstantField()
    due_at = InstantField()
    sent_at = InstantField(default=None)
    attempts = IntegerField(default=0)
    last_error = TextField(default="")


class NoticeItem(Table):
    """The result of one DOI, for the next digest (`notify.pending_results`). `cause` empty: it was registered."""

    id = BigAutoField()
    topic = TextField()
    repository_id = BigIntegerField()
    doi_id = BigIntegerField(default=0)
    doi = TextField(default="-")
    url = TextField(default="")
    object_id = TextField(default="")
    cause = TextField(default="")
    error = TextField(default="")
    created_at = InstantField()
