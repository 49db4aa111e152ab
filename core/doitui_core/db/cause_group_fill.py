"""The cause groups of jobs that failed before the database had them."""

from __future__ import annotations

from doitui_core.db.guarded import Guarded
from doitui_core.domain import cause_groups

#: Jobs read at once.
CHUNK = 1_000


def fill(db: Guarded) -> None:
    """Write the cause group of each failed job, by chunks. Inside the transaction of the migration."""
    mark, last = db.param, 0
    chunk = f"SELECT id, cause, last_error FROM job WHERE status = 'failed' AND id > {mark} ORDER BY id LIMIT {CHUNK}"
    while rows := db.execute_sql(chunk, (last,)).fetchall():
        by_name: dict[str, list[int]] = {}
        for number, cause, error in rows:
            by_name.setdefault(cause_groups.cause_group(cause, error).name, []).append(number)
        for name, ids in by_name.items():
            marks = ", ".join([mark] * len(ids))
            db.execute_sql(f"UPDATE job SET cause_group = {mark} WHERE id IN ({marks})", (name, *ids))
        last = rows[-1][0]
