"""Where the tables `hub_…` are: the hub's in the archive's database, the sandbox's in a file of its own.

The archive's database is one a process (`db.database`), and a sandbox may run in that process; so the store is always
passed the database it works on. Queries of peewee run on it by `query.execute(hub.db)`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from doitui_core import clock as clocks
from doitui_core.db import database, dialects, migrations
from doitui_core.db.dialects import Dialect
from doitui_core.db.guarded import Guarded

#: The names of the migrations that make these tables begin with it.
TABLES = "hub_"


class HubDatabase:
    """A database with the tables of the hub. Every thread has its own connection.

    `write()` is a transaction, in a nested call a savepoint; `read()` gives several reads one consistent view.
    """

    def __init__(
        self,
        db: Guarded,
        dialect: Dialect,
        clock: clocks.Clock,
        write: Callable[[], AbstractContextManager[None]],
        folder: TemporaryDirectory[str] | None = None,
    ) -> None:
        self.db = db
        self.dialect = dialect
        self.write = write
        self._clock = clock
        self._folder = folder

    def read(self) -> AbstractContextManager[Any]:
        """One consistent view for several reads."""
        return self.dialect.read(self.db)  # type: ignore[no-any-return]

    def execute(self, statement: str, values: Sequence[Any] = ()) -> Any:
        """The cursor of a plain statement; `{p}` stands for a value."""
        return self.db.execute_sql(statement.format(p=self.db.param), values)

    def execute_many(self, statement: str, rows: Sequence[Sequence[Any]]) -> None:
        """Run a plain statement for each of `rows`, inside `write()`; `{p}` stands for a value."""
        if rows:
            with self.db.guard():
                self.db.driver_cursor().executemany(statement.format(p=self.db.param), rows)

    def now(self) -> str:
        """The time as DataCite writes it: `2026-11-20T10:00:00.000Z`."""
        return self._clock().isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def close(self) -> None:
        """Close this thread's connection and delete a temporary file. Other threads have ended by then."""
        if not self.db.is_closed():
            self.db.close()
        if self._folder:
            self._folder.cleanup()


def archive() -> HubDatabase:
    """The tables in the database that is open (`db.database.open`)."""
    opened = database.current()
    return HubDatabase(opened.db, opened.dialect, opened.clock, database.write)


def own(path: Path | None = None, clock: clocks.Clock = clocks.system) -> HubDatabase:
    """The tables in a SQLite file of their own, made where it is missing; without `path` in a temporary one.

    Raises `Misconfigured` where the file cannot be created, `DatabaseNotReady` where a newer version made it.
    """
    folder = None if path else TemporaryDirectory(prefix="doitui-sandbox-")
    file = Path(folder.name, "hub.db") if folder else path
    dialect = dialects.for_url(f"sqlite:///{file}")
    dialect.create()
    db = dialect.connect(read_only=False, durable=False)

    @contextmanager
    def write() -> Iterator[None]:
        with dialect.write(db, durable=False):
            yield

    migrations.upgrade(db, dialect, clock, TABLES)
    return HubDatabase(db, dialect, clock, write, folder)
