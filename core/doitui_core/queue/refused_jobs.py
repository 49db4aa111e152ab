"""Jobs that are failed before anything is sent: their documents were refused here."""

from __future__ import annotations

from doitui_core.db import database
from doitui_core.domain import cause_groups
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.queue import jobs


def is_noted(subject_id: int, error: str) -> bool:
    """Whether the write job of the DOI is open, or has failed with this error."""
    job = jobs.open_job(JobKind.WRITE, subject_id)
    return job is not None and (job.status != JobStatus.FAILED or job.last_error == error)


def fail(job_id: int, cause: str, error: str) -> None:
    """Make a pending job a failed one. Inside `database.write()`."""
    job = jobs.find(job_id, lock=True)
    jobs.count_move(job, JobStatus(job.status), JobStatus.FAILED)
    job.status, job.cause, job.last_error, job.finished_at = str(JobStatus.FAILED), cause, error, database.now()
    job.cause_group = cause_groups.cause_group(cause, error).name
    job.save(only=job.dirty_fields)
