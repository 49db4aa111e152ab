"""Forgetting jobs that ended long ago. What they did stays in the log and the attempts of their DOIs."""

from __future__ import annotations

import time
from datetime import datetime

import peewee

from doitui_core.clock import iso
from doitui_core.db import audit, database
from doitui_core.db.chunks import GAP
from doitui_core.db.models import Job
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.queue.jobs import as_literals
from doitui_core.text import plural

#: Jobs deleted in one transaction.
PRUNED_AT_ONCE = 1000


def prunable(before: datetime) -> peewee.ModelSelect[Job]:
    """The completed and cancelled jobs that ended before then."""
    over = as_literals((JobStatus.COMPLETED, JobStatus.CANCELLED))
    return Job.select().where(Job.status.in_(over), Job.finished_at < before).order_by(Job.id)


def prune(before: datetime, *, actor: str = "python") -> int:
    """Forget the jobs that were completed or cancelled before then; how many. Log and attempts of their DOIs stay."""
    pruned, act = 0, None
    while True:
        with database.write():
            jobs = list(database.for_update(prunable(before).limit(PRUNED_AT_ONCE)))
            Job.delete().where(Job.id.in_([job.id for job in jobs])).execute()
            for job in jobs:
                database.count(f"job.{job.kind}.{job.status}", -1)
            pruned += len(jobs)
            act = audit.note(actor, "prune", plural(pruned, "job"), f"ended before {iso(before)}", act=act)
        if len(jobs) < PRUNED_AT_ONCE:
            return pruned
        time.sleep(GAP)
