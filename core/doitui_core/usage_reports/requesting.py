"""A month's report is wanted: its row, and a job in the one queue. The rest is the worker's (`submitting`)."""

from __future__ import annotations

from dataclasses import dataclass

from doitui_core.config import repositories
from doitui_core.db import audit, database
from doitui_core.db.models import Repository, UsageReport
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.queue import blocking, jobs
from doitui_core.usage_reports.building import BuiltReport


@dataclass(frozen=True, slots=True)
class Requested:
    """The row of a report that is to go out, and the job that does it."""

    report: UsageReport
    job_id: int


def request(repository: Repository, report: BuiltReport, *, actor: str) -> Requested:
    """Have `report` submitted, also again: a report replaces the earlier one of its month."""
    config, now = repositories.config(repository), database.now()
    with database.write():
        UsageReport.insert(
            repository=repository.id,
            month=report.period.month,
            uuid=report.uuid,
            created_by=report.reporter.created_by,
            requested_at=now,
        ).on_conflict_ignore().execute()
        row = database.for_update(
            UsageReport.select().where(
                UsageReport.repository == repository.id, UsageReport.month == report.period.month
            )
        ).get()
        # The account may be another one by now, and with it the report.
        row.uuid, row.created_by, row.requested_at = report.uuid, report.reporter.created_by, now
        row.save(only=row.dirty_fields)
        job_id = jobs.enqueue(
            JobKind.REPORT,
            row.id,
            repository.id,
            actor=actor,
            max_attempts=config.number("max_attempts"),
            action="submit",
        )
        # Whoever asks wants to know what the report store says now, not what it said the last time.
        blocking.retry_services([repository.id], (Service.REPORTS,))
        audit.note(actor, "submit", f"usage report {report.period.month} of {repository.code}")
    return Requested(row, job_id)
