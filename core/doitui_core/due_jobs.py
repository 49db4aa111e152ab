"""The jobs that are due: one question for both databases, which lock in their own ways."""

from __future__ import annotations

import peewee

#: Due are the jobs whose lease has run out (their worker died), and those that wait and whose time has come, oldest
#: first. Two statements, each read off its own partial index; one with OR would sort all that is due at every claim.
DUE = (
    "SELECT id, status FROM job WHERE status = 'processing' AND repository_id = {p} AND lane = {p}"
    " AND lease_until < {p} AND attempts < {p} LIMIT {p}",
    "SELECT id, status FROM job WHERE status IN ('pending', 'uncertain') AND repository_id = {p} AND lane = {p}"
    " AND scheduled_at <= {p} AND attempts < {p} ORDER BY scheduled_at, id LIMIT {p}",
)


#: What `DUE` asks for: repository, lane, now in microseconds, and the attempts that a job must have fewer of.
Key = tuple[int, str, int, int]


def find(db: peewee.Database, mark: str, lock: str, key: Key, limit: int) -> list[tuple[int, str]]:
    """(id, status) of up to `limit` of them. `mark` is a value in SQL, `lock` goes behind each SELECT."""
    found: list[tuple[int, str]] = []
    for statement in DUE:
        if len(found) < limit:
            found += db.execute_sql(statement.format(p=mark) + lock, (*key, limit - len(found))).fetchall()
    return found
