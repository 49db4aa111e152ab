"""After a database was put back: every DOI is uncertain until DataCite was asked about it, and no lease is held.

The queue then asks: a job that was sent after the backup is not sent twice, and what was hidden since stays hidden.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import peewee

from doitui_core.clock import micros
from doitui_core.db import audit, database, raw_sql
from doitui_core.db.models import Attempt, Audit, Doi, DoiLog, Job, Worker
from doitui_core.db.restore_model import Restore, RestoredDoi
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.domain.states import Certainty
from doitui_core.errors import Refused
from doitui_core.notify import restored_mail
from doitui_core.queue import heartbeats, jobs
from doitui_core.text import plural

#: As `jobs.enqueue` counts them: a check that only reads is repeated until there is an answer.
MAX_ATTEMPTS = 5


#: DOIs that may have been written to since: all but abandoned ones that DataCite never had.
_CHECKED = "(doi.wanted <> 'abandoned' OR doi.remote = 'draft')"

MARKS = f"INSERT INTO restored_doi (doi_id, backed_up_at) SELECT doi.id, {{p}} FROM doi WHERE {_CHECKED}"

#: A check for each marked DOI without one.
CHECKS = (
    "INSERT INTO job (kind, action, subject_id, repository_id, actor, status, lane, max_attempts, scheduled_at,"
    " created_at)"
    " SELECT 'recheck', 'recheck', doi.id, doi.repository_id, {p}, 'pending', 'dois', {p}, {p}, {p}"
    " FROM doi JOIN restored_doi ON restored_doi.doi_id = doi.id WHERE NOT EXISTS (SELECT 1 FROM job AS other"
    " WHERE other.subject_id = doi.id AND other.kind = 'recheck'"
    " AND other.status IN ('pending', 'processing', 'uncertain', 'blocked', 'failed'))"
)


def refuse_workers() -> None:
    """Raise `Refused` while a worker uses the open database."""
    names = [row.name for row in Worker.select().where(heartbeats.alive()) if heartbeats.may_run(row)]
    if names:
        raise Refused(f"workers are running ({', '.join(names)}): stop them, then repeat the command", "busy")


def newest_time() -> datetime:
    """The newest time that anything in the open database was written: that of the backup, if nothing says more."""
    found = [
        model.select(peewee.fn.MAX(column)).scalar()
        for model, column in ((Audit, Audit.at), (DoiLog, DoiLog.at), (Attempt, Attempt.sent_at))
    ]
    return max((moment for moment in found if moment is not None), default=database.now())


@dataclass(frozen=True, slots=True)
class Marked:
    """How many DOIs are to be checked, and how many mails that waited are discarded."""

    dois: int
    mails: int


def mark(*, actor: str) -> Marked:
    """Mark the DOIs of the open database, which was put back, and queue their checks. Mail that waits is discarded.

    Events and usage reports that wait are sent: a repeat has the same UUID and replaces what is there.
    What was done after `newest_time` is taken for lost. Raises `Refused` while workers run.
    """
    refuse_workers()
    backed_up_at = newest_time()
    with database.write(durable=True):
        now = database.now()
        _end_leases()
        Restore.create(backed_up_at=backed_up_at, restored_at=now, actor=actor)
        RestoredDoi.delete().execute()
        raw_sql.execute(MARKS, micros(backed_up_at))
        certain = (Doi.certainty == str(Certainty.CONFIRMED)) & Doi.id.in_(RestoredDoi.select(RestoredDoi.doi_id))
        database.count("mark.uncertain", Doi.update(certainty=str(Certainty.UNCERTAIN)).where(certain).execute())
        marked = RestoredDoi.select().count()
        _queue_checks(now, actor)
        mails = restored_mail.discard()
        checks = f"{plural(marked, 'DOI')} to be checked at DataCite"
        audit.note(actor, "restore", "database", f"{checks}, {plural(mails, 'mail')} discarded")
    return Marked(int(marked), mails)


def _end_leases() -> None:
    """No worker of the old database holds a job of this one."""
    heartbeats.release_orphans([row.name for row in Worker.select()])
    held = Job.select(Job.worker).where(Job.status == str(JobStatus.PROCESSING)).distinct()
    heartbeats.release_orphans([row.worker for row in held])
    Worker.delete().execute()


def _queue_checks(now: datetime, actor: str) -> None:
    """A check for each marked DOI; those that have one are due at once."""
    marked = Job.subject_id.in_(RestoredDoi.select(RestoredDoi.doi_id))
    for job in list(Job.select().where(jobs.IS_UNSETTLED, Job.kind == str(JobKind.RECHECK), marked)):
        jobs.enqueue(
            JobKind.RECHECK, job.subject_id, job.repository_id, actor=actor, max_attempts=job.max_attempts, at=now
        )
    values = (actor, MAX_ATTEMPTS, micros(now), micros(now))
    made = raw_sql.execute(CHECKS, *values).rowcount
    database.count(f"job.{JobKind.RECHECK}.{JobStatus.PENDING}", made)
