"""The lines of a digest: how the jobs of many DOIs ended."""

from __future__ import annotations

from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Doi, Job, Record, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import states
from doitui_core.domain.job_kinds import OPEN, JobKind, JobStatus
from doitui_core.notify import notices
from doitui_core.notify.digest import DigestLine

#: DOIs read at once.
CHUNK = 200


def with_record(*which: Any) -> peewee.ModelSelect[Doi]:
    """DOIs that match the conditions, with their repositories and records."""
    query = Doi.select(Doi, Repository, Record).join(Repository).switch(Doi)
    return query.join(Record, peewee.JOIN.LEFT_OUTER).where(*which).order_by(Doi.id)


def name_of(row: Doi, repository: str = "") -> str:
    """The object id of the DOI's record, or the DOI; with the code of its repository if there are several, unless the
    run is for one `repository`.
    """
    object_id = str(row.record.object_id if row.record is not None else row.doi)
    if repository or len(repositories.all_repositories()) == 1:
        return object_id
    return f"{row.repository.code}:{object_id}"


def ended(names: dict[int, str], kind: JobKind, had_failed: set[int]) -> list[DigestLine]:
    """The results of the DOIs in `names` (by id); those not done have the last error of their job."""
    lines = []
    for chunk in in_chunks(sorted(names), CHUNK):
        by_age = Job.select().where(Job.subject_id.in_(chunk), Job.kind == kind).order_by(Job.id)
        jobs = {job.subject_id: job for job in by_age}  # the latest of each
        for row in with_record(Doi.id.in_(chunk)):
            job = jobs.get(row.id)
            cause, error = _failure(row, job, kind)
            recovered = not cause and row.id in had_failed
            line = DigestLine(row.doi, row.url, status_text(row), cause, error, recovered, names[row.id], _waits(job))
            lines.append(line)
    return lines


def _failure(row: Doi, job: Job | None, kind: JobKind) -> tuple[str, str]:
    """(cause, error); both empty for a success."""
    if job is not None and job.status != JobStatus.COMPLETED:
        if not _waits(job):
            return job.cause or str(job.status), job.last_error
        last = job.last_error.removesuffix(notices.THEN_RETRY)
        return job.cause or str(job.status), "; ".join(filter(None, (last, f"{job.status}, is tried again by itself")))
    if kind is JobKind.VERIFY and row.verification != states.Verification.VERIFIED:
        return str(row.verification), job.last_error if job is not None else ""
    return "", ""


def _waits(job: Job | None) -> bool:
    """Whether the worker will try it again."""
    return job is not None and job.status in OPEN


def status_text(row: Doi) -> str:
    """OPUS's word for the status."""
    return states.opus(doi_rows.facts(row))
