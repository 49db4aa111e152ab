"""The table of AI models as a model of peewee; `models` has it among the others."""

from __future__ import annotations

from peewee import BigAutoField, TextField

from doitui_core.db.fields import FlagField, InstantField, Table


class ModelRegistry(Table):
    """One version of the AI model of a service, with its accuracy metrics: a JSON object."""

    id = BigAutoField()
    service = TextField()
    version = TextField(default="")
    active = FlagField(default=True)
    accuracy_metrics_json = TextField(default="{}")
    created_at = InstantField()
    updated_at = InstantField()
