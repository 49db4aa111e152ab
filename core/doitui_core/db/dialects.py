"""Every difference between SQLite and PostgreSQL, and nothing else.

A dialect knows how to connect, which words the schema needs, how to begin a write, and the statements that cannot be
the same on both. The rest of the core is written once.
"""

from __future__ import annotations

import fcntl
import json
import random
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager, nullcontext, suppress
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

import peewee

from doitui_core import clock
from doitui_core.db import ascii_search, database_files
from doitui_core.db.database_failures import PGPASS, no_place
from doitui_core.db.guarded import Guarded, PostgreSQLDatabase, SQLiteDatabase
from doitui_core.domain.database_urls import masked, without_passwords
from doitui_core.errors import BadInput, DatabaseNotReady, DatabaseUnavailable, Misconfigured

#: Seconds a statement waits for another writer before it gives up. A worker must outwait a slow backup.
LOCK_SECONDS = 30

#: Rows of one statement where SQLite inserts very many: it takes two thirds of the time of a statement for each.
ROWS_TOGETHER = 50

#: Rows a counter is spread over on PostgreSQL, so that writers seldom wait for each other (measured: 1,027 claims/s
#: with 16, 576 with one). SQLite has one writer anyway.
COUNTER_SLOTS = 16

SET_UP = "run `doitui init` first"

Table = TypeVar("Table", bound=peewee.Model)

#: Values in the order of their columns.
Row = Sequence[Any]


class Dialect(Protocol):
    """What the core asks of a database beyond SQL that both understand."""

    name: str
    column_types: dict[str, str]

    def connect(self, *, read_only: bool, durable: bool) -> Guarded:
        """A connection. `durable`: its commits survive a power cut. Raises `DatabaseNotReady` and others."""

    def create(self) -> None:
        """Make what must exist before the first connection (a file)."""

    def clock(self, db: Guarded) -> clock.Clock:
        """The clock that all processes share."""

    def write(self, db: Guarded, *, durable: bool) -> Any:
        """Context manager: a transaction that may write from its first statement on. `durable`: its commit survives a
        power cut, also where those of this connection do not.
        """

    def read(self, db: Guarded) -> Any:
        """Context manager: a transaction in which all reads see one state of the database."""

    def for_update(self, query: peewee.ModelSelect[Table]) -> peewee.ModelSelect[Table]:
        """`query`, its rows locked until the transaction ends."""

    @property
    def contains(self) -> Callable[[Any, str], Any]:
        """In SQL: whether a column contains a text (`ascii_search`)."""

    #: What goes behind a SELECT so that its rows are locked until the transaction ends.
    locking: str

    #: The same for rows that nobody else has locked; those of others are passed over.
    locking_free: str

    #: A query whose answer differs as soon as somebody else has committed something.
    change_query: str

    #: What goes behind an INSERT so that its cursor knows the id of the row.
    returning_id: str

    def insert_many(self, db: Guarded, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert very many rows, past peewee, whose `insert_many` takes eight times as long."""

    def insert_new(
        self, db: Guarded, table: str, columns: Sequence[str], rows: Iterator[Row], number: int, returning: str
    ) -> list[tuple[int, Any]]:
        """Insert, of `number` rows, those that no unique index has into a table with ids, inside `write`; the id and
        the column `returning` of those that were inserted.
        """

    def wait_for_locks(self, db: Guarded, seconds: float) -> None:
        """From now on this thread waits for locks of others no longer than `seconds`."""

    def lock_schema(self, db: Guarded) -> None:
        """Wait until no other process changes the schema; inside a transaction."""

    def counter_slot(self) -> int:
        """The row of a counter to add to."""

    def new_id(self, cursor: Any) -> int | None:
        """The id of the row that the statement of `cursor` has just inserted, None when it inserted none."""


class SQLite:
    """One host, many processes: WAL, one writer at a time. Methods: see `Dialect`."""

    name = "sqlite"
    column_types = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "text": "TEXT", "blob": "BLOB"}  # noqa: RUF012

    contains = staticmethod(ascii_search.by_like)
    locking = ""
    locking_free = ""
    returning_id = ""
    #: Only means something on the connection it was read on.
    change_query = "PRAGMA data_version"
    _durable = True

    def __init__(self, url: str) -> None:
        if not url.startswith("sqlite:///") or not url.removeprefix("sqlite:///"):
            raise BadInput(f"{url!r} names no file: use sqlite:///relative.db or sqlite:////absolute.db")
        self.path = Path(url.removeprefix("sqlite:///")).expanduser()
        # Threads of one process queue here in order; SQLite's own busy handler would let them sleep and poll.
        self._writer = threading.RLock()
        self._patience = float(LOCK_SECONDS)

    def create(self) -> None:
        if reason := no_place(self.path.absolute()):
            raise Misconfigured(f"database {self.path} cannot be created: {reason}")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            database_files.create(self.path)
        except OSError as error:
            raise Misconfigured(f"database {self.path} cannot be created: {error.strerror}") from error
        # The mode is kept in the file. One process at a time: two that switch at the same time get "locked" at once.
        with self.path.open("rb") as file, closing(sqlite3.connect(self.path, timeout=LOCK_SECONDS)) as connection:
            fcntl.flock(file, fcntl.LOCK_EX)
            with suppress(sqlite3.DatabaseError):  # reported better by whoever opens it
                connection.execute("PRAGMA journal_mode=wal")

    def connect(self, *, read_only: bool, durable: bool) -> Guarded:
        if reason := no_place(self.path.absolute()):
            raise DatabaseUnavailable(f"sqlite:///{self.path} cannot be used: {reason}")
        if not self.path.exists():
            raise DatabaseNotReady(f"Database {self.path} does not exist: {SET_UP}")
        # Each thread of the screens has a connection: what only reads leaves the caching to the system.
        pragmas: list[tuple[str, Any]] = [("foreign_keys", 1), ("cache_size", -3_000 if read_only else -32_000)]
        if read_only:
            # mode=ro besides query_only: the last reader must not write the WAL back; a dry run changes no byte.
            file = f"file:{quote(str(self.path.absolute()))}?mode=ro"
            return self._guarded(file, uri=True, pragmas=[*pragmas, ("query_only", 1)])
        # NORMAL survives the death of a process; only FULL survives a power cut, and costs an fsync for each commit.
        # Copied into the file every 16 MB, not every 4: what is written often is then copied once.
        pragmas += [("synchronous", "FULL" if durable else "NORMAL"), ("wal_autocheckpoint", 4_000)]
        self._durable = durable
        return self._guarded(str(self.path), pragmas=pragmas)

    def _guarded(self, name: str, **options: Any) -> Guarded:
        made = SQLiteDatabase(name, timeout=LOCK_SECONDS, **options)
        made.url = made.place = f"sqlite:///{self.path}"
        made.file = str(self.path.absolute())
        return made

    def clock(self, db: Guarded) -> clock.Clock:
        return clock.system

    @contextmanager
    def write(self, db: Guarded, *, durable: bool) -> Iterator[None]:
        # IMMEDIATE: a transaction that reads first and writes later fails at once when another has written in between.
        if not self._writer.acquire(timeout=self._patience):
            raise DatabaseUnavailable(f"{db.place} cannot be used: database is locked: try again")
        try:
            at_once = durable and not self._durable and not db.in_transaction()
            with self._synchronous(db) if at_once else nullcontext(), db.atomic("IMMEDIATE"):
                yield
        finally:
            self._writer.release()

    @contextmanager
    def _synchronous(self, db: Guarded) -> Iterator[None]:
        db.execute_sql("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            db.execute_sql("PRAGMA synchronous = NORMAL")

    def read(self, db: Guarded) -> Any:
        return db.atomic()

    def for_update(self, query: peewee.ModelSelect[Table]) -> peewee.ModelSelect[Table]:
        return query

    def insert_many(self, db: Guarded, table: str, columns: Sequence[str], rows: Sequence[Row]) -> None:
        statement, one = f"INSERT INTO {table} ({', '.join(columns)}) VALUES ", f"({', '.join('?' * len(columns))})"
        cursor, whole = db.driver_cursor(), len(rows) - len(rows) % ROWS_TOGETHER
        together = (chain.from_iterable(rows[at : at + ROWS_TOGETHER]) for at in range(0, whole, ROWS_TOGETHER))
        with db.guard():
            cursor.executemany(statement + ", ".join([one] * ROWS_TOGETHER), map(tuple, together))
            cursor.executemany(statement + one, rows[whole:])

    def insert_new(
        self, db: Guarded, table: str, columns: Sequence[str], rows: Iterator[Row], number: int, returning: str
    ) -> list[tuple[int, Any]]:
        marks = ", ".join([f"({', '.join('?' * len(columns))})"] * number)
        # Ids only grow, and nobody else writes meanwhile. RETURNING came with SQLite 3.35, Red Hat 9 has 3.34.
        statement = f"INSERT INTO {table} ({', '.join(columns)}) VALUES {marks} ON CONFLICT DO NOTHING"
        given = list(rows)
        cursor = db.execute_sql(statement, [value for row in given for value in row])
        if cursor.rowcount == number:
            at, last = list(columns).index(returning), cursor.lastrowid
            return [(id_, row[at]) for id_, row in zip(range(last - number + 1, last + 1), given, strict=True)]
        # A row that is not inserted may use up an id.
        newest = f"SELECT id, {returning} FROM {table} ORDER BY id DESC LIMIT ?"
        return list(reversed(db.execute_sql(newest, (max(cursor.rowcount, 0),)).fetchall()))

    def wait_for_locks(self, db: Guarded, seconds: float) -> None:
        self._patience = seconds
        db.execute_sql(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def lock_schema(self, db: Guarded) -> None:
        """A write transaction is alone already."""

    def counter_slot(self) -> int:
        return 0

    def new_id(self, cursor: Any) -> int | None:
        return int(cursor.lastrowid) if cursor.rowcount > 0 else None


#: Any number, as long as it is always the same: ours among the server's advisory locks.
SCHEMA_LOCK = 0x646F69747569

#: Rows for which four trips to the server cost less than what an INSERT takes longer than a COPY.
WORTH_A_COPY = 50


class PostgreSQL:
    """Several hosts share one server and its clock. Methods: see `Dialect`."""

    name = "postgresql"
    #: Byte order on text, so that keys compare as they do in SQLite and in Python.
    column_types = {  # noqa: RUF012
        "serial": "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        "text": 'TEXT COLLATE "C"',
        "blob": "BYTEA",
    }

    contains = staticmethod(ascii_search.lowered)
    locking = " FOR UPDATE"
    locking_free = " FOR UPDATE SKIP LOCKED"
    returning_id = " RETURNING id"
    #: Names every transaction that has ended.
    change_query = "SELECT pg_current_snapshot()::text"
    _durable = True

    def __init__(self, url: str) -> None:
        self.url = url
        # libpq takes what follows an @ or / for the host and would name it in its errors: part of a password, perhaps.
        if not re.fullmatch(r"\w+://([^/?@]*@)?[^/?@]*/[^/?]+(\?.*)?", url):
            raise BadInput(
                f"{masked(url)!r} names no database: use postgresql://user@host/name (the password: {PGPASS})"
            )

    def create(self) -> None:
        """A database of a server is made by its owner (`createdb`)."""

    def connect(self, *, read_only: bool, durable: bool) -> Guarded:
        try:
            import psycopg
        except ImportError as error:
            raise Misconfigured("PostgreSQL needs the extra: pip install 'doitui[postgres]'") from error
        try:
            given = psycopg.conninfo.conninfo_to_dict(self.url)
        except psycopg.ProgrammingError as error:
            reason = without_passwords(" ".join(str(error).split()), self.url)
            raise BadInput(
                f"{masked(self.url)!r} is not a PostgreSQL URL: {reason} (%40 for @; the password: {PGPASS})"
            ) from None  # it quotes the password
        # Not compiled: that takes 50 ms, a statement 5. Scanned from the start: the first rows are always the same.
        options = [str(given.pop("options", "")), "-c jit=off -c synchronize_seqscans=off"]
        options.append(f"-c lock_timeout={LOCK_SECONDS}s")
        self._durable = durable
        if read_only:
            options.append("-c default_transaction_read_only=on")
        if not durable:
            # As SQLite's NORMAL: after a crash of the server the last commits may be missing, nothing is torn.
            options.append("-c synchronous_commit=off")
        name = str(given.pop("dbname"))
        settings: dict[str, Any] = {"connect_timeout": 10, **given, "options": " ".join(options).strip()}
        made = PostgreSQLDatabase(name, prefer_psycopg3=True, **settings)
        made.url, made.place = self.url, masked(self.url)
        return made

    def clock(self, db: Guarded) -> clock.Clock:
        def ask() -> datetime:
            (moment,) = db.execute_sql("SELECT clock_timestamp()").fetchone()
            assert isinstance(moment, datetime)
            return moment.astimezone(UTC)

        return clock.ServerClock(ask)

    @contextmanager
    def write(self, db: Guarded, *, durable: bool) -> Iterator[None]:
        more, outermost = durable and not self._durable, not db.in_transaction()
        with db.atomic(**{"durable": True} if more and outermost else {}):
            if more and not outermost:
                db.execute_sql(PostgreSQLDatabase.DURABLE)
            yield

    @contextmanager
    def read(self, db: Guarded) -> Iterator[None]:
        outermost = not db.in_transaction()
        with db.atomic():
            if outermost:
                # Else every statement would see its own state.
                db.execute_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield

    def for_update(self, query: peewee.ModelSelect[Table]) -> peewee.ModelSelect[Table]:
        return query.for_update()

    def insert_many(self, db: Guarded, table: str, columns: Sequence[str], rows: Iterable[Row]) -> None:
        statement = f"COPY {table} ({', '.join(columns)}) FROM STDIN"
        with db.guard(), db.driver_cursor().copy(statement) as copy:
            for row in rows:
                copy.write_row(row)

    def insert_new(
        self, db: Guarded, table: str, columns: Sequence[str], rows: Iterator[Row], number: int, returning: str
    ) -> list[tuple[int, Any]]:
        if number < WORTH_A_COPY:
            return self._insert_those_new(db, table, columns, rows, returning)
        sent: list[Row] = []

        def sending() -> Iterator[Row]:
            for id_, row in zip(ids, rows, strict=True):
                sent.append(row)
                yield id_, *row

        drawing = f"SELECT nextval(pg_get_serial_sequence('{table}', 'id')) FROM generate_series(1, %s)"
        ids = [id_ for (id_,) in db.execute_sql(drawing, (number,)).fetchall()]
        try:
            # Half the time of an INSERT, and the server works while rows are made. But it is all of them or none.
            with db.atomic():
                self.insert_many(db, table, ["id", *columns], sending())
        except peewee.IntegrityError:
            return self._insert_those_new(db, table, columns, chain(sent, rows), returning)
        at = list(columns).index(returning)
        return [(id_, row[at]) for id_, row in zip(ids, sent, strict=True)]

    def _insert_those_new(
        self, db: Guarded, table: str, columns: Sequence[str], rows: Iterable[Row], returning: str
    ) -> list[tuple[int, Any]]:
        # One parameter instead of thousands, which psycopg would look for one by one. NULL::record is another type.
        names, values = ", ".join(columns), json.dumps([dict(zip(columns, row, strict=True)) for row in rows])
        source = f"json_populate_recordset((SELECT t FROM {table} t LIMIT 0), %s)"
        statement = f"INSERT INTO {table} ({names}) SELECT {names} FROM {source}"
        statement += f" ON CONFLICT DO NOTHING RETURNING id, {returning}"
        return list(db.execute_sql(statement, (values,)).fetchall())

    def wait_for_locks(self, db: Guarded, seconds: float) -> None:
        db.execute_sql(f"SET lock_timeout = {round(seconds * 1000)}")

    def lock_schema(self, db: Guarded) -> None:
        # An advisory lock: there may be no table yet, and CREATE TABLE IF NOT EXISTS fails when two do it at once.
        db.execute_sql("SELECT pg_advisory_xact_lock(%s)", (SCHEMA_LOCK,))

    def counter_slot(self) -> int:
        return random.randrange(COUNTER_SLOTS)

    def new_id(self, cursor: Any) -> int | None:
        row = cursor.fetchone()
        return int(row[0]) if row else None


#: By the scheme of the URL.
DIALECTS: dict[str, Callable[[str], Dialect]] = {"sqlite": SQLite, "postgresql": PostgreSQL, "postgres": PostgreSQL}


def for_url(url: str) -> Dialect:
    """The dialect of a database URL. Raises `BadInput` for any other scheme."""
    scheme = url.partition(":")[0]
    if scheme not in DIALECTS:
        raise BadInput(
            f"{masked(url)!r} is not a database URL: use sqlite:///file.db or postgresql://user@host/name"
            f" (the password: {PGPASS})"
        )
    return DIALECTS[scheme](url)
