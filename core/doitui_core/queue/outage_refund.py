"""What an outage did to jobs, undone: they get back the attempts it cost them, and are due again when it is over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from doitui_core.db import database, prepared
from doitui_core.db.models import DoiLog, Job
from doitui_core.domain.job_kinds import JobKind, JobStatus, Service
from doitui_core.queue import jobs
from doitui_core.queue.jobs import as_literals

WAITING = (JobStatus.PENDING, JobStatus.UNCERTAIN)


def refund(repository_ids: Sequence[int], service: Service, causes: Sequence[str], since: datetime) -> int:
    """Give back what attempts ended in one of `causes` since then, to jobs that wait because of one; how many jobs.

    A job that failed of it since then waits again; one that is tried again this moment gets back its earlier attempts.
    """
    failed = (Job.status == str(JobStatus.FAILED)) & (Job.finished_at >= since)
    waits = Job.status.in_(as_literals((*WAITING, JobStatus.PROCESSING)))
    chosen = Job.select().where(*_stopped_by(repository_ids, service, causes), failed | waits).order_by(Job.id)
    with database.joining():
        job_rows = list(database.for_update(chosen))
        for job in job_rows:
            if job.status == JobStatus.FAILED:
                jobs.count_move(job, JobStatus.FAILED, JobStatus.PENDING)
                job.status, job.finished_at = str(JobStatus.PENDING), None
            job.attempts = max(job.attempts - _spent(job, causes, since), 0)
            prepared.update(job)
    return len(job_rows)


def bring_forward(repository_ids: Sequence[int], service: Service, causes: Sequence[str]) -> int:
    """Make each job that waits because of one of `causes` due now; how many."""
    waits = Job.status.in_(as_literals(WAITING))
    with database.joining():
        update = Job.update(scheduled_at=database.now()).where(*_stopped_by(repository_ids, service, causes), waits)
        return int(update.execute())


def _stopped_by(repository_ids: Sequence[int], service: Service, causes: Sequence[str]) -> tuple[Any, ...]:
    return Job.repository.in_(list(repository_ids)), Job.lane == str(service), Job.cause.in_(list(causes))


def _spent(job: Job, causes: Sequence[str], since: datetime) -> int:
    """How often. The log has a row for each end of a write or a verification; nothing else has one."""
    if job.kind not in (JobKind.WRITE, JobKind.VERIFY):
        return 1
    ends = DoiLog.select().where(DoiLog.doi == job.subject_id, DoiLog.at >= since, DoiLog.cause.in_(list(causes)))
    verified = DoiLog.action == "verify"
    return max(int(ends.where(verified if job.kind == JobKind.VERIFY else ~verified).count()), 1)
