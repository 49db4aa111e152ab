"""The lines of a digest: how the jobs of many DOIs ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Doi, Job, Record, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import job_kinds, states
from doitui_core.domain.job_kinds import JobKind
from doitui_core.notify import notices
from doitui_core.notify.notices import DigestLine

#: DOIs looked at in one transaction.
CHUNK = 200


def with_record(*which: Any) -> peewee.ModelSelect[Doi]:
    query = Doi.select(Doi, Repository, Record).join(Repository).switch(Doi)
    return query.join(Record, peewee.JOIN.LEFT_OUTER).where(*which).order_by(Doi.id)


def name_of(row: Doi, configs: dict[int, Config], repository: str) -> str:
    """The document as people name it: its object id, with the repository's code where there are several."""
    object_id = row.record.object_id if row.record is not None else row.doi
    return (
        object_id
        if repository or len(repositories.all_repositories()) == 1
        else f"{configs[row.repository_id].code}:{object_id}"
    )


def ended(known: dict[int, str], kind: JobKind, had_failed: set[int]) -> list[DigestLine]:
    """What became of the DOIs: of what is not done the job's last error, or that it waits."""
    lines = []
    for some in in_chunks(sorted(known), CHUNK):
        jobs = _latest(some, kind)
        for row in with_record(Doi.id.in_(some)):
            job = jobs.get(row.id)
            cause, error = _judged(row, job, kind)
            recovered = not cause and row.id in had_failed
            line = DigestLine(row.doi, row.url, status_text(row), cause, error, recovered, known[row.id], _waits(job))
            lines.append(line)
    return lines


def _latest(ids: Sequence[int], kind: JobKind) -> dict[int, Job]:
    return {
        job.subject_id: job for job in Job.select().where(Job.subject_id.in_(ids), Job.kind == kind).order_by(Job.id)
    }


def _judged(row: Doi, job: Job | None, kind: JobKind) -> tuple[str, str]:
    """(cause, error); both empty when all is well."""
    if job is not None and job.status != job_kinds.JobStatus.COMPLETED:
        if not _waits(job):
            return job.cause or str(job.status), job.last_error
        last = job.last_error.removesuffix(notices.THEN_RETRY)
        return job.cause or str(job.status), "; ".join(filter(None, (last, f"{job.status}, is tried again by itself")))
    if kind is JobKind.VERIFY and row.verification != states.Verification.VERIFIED:
        return str(row.verification), job.last_error if job is not None else ""
    return "", ""


def _waits(job: Job | None) -> bool:
    """Whether it is tried again by itself."""
    return job is not None and job.status not in (
        job_kinds.JobStatus.COMPLETED,
        job_kinds.JobStatus.FAILED,
        job_kinds.JobStatus.CANCELLED,
    )


def status_text(row: Doi) -> str:
    return states.opus(doi_rows.facts(row))
