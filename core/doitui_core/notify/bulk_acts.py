"""What was asked for many DOIs at once, noted so that one digest can tell how it ended (`bulk_digests`).

Nothing is noted where nobody wants digests: an act then costs nothing more.
"""

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

#: Job ids in one statement; and records left out that a digest can name.
CHUNK, NAMED = 500, 100


def record(
    what: str,
    job_ids: Sequence[int],
    *,
    actor: str,
    repository: str = "",
    refused: Sequence[tuple[str, str]] = (),
    retry: bool = False,
) -> None:
    """Note that `actor` did `what` ("DOI registration"), which queued these jobs. Jobs of events and reports are left
    out. `repository`: whose settings the digest follows; without one those of the only repository concerned, else the
    global ones. `refused`: (object id, reason) of what was left out. `retry`: the jobs had failed or were blocked.
    """
    if not (job_ids or refused) or not wanted():
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


def wanted() -> bool:
    """Whether anybody gets digests: by the settings of a repository, or by the global ones."""
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
