"""Copies of a SQLite database while it is in use, and putting one back (https://www.sqlite.org/backup.html).

A file copied by `cp` while somebody writes lacks what is in the `-wal` file, or is torn: the backup API is not.
"""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from doitui_core.db import database_files, migrations
from doitui_core.errors import BadInput, DatabaseUnavailable, Refused

#: Pages copied between two calls of `step`: 4 MB.
PAGES = 1_000

#: Seconds to wait for others: a backup that waits longer is one that somebody should look at.
PATIENCE = 30.0

Step = Callable[[int, int], object]


def copy(source: Path, place: Path, *, force: bool = False, step: Step = lambda done, total: None) -> int:
    """Copy the database at `source` to the new file `place` (mode 0600) and verify the copy; its schema number.

    `force`: replace a file at `place`. `step(done, total)` is called with numbers of pages. Others can write meanwhile:
    the copy is the database as it was at the beginning.
    Raises `BadInput` for a place that exists or cannot be written, and as `verify`.
    """
    if place.exists() and not force:
        raise BadInput(f"{place} exists: choose another name, or replace it with --force")
    if place.exists() and (not place.is_file() or place.samefile(source)):
        raise BadInput(f"{place} cannot be replaced by a backup: name another file")
    with _draft(place) as draft:
        _copy(source, draft, step)
        number = verify(draft)
        _put(draft, place, force=force)
    return number


@contextmanager
def _draft(place: Path) -> Iterator[Path]:
    """A new file in the directory of `place`, removed afterwards unless it was renamed."""
    draft = place.with_name(f".{place.name[:80]}.{secrets.token_hex(4)}")
    try:
        os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, database_files.PRIVATE))
        yield draft
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadInput(f"{place} cannot be written: {reason}") from error
    finally:
        for path in (draft, *database_files.companions(draft)):
            path.unlink(missing_ok=True)


def _copy(source: Path, draft: Path, step: Step) -> None:
    with _reading(source) as theirs, closing(sqlite3.connect(draft, isolation_level=None)) as ours:
        try:
            # While this transaction lasts the source has one state, so that writers do not make the copy begin anew.
            theirs.execute("BEGIN")
            theirs.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
            theirs.backup(ours, pages=PAGES, progress=lambda _, left, total: step(total - left, total))
            # One file, without a -wal that could be forgotten when it is copied.
            ours.execute("PRAGMA journal_mode = DELETE")
        except sqlite3.Error as error:
            raise DatabaseUnavailable(f"{source} cannot be copied to {draft.parent}: {error}") from error
    with draft.open("rb") as file:
        os.fsync(file.fileno())


@contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    # A missing file would be created without mode=ro; a database in WAL mode needs its -shm, which mode=ro can make.
    address = f"file:{quote(str(path.absolute()))}?mode=ro"
    try:
        connection = sqlite3.connect(address, uri=True, timeout=PATIENCE, isolation_level=None)
    except sqlite3.Error as error:
        raise DatabaseUnavailable(f"{path} cannot be read: {error}") from error
    with closing(connection):
        yield connection


def verify(path: Path) -> int:
    """The schema number of the database at `path`, if it is whole and one of doitui. Reads all of it.

    Raises `BadInput` where it is not, `DatabaseNotReady` for one of a newer doitui.
    """
    if not path.is_file():
        raise BadInput(f"{path} is not a file: name a backup that `doitui backup` has made")
    with _reading(path) as connection:
        try:
            (found,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if found != "ok":
                raise BadInput(f"{path} is damaged ({' '.join(str(found).split())}): use another backup")
            (number,) = connection.execute("SELECT MAX(number) FROM schema_migration").fetchone()
        except sqlite3.Error as error:
            raise BadInput(f"{path} is not a backup of doitui: {error}") from error
    return migrations.refuse_newer_number(int(number or 0), str(path))


def put_back(source: Path, path: Path, at: datetime, prepare: Callable[[str], None]) -> Path | None:
    """Make the backup at `source` the database at `path`; where the replaced database is now, None if there was none.

    `prepare` gets the URL of the restored database before it takes its place. Raises `Refused` while another program
    has the database open, `BadInput` as `verify`.
    """
    verify(source)
    path.parent.mkdir(parents=True, exist_ok=True)
    with _draft(path) as draft:
        _copy(source, draft, lambda done, total: None)
        prepare(f"sqlite:///{draft}")
        _into_one_file(draft)
        verify(draft)
        with _alone(path) as old:
            replaced = _set_aside(path, at) if old else None
            mode = path.stat().st_mode & 0o777 if path.exists() else database_files.new_mode(path.parent)
            draft.chmod(mode)
            if path.exists():
                with suppress(OSError):  # another owner: only root can give it back
                    shutil.chown(draft, path.stat().st_uid, path.stat().st_gid)
            draft.replace(path)
        database_files.sync_folder(path.parent)
    return replaced


def _into_one_file(path: Path) -> None:
    """Bring everything from the -wal into the database, whose name changes."""
    with closing(sqlite3.connect(path, timeout=PATIENCE, isolation_level=None)) as connection:
        busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if busy:
        raise DatabaseUnavailable(f"{path} is in use by another program: repeat the command")


@contextmanager
def _alone(path: Path) -> Iterator[bool]:
    """Nobody else has the database at `path` open, and nobody can begin to; whether there is one.

    One that cannot be read, which is why a backup is restored, is left as it is.
    """
    if not path.exists():
        yield False
        return
    with closing(sqlite3.connect(path, timeout=1.0, isolation_level=None)) as connection:
        try:
            # Fails while another program has the file open. The -wal, which belongs to the old file, is gone then.
            connection.execute("PRAGMA journal_mode = DELETE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise Refused(
                    f"{path} is in use: stop workers, screens and `doitui status --watch`, then repeat the command",
                    "busy",
                ) from error
        except sqlite3.DatabaseError:
            pass
        yield True


def _set_aside(path: Path, at: datetime) -> Path:
    """Give the database a second name, which it keeps; with its companions, if it has any."""
    name = f"{path.name}.replaced-{at:%Y%m%dT%H%M%S}Z"
    names = (name, *(f"{name}-{number}" for number in range(2, 1_000)))
    kept = next(found for found in map(path.with_name, names) if not found.exists())
    os.link(path, kept)
    for old, new in zip(database_files.companions(path), database_files.companions(kept), strict=True):
        if old.exists() and not old.name.endswith("-journal"):
            old.rename(new)
    return kept


def _put(draft: Path, place: Path, *, force: bool) -> None:
    """Give `draft` its name."""
    if force:
        draft.replace(place)
    else:
        try:
            os.link(draft, place)  # fails where somebody else has made the file meanwhile
        except FileExistsError as error:
            raise BadInput(f"{place} exists: choose another name, or replace it with --force") from error
    database_files.sync_folder(place.parent)
