"""peewee's databases, whose errors are ours: whatever is asked of the database, in or outside of a transaction, ends
with `DatabaseUnavailable` and one line where the database cannot be used.

What they mend besides: SQLite undoes a transaction by itself when the disk is full, and a second ROLLBACK would take
the place of the error; a connection to PostgreSQL that was lost is given back, and the next statement opens another.
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

import peewee

from doitui_core.db import database_failures
from doitui_core.domain.database_urls import without_passwords
from doitui_core.errors import DatabaseReplaced, DatabaseUnavailable, DiskFull

#: Errors that speak of the data or of a statement, not of the database.
PASSED_ON = (peewee.IntegrityError, peewee.DataError, peewee.NotSupportedError)

#: What PostgreSQL counts among the errors of a statement, though the database is to blame: a role without the rights it
#: needs, and a table that somebody dropped.
OF_THE_DATABASE = ("42501", "42P01")


#: SQLite's codes for a statement that is wrong, or used wrongly.
MISTAKES = (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_RANGE)


class _ClosedWithThread:
    """Closes a connection when the thread that has it ends: threads of a script need not think of it."""

    def __init__(self, connection: Any) -> None:
        self._connection, self._process = connection, os.getpid()

    def __del__(self) -> None:
        if os.getpid() == self._process:  # not in a fork, which shares the socket
            with suppress(Exception):
                self._connection.close()


class Guarded(peewee.Database):
    """What both have in common. `url` and `place`: as it was given, and as it may be shown."""

    url = place = ""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._of_thread = threading.local()
        super().__init__(*arguments, **options)

    @contextmanager
    def guard(self) -> Iterator[None]:
        """For what goes to the driver itself: its errors as ours."""
        try:
            with peewee.__exception_wrapper__:  # type: ignore[attr-defined]
                yield
        except peewee.PeeweeException as error:
            self.fail(error)

    def driver_cursor(self) -> Any:
        """For what peewee cannot do; to be used inside `guard`."""
        return self.connection().cursor()  # type: ignore[no-untyped-call]

    def execute_sql(self, sql: str, params: Any = None) -> Any:
        try:
            return super().execute_sql(sql, params)  # type: ignore[no-untyped-call]
        except peewee.PeeweeException as error:
            self.fail(error)

    def connect(self, reuse_if_open: bool = False) -> Any:
        with self.guard():
            opened = super().connect(reuse_if_open)
        self._of_thread.closing = _ClosedWithThread(self.connection())  # type: ignore[no-untyped-call]
        return opened

    def begin(self, *arguments: Any, **options: Any) -> None:
        try:
            super().begin(*arguments, **options)
        except peewee.PeeweeException as error:
            self.fail(error)

    def commit(self) -> None:
        try:
            super().commit()
        except peewee.PeeweeException as error:
            self.fail(error)

    def rollback(self) -> None:
        """Nothing where the database has undone it already: the error that made it do so is the one to be told."""
        if self.is_begun():
            with self.guard():
                super().rollback()
        self._give_back_lost()

    def savepoint(self) -> Any:
        return _Savepoint(self)

    def fail(self, error: Exception) -> NoReturn:
        """Raise `error` as `explained` has it."""
        found = self.explained(error)
        if found is error:
            raise error
        raise found from error

    def explained(self, error: Exception) -> Exception:
        """`error` as one of ours if it says that the database cannot be used, else as it is."""
        if isinstance(error, PASSED_ON) or not self._is_of_the_database(error):
            return error
        found = database_failures.original(error)
        line = f"{self.place} cannot be used: {without_passwords(self.reason(found), self.url)}"
        full = self.is_disk_full(found)
        self._give_back_lost()
        return DiskFull(line) if full else DatabaseUnavailable(line)

    def require_same(self, *, asking: bool = True) -> None:
        """Raise `DatabaseReplaced` where this is another database than at the first call, or none any more.

        `asking`: also where that costs a statement.
        """
        raise NotImplementedError

    def is_begun(self) -> bool:
        """Whether the database itself is inside a transaction."""
        raise NotImplementedError

    def is_lost(self) -> bool:
        """Whether the connection is gone for good."""
        return False

    def is_disk_full(self, error: Exception) -> bool:
        return database_failures.is_disk_full(error)

    def reason(self, error: Exception) -> str:
        """The driver's `error` in words, with what to do."""
        raise NotImplementedError

    def _is_of_the_database(self, error: Exception) -> bool:
        return not isinstance(error, peewee.ProgrammingError)

    def _give_back_lost(self) -> None:
        if not self.is_closed() and self.is_lost() and not self.in_transaction():
            with suppress(peewee.PeeweeException):
                self.close()


class _Savepoint(peewee._savepoint):
    def rollback(self, begin: bool = True) -> None:
        """Nothing where the whole transaction is over already."""
        if self.db.is_begun():
            super().rollback(begin)


class SQLiteDatabase(Guarded, peewee.SqliteDatabase):
    """`file`: where it is.

    A file that was moved away or deleted can still be written, and all of it is lost: so each transaction looks whether
    its file is still in its place, which takes some microseconds.
    """

    file = Path()
    _is: tuple[int, int] | None = None

    def connect(self, reuse_if_open: bool = False) -> Any:
        if self._is is not None:
            self.require_same()  # also because SQLite would make a file where there is none
        connected = super().connect(reuse_if_open)
        self._is = self._is or self._in_place()
        return connected

    def begin(self, *arguments: Any, **options: Any) -> None:
        self.require_same()
        super().begin(*arguments, **options)

    def close(self) -> Any:
        """Nothing is closed where the file is another one: SQLite would take away the new one's log (`-wal`)."""
        if self._is in (None, self._in_place()) or self.is_closed():
            return super().close()
        state: Any = self._state  # type: ignore[attr-defined] # peewee's own, of this thread
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(state.conn))
        state.reset()
        return True

    def require_same(self, *, asking: bool = True) -> None:
        found = self._in_place()
        if found is None:
            raise DatabaseReplaced(f"{self.place} is gone: it was moved or deleted; restore it and start this again")
        if found != self._is:
            told = "is another file than at the beginning (a backup was restored?): start this again"
            raise DatabaseReplaced(f"{self.place} {told}")

    def _in_place(self) -> tuple[int, int] | None:
        """Which file is in the place of ours; None for none."""
        try:
            found = os.stat(self.file)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def is_begun(self) -> bool:
        return not self.is_closed() and bool(self.connection().in_transaction)  # type: ignore[no-untyped-call]

    def is_disk_full(self, error: Exception) -> bool:
        return database_failures.is_disk_full(error, self.file)

    def reason(self, error: Exception) -> str:
        return database_failures.from_sqlite(error, self.file)

    def _is_of_the_database(self, error: Exception) -> bool:
        """Not a statement or a value that is wrong, which is a mistake of ours."""
        found = database_failures.original(error)
        mistake = getattr(found, "sqlite_errorcode", None) in (None, *MISTAKES)
        return super()._is_of_the_database(error) and (not mistake or str(found).startswith(database_failures.NO_TABLE))


class PostgreSQLDatabase(Guarded, peewee.PostgresqlDatabase):
    """psycopg 3."""

    #: Set before the first statement of a transaction whose commit waits for the disk.
    DURABLE = "SET LOCAL synchronous_commit = on"

    #: A database, or its tables, that were dropped and made anew have other numbers.
    IDENTITY = (
        "SELECT (SELECT oid FROM pg_database WHERE datname = current_database())::bigint,"
        " to_regclass('schema_migration')::oid::bigint"
    )
    _is: tuple[Any, ...] | None = None

    def begin(self, isolation_level: str | None = None, durable: bool = False) -> None:
        if not durable:
            super().begin(isolation_level)
            return
        with self.guard():
            # One trip to the server for both.
            self.cursor().execute(  # type: ignore[no-untyped-call]
                f"BEGIN; {self.DURABLE}", prepare=False
            )

    def require_same(self, *, asking: bool = True) -> None:
        if not asking:
            return
        found = tuple(self.execute_sql(self.IDENTITY).fetchone())
        self._is = self._is or found
        if found != self._is:
            told = "is another database than at the beginning (dropped and restored?): start this again"
            raise DatabaseReplaced(f"{self.place} {told}")

    def is_begun(self) -> bool:
        return not self.is_closed() and not self.is_lost()

    def is_lost(self) -> bool:
        connection = self.connection()  # type: ignore[no-untyped-call]
        return bool(connection.closed or connection.broken)

    def reason(self, error: Exception) -> str:
        return database_failures.from_postgresql(error, lost=not self.is_closed() and self.is_lost())

    def _is_of_the_database(self, error: Exception) -> bool:
        state = getattr(database_failures.original(error), "sqlstate", None)
        return state in OF_THE_DATABASE or super()._is_of_the_database(error)
