"""Actions on many DOIs at once, stored for the digest of their results (`bulk_digests`) if digests are enabled."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from doitui_core.config import repositories, settings
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import BulkAct, BulkJob, Job
from doitui_core.domain.job_kinds import OPEN, JobKind, Service
from doitui_core.notify import notices

#: Job ids in one statement.
CHUNK = 500

#: Refused records that a digest can name.
NAMED = 100


def record(
    what: str,
    job_ids: Sequence[int],
    *,
    actor: str,
    repository: str = "",
    refused: Sequence[tuple[str, str]] = (),
    retry: bool = False,
) -> None:
    """Store that `actor` did `what` ("DOI registration"), which queued these jobs; only those of DOIs count.

    `repository`: whose settings the digest uses; by default those of the only repository of the jobs, else the global
    ones. `refused`: (object id, reason). `retry`: the jobs had failed or were blocked.
    """
    if not (job_ids or refused) or not _digests_enabled():
        return
    with database.write():
        act = BulkAct.create(
            what=what,
            actor=actor,
            repository_id=repositories.find(repository).id if repository else _only_repository(job_ids),
            refused=json.dumps(refused[:NAMED], ensure_ascii=False),
            retry=retry,
            created_at=database.now(),
        )
        for chunk in in_chunks(job_ids, CHUNK):
            BulkJob.insert_many([{"act": act.id, "job_id": number} for number in _of_dois(chunk)]).execute()


def _digests_enabled() -> bool:
    """Whether the settings of a repository, or the global ones, enable digests."""
    own = (repositories.config(row) for row in repositories.all_repositories() if row.active)
    return any(notices.wants_digests(config) for config in (Config(0, "", settings.load()), *own))


def verifications(doi_ids: Sequence[int]) -> list[int]:
    """The open verification jobs of these DOIs."""
    found: list[int] = []
    for chunk in in_chunks(doi_ids, CHUNK):
        jobs = Job.select(Job.id).where(
            Job.subject_id.in_(chunk), Job.kind == str(JobKind.VERIFY), Job.status.in_(OPEN)
        )
        rows: Any = jobs.tuples()
        found += [number for (number,) in rows]
    return found


def _only_repository(job_ids: Sequence[int]) -> int:
    found: set[int] = set()
    for chunk in in_chunks(job_ids, CHUNK):
        rows: Any = Job.select(Job.repository).where(Job.id.in_(chunk)).distinct()
        found |= {number for (number,) in rows.tuples()}
    return found.pop() if len(found) == 1 else 0


def _of_dois(job_ids: Sequence[int]) -> list[int]:
    rows: Any = Job.select(Job.id).where(Job.id.in_(list(job_ids)), Job.lane == str(Service.DOIS))
    return sorted({number for (number,) in rows.tuples()})
