"""How a job of a DOI finishes: facts, attempt and job in one transaction, only while the lease is ours.

Order of locks: the rate limit's row (`breaker.hold`), the DOI's row, the job's row; counters last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any

import peewee

from doitui_core.db import database
from doitui_core.db.models import Attempt, Doi
from doitui_core.dois import activity_log, doi_rows, tombstone_files
from doitui_core.domain import states
from doitui_core.domain.answer import Answer
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Facts, Remote, Wanted
from doitui_core.events import stated
from doitui_core.notify import notices, outage_check
from doitui_core.queue import fenced_finish, jobs
from doitui_core.queue.connection import Connection
from doitui_core.queue.leases import Lease

#: When to check whether something arrived late (`late_arrivals`): longer than any request of ours may take.
RECHECK_AFTER = timedelta(minutes=5)

Change = Callable[[Facts], Facts]


def unchanged(facts: Facts) -> Facts:
    """The change that leaves the facts as they are."""
    return facts


def answered(remote: Remote) -> Change:
    """The change of facts after DataCite named the state `remote`."""
    return lambda facts: states.answered(facts, remote)


def finish_doi(
    lease: Lease,
    connection: Connection,
    outcome: Outcome,
    write: Callable[[Doi, fenced_finish.Conclude], fenced_finish.Conclusion],
    *,
    finished: Callable[[Doi, fenced_finish.Conclusion], Any] | None = None,
    committed: Callable[[Doi, fenced_finish.Conclusion], Any] | None = None,
) -> Outcome:
    """`fenced_finish.finish` of a job of a DOI, whose row is locked. First it is decided whose a fault was."""
    outage_check.decide(lease, connection, outcome)
    lock = partial(doi_rows.lock, lease.subject_id)
    return fenced_finish.finish(
        lease, connection, outcome, lock=lock, write=write, finished=finished, committed=committed
    )


@dataclass(frozen=True, slots=True)
class WriteJob:
    """A write job, with the DOI's row as it was when it was decided what to send.

    `attempt` is the request that was sent last, `answer` what came back: their results are stored with the job's.
    """

    lease: Lease
    connection: Connection
    row: Doi
    attempt: Attempt | None = None
    answer: Answer | None = None

    def save_progress(
        self, change: Change, *, action: str, settles: str = "", outcome: Outcome | None = None, **columns: Any
    ) -> bool:
        """Write new facts (and how the attempt ended, in `outcome`) while the job goes on. False: the lease is lost."""
        with database.write():
            row = doi_rows.lock(self.lease.subject_id)
            if not jobs.is_leased(self.lease):
                return False
            if self.attempt is not None and outcome is not None:
                doi_rows.finish_attempt(self.attempt, outcome, self.answer)
            if settles:
                doi_rows.settle_attempts(row.id, settles)
                schedule_recheck(self.lease)
            doi_rows.write(row, change(doi_rows.facts(row)), actor=self.lease.worker, action=action, **columns)
        return True

    def finish(
        self,
        outcome: Outcome,
        change: Change = unchanged,
        *,
        action: str = "",
        settles: str = "",
        may_be_old: bool = False,
        document: dict[str, Any] | None = None,
        **columns: Any,
    ) -> Outcome:
        """Write facts, attempt and job; the outcome, or `LOST`.

        `may_be_old`: the outcome is about the content of `row`; a newer request does not fail with it.
        `document`: what DataCite has confirmed.
        """
        result = _Result(self, outcome, change, action, settles, may_be_old, document, columns)
        return finish_doi(
            self.lease, self.connection, outcome, result.write, finished=result.finished, committed=result.committed
        )

    def probe_soon(self, outcome: Outcome) -> Outcome:
        """Probe an ambiguous outcome at once the first time, later after a growing wait.

        What a killed worker left behind does not count: that was not the server's fault.
        """
        if outcome.kind is not OutcomeKind.AMBIGUOUS or outcome.wait is not None:
            return outcome
        ambiguous = Attempt.outcome == str(OutcomeKind.AMBIGUOUS)
        before = self._attempts(ambiguous, ~Attempt.cause.startswith(doi_rows.PROBED)).count()
        wait = min(jobs.delay(before, self.connection.policy), jobs.LONGEST_PROBE_WAIT)
        return replace(outcome, wait=wait.total_seconds())

    def ended_before(self, cause: str) -> bool:
        """Whether an earlier attempt of the job ended in `cause`."""
        return bool(self._attempts(Attempt.cause == cause).exists())

    def _attempts(self, *which: Any) -> peewee.ModelSelect[Attempt]:
        """The job's earlier attempts. By DOI first: that is what the index is for."""
        return Attempt.select().where(Attempt.doi == self.lease.subject_id, Attempt.job_id == self.lease.job_id, *which)


@dataclass
class _Result:
    """The result of a write, as `WriteJob.finish` takes it, and what its parts pass on to each other."""

    job: WriteJob
    outcome: Outcome
    change: Change
    action: str
    settles: str
    may_be_old: bool
    document: dict[str, Any] | None
    columns: dict[str, Any]
    before: Facts = field(init=False)
    facts: Facts = field(init=False)

    @property
    def attempted(self) -> str:
        """What the write was to do."""
        return states.action(self.before)

    def write(self, row: Doi, conclude: fenced_finish.Conclude) -> fenced_finish.Conclusion:
        """Write facts and attempts; where the job goes."""
        self._write_facts(row)
        end = conclude(self.outcome)
        if end.status is JobStatus.COMPLETED and not _finished(row, self.facts):
            # A newer request or newer content came while this one was running.
            end.requeue(database.now())
        if end.status is JobStatus.FAILED and self.may_be_old and _changed_since(self.job.row, row):
            end.requeue(database.now())
        end.finalize()
        end.keep_message = end.outcome.kind is not OutcomeKind.DONE
        return end

    def _write_facts(self, row: Doi) -> None:
        outcome = self.outcome
        if self.job.attempt is not None:
            doi_rows.finish_attempt(self.job.attempt, outcome, self.job.answer)
        if self.settles:
            doi_rows.settle_attempts(row.id, self.settles)
        self.before = doi_rows.facts(row)
        self.facts = self.change(self.before)
        if outcome.kind is OutcomeKind.AMBIGUOUS:
            self.facts = states.timed_out(self.facts)
        action = self.action or self.attempted
        detail: dict[str, Any] = {"http_status": outcome.http_status, "cause": outcome.cause, "detail": outcome.message}
        doi_rows.write(row, self.facts, actor=self.job.lease.worker, action=action, **detail, **self.columns)

    def finished(self, row: Doi, end: fenced_finish.Conclusion) -> None:
        """What follows from it: mail, a later recheck, events."""
        lease, config, done = self.job.lease, self.job.connection.config, end.outcome.kind is OutcomeKind.DONE
        if notices.can_send(config):
            minted = self.facts.minted and not self.before.minted
            notices.report_result(row, config, end.outcome, failed=end.status is JobStatus.FAILED, minted=minted)
        done_late = self.facts.wanted is Wanted.TOMBSTONE or lease.was is not JobStatus.PENDING
        if self.settles or (done and done_late):
            schedule_recheck(lease)
        if done:
            stated.confirmed(row, config, actor=lease.worker, document=self.document)

    def committed(self, row: Doi, end: fenced_finish.Conclusion) -> None:
        """Write the line of the activity log, and the page of a tombstone."""
        activity_log.written(row, self.attempted, end.outcome, failed=end.status is JobStatus.FAILED)
        if end.outcome.kind is OutcomeKind.DONE:
            tombstone_files.follow(row, self.job.connection.config)


def enqueue_again(lease: Lease, kind: JobKind, **options: Any) -> None:
    """Queue another job for the DOI of a job; `options` as of `jobs.enqueue`."""
    options |= {"actor": lease.worker, "max_attempts": lease.max_attempts}
    jobs.enqueue(kind, lease.subject_id, lease.repository_id, **options)


def schedule_recheck(lease: Lease) -> None:
    """A tombstone must stay one, and what timed out or whose worker died may still arrive: check again later."""
    enqueue_again(lease, JobKind.RECHECK, at=database.now() + RECHECK_AFTER)


def _changed_since(seen: Doi, row: Doi) -> bool:
    return (seen.wanted, seen.current_hash) != (row.wanted, row.current_hash)


def _finished(row: Doi, facts: Facts) -> bool:
    if facts.wanted not in TARGET:
        return True
    return facts.settled and (facts.wanted is Wanted.TOMBSTONE or not row.changed)


def release(lease: Lease) -> None:
    """Give up a job whose worker must stop now: uncertain when its request was sent, else as if never begun."""
    with database.write():
        row = doi_rows.lock(lease.subject_id)
        if not jobs.is_leased(lease):
            return
        if lease.kind is not JobKind.WRITE or not doi_rows.unfinished(row.id):
            jobs.release([lease])
            return
        facts = doi_rows.facts(row)
        action = states.action(facts)
        doi_rows.write(
            row, states.timed_out(facts), actor=lease.worker, action=action, cause="stopped", detail=jobs.STOPPED
        )
        jobs.finish(lease, JobStatus.UNCERTAIN, cause="stopped", error=jobs.STOPPED, give_back=True)
