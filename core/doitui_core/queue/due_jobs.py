"""The jobs that are due: one question for both databases, which lock in their own ways."""

from __future__ import annotations

from datetime import datetime

from doitui_core.clock import micros
from doitui_core.db import database

#: Due are the jobs whose lease has run out (their worker died), and those that wait and whose time has come, oldest
#: first. Two statements, each read off its own partial index; one with OR would sort all that is due at every claim.
DUE = (
    "SELECT id, status FROM job WHERE status = 'processing' AND repository_id = {p} AND lane = {p}"
    " AND lease_until < {p} AND attempts < {p} LIMIT {p}",
    "SELECT id, status FROM job WHERE status IN ('pending', 'uncertain') AND repository_id = {p} AND lane = {p}"
    " AND scheduled_at <= {p} AND attempts < {p} ORDER BY scheduled_at, id LIMIT {p}",
)


def find(
    repository_id: int, service: str, now: datetime, limit: int, max_attempts: int, *, lock: bool = True
) -> list[tuple[int, str]]:
    """(id, status) of up to `limit` due jobs with fewer than `max_attempts` attempts; with `lock` held until the
    transaction ends, inside `database.write()`.
    """
    opened = database.current()
    key = (repository_id, service, micros(now), max_attempts)
    locking = opened.dialect.locking_free if lock else ""
    found: list[tuple[int, str]] = []
    for statement in DUE:
        if len(found) < limit:
            question = statement.format(p=opened.db.param) + locking
            found += opened.db.execute_sql(question, (*key, limit - len(found))).fetchall()
    return found
