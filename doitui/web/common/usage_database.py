"""Usage reports in SQLite: in the sandbox's state file, or in a temporary file that is deleted at the end.

One connection, one transaction at a time.
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

_SCHEMA = """
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
            self._connection.executescript(_SCHEMA)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing. Raises 409 when a unique index rejects a row."""
        with self._lock:
            try:
                with self._connection:
                    self._connection.execute("BEGIN IMMEDIATE")
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
