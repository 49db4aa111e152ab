"""What an outage did to jobs, undone: they get back the attempts it cost them, and are due again when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from doitui_core import database, queue, statements
from doitui_core.jobs import Kind, Lane, Status
from doitui_core.models import DoiLog, Job

WAITING = (Status.PENDING, Status.UNCERTAIN)


def unspend(repository_ids: Sequence[int], lane: Lane, causes: Sequence[str], since: datetime) -> int:
    """Give back what attempts ended in one of `causes` since then, to jobs that wait because of one; how many jobs.

    A job that failed of it since then waits again; one that is tried again this moment gets back its earlier attempts.
    """
    failed = (Job.status == str(Status.FAILED)) & (Job.finished_at >= since)
    waits = Job.status.in_(queue.literally((*WAITING, Status.PROCESSING)))
    chosen = Job.select().where(*_stopped_by(repository_ids, lane, causes), failed | waits).order_by(Job.id)
    with database.joining():
        jobs = list(database.for_update(chosen))
        for job in jobs:
            if job.status == Status.FAILED:
                queue.moved(job, Status.FAILED, Status.PENDING)
                job.status, job.finished_at = str(Status.PENDING), None
            job.attempts = max(job.attempts - _spent(job, causes, since), 0)
            statements.update(job)
    return len(jobs)


def hasten(repository_ids: Sequence[int], lane: Lane, causes: Sequence[str]) -> int:
    """Make each job that waits because of one of `causes` due now; how many."""
    waits = Job.status.in_(queue.literally(WAITING))
    with database.joining():
        update = Job.update(scheduled_at=database.now()).where(*_stopped_by(repository_ids, lane, causes), waits)
        return int(update.execute())


def _stopped_by(repository_ids: Sequence[int], lane: Lane, causes: Sequence[str]) -> tuple[Any, ...]:
    return Job.repository.in_(list(repository_ids)), Job.lane == str(lane), Job.cause.in_(list(causes))


def _spent(job: Job, causes: Sequence[str], since: datetime) -> int:
    """How often. The log has a row for each end of a write or a verification; nothing else has one."""
    if job.kind not in (Kind.WRITE, Kind.VERIFY):
        return 1
    ends = DoiLog.select().where(DoiLog.doi == job.subject_id, DoiLog.at >= since, DoiLog.cause.in_(list(causes)))
    verified = DoiLog.action == "verify"
    return max(int(ends.where(verified if job.kind == Kind.VERIFY else ~verified).count()), 1)
