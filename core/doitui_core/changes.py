"""Has anything been committed since I looked? One cheap question: a screen costs nothing while nothing happens."""

from __future__ import annotations

import peewee

from doitui_core import database, dialects
from doitui_core.errors import DatabaseUnavailable


def token() -> str:
    """The same text as the last time, in this thread, as long as nobody has committed anything.

    Raises `DatabaseUnavailable` where the database does not answer.
    """
    opened = database.current()
    try:
        # By itself: a transaction around it would be three more trips to the server, every two seconds.
        (found,) = opened.db.execute_sql(opened.dialect.changes).fetchone()
    except peewee.PeeweeException as error:
        place = dialects.masked(opened.url)
        raise DatabaseUnavailable(f"{place} cannot be used: {' '.join(str(error).split())}") from error
    return str(found)
