"""Submit the usage reports of a month now, and tell what became of each."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace

from doitui_core.db.models import Job, Repository
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.domain.outcomes import Outcome
from doitui_core.errors import DatabaseUnavailable, DoituiError
from doitui_core.usage import recount
from doitui_core.usage_reports import building, report_connection, requesting
from doitui_core.usage_reports.building import BuiltReport
from doitui_core.worker import worker
from doitui_core.worker.summary import Summary


@dataclass(frozen=True, slots=True)
class SubmittedReport:
    """The report of one repository. `outcome`: queued, done, an `OutcomeKind`, or refused before it was queued
    (`job_id` 0).
    """

    repository: str
    uuid: str
    job_id: int
    outcome: str = "queued"
    cause: str = ""
    message: str = ""


def submit(month: str, *, actor: str, repository: str = "") -> list[SubmittedReport]:
    """Count what is due, queue the reports of `month` and send them. Raises as `building.for_month`."""
    recount.due()
    queued = [_request(row, report, actor) for row, report in building.for_month(month, repository)]
    summary = worker.run(drain=True, threads=1, services=(Service.REPORTS,), stop=threading.Event())
    return list(_ended(queued, summary))


def _request(repository: Repository, report: BuiltReport, actor: str) -> SubmittedReport:
    try:
        report_connection.for_repository(repository)
        job_id = requesting.request(repository, report, actor=actor).job_id
    except DatabaseUnavailable:  # it would be the same with all that follow
        raise
    except DoituiError as error:
        cause = getattr(error, "cause", "") or "settings"
        return SubmittedReport(repository.code, report.uuid, 0, "refused", cause, str(error))
    return SubmittedReport(repository.code, report.uuid, job_id)


def _ended(queued: Iterable[SubmittedReport], summary: Summary) -> Iterable[SubmittedReport]:
    for one in queued:
        if not one.job_id:
            yield one
            continue
        outcome = summary.left.get(one.job_id) or summary.blocked.get(one.repository)
        yield _with_outcome(one, Job.get_by_id(one.job_id), outcome)


def _with_outcome(one: SubmittedReport, job: Job, outcome: Outcome | None) -> SubmittedReport:
    if job.status == JobStatus.COMPLETED:
        return replace(one, outcome="done")
    if outcome is None:
        message = f"job {job.id} is {job.status} and was not sent now: `doitui queue show {job.id}`"
        return replace(one, cause=job.cause, message=message)
    return replace(one, outcome=str(outcome.kind), cause=outcome.cause, message=outcome.message)
