"""State files of older versions: their events were in tables `event` and `event_mention`, their reports in `report` and
`report_subset`. Both are copied over.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import zlib
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path

from doitui_core.db.chunks import in_chunks
from doitui_core.hub_store import body_storage, event_rows
from doitui_core.hub_store.event_record import EventRecord
from doitui_core.hub_store.hub_database import HubDatabase
from doitui_core.hub_store.report_record import ALL, ReportState, StoredPart, StoredReport
from doitui_core.hub_store.report_store import ReportStore

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


def copy_reports(path: Path, store: ReportStore) -> None:
    """Copy the reports of an older version, if it has any, and delete their tables. What a kill interrupted, the next
    start finishes: reports that are there already are copied again.
    """
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'report'").fetchone():
            return
        rows = "SELECT number, uid, client, created_by, year, month, url, header, datasets, state FROM report"
        for number, uid, client, created_by, year, month, url, header, datasets, state in connection.execute(rows):
            report = StoredReport(0, uid.lower(), client, created_by, year, month, url, json.loads(header))
            if known := store.find(uid):
                store.delete(known, take_back=False)
            parts = [_plain(store, report, datasets, state)] if datasets else []
            subsets = connection.execute(
                "SELECT gzip, state FROM report_subset WHERE report = ? ORDER BY number", [number]
            )
            parts += [_part(store, body, state, compressed=True) for body, state in subsets]
            if parts:
                stored = store.create(report, parts[0])
                for part in parts[1:]:
                    store.append(stored, part, again=True)
        connection.execute("DROP TABLE report_subset")
        connection.execute("DROP TABLE report")


def _plain(store: ReportStore, report: StoredReport, datasets: bytes, state: str) -> StoredPart:
    document = {"report-header": report.header, "report-datasets": json.loads(zlib.decompress(datasets))}
    return _part(store, gzip.compress(json.dumps(document).encode()), state, compressed=False)


def _part(store: ReportStore, body: bytes, state: str, *, compressed: bool) -> StoredPart:
    """A part whose body is stored. What was not validated yet is validated now, and its events are made."""
    name, checksum = body_storage.new_name(datetime.fromisoformat(store.hub.now())), hashlib.sha256(body).hexdigest()
    store.storage.write(name, [body])
    counted = ALL if state == ReportState.VALID else 0
    return StoredPart(0, 0, compressed, name, checksum, checksum, ReportState(state), counted=counted)
