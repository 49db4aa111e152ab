"""Digests of actions on many DOIs: `record` stores such an action, if digests are enabled; `report_finished` writes its
digest when all of its jobs are done, failed or cancelled.

Workers check this from time to time, also several at once: each action is reported once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import peewee

from doitui_core.clock import EPOCH
from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import BulkAct, BulkJob, Doi, Job
from doitui_core.domain.job_kinds import OPEN, JobKind, JobStatus, Service
from doitui_core.notify import digest, digest_lines, notices
from doitui_core.notify.digest import Digest, DigestLine
from doitui_core.queue import jobs

#: Job ids in one statement.
CHUNK = 500

#: Refused records that a digest can name.
NAMED = 100

#: As in the index `bulk_act_untold`.
_UNREPORTED = BulkAct.told_at == peewee.SQL("0")


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
    if not (job_ids or refused) or not _enabled():
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
        of_dois = _jobs(Job.id, Job.id, job_ids, Job.lane == str(Service.DOIS))
        for chunk in in_chunks(of_dois, CHUNK):
            BulkJob.insert_many([{"act": act.id, "job_id": number} for number in chunk]).execute()


def _enabled() -> bool:
    """Whether the settings of a repository, or the global ones, enable digests."""
    ids = [0, *(row.id for row in repositories.all_repositories() if row.active)]
    return any(notices.wants_digests(notices.config_of(number)) for number in ids)


def verifications(doi_ids: Sequence[int]) -> list[int]:
    """The open verification jobs of these DOIs."""
    return _jobs(Job.id, Job.subject_id, doi_ids, Job.kind == str(JobKind.VERIFY), Job.status.in_(OPEN))


def _only_repository(job_ids: Sequence[int]) -> int:
    """The repository of all these jobs; 0 if there are several."""
    found = set(_jobs(Job.repository, Job.id, job_ids))
    return found.pop() if len(found) == 1 else 0


def _jobs(column: Any, key: Any, keys: Sequence[int], *conditions: Any) -> list[int]:
    """The column of the jobs whose `key` is one of `keys`, sorted."""
    found: set[int] = set()
    for chunk in in_chunks(keys, CHUNK):
        rows: Any = Job.select(column).where(key.in_(list(chunk)), *conditions).distinct().tuples()
        found.update(number for (number,) in rows)
    return sorted(found)


def report_finished() -> int:
    """Write the digests of finished acts; how many acts. One read if there are none."""
    finished = [act for act in BulkAct.select().where(_UNREPORTED).order_by(BulkAct.id) if not _is_open(act)]
    for act in finished:
        _report(act)
    return len(finished)


def _is_open(act: BulkAct) -> bool:
    job_rows = Job.select().join(BulkJob, on=BulkJob.job_id == Job.id)
    return bool(job_rows.where(BulkJob.act == act.id, Job.status.in_(jobs.as_literals(OPEN))).limit(1).exists())


def _report(act: BulkAct) -> None:
    lines = [*_ended(act), *_refused(act)]
    with database.write():
        claim = BulkAct.update(told_at=database.now()).where(BulkAct.id == act.id, BulkAct.told_at == EPOCH)
        if claim.execute():
            doi_ids = [subject for subject, _ in _subjects(act)]
            run = Digest(act.what, f"bulk:{act.id}", lines, doi_ids)
            digest.report(run, notices.config_of(act.repository_id))
            BulkJob.delete().where(BulkJob.act == act.id).execute()


def _ended(act: BulkAct) -> Iterator[DigestLine]:
    """The result of each DOI of the act. Cancelled and pruned jobs have none."""
    for chunk in in_chunks(_subjects(act), CHUNK):
        by_kind: dict[JobKind, dict[int, str]] = {}
        rows = {row.id: row for row in digest_lines.with_record(Doi.id.in_([subject for subject, _ in chunk]))}
        for subject, kind in chunk:
            by_kind.setdefault(kind, {})[subject] = digest_lines.name_of(rows[subject])
        for kind, names in by_kind.items():
            yield from digest_lines.ended(names, kind, set(names) if act.retry else set())


def _subjects(act: BulkAct) -> list[tuple[int, JobKind]]:
    query = Job.select(Job.subject_id, Job.kind).join(BulkJob, on=BulkJob.job_id == Job.id)
    rows: Any = query.where(BulkJob.act == act.id, Job.status != str(JobStatus.CANCELLED)).order_by(Job.id)
    return [(subject, JobKind(kind)) for subject, kind in rows.tuples()]


def _refused(act: BulkAct) -> Iterator[DigestLine]:
    for object_id, reason in json.loads(act.refused):
        yield DigestLine("-", "", "left out", "left_out", reason, object_id=object_id)
