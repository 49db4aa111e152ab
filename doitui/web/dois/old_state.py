"""State files of older versions: their events were in tables `event` and `event_mention`, and are copied over."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from doitui_core.db.chunks import in_chunks
from doitui_core.hub_store import event_rows
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.hub_database import HubDatabase

_COLUMNS = (
    "uuid, subj_id, obj_id, source_id, relation_type_id, source_token, message_action, license, total, occurred_at,"
    " created, updated, subj, obj"
)

# Events of one transaction.
_AT_ONCE = 1000


def copy_events(path: Path, hub: HubDatabase) -> None:
    """Copy the events of an older version, if it has any, and delete their tables. What a kill interrupted, the next
    start finishes: events that are there already are left alone.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'event'").fetchone():
            return
        for events in in_chunks(_events(connection), _AT_ONCE):
            with hub.write():
                event_rows.insert(hub, events)
        connection.execute("DROP TABLE event_mention")
        connection.execute("DROP TABLE event")


def _events(connection: sqlite3.Connection) -> Iterator[EventRecord]:
    for *plain, subj, obj in connection.execute(f"SELECT {_COLUMNS} FROM event ORDER BY number"):
        values = [*plain, json.loads(subj), json.loads(obj)]
        yield EventRecord(*values)
