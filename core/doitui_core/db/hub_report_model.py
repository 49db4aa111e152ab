"""The tables of the hub's usage reports as models; `models` has them among the others."""

from __future__ import annotations

from peewee import BigAutoField, BigIntegerField, IntegerField, TextField

from doitui_core.db.fields import FlagField, Table


class HubReport(Table):
    """One usage report without its datasets."""

    id = BigAutoField()
    uid = TextField()
    client = TextField()
    created_by = TextField()
    year = IntegerField()
    month = IntegerField()
    url = TextField()
    report_name = TextField()
    report_id = TextField()
    release = TextField()
    created = TextField()
    header = TextField()
    replaced_at = TextField(default="")
    accepted = TextField()


class HubReportPart(Table):
    """One body of a report: what is known about it; the body itself is a file."""

    id = BigAutoField()
    report_id = BigIntegerField()
    compressed = FlagField()
    body = TextField()
    checksum = TextField()
    content_checksum = TextField()
    state = TextField()
    exceptions = TextField(default="[]")
    warnings = TextField(default="[]")
    datasets = BigIntegerField(default=0)
    counted = BigIntegerField(default=0)


class HubReportDeletion(Table):
    """A deleted report whose events are still there."""

    id = BigAutoField()
    url = TextField()
    deleted_at = TextField()
