"""Back up the database while it is in use, and put a backup back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import peewee

from doitui_core import clock
from doitui_core.db import audit, backup_notes, database, dialects, postgresql_backup, sqlite_backup
from doitui_core.db.models import Audit
from doitui_core.errors import DatabaseNotReady, DatabaseUnavailable
from doitui_core.operations import mark_restored

Step = Callable[[int, int], object]


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified backup. `noted`: its time is in the database, for the doctor."""

    place: Path
    schema: int
    size: int
    noted: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """A database that was put back. `replaced`: where the one before is, empty if there was none; `dois`: how many are
    checked at DataCite; `mails`: how many that waited are discarded; `steps`: of the schema, for a backup of an older
    doitui.
    """

    replaced: str
    backed_up_at: datetime
    dois: int
    mails: int
    steps: tuple[str, ...] = ()


def back_up(url: str, place: Path, *, actor: str, force: bool = False, step: Step = lambda done, total: None) -> Backup:
    """Write a backup of the database at `url`, which must be of this schema, to `place`.

    `step(done, total)`: numbers of pages, on SQLite. Raises as `sqlite_backup.copy` and `postgresql_backup.dump`.
    """
    place = place.absolute()
    database.open(url)
    # Before the copy, so that the copy knows how old it is.
    act = _begin(actor, str(place))
    dialect = database.current().dialect
    if isinstance(dialect, dialects.SQLite):
        number = sqlite_backup.copy(dialect.path.absolute(), place, force=force, step=step)
    else:
        number = postgresql_backup.dump(url, place, force=force)
    size = place.stat().st_size
    if act is not None:
        with database.write():
            audit.note(actor, backup_notes.ACTION, str(place), f"{size} bytes, schema {number}, verified", act=act)
    return Backup(place, number, size, act is not None)


def _begin(actor: str, place: str) -> Audit | None:
    """The note of the backup; None where this user may only read the database."""
    try:
        with database.write():
            return audit.note(actor, backup_notes.ACTION, place, backup_notes.BEGUN)
    except DatabaseUnavailable:
        return None


def restore(url: str, source: Path, *, actor: str) -> Restored:
    """Make the backup at `source` the database at `url`, and queue a check of each of its DOIs at DataCite.

    The database before stays under another name. Raises `Refused` while workers run or anybody has it open,
    `BadInput` for a file that is no whole backup, `DatabaseNotReady` for one of a newer doitui.
    """
    dialect = dialects.for_url(url)
    _refuse_workers(url)
    found: list[Restored] = []

    def prepare(restored: str) -> None:
        steps = database.create(restored)
        found.append(_marked(actor, steps))
        database.close()

    at = clock.system()
    if isinstance(dialect, dialects.SQLite):
        kept = sqlite_backup.put_back(source, dialect.path.absolute(), at, prepare)
        replaced = str(kept or "")
    else:
        replaced = f"schema {postgresql_backup.put_back(source, url, at, prepare)}"
    return Restored(replaced, found[0].backed_up_at, found[0].dois, found[0].mails, found[0].steps)


def verify(url: str, source: Path) -> int:
    """The schema number of the backup at `source`, for the database at `url`. Raises as `restore`."""
    _refuse_workers(url)
    if isinstance(dialects.for_url(url), dialects.SQLite):
        return sqlite_backup.verify(source)
    return postgresql_backup.verify(source)


def mark(url: str, *, actor: str) -> Restored:
    """The database at `url` was put back by other means (`cp`, `pg_restore`, a snapshot): queue the checks of its DOIs.

    Raises `Refused` while workers run, and as `database.open`.
    """
    database.open(url)
    return _marked(actor, [])


def _marked(actor: str, steps: list[str]) -> Restored:
    backed_up_at = mark_restored.newest_time()
    marked = mark_restored.mark(actor=actor)
    return Restored("", backed_up_at, marked.dois, marked.mails, tuple(steps))


def _refuse_workers(url: str) -> None:
    """Raise `Refused` while workers run; a database that cannot be read has none that could work."""
    try:
        with suppress(DatabaseNotReady, DatabaseUnavailable, peewee.PeeweeException):
            database.open(url, read_only=True)
            mark_restored.refuse_workers()
    finally:
        database.close()
