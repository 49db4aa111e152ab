"""All SQL of the queue: the statements of a claim and of a finish, and why each index of `job` exists.

`{p}` is a value, `{ids}` a list of values. What differs between SQLite and PostgreSQL (how rows are locked) comes from
the dialect. No statement uses RETURNING: SQLite has it since 3.35, Red Hat 9 ships 3.34.

Indexes (created in `db/migrations`):
job_unsettled   unique (subject_id, kind), partial: at most one unsettled job per subject and kind. It is a rule.
job_due         (repository_id, lane, scheduled_at, id), partial: `DUE` reads due jobs without sorting.
job_leased      (repository_id, lane, lease_until), partial: `EXPIRED` reads few rows.
job_by_status   (lane, status, id): one page of the queue screen with a status filter.
job_newest      (lane, id): the same without a filter; with job_by_status alone SQLite would sort the whole table.
job_by_cause    (lane, cause, id), partial: retry by cause. Most jobs have no cause.
job_by_cause_group (lane, status, cause_group, finished_at, id), partial: groups of failed jobs, and the retry of one.
"""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache
from typing import Any

from doitui_core.db import database

# An expired lease makes a job due. Read from job_leased; one statement with OR would sort all due jobs at every claim.
EXPIRED = (
    "SELECT id, status FROM job WHERE status = 'processing' AND repository_id = {p} AND lane = {p}"
    " AND lease_until < {p} AND attempts < {p} LIMIT {p}"
)

# Waiting jobs whose time has come, oldest first. Read from job_due.
DUE = (
    "SELECT id, status FROM job WHERE status IN ('pending', 'uncertain') AND repository_id = {p} AND lane = {p}"
    " AND scheduled_at <= {p} AND attempts < {p} ORDER BY scheduled_at, id LIMIT {p}"
)

# The claim. Attempts count here, so that a job that kills its worker still comes to an end.
TAKE = (
    "UPDATE job SET status = 'processing', attempts = attempts + 1, lease_until = {p}, lease_token = {p}, worker = {p}"
    " WHERE id IN ({ids})"
)

# The claimed jobs as the worker needs them: a second statement in place of RETURNING.
TAKEN = (
    "SELECT id, kind, subject_id, repository_id, actor, attempts, max_attempts FROM job"
    " WHERE id IN ({ids}) ORDER BY scheduled_at, id"
)

# The fence: only the worker that still holds the token may change the job.
_LEASED = "status = 'processing' AND lease_token = {p} AND id IN ({ids})"

# Renewal just before a request is sent.
EXTEND = f"UPDATE job SET lease_until = {{p}} WHERE {_LEASED}"

# Which of several jobs are still leased; `{lock}` keeps them so until the transaction ends. By id: one order of locks.
STILL_LEASED = f"SELECT id FROM job WHERE {_LEASED} ORDER BY id"

# The finish. `{changes}` are the assignments of one outcome.
END = f"UPDATE job SET {{changes}} WHERE {_LEASED}"

# For an attempt that does not count. An outage may have refunded others meanwhile, so the row's own number goes down.
REFUND_ATTEMPT = "attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"


def run(statement: str, values: tuple[Any, ...], ids: Collection[int] = (), *, suffix: str = "") -> Any:
    """The cursor of `statement`; `suffix` is the dialect's locking clause."""
    db = database.current().db
    return db.execute_sql(_text(statement, db.param, len(ids)) + suffix, (*values, *ids))


@lru_cache(256)
def _text(statement: str, mark: str, ids: int) -> str:
    return statement.format(p=mark, ids=", ".join([mark] * ids))
