"""Events and usage reports in SQLite: in the sandbox's state file, or in a temporary file that is deleted at the end.

One connection, one transaction at a time. A month's report makes hundreds of thousands of events, too many for the
memory.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from doitui.web.common.refusals import refusal
from doitui.web.common.times import timestamp

if TYPE_CHECKING:
    from doitui.web.dois.state_file import StateFile

# DataCite's index takes the first 191 characters of each part and ignores case (datacite-api.md 3.2).
_SCHEMA = """
CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uuid TEXT NOT NULL COLLATE NOCASE UNIQUE,
    subj_id TEXT NOT NULL, obj_id TEXT NOT NULL, source_id TEXT NOT NULL, relation_type_id TEXT NOT NULL,
    source_token TEXT NOT NULL, message_action TEXT NOT NULL, license TEXT NOT NULL, total INTEGER NOT NULL,
    occurred_at TEXT NOT NULL, created TEXT NOT NULL, updated TEXT NOT NULL, subj TEXT NOT NULL, obj TEXT NOT NULL,
    subj_prefix TEXT, obj_prefix TEXT, subj_registrant TEXT, obj_registrant TEXT, citation_type TEXT,
    source_doi TEXT, target_doi TEXT, source_relation_type_id TEXT, target_relation_type_id TEXT
);
CREATE UNIQUE INDEX IF NOT EXISTS event_key ON event (
    substr(subj_id, 1, 191) COLLATE NOCASE, substr(obj_id, 1, 191) COLLATE NOCASE,
    substr(source_id, 1, 191) COLLATE NOCASE, substr(relation_type_id, 1, 191) COLLATE NOCASE
);
CREATE INDEX IF NOT EXISTS event_obj ON event (obj_id);
CREATE INDEX IF NOT EXISTS event_updated ON event (updated, number);
CREATE TABLE IF NOT EXISTS event_mention (
    doi TEXT NOT NULL, event INTEGER NOT NULL REFERENCES event (number), PRIMARY KEY (doi, event)
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS event_mention_event ON event_mention (event);
CREATE TABLE IF NOT EXISTS report (
    number INTEGER PRIMARY KEY AUTOINCREMENT, uid TEXT NOT NULL COLLATE NOCASE UNIQUE, client TEXT NOT NULL,
    created_by TEXT NOT NULL, year INTEGER NOT NULL, month INTEGER NOT NULL, url TEXT NOT NULL,
    header TEXT NOT NULL, datasets BLOB, state TEXT, UNIQUE (created_by, month, year)
);
CREATE TABLE IF NOT EXISTS report_subset (
    number INTEGER PRIMARY KEY AUTOINCREMENT, report INTEGER NOT NULL REFERENCES report (number),
    checksum TEXT NOT NULL, gzip BLOB NOT NULL, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS report_subset_report ON report_subset (report);
"""


# Kibibytes: the indexes of a month's events are written all over, and SQLite's 2 MB would go to the disk for each.
_CACHE = 64 * 1024


class UsageDatabase:
    """The tables. With a state file they live in it and share its connection and lock."""

    def __init__(self, file: StateFile | None = None, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._is_own = file is None
        self._connection = (
            file.connection if file else sqlite3.connect("", isolation_level=None, check_same_thread=False)
        )
        self._lock = file.lock if file else threading.RLock()
        with self._lock:
            self._connection.execute(f"PRAGMA cache_size = -{_CACHE}")
            self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises 409 when a unique index rejects a row."""
        with self._lock:
            try:
                with self._connection:
                    self._connection.execute("BEGIN")
                    yield self._connection
            except sqlite3.IntegrityError:
                raise refusal(409) from None

    def read(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        """The rows of one SELECT, as tuples."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def now(self) -> str:
        """The time, as DataCite writes it."""
        return timestamp(self._clock())

    def close(self) -> None:
        """Close and delete a temporary file; a state file is closed by its owner."""
        if self._is_own:
            self._connection.close()
