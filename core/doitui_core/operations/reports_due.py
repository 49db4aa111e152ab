"""Usage reports that are due: those of the last month that were not submitted yet."""

from __future__ import annotations

import threading

from doitui_core.clock import EPOCH
from doitui_core.config import repositories
from doitui_core.db.models import Repository, UsageReport
from doitui_core.domain import months
from doitui_core.operations import submit_reports
from doitui_core.operations.submit_reports import SubmittedReport
from doitui_core.usage import months as usage_months
from doitui_core.usage import recount
from doitui_core.usage.zone import days_of_month
from doitui_core.usage_reports import month_counts


def due(repository: str = "") -> list[Repository]:
    """The active repositories with counts of the last month, whose report was not submitted. Raises `NotFound`."""
    month = usage_months.resolve(months.LAST)
    rows = [repositories.find(repository)] if repository else repositories.all_repositories()
    return [row for row in rows if row.active and _has_counts(row, month) and not _submitted(row, month)]


def _has_counts(row: Repository, month: str) -> bool:
    return month_counts.exist(row.id, days_of_month(month))


def _submitted(row: Repository, month: str) -> bool:
    found = UsageReport.select().where(UsageReport.repository == row.id, UsageReport.month == month)
    return bool(found.where(UsageReport.submitted_at > EPOCH).exists())


def submit(repository: str, actor: str, stop: threading.Event) -> list[SubmittedReport]:
    """Submit the reports that are due; the result of each. Raises `NotFound`."""
    recount.due()
    queued = [
        one for row in due(repository) for one in submit_reports.queue(months.LAST, actor=actor, repository=row.code)
    ]
    return submit_reports.send(queued, stop) if queued else []
