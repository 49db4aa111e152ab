"""The sandbox's DOIs in one SQLite file, written through on every change and read once, at the start.

Events and reports live in the same file, the bodies of reports next to it in the directory `NAME-reports`. One row a
DOI, so a request costs one row, however many there are. WAL without a sync per commit: kill -9 loses nothing that was
answered, a power cut may lose the last writes, never the file.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Container, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from doitui.web.dois import old_state
from doitui.web.dois.doi_record import Doi
from doitui.web.dois.file_lock import FileLock
from doitui_core.errors import BadInput, Misconfigured
from doitui_core.hub_store import hub_database
from doitui_core.hub_store.body_storage import Directory
from doitui_core.hub_store.report_store import ReportStore

_SCHEMA = "CREATE TABLE IF NOT EXISTS doi (number INTEGER PRIMARY KEY, doi TEXT NOT NULL UNIQUE, record TEXT NOT NULL)"
# Whether links are to be made of it. Older versions made none, so all their DOIs wait.
_WAITS = "ALTER TABLE doi ADD COLUMN waits INTEGER NOT NULL DEFAULT 1"
_SAVE = (
    "INSERT INTO doi (number, doi, record, waits) VALUES (?, ?, ?, ?) ON CONFLICT (number)"
    " DO UPDATE SET record = excluded.record, waits = max(waits, excluded.waits)"
)

# SQLite's id of the program a file belongs to ("doit" in ASCII): a doitui database given by mistake is not changed.
_APPLICATION_ID = 0x646F6974

# Seconds to wait for a write of events.
_PATIENCE = 30

_FIELDS = tuple(Doi.__dataclass_fields__)


class StateFile:
    """The file; only one process at a time can open it.

    Events and reports are in `hub`, which has connections of its own, the bodies of reports in `bodies`. Use
    `connection` under `lock`, or a change joins the transaction of another thread.
    """

    def __init__(self, path: Path) -> None:
        """Raises BadInput when `path` is some other kind of file, Misconfigured when it is in use or unreachable."""
        self._in_use = _lock(path)
        try:
            # Closed again before the file is opened otherwise: closing any descriptor of a file drops all POSIX locks
            # that this process has on it, and SQLite's are of that kind.
            _claim(path)
            self.hub = hub_database.own(path)
            self.bodies = Directory(path.with_name(f"{path.name}-reports"))
            old_state.copy_events(path, self.hub)
            old_state.copy_reports(path, ReportStore(self.hub, self.bodies))
            self.connection = sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
            self.connection.execute("PRAGMA synchronous = NORMAL")
            self.connection.execute(_SCHEMA)
            if "waits" not in (row[1] for row in self.connection.execute("PRAGMA table_info (doi)")):
                self.connection.execute(_WAITS)
        except sqlite3.DatabaseError as error:
            self._in_use.release()
            raise _explain(path, error) from None
        except BaseException:
            self._in_use.release()
            raise
        self.lock = threading.RLock()

    def load(self) -> Iterator[Doi]:
        """Every DOI, in the order of creation."""
        for (record,) in self.connection.execute("SELECT record FROM doi ORDER BY number"):
            yield Doi(**json.loads(record))

    def without_links(self) -> list[int]:
        """The numbers of the DOIs whose links are to be made."""
        return [number for (number,) in self.connection.execute("SELECT number FROM doi WHERE waits ORDER BY number")]

    def linked(self, numbers: Sequence[int], excluding: Container[int]) -> None:
        """Note that their links are made, except for `excluding`, which changed again meanwhile."""
        with self.lock, self.connection:
            self.connection.execute("BEGIN IMMEDIATE")
            made = ((number,) for number in numbers if number not in excluding)
            self.connection.executemany("UPDATE doi SET waits = 0 WHERE number = ?", made)

    def save(self, doi: Doi, changes_links: bool) -> None:
        """Insert or replace one DOI; it is in the file when this returns. `changes_links`: they are to be made."""
        record = json.dumps({name: getattr(doi, name) for name in _FIELDS})
        with self.lock:
            self.connection.execute(_SAVE, (doi.number, doi.doi, record, changes_links))

    def delete(self, doi: Doi) -> None:
        """Remove one DOI."""
        with self.lock:
            self.connection.execute("DELETE FROM doi WHERE number = ?", (doi.number,))

    def close(self) -> None:
        """Merge the write-ahead log into the file and close it."""
        self.hub.close()
        self.connection.close()
        self._in_use.release()


def _lock(path: Path) -> FileLock:
    try:
        return FileLock(path.with_name(f"{path.name}-lock"))
    except BlockingIOError:
        raise Misconfigured(f"{path} is in use by another sandbox: stop that one or name another state file") from None
    except OSError as error:
        raise _unreachable(path, error.strerror) from None


def _claim(path: Path) -> None:
    with closing(sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None)) as connection:
        (mark,) = connection.execute("PRAGMA application_id").fetchone()
        (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if tables and mark != _APPLICATION_ID:
            raise sqlite3.DatabaseError("a database of another program")
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def _explain(path: Path, error: sqlite3.DatabaseError) -> Exception:
    if not isinstance(error, sqlite3.OperationalError):
        return BadInput(f"{path} is not a sandbox state file ({error}): name a new file or one the sandbox made")
    return _unreachable(path, error)


def _unreachable(path: Path, reason: object) -> Misconfigured:
    return Misconfigured(
        f"state file {path} cannot be opened ({reason}): check that its directory exists and is writable"
    )
