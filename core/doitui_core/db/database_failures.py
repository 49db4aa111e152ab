"""What a database says when it cannot be used, in one line with what to do.

The errors are those of the drivers, distinguished by their codes: https://www.sqlite.org/rescode.html and
https://www.postgresql.org/docs/current/errcodes-appendix.html.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

#: Bytes below which an I/O error of SQLite is one of a full disk: it cannot make the file it shares with others.
NEARLY_NONE = 1 << 20

#: The hint where PostgreSQL does not know who we are.
PGPASS = "put it into ~/.pgpass (mode 0600) or the file PGPASSFILE names, not into the URL"

#: How psycopg begins where it has no connection at all.
UNREACHED = ("connection failed", "connection is bad", "connection timeout", "failed to resolve")

DISK_FULL = "the disk is full"

#: How SQLite, which has no code for it, begins where somebody dropped a table.
NO_TABLE = "no such table"

NOT_WHOLE = "this is not a complete doitui database: use another one, or restore a backup"


def is_disk_full(error: BaseException, path: Path | None = None) -> bool:
    """Whether the driver's `error` says that nothing more can be written; `path`: the file of SQLite."""
    if isinstance(error, sqlite3.Error):
        code = _sqlite_code(error)
        if code == sqlite3.SQLITE_FULL:
            return True
        hidden = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY)
        return code in hidden and path is not None and _free(path.parent) < NEARLY_NONE
    return getattr(error, "sqlstate", None) == "53100"


def from_sqlite(error: BaseException, path: Path) -> str:
    """The reason and what to do, for an `error` of sqlite3 about the file at `path`."""
    text = " ".join(str(error).split()) or type(error).__name__
    if is_disk_full(error, path):
        return f"{DISK_FULL} ({text}): free space in {path.parent}"
    hint = NOT_WHOLE if text.startswith(NO_TABLE) else _sqlite_hint(_sqlite_code(error), path)
    return f"{text}: {hint}" if hint else text


def from_postgresql(error: BaseException, *, lost: bool) -> str:
    """The same for an `error` of psycopg; `lost`: the connection is gone."""
    text = (str(error).strip().splitlines() or [type(error).__name__])[0].strip()
    if is_disk_full(error):
        return f"{DISK_FULL} on the server ({text}): free space there"
    hint = _postgresql_hint(getattr(error, "sqlstate", None) or "", str(error), lost)
    return f"{text}: {hint}" if hint else text


def no_place(path: Path) -> str:
    """Why there can be no database file at `path`, with what to do; empty where there can, or is one."""
    try:
        for parent in path.parents:
            if parent.exists() and not parent.is_dir():
                return f"{parent} is a file, not a directory: use another path"
        if path.is_dir():
            return f"it is a directory: name a file in it, such as sqlite:///{path / 'doitui.db'}"
        return "it is not a regular file: use another path" if path.exists() and not path.is_file() else ""
    except PermissionError as error:
        return f"this user may not look into {Path(error.filename).parent}: chmod or chown it"
    except (OSError, ValueError) as error:
        return f"{getattr(error, 'strerror', None) or error}: name another file"


def _sqlite_code(error: BaseException) -> int:
    """The primary code; 0 where there is none."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


def _sqlite_hint(code: int, path: Path) -> str:
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH):
        return _permission_hint(path)
    return {
        sqlite3.SQLITE_BUSY: "another program is writing to it: retry, or stop that program",
        sqlite3.SQLITE_LOCKED: "another program is writing to it: retry, or stop that program",
        sqlite3.SQLITE_NOTADB: "use another file, or move this one away and run `doitui init`",
        sqlite3.SQLITE_CORRUPT: "the file is damaged: restore a backup",
        sqlite3.SQLITE_IOERR: f"check the disk and the file system of {path.parent}",
    }.get(code, "")


def _permission_hint(path: Path) -> str:
    """What this user may not do. A database in WAL mode needs two files next to it, also where it is only read."""
    if path.is_file() and not os.access(path, os.R_OK):
        return f"this user may not read the file: chmod or chown {path}"
    if not os.access(path.parent, os.W_OK | os.X_OK):
        return (
            f"this user may not write to the directory {path.parent}, where SQLite needs {path.name}-wal and"
            f" {path.name}-shm even to read: make it writable, or copy the database to one that is"
        )
    files = (path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm"))
    closed = [str(one) for one in files if one.exists() and not os.access(one, os.W_OK)]
    return f"this user may not write to {' or '.join(closed)}: chmod or chown" if closed else ""


def _postgresql_hint(state: str, text: str, lost: bool) -> str:
    if state.startswith("28") or "password" in text:
        return f"check the role and its password; {PGPASS}"
    if text.startswith(UNREACHED):
        return "check that the server runs and the URL is right"
    if lost:
        return "the connection was lost: check that the server runs, then retry"
    return {
        "42501": "its owner must GRANT this role what it needs",
        "42P01": NOT_WHOLE,
        "25006": "the server is read-only: use the primary server",
        "53300": "the server has too many connections: end some, or raise max_connections",
        "55P03": "another program holds a lock: retry",
        "57014": "the statement was cancelled: retry",
    }.get(state, "")


def _free(directory: Path) -> int:
    try:
        return shutil.disk_usage(directory).free
    except OSError:
        return NEARLY_NONE


def original(error: Any) -> Any:
    """The driver's error inside one of peewee's."""
    while (inner := getattr(error, "orig", None)) is not None:
        error = inner
    return error
