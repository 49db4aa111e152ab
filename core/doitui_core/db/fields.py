"""The base of all tables, and the column types that peewee does not have."""

from __future__ import annotations

import zlib
from typing import Any

from peewee import BigIntegerField, BooleanField, Model

from doitui_core import clock
from doitui_core.db.database import proxy


class InstantField(BigIntegerField):
    """An aware UTC datetime or None, stored as microseconds since 1970, None as 0."""

    def db_value(self, value: Any) -> int:
        """Microseconds; an int is stored unchanged."""
        return value if isinstance(value, int) else clock.micros(value)

    #: An aware UTC datetime; None for 0.
    python_value = staticmethod(clock.moment)


class FlagField(BooleanField):
    """A bool stored as 0 or 1: PostgreSQL's boolean cannot be compared with a number."""

    field_type = "SMALLINT"

    def db_value(self, value: Any) -> int:
        """0 or 1."""
        return int(bool(value))

    #: The stored number as a bool.
    python_value = staticmethod(bool)


class Table(Model):
    """The base of all tables."""

    class Meta:
        database = proxy
        legacy_table_names = False

    def mark_saved(self) -> None:
        """After its columns were written by `prepared`: no field counts as changed."""
        self._dirty.clear()  # type: ignore[attr-defined]


def pack_text(text: str) -> bytes:
    """`text` compressed, as `Payload.body` stores what was sent to DataCite."""
    return zlib.compress(text.encode())


def unpack_text(body: bytes | memoryview) -> str:
    """The text of a stored `Payload.body`."""
    return zlib.decompress(bytes(body)).decode("utf-8", "replace")
