"""Leases of jobs: find due jobs, take, extend and end leases, in one or two statements for any number of jobs.

Only the holder of the token can extend or end a lease. `jobs` decides when, and keeps the counters.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from doitui_core.clock import micros
from doitui_core.db import database
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.queue import job_sql


@dataclass(frozen=True, slots=True)
class Lease:
    """A claimed job. `was` is its status before the claim."""

    job_id: int
    kind: JobKind
    subject_id: int
    repository_id: int
    token: str
    worker: str
    actor: str
    attempts: int
    max_attempts: int
    was: JobStatus
    #: Monotonic clock of this process, in seconds.
    taken_at: float = field(default_factory=time.monotonic, compare=False, repr=False)


def due(
    repository_id: int, service: str, now: datetime, limit: int, max_attempts: int, *, lock: bool = True
) -> list[tuple[int, str]]:
    """(id, status) of up to `limit` due jobs with fewer than `max_attempts` attempts.

    `lock`: lock the rows until the transaction ends and skip those that others have locked; inside `database.write()`.
    """
    key = (repository_id, service, micros(now), max_attempts)
    locking = database.current().dialect.locking_free if lock else ""
    found: list[tuple[int, str]] = []
    for statement in (job_sql.EXPIRED, job_sql.DUE):
        if len(found) < limit:
            found += job_sql.run(statement, (*key, limit - len(found)), suffix=locking).fetchall()
    return found


def take(found: Mapping[int, str], worker: str, until: datetime) -> list[Lease]:
    """Lease jobs whose rows the transaction has locked to `worker`, oldest first. `found`: id -> current status."""
    token = secrets.token_hex(8)
    job_sql.run(job_sql.TAKE, (micros(until), token, worker), found)
    return [
        Lease(
            number, JobKind(kind), subject, repository, token, worker, actor, attempts, most, JobStatus(found[number])
        )
        for number, kind, subject, repository, actor, attempts, most in job_sql.run(job_sql.TAKEN, (), found).fetchall()
    ]


def extend(lease: Lease, until: datetime) -> bool:
    """Extend the lease to `until`. False: it is no longer ours."""
    return bool(job_sql.run(job_sql.EXTEND, (micros(until), lease.token), [lease.job_id]).rowcount)


def end(leases: Sequence[Lease], columns: Mapping[str, Any], *, give_back: bool) -> list[Lease]:
    """Write `columns` to the jobs that are still leased to us and end these leases; returns them.

    `give_back`: the attempt does not count.
    """
    values = {**columns, "lease_until": 0, "lease_token": ""}
    changes = ", ".join([*(f"{column} = {{p}}" for column in values), *([job_sql.REFUND_ATTEMPT] if give_back else [])])
    statement = job_sql.END.replace("{changes}", changes)
    ended: set[int] = set()
    for token in {lease.token for lease in leases}:
        ids = [lease.job_id for lease in leases if lease.token == token]
        if len(ids) > 1:  # for a single job the number of changed rows is enough
            rows = job_sql.run(job_sql.STILL_LEASED, (token,), ids, suffix=database.current().dialect.locking)
            ids = [number for (number,) in rows.fetchall()]
        if ids and job_sql.run(statement, (*values.values(), token), ids).rowcount:
            ended.update(ids)
    return [lease for lease in leases if lease.job_id in ended]
