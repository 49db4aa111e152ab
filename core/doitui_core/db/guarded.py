"""peewee's databases with our errors: a statement that fails because the database cannot be used raises
`DatabaseUnavailable` with a one-line message.

They also fix two things: when the disk is full SQLite rolls back by itself, and a second ROLLBACK would hide the error;
a lost PostgreSQL connection is closed, and the next statement opens a new one.
"""

from __future__ import annotations

import ctypes
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NoReturn
from uuid import uuid4

import peewee

from doitui_core.db import database_failures
from doitui_core.domain.database_urls import without_passwords
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable, DiskFull

#: Errors about the data or a statement, not about the database.
PASSED_ON = (peewee.IntegrityError, peewee.DataError, peewee.NotSupportedError)

#: PostgreSQL reports these as errors of a statement: the role lacks privileges, a table was dropped.
DATABASE_STATES = ("42501", "42P01")

#: SQLite's codes for a wrong statement or a wrong use of the API.
MISTAKES = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE)

#: Translates the driver's exceptions into peewee's.
_translated = peewee.ExceptionWrapper(peewee.EXCEPTIONS)  # type: ignore[attr-defined]


class _ClosedWithThread:
    """Closes a connection when its thread ends, so that threads of a script need not do it."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._process = connection, os.getpid()

    def __del__(self) -> None:
        if os.getpid() == self._process:  # not in a fork, which shares the socket
            with suppress(Exception):
                self._connection.close()


class Guarded(peewee.Database):
    """What both have in common. `url` is the URL as given, `place` the URL without its password."""

    url = place = ""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._of_thread = threading.local()
        super().__init__(*arguments, **options)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Around direct use of the driver: its errors are raised as ours."""
        try:
            with _translated:
                yield
        except peewee.PeeweeException as error:
            self.fail(error)

    def driver_cursor(self) -> Any:
        """A cursor of the driver, for what peewee cannot do. Use it inside `guard`."""
        return self.connection().cursor()  # type: ignore[no-untyped-call]

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        """The cursor of a statement. Raises our errors."""
        try:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
        except peewee.PeeweeException as error:
            self.fail(error)

    def connect(self, reuse_if_open: bool = False) -> Any:
        """Connect this thread. Raises our errors."""
        with self.guard():
            opened = super().connect(reuse_if_open)
        self._of_thread.closing = _ClosedWithThread(self.connection())  # type: ignore[no-untyped-call]
        return opened

    def begin(self, *arguments: Any, **options: Any) -> None:
        """As peewee's. Raises our errors."""
        try:
            super().begin(*arguments, **options)
        except peewee.PeeweeException as error:
            self.fail(error)

    def commit(self) -> None:
        """As peewee's. Raises our errors."""
        try:
            super().commit()
        except peewee.PeeweeException as error:
            self.fail(error)

    def rollback(self) -> None:
        """As peewee's, unless the database has rolled back already: the first error is the one to report."""
        if self.is_begun():
            with self.guard():
                super().rollback()
        self._give_back_lost()

    @contextmanager
    def savepoint(self) -> Iterator[None]:  # type: ignore[override]
        """As peewee's, but it rolls nothing back when the whole transaction is over already."""
        name = f"s{uuid4().hex}"
        self.execute_sql(f"SAVEPOINT {name}")
        try:
            yield
            self.execute_sql(f"RELEASE SAVEPOINT {name}")
        except BaseException:
            if self.is_begun():
                self.execute_sql(f"ROLLBACK TO SAVEPOINT {name}")
            raise

    def fail(self, error: Exception) -> NoReturn:
        """Raise our error if `error` says that the database cannot be used, else `error` itself."""
        if isinstance(error, PASSED_ON) or not self._is_of_the_database(error):
            raise error
        found = database_failures.original(error)
        line = f"{self.place} cannot be used: {without_passwords(self.reason(found), self.url)}"
        full = self.is_disk_full(found)
        self._give_back_lost()
        raise (DiskFull if full else DatabaseUnavailable)(line) from error

    def require_same(self, *, asking: bool = True) -> None:
        """Raise `DatabaseReplaced` if the database is not the one of the first call, or gone.

        `asking`: also when the check costs a statement.
        """
        raise NotImplementedError

    def is_begun(self) -> bool:
        """Whether the database is inside a transaction."""
        raise NotImplementedError

    def is_lost(self) -> bool:
        """Whether the connection is gone for good."""
        return False

    def is_disk_full(self, error: Exception) -> bool:
        """Whether the driver's `error` means that the disk is full."""
        return database_failures.is_disk_full(error)

    def reason(self, error: Exception) -> str:
        """The driver's `error` as text, with what to do."""
        raise NotImplementedError

    def _is_of_the_database(self, error: Exception) -> bool:
        return not isinstance(error, peewee.ProgrammingError)

    def _give_back_lost(self) -> None:
        if not self.is_closed() and self.is_lost() and not self.in_transaction():
            with suppress(peewee.PeeweeException):
                self.close()


class SQLiteDatabase(Guarded, peewee.SqliteDatabase):
    """SQLite; `file` is its absolute path.

    A moved or deleted file can still be written, and everything written is lost. So each transaction first checks that
    the file is still in its place (a few microseconds).
    """

    file = ""
    _is: tuple[int, int] | None = None

    def connect(self, reuse_if_open: bool = False) -> Any:
        """Connect this thread. Raises `DatabaseReplaced` when the file is another one."""
        if self._is is not None:
            self.require_same()  # SQLite would create a missing file
        connected = super().connect(reuse_if_open)
        self._is = self._is or self._in_place()
        return connected

    def begin(self, *arguments: Any, **options: Any) -> None:
        """As peewee's. Raises `DatabaseReplaced` when the file is another one."""
        self.require_same()
        super().begin(*arguments, **options)

    def _close(self, conn: Any) -> None:
        """Leak the connection when the file is another one: closing it would delete the new file's `-wal`."""
        if self._is in (None, self._in_place()):
            conn.close()
        else:
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(conn))

    def require_same(self, *, asking: bool = True) -> None:
        """Raise `DatabaseReplaced` if the file is missing or another one."""
        found = self._in_place()
        if found is None:
            raise DatabaseReplaced(f"{self.place} was moved or deleted: restore it, then restart this program")
        if found != self._is:
            raise DatabaseReplaced(f"{self.place} was replaced (a backup was restored?): restart this program")

    def _in_place(self) -> tuple[int, int] | None:
        """Device and inode of the file at our path; None if there is none."""
        try:
            found = os.stat(self.file)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def is_begun(self) -> bool:
        """Whether SQLite is inside a transaction."""
        return not self.is_closed() and bool(self.connection().in_transaction)  # type: ignore[no-untyped-call]

    def is_disk_full(self, error: Exception) -> bool:
        """Whether the driver's `error` means that the disk is full."""
        return database_failures.is_disk_full(error, Path(self.file))

    def reason(self, error: Exception) -> str:
        """The driver's `error` as text, with what to do."""
        return database_failures.from_sqlite(error, Path(self.file))

    def _is_of_the_database(self, error: Exception) -> bool:
        """False for a wrong statement or value, which is a bug of doitui."""
        found = database_failures.original(error)
        mistake = getattr(found, "sqlite_errorcode", None) in (None, *MISTAKES)
        return super()._is_of_the_database(error) and (not mistake or str(found).startswith(database_failures.NO_TABLE))


class PostgreSQLDatabase(Guarded, peewee.PostgresqlDatabase):
    """psycopg 3."""

    #: Run first in a transaction whose commit must wait for the disk.
    DURABLE = "SET LOCAL synchronous_commit = on"

    #: A database or table that was dropped and created again has another oid.
    IDENTITY = (
        "SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint,"
        " to_regclass('schema_migration')::oid::bigint"
    )
    _is: tuple[Any, ...] | None = None

    def begin(self, isolation_level: str | None = None, durable: bool = False) -> None:
        """As peewee's. `durable`: the commit waits for the disk."""
        if not durable:
            super().begin(isolation_level)
            return
        with self.guard():
            # One round trip for both.
            self.cursor().execute(  # type: ignore[no-untyped-call]
                f"BEGIN; {self.DURABLE}", prepare=False
            )

    def require_same(self, *, asking: bool = True) -> None:
        """Raise `DatabaseReplaced` if the database was dropped and created again."""
        if not asking:
            return
        found = tuple(self.execute_sql(self.IDENTITY).fetchone())
        self._is = self._is or found
        if found != self._is:
            raise DatabaseReplaced(f"{self.place} was replaced (dropped and restored?): restart this program")

    def is_begun(self) -> bool:
        """Whether a transaction can still be rolled back."""
        return not self.is_closed() and not self.is_lost()

    def is_lost(self) -> bool:
        """Whether psycopg has closed or lost the connection."""
        connection = self.connection()  # type: ignore[no-untyped-call]
        return bool(connection.closed or connection.broken)

    def reason(self, error: Exception) -> str:
        """The driver's `error` as text, with what to do."""
        return database_failures.from_postgresql(error, lost=not self.is_closed() and self.is_lost())

    def _is_of_the_database(self, error: Exception) -> bool:
        state = getattr(database_failures.original(error), "sqlstate", None)
        return state in DATABASE_STATES or super()._is_of_the_database(error)
