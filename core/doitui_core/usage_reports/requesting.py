"""Request the submission of a month's report: its row and its job. The worker submits it (`submitting`)."""

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
    """The row of a report that is to be submitted, and the job that does it."""

    report: UsageReport
    job_id: int


def request(repository: Repository, report: BuiltReport, *, actor: str) -> Requested:
    """Have `report` submitted, also again: a report replaces the earlier one of its month."""
    config, month = repositories.config(repository), report.period.month
    # The account may have changed since the last time, and the report's UUID with it.
    columns = {
        "uuid": report.uuid,
        "created_by": report.reporter.created_by,
        "requested_at": database.now(),
    }
    with database.write():
        UsageReport.insert(repository=repository.id, month=month, **columns).on_conflict(
            conflict_target=[UsageReport.repository, UsageReport.month], update=columns
        ).execute()
        row = UsageReport.get(UsageReport.repository == repository.id, UsageReport.month == month)
        job_id = jobs.enqueue(
            JobKind.REPORT,
            row.id,
            repository.id,
            actor=actor,
            max_attempts=config.number("max_attempts"),
            action="submit",
        )
        # The request asks what the report store says now, even if it refused the last report.
        blocking.retry_services([repository.id], (Service.REPORTS,))
        audit.note(actor, "submit", f"usage report {month} of {repository.code}")
    return Requested(row, job_id)
