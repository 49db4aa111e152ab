"""The open database: where it is, what time it is there, and how to write to it.

One database a process, opened once; each thread has its own connection. All that differs between SQLite and PostgreSQL
is in `dialects.py`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime

import peewee

from doitui_core import clock as clocks
from doitui_core.db import dialects, migrations
from doitui_core.db.dialects import Table
from doitui_core.db.guarded import PASSED_ON, Guarded
from doitui_core.domain.database_urls import masked, without_passwords
from doitui_core.errors import DatabaseNotReady, DatabaseUnavailable, Misconfigured

#: What the models are bound to; `open` says which database it stands for.
proxy: peewee.DatabaseProxy = peewee.DatabaseProxy()


@dataclass
class _Thread(threading.local):
    """What belongs to one thread: how deep in `write()` it is, by how much it has moved which counter, and what is to
    be done when that has committed.
    """

    depth: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    afterwards: list[Callable[[], None]] = field(default_factory=list)


@dataclass(frozen=True)
class OpenDatabase:
    """The database in use."""

    url: str
    dialect: dialects.Dialect
    db: Guarded
    clock: clocks.Clock
    read_only: bool


_thread = _Thread()
_open: OpenDatabase | None = None


def open(url: str, *, read_only: bool = False, durable: bool = True, clock: clocks.Clock | None = None) -> None:
    """Use the database at `url` (`sqlite:///file.db`, `postgresql://user:pw@host/name`) from now on, in all threads.

    `durable`: commits survive a power cut. False for workers: what they note can be found out again.
    `clock` replaces the database's own, for tests.
    Raises `DatabaseNotReady` when it is not made yet or of another schema, `DatabaseUnavailable` when it cannot be
    reached, `BadInput` for a URL that is none.
    """
    _connect(url, read_only=read_only, durable=durable, clock=clock)
    with _translated(url):
        migrations.require_current(proxy.obj)


def open_any(url: str, *, read_only: bool = False) -> None:
    """As `open`, whatever its schema: for backups and restores."""
    _connect(url, read_only=read_only, durable=True, clock=None)


def create(url: str, *, clock: clocks.Clock | None = None) -> list[str]:
    """Make the database at `url`, or upgrade it, and use it; the names of the steps taken (none: it was up to date)."""
    dialects.for_url(url).create()
    current = _connect(url, read_only=False, durable=True, clock=clock)
    with _translated(url):
        return migrations.upgrade(current.db, current.dialect, current.clock)


def pending(url: str) -> list[str]:
    """The steps `create` would take at `url`; nothing is changed."""
    try:
        _connect(url, read_only=True, durable=True, clock=None)
    except DatabaseNotReady:
        return [step.name for step in migrations.known()]
    with _translated(url):
        have = migrations.refuse_newer(proxy.obj)
    return [step.name for step in migrations.known() if step.number > have]


def _connect(url: str, *, read_only: bool, durable: bool, clock: clocks.Clock | None) -> OpenDatabase:
    global _open
    dialect = dialects.for_url(url)
    close()
    with _translated(url):
        db = dialect.connect(read_only=read_only, durable=durable)
        db.connect()
    _open = OpenDatabase(url, dialect, db, clock or dialect.clock(db), read_only)
    proxy.initialize(db)
    return _open


def close() -> None:
    """Close this thread's connection. Other threads close their own by `close_thread`."""
    global _open
    if _open is not None:
        close_thread()
        _open = None


def close_thread() -> None:
    """Give back this thread's connection; the next statement opens a new one."""
    if _open is not None and not _open.db.is_closed():
        _open.db.close()


def is_open() -> bool:
    """Whether a database was opened."""
    return _open is not None


def current() -> OpenDatabase:
    """The database in use. Raises `Misconfigured` when none was opened: a mistake of the calling program."""
    if _open is None:
        raise Misconfigured("no database is open: call doitui_core.open(url) first")
    return _open


def change_token() -> str:
    """A text that stays the same in this thread as long as nobody commits anything: one cheap question.

    Raises `DatabaseUnavailable` where the database does not answer, or is another one.
    """
    opened = current()
    opened.db.require_same(asking=False)
    # By itself: a transaction around it would be three more trips to the server, every two seconds.
    (found,) = opened.db.execute_sql(opened.dialect.change_query).fetchone()
    return str(found)


def guard() -> AbstractContextManager[None]:
    """Around a whole command: what the driver itself raises while rows are read becomes one of our errors."""
    return current().db.guard()


def require_same(*, asking: bool = True) -> None:
    """Raise `DatabaseReplaced` where the database is another one than at the beginning. Long runs ask now and then.

    `asking`: also where that costs a statement. A transaction in SQLite looks by itself.
    """
    current().db.require_same(asking=asking)


@contextmanager
def hurried(seconds: float) -> Iterator[None]:
    """Inside, this thread waits for locks of others no longer than that: its process has to end."""
    opened = current()
    opened.dialect.wait_for_locks(opened.db, seconds)
    try:
        yield
    finally:
        opened.dialect.wait_for_locks(opened.db, dialects.LOCK_SECONDS)


def now() -> datetime:
    """The time all processes of this database agree on."""
    return current().clock()


@contextmanager
def write(*, durable: bool = False) -> Iterator[None]:
    """A transaction that writes. Nested, it is a savepoint of the outer one: acts can be committed together, and one
    that fails is undone by itself.

    `durable`: this commit survives a power cut also in a worker (see `open`).
    Counters moved inside (`count`) are written last and in order of their names: short locks, and no deadlock.
    Raises `DatabaseUnavailable` when the database stays locked or is gone.
    """
    opened = current()
    before, waiting = dict(_thread.counts), len(_thread.afterwards)
    _thread.depth += 1
    try:
        with opened.dialect.write(opened.db, durable=durable):
            yield
            if _thread.depth == 1:
                _flush_counts(opened)
    except BaseException:
        _thread.counts = before
        del _thread.afterwards[waiting:]
        raise
    finally:
        _thread.depth -= 1
    if not _thread.depth:
        acts, _thread.afterwards = _thread.afterwards, []
        for act in acts:
            act()


def after_commit(act: Callable[[], None]) -> None:
    """Do `act` when the transaction at hand has committed, never when it is undone; outside of one, now."""
    if in_write():
        _thread.afterwards.append(act)
    else:
        act()


def joining() -> AbstractContextManager[None]:
    """The transaction at hand, or one of its own: for parts of an act, whose failure fails the whole act."""
    return nullcontext() if in_write() else write()


def in_write() -> bool:
    """Whether this thread is inside `write()`."""
    return _thread.depth > 0


@contextmanager
def read() -> Iterator[None]:
    """One consistent view for several reads."""
    opened = current()
    with opened.dialect.read(opened.db):
        yield


def for_update(query: peewee.ModelSelect[Table]) -> peewee.ModelSelect[Table]:
    """`query` with its rows locked until the transaction ends (SQLite locks everything anyway)."""
    return current().dialect.for_update(query)


def count(name: str, by: int) -> None:
    """Move the counter `name` when the transaction at hand commits. Only inside `write()`."""
    assert _thread.depth, "counters move only inside write()"
    _thread.counts[name] = _thread.counts.get(name, 0) + by


def counts(prefix: str) -> dict[str, int]:
    """The counters whose names begin with `prefix`, by the rest of the name; without zeros."""
    opened = current()
    # A range, not LIKE: both databases read it off the primary key.
    mark = opened.db.param
    statement = f"SELECT name, SUM(value) FROM counter WHERE name >= {mark} AND name < {mark} GROUP BY name"
    rows = opened.db.execute_sql(statement, (prefix, prefix + "\U0010ffff")).fetchall()
    return {name.removeprefix(prefix): int(value) for name, value in rows if value}


def storable(text: str) -> bool:
    """Whether both databases can keep `text`: it has no NUL, and no half of a surrogate pair."""
    return not re.search("[\x00\ud800-\udfff]", text)


def _flush_counts(opened: OpenDatabase) -> None:
    moved = sorted((name, by) for name, by in _thread.counts.items() if by)
    _thread.counts.clear()
    if not moved:
        return
    slot, mark = opened.dialect.counter_slot(), opened.db.param
    # One statement, which takes its rows in the order they are listed in.
    rows = ", ".join([f"({mark}, {mark}, {mark})"] * len(moved))
    statement = (
        f"INSERT INTO counter (name, slot, value) VALUES {rows}"
        " ON CONFLICT (name, slot) DO UPDATE SET value = counter.value + excluded.value"
    )
    opened.db.execute_sql(statement, [value for name, by in moved for value in (name, slot, by)])


@contextmanager
def _translated(url: str) -> Iterator[None]:
    """What a database that is none of ours says while it is opened: one line, with its place, without its password."""
    try:
        yield
    except (peewee.DatabaseError, peewee.InterfaceError) as error:
        if isinstance(error, PASSED_ON):
            raise
        reason = " ".join(str(error).split()) or type(error).__name__
        raise DatabaseUnavailable(f"{masked(url)} cannot be used: {without_passwords(reason, url)}") from error
