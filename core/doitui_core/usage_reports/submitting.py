"""Submit a usage report: `request` queues it; `submit`, in a worker, reads the counts and sends it part by part.

A worker may be killed at any time. The next attempt starts with the first part, whose PUT replaces the report with all
its parts: nothing remains of a half-sent one, and no part is there twice. A report of several parts is read back at the
end, because a part of an earlier attempt may have arrived after our PUT.

A store that validates later answers 202 (a hub). Then the report is stored, not submitted: the next attempt asks what
became of it, and sends nothing.

Lock order: rate limit, report, job.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field

from doitui_core.config import repositories
from doitui_core.db import audit, database
from doitui_core.db.models import Repository, UsageReport
from doitui_core.domain import outcomes
from doitui_core.domain.intermediary import REPORTS
from doitui_core.domain.job_kinds import JobKind, JobStatus, Service
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import BadInput, Misconfigured, RemoteFailed
from doitui_core.notify import outage_check
from doitui_core.queue import blocking, fenced_finish, jobs
from doitui_core.queue.connection import LOST
from doitui_core.queue.fenced_finish import Conclusion
from doitui_core.queue.leases import Lease
from doitui_core.usage_reports import building, report_outcomes, stored_report
from doitui_core.usage_reports.building import BuiltReport
from doitui_core.usage_reports.parts import Part
from doitui_core.usage_reports.report_connection import ReportConnection
from doitui_core.usage_reports.report_outcomes import report_outcome

ATTEMPTS_SPENT = (
    "{} attempts brought no answer, or their worker died: check whether reports_url can be reached, then retry"
)


def request(repository: Repository, report: BuiltReport, *, actor: str) -> int:
    """Queue the submission of `report`, also again: a report replaces the earlier one of its month. The job's id."""
    config, month = repositories.config(repository), report.period.month
    # The account may have changed since the last time, and the report's UUID with it.
    columns = {
        "uuid": report.uuid,
        "created_by": report.reporter.created_by,
        "requested_at": database.now(),
        "cause": "",
    }
    with database.write():
        UsageReport.insert(repository=repository.id, month=month, **columns).on_conflict(
            conflict_target=[UsageReport.repository, UsageReport.month], update=columns
        ).execute()
        row = UsageReport.get(UsageReport.repository == repository.id, UsageReport.month == month)
        attempts = config.number("max_attempts")
        job_id = jobs.enqueue(
            JobKind.REPORT, row.id, repository.id, actor=actor, max_attempts=attempts, action="submit"
        )
        # The request asks what the report store says now, even if it refused the last report.
        blocking.retry_services([repository.id], (Service.REPORTS,))
        audit.note(actor, "submit", f"usage report {month} of {repository.code}")
    return job_id


@dataclass
class _Sent:
    """What was accepted: the checksum of each part, how many parts and datasets. `waiting`: not validated yet."""

    checksums: list[str] = field(default_factory=list)
    parts: int = 0
    datasets: int = 0
    waiting: bool = False

    def add(self, part: Part) -> None:
        self.checksums.append(hashlib.sha256(part.body).hexdigest())
        self.parts += 1
        self.datasets += part.datasets


def submit(lease: Lease, connection: ReportConnection) -> Outcome:
    """Send the whole report; the outcome, or `LOST`."""
    row, sent = UsageReport.get_by_id(lease.subject_id), _Sent()
    if lease.attempts > lease.max_attempts:
        return _finish(lease, connection, row, sent, fenced_finish.attempts_spent(lease, ATTEMPTS_SPENT))
    try:
        if row.cause == report_outcomes.WAITING:
            sent = _Sent(parts=row.parts, datasets=row.datasets)
            outcome = _ask(connection, row, sent)
        else:
            outcome = _send(lease, connection, row, sent)
    except BadInput as error:
        outcome = Outcome(OutcomeKind.PERMANENT, "counts", str(error))
    return outcome if outcome is LOST else _finish(lease, connection, row, sent, outcome)


def _send(lease: Lease, connection: ReportConnection, row: UsageReport, sent: _Sent) -> Outcome:
    nothing = f"no usage of {row.month} is counted: there is nothing to send"
    outcome = Outcome(OutcomeKind.PERMANENT, "no_usage", nothing)
    for part in building.for_repository(row.repository, row.month).parts():
        if not _may_send(lease, connection, first=part.number == 1):
            return LOST
        outcome = _send_part(connection, row, part, sent)
        if outcome.kind is not OutcomeKind.DONE:
            return outcome
        sent.add(part)
    if sent.parts > 1:
        if not _may_send(lease, connection, first=False):
            return LOST
        outcome = _read_back(connection, row, sent, outcome)
    if sent.waiting and outcome.kind is OutcomeKind.DONE:
        return _ask(connection, row, sent) if _may_send(lease, connection, first=False) else LOST
    return outcome


def _ask(connection: ReportConnection, row: UsageReport, sent: _Sent) -> Outcome:
    """What became of a report that was accepted; `waiting` where that is not known yet."""
    try:
        answer = connection.client.ask(row.uuid)
    except (RemoteFailed, Misconfigured) as error:
        return outcomes.for_read(outcomes.from_error(error))
    sent.waiting = answer.ok and report_outcomes.is_waiting(answer)
    return report_outcomes.waiting(answer) if sent.waiting else report_outcome(answer, row.uuid)


def _may_send(lease: Lease, connection: ReportConnection, *, first: bool) -> bool:
    """Before each request: whether the job is still ours. The first request was counted before the claim."""
    if not first:
        connection.spend()
    return jobs.renew(lease, connection.policy)


def _send_part(connection: ReportConnection, row: UsageReport, part: Part, sent: _Sent) -> Outcome:
    try:
        answer = connection.client.send(row.uuid, part.body, first=part.number == 1, compressed=part.compressed)
    except (RemoteFailed, Misconfigured) as error:
        return outcomes.from_error(error)
    sent.waiting = sent.waiting or (answer.ok and report_outcomes.is_waiting(answer))
    return report_outcome(answer, row.uuid)


def _read_back(connection: ReportConnection, row: UsageReport, sent: _Sent, done: Outcome) -> Outcome:
    """`done`, if exactly what was sent is stored, nothing twice."""
    with tempfile.TemporaryFile() as file:
        try:
            answer = connection.client.fetch(row.uuid, file)
        except (RemoteFailed, Misconfigured) as error:
            return outcomes.from_error(error)
        other = outcomes.foreign(answer, REPORTS)
        if other is not None or not answer.ok:
            return outcomes.for_read(other or outcomes.from_answer(answer, REPORTS))
        found = stored_report.checksums(file)
    if sorted(found) == sorted(sent.checksums):
        return done
    differ = f"{len(sent.checksums)} parts were sent, but {len(found)} different ones are stored; sent again by itself"
    return Outcome(OutcomeKind.RETRYABLE, "parts_differ", f"{differ}, from the first", answer.status)


def _finish(lease: Lease, connection: ReportConnection, seen: UsageReport, sent: _Sent, outcome: Outcome) -> Outcome:
    """Write report and job; the outcome, or `LOST`. An ambiguous outcome is retried: the report can be sent again."""
    outcome = outcomes.for_read(outcome)
    outage_check.decide(lease, connection, outcome)
    return fenced_finish.finish(
        lease,
        connection,
        outcome,
        lock=lambda: database.for_update(UsageReport.select().where(UsageReport.id == lease.subject_id)).get(),
        write=lambda row, conclude: _settle(row, seen, sent, conclude(outcome)),
    )


def _settle(row: UsageReport, seen: UsageReport, sent: _Sent, end: Conclusion) -> Conclusion:
    """Write the report; where its job goes."""
    if end.status is JobStatus.COMPLETED and row.requested_at != seen.requested_at:
        # It was requested again, maybe with other counts, while this one was running.
        end.requeue(database.now())
    end.finalize()
    _note(row, sent, end.outcome)
    return end


def _note(row: UsageReport, sent: _Sent, outcome: Outcome) -> None:
    row.response_status, row.cause, row.last_error = outcome.http_status, outcome.cause, outcome.message
    if outcome.kind is OutcomeKind.DONE or outcome.cause == report_outcomes.WAITING:
        row.parts, row.datasets = sent.parts, sent.datasets
    if outcome.kind is OutcomeKind.DONE:
        row.submitted_at = database.now()
    row.save(only=row.dirty_fields)
