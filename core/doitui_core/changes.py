"""Has anything been committed since I looked? One cheap question, so that a screen costs nothing while nothing happens.

SQLite: `data_version` moves when another connection commits, so it only means something on the connection it was read
on: always ask in the same thread. PostgreSQL: the snapshot names every transaction that has ended.
"""

from __future__ import annotations

import peewee

from doitui_core import database, dialects
from doitui_core.errors import DatabaseUnavailable

#: By dialect.
_TOKEN = {"sqlite": "PRAGMA data_version", "postgresql": "SELECT pg_current_snapshot()::text"}


def token() -> str:
    """The same text as the last time, in this thread, as long as nobody has committed anything.

    Raises `DatabaseUnavailable` where the database does not answer.
    """
    opened = database.current()
    try:
        # By itself: a transaction around it would be three more trips to the server, every two seconds.
        (found,) = opened.db.execute_sql(_TOKEN[opened.dialect.name]).fetchone()
    except peewee.PeeweeException as error:
        place = dialects.masked(opened.url)
        raise DatabaseUnavailable(f"{place} cannot be used: {' '.join(str(error).split())}") from error
    return str(found)
