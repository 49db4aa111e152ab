"""The lease of jobs in SQL: taken, made longer, ended. A statement or two, however many jobs.

Whoever makes one longer or ends it must still hold it: same token, still under way. `jobs` says when, and counts.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from doitui_core.clock import micros
from doitui_core.db import database
from doitui_core.domain.job_kinds import JobKind, JobStatus


@dataclass(frozen=True, slots=True)
class Lease:
    """A job in hand. `was` is its status before the claim."""

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
    #: When, on this process's monotonic clock.
    taken_at: float = field(default_factory=time.monotonic, compare=False, repr=False)


# No RETURNING: SQLite has it since 3.35, Red Hat 9 has 3.34.
TAKE = (
    "UPDATE job SET status = 'processing', attempts = attempts + 1, lease_until = {p}, lease_token = {p}, worker = {p}"
    " WHERE id IN ({ids})"
)
TAKEN = (
    "SELECT id, kind, subject_id, repository_id, actor, attempts, max_attempts FROM job"
    " WHERE id IN ({ids}) ORDER BY scheduled_at, id"
)
LEASED = "status = 'processing' AND lease_token = {p} AND id IN ({ids})"
EXTEND = f"UPDATE job SET lease_until = {{p}} WHERE {LEASED}"
END = f"UPDATE job SET {{changes}} WHERE {LEASED}"

#: An outage may have given others back meanwhile, so it is the row's own number that goes down.
GIVEN_BACK = "attempts = CASE WHEN attempts > 0 THEN attempts - 1 ELSE 0 END"


def take(found: Mapping[int, str], worker: str, until: datetime) -> list[Lease]:
    """Lease jobs whose rows the transaction holds to `worker`, oldest first. `found`: id -> status so far."""
    token = secrets.token_hex(8)
    _run(TAKE, (micros(until), token, worker), found)
    return [
        Lease(
            number, JobKind(kind), subject, repository, token, worker, actor, attempts, most, JobStatus(found[number])
        )
        for number, kind, subject, repository, actor, attempts, most in _run(TAKEN, (), found).fetchall()
    ]


def extend(lease: Lease, until: datetime) -> bool:
    """Hold the lease until then. False: it is no longer ours."""
    return bool(_run(EXTEND, (micros(until), lease.token), [lease.job_id]).rowcount)


def end(leases: Sequence[Lease], columns: Mapping[str, Any], *, give_back: bool) -> list[Lease]:
    """Write `columns` to the jobs that are still ours, which are then nobody's; those leases.

    `give_back`: the attempt does not count.
    """
    values = {**columns, "lease_until": 0, "lease_token": ""}
    changes = ", ".join([*(f"{column} = {{p}}" for column in values), *([GIVEN_BACK] if give_back else [])])
    statement = END.replace("{changes}", changes)
    ended: set[int] = set()
    for token in {lease.token for lease in leases}:
        ids = [lease.job_id for lease in leases if lease.token == token]
        if len(ids) > 1:  # of one the number of changed rows tells
            ids = _leased_ids(ids, token)
        if ids and _run(statement, (*values.values(), token), ids).rowcount:
            ended.update(ids)
    return [lease for lease in leases if lease.job_id in ended]


def _leased_ids(ids: Collection[int], token: str) -> list[int]:
    """Those of `ids`, their rows locked until the transaction ends."""
    statement = f"SELECT id FROM job WHERE {LEASED} ORDER BY id{database.current().dialect.locking}"
    return [number for (number,) in _run(statement, (token,), ids).fetchall()]


def _run(statement: str, values: tuple[Any, ...], ids: Collection[int]) -> Any:
    """The cursor. `ids`: at least one."""
    db = database.current().db
    return db.execute_sql(statement.format(p=db.param, ids=", ".join([db.param] * len(ids))), (*values, *ids))
