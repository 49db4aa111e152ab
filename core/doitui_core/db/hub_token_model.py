"""The table of the hub's tokens as a model; `models` has it among the others."""

from __future__ import annotations

from peewee import BigAutoField, TextField

from doitui_core.db.fields import InstantField, Table


class HubToken(Table):
    """A token that was issued, by its id `jti`; the token itself is not stored."""

    id = BigAutoField()
    jti = TextField()
    name = TextField()
    role = TextField()
    created_at = InstantField()
    expires_at = InstantField()
    revoked_at = InstantField(default=None)
