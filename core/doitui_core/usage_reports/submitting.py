"""A usage report on its way: read from the database again from the beginning, and sent part after part.

It may be killed anywhere. Whoever takes the job up begins with the first part, whose PUT takes the place of the report
with all its parts; so nothing is left of a half-sent one, and no part is there twice. A report of several parts is read
back at the end, because a part of an earlier try may still have come in behind our PUT.

Lock order: upstream, report, job.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field

from doitui_core import breaker, database, outage_check, outcomes, queue, spent, upstream
from doitui_core.desk import LOST
from doitui_core.errors import BadInput, Misconfigured, RemoteFailed
from doitui_core.models import UsageReport
from doitui_core.outcomes import Kind, Outcome
from doitui_core.own_words import REPORTS
from doitui_core.queue import Lease, Status
from doitui_core.usage_reports import building, held
from doitui_core.usage_reports.outcomes import report_outcome
from doitui_core.usage_reports.parts import Part
from doitui_core.usage_reports.report_desk import ReportDesk

ATTEMPTS_SPENT = (
    "{} attempts brought no answer, or their worker died: see whether reports_url can be reached, then retry"
)


@dataclass
class _Sent:
    """What has arrived: the checksum of each part, and their datasets."""

    checksums: list[str] = field(default_factory=list)
    datasets: int = 0

    def add(self, part: Part) -> None:
        self.checksums.append(hashlib.sha256(part.body).hexdigest())
        self.datasets += part.datasets


def submit(lease: Lease, desk: ReportDesk) -> Outcome:
    """Send the whole report; the outcome, or `LOST`."""
    row, sent = UsageReport.get_by_id(lease.subject_id), _Sent()
    if lease.attempts > lease.max_attempts:
        return _end(lease, desk, row, sent, spent.attempts_spent(lease, ATTEMPTS_SPENT))
    try:
        outcome = _send(lease, desk, row, sent)
    except BadInput as error:
        outcome = Outcome(Kind.PERMANENT, "counts", str(error))
    return outcome if outcome is LOST else _end(lease, desk, row, sent, outcome)


def _send(lease: Lease, desk: ReportDesk, row: UsageReport, sent: _Sent) -> Outcome:
    outcome = Outcome(Kind.PERMANENT, "no_usage", f"no usage of {row.month} is counted: there is nothing to send")
    for part in building.of(row.repository, row.month).parts():
        if not _may_send(lease, desk, first=part.number == 1):
            return LOST
        outcome = _send_part(desk, row, part)
        if outcome.kind is not Kind.DONE:
            return outcome
        sent.add(part)
    if len(sent.checksums) > 1:
        return _settled(desk, row, sent, outcome) if _may_send(lease, desk, first=False) else LOST
    return outcome


def _may_send(lease: Lease, desk: ReportDesk, *, first: bool) -> bool:
    """Just before each request: whether the job is still ours. The first one's token was taken before the claim."""
    if not first:
        desk.spend()
    return queue.renew(lease, desk.policy)


def _send_part(desk: ReportDesk, row: UsageReport, part: Part) -> Outcome:
    try:
        answer = desk.client.send(row.uuid, part.body, first=part.number == 1, compressed=part.compressed)
    except (RemoteFailed, Misconfigured) as error:
        return outcomes.of_error(error)
    return report_outcome(answer, row.uuid)


def _settled(desk: ReportDesk, row: UsageReport, sent: _Sent, done: Outcome) -> Outcome:
    """`done`, if the store holds what was sent, no less and nothing twice."""
    with tempfile.TemporaryFile() as file:
        try:
            answer = desk.client.fetch(row.uuid, file)
        except (RemoteFailed, Misconfigured) as error:
            return outcomes.of_error(error)
        other = outcomes.foreign(answer, REPORTS)
        if other is not None or not answer.ok:
            return outcomes.of_read(other or outcomes.of_answer(answer, REPORTS))
        found = held.checksums(file)
    if sorted(found) == sorted(sent.checksums):
        return done
    told = f"{len(sent.checksums)} parts were sent, and the report store holds {len(found)} that are not the same"
    return Outcome(Kind.RETRYABLE, "parts_differ", f"{told}; sent again by itself, from the first", answer.status)


def _end(lease: Lease, desk: ReportDesk, seen: UsageReport, sent: _Sent, outcome: Outcome) -> Outcome:
    """Write report and job; the outcome, or `LOST`. What nobody knows the end of can be sent again."""
    outcome = outcomes.of_read(outcome)
    outage_check.decide(lease, desk, outcome)
    with database.write():
        breaker.hold(desk.upstream, outcome)
        row = database.for_update(UsageReport.select().where(UsageReport.id == lease.subject_id)).get()
        if not queue.held(lease):
            return LOST
        status, at, give_back = breaker.conclude(desk.upstream, lease, outcome, desk.policy)
        if status is Status.COMPLETED and row.requested_at != seen.requested_at:
            # It was asked for again, maybe with other counts, while this one was under way.
            status, at, give_back = Status.PENDING, database.now(), True
        if status is Status.FAILED:
            outcome = outcomes.final(outcome)
        _note(row, sent, outcome)
        queue.finish(lease, status, at=at, cause=outcome.cause, error=outcome.message, give_back=give_back)
    if outcome.kind is Kind.THROTTLED:
        upstream.pause(desk.upstream, at)
    return outcome


def _note(row: UsageReport, sent: _Sent, outcome: Outcome) -> None:
    row.response_status, row.cause, row.last_error = outcome.http_status, outcome.cause, outcome.message
    if outcome.kind is Kind.DONE:
        row.parts, row.datasets, row.submitted_at = len(sent.checksums), sent.datasets, database.now()
    row.save(only=row.dirty_fields)
