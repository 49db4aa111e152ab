"""Submit the usage reports of a month now, and return the result of each."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace

from doitui_core.db.models import Job, Repository, UsageReport
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.domain.outcomes import Outcome
from doitui_core.errors import BadInput, DatabaseUnavailable, DoituiError
from doitui_core.usage import recount
from doitui_core.usage_reports import building, period, report_connection, submitting
from doitui_core.usage_reports.building import BuiltReport
from doitui_core.worker import worker
from doitui_core.worker.summary import Summary


@dataclass(frozen=True, slots=True)
class SubmittedReport:
    """The report of one repository. `outcome`: `queued`, `done`, the outcome of sending (`OutcomeKind`), or `refused`
    before it was queued (`error`; `job_id` is 0). `row`: its row, if it is done.
    """

    built: BuiltReport
    job_id: int = 0
    outcome: str = "queued"
    cause: str = ""
    message: str = ""
    error: DoituiError | None = None
    row: UsageReport | None = None


def check_over(month: str) -> None:
    """Raise `BadInput` for a month that is not over: its report would lack the days to come. Also as `for_month`."""
    about = period.for_month(month)
    if not about.over:
        raise BadInput(
            f"{about.month} is not over, so its report would be partial: use --month last, or --partial to send it"
        )


def queue(month: str, *, actor: str, repository: str = "") -> list[SubmittedReport]:
    """Count what is due, and queue the reports of `month`. Raises as `building.for_month`."""
    recount.due()
    return [_request(row, report, actor) for row, report in building.for_month(month, repository)]


def send(queued: Sequence[SubmittedReport], stop: threading.Event) -> list[SubmittedReport]:
    """Send what is due of all reports, as the worker does; the results of those `queued`."""
    summary = worker.run(drain=True, threads=1, services=(Service.REPORTS,), stop=stop)
    return [_ended(one, summary) if one.job_id else one for one in queued]


def _request(repository: Repository, report: BuiltReport, actor: str) -> SubmittedReport:
    try:
        report_connection.for_repository(repository)
        return SubmittedReport(report, submitting.request(repository, report, actor=actor))
    except DatabaseUnavailable:  # the next ones would fail too
        raise
    except DoituiError as error:
        cause = getattr(error, "cause", "") or "settings"
        return SubmittedReport(report, 0, "refused", cause, str(error), error)


def _ended(one: SubmittedReport, summary: Summary) -> SubmittedReport:
    job: Job = Job.get_by_id(one.job_id)
    if job.status == JobStatus.COMPLETED:
        return replace(one, outcome="done", row=UsageReport.get_by_id(job.subject_id))
    code = one.built.reporter.code
    outcome: Outcome | None = summary.left.get(one.job_id) or summary.blocked.get(code)
    if outcome is None:
        message = f"job {job.id} is {job.status}, and was not sent now: `doitui queue show {job.id}`"
        return replace(one, cause=job.cause, message=message)
    return replace(one, outcome=str(outcome.kind), cause=outcome.cause, message=outcome.message)
