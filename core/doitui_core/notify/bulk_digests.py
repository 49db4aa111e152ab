"""One digest for each bulk act, written when all of its jobs are done, failed or cancelled.

Workers check this from time to time, also several at once: each act is reported once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import peewee

from doitui_core.clock import EPOCH
from doitui_core.config import repositories
from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import BulkAct, BulkJob, Doi, Job, Repository
from doitui_core.domain.job_kinds import OPEN, JobKind, JobStatus
from doitui_core.notify import digest_lines, notices
from doitui_core.notify.notices import Digest, DigestLine
from doitui_core.queue import jobs

#: As in the index `bulk_act_untold`.
_UNREPORTED = BulkAct.told_at == peewee.SQL("0")

CHUNK = 500


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
            notices.digest(Digest(act.what, f"bulk:{act.id}", lines), _config(act))
            BulkJob.delete().where(BulkJob.act == act.id).execute()


def _config(act: BulkAct) -> Config | None:
    row = Repository.get_or_none(Repository.id == act.repository_id)
    return repositories.config(row) if row is not None else None


def _ended(act: BulkAct) -> Iterator[DigestLine]:
    """The result of each DOI of the act. Cancelled and pruned jobs have none."""
    configs: dict[int, Config] = {}
    for chunk in in_chunks(_subjects(act), CHUNK):
        by_kind: dict[JobKind, dict[int, str]] = {}
        rows = {row.id: row for row in digest_lines.with_record(Doi.id.in_([subject for subject, _ in chunk]))}
        for subject, kind in chunk:
            row = rows[subject]
            configs.setdefault(row.repository_id, repositories.config(row.repository))
            by_kind.setdefault(kind, {})[subject] = digest_lines.name_of(row, configs, "")
        for kind, known in by_kind.items():
            yield from digest_lines.ended(known, kind, set(known) if act.retry else set())


def _subjects(act: BulkAct) -> list[tuple[int, JobKind]]:
    query = Job.select(Job.subject_id, Job.kind).join(BulkJob, on=BulkJob.job_id == Job.id)
    rows: Any = query.where(BulkJob.act == act.id, Job.status != str(JobStatus.CANCELLED)).order_by(Job.id)
    return [(subject, JobKind(kind)) for subject, kind in rows.tuples()]


def _refused(act: BulkAct) -> Iterator[DigestLine]:
    for object_id, reason in json.loads(act.refused):
        yield DigestLine("-", "", "left out", "left_out", reason, object_id=object_id)
