"""Has anything been committed since I looked? One cheap question: a screen costs nothing while nothing happens."""

from __future__ import annotations

from doitui_core.db import database


def change_token() -> str:
    """The same text as the last time, in this thread, as long as nobody has committed anything.

    Raises `DatabaseUnavailable` where the database does not answer, or is another one.
    """
    opened = database.current()
    opened.db.require_same(asking=False)
    # By itself: a transaction around it would be three more trips to the server, every two seconds.
    (found,) = opened.db.execute_sql(opened.dialect.change_query).fetchone()
    return str(found)
