"""How a job of a DOI ends: facts, attempt and job in one transaction, and only while the lease is still ours.

Order of locks: upstream row (`breaker.hold`), the DOI's row, the job's row; counters last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import peewee

from doitui_core import activity, breaker, database, ledger, notices, outage_check, outcomes, queue, states, upstream
from doitui_core.datacite.answer import Answer
from doitui_core.desk import LOST, Desk
from doitui_core.events import stated
from doitui_core.models import Attempt, Doi
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease, Status
from doitui_core.states import TARGET, Facts, Wanted

#: When to look whether something arrived late (`recheck`): longer than any request of ours may take.
LOOK_BACK = timedelta(minutes=5)

Change = Callable[[Facts], Facts]


def keep(
    lease: Lease,
    change: Change,
    *,
    action: str,
    settles: str = "",
    attempt: Attempt | None = None,
    outcome: Outcome | None = None,
    answer: Answer | None = None,
    **columns: Any,
) -> bool:
    """Write new facts (and how `attempt` ended, in `outcome`) while the job goes on. False: the lease is lost."""
    with database.write():
        row = ledger.lock(lease.subject_id)
        if not queue.held(lease):
            return False
        if attempt is not None and outcome is not None:
            ledger.note_end(attempt, outcome, answer)
        if settles:
            ledger.settle_attempts(row.id, settles)
            look_back(lease)
        ledger.write(row, change(ledger.facts(row)), actor=lease.worker, action=action, **columns)
    return True


def end(
    lease: Lease,
    desk: Desk,
    outcome: Outcome,
    change: Change = lambda facts: facts,
    *,
    action: str = "",
    attempt: Attempt | None = None,
    answer: Answer | None = None,
    settles: str = "",
    seen: Doi | None = None,
    document: dict[str, Any] | None = None,
    **columns: Any,
) -> Outcome:
    """Write facts, attempt and job of a write; the outcome, or `LOST`.

    `seen`: the row as it was when it was decided what to send. A newer wish does not fail with an older one.
    `document`: what DataCite has confirmed.
    """
    outage_check.decide(lease, desk, outcome)
    with database.write():
        breaker.hold(desk.upstream, outcome)
        row = ledger.lock(lease.subject_id)
        if not queue.held(lease):
            return LOST
        if attempt is not None:
            ledger.note_end(attempt, outcome, answer)
        if settles:
            ledger.settle_attempts(row.id, settles)
        before = ledger.facts(row)
        facts = change(before)
        if outcome.kind is Kind.AMBIGUOUS:
            facts = states.timed_out(facts)
        done = states.action(before)
        detail: dict[str, Any] = {"http_status": outcome.http_status, "cause": outcome.cause, "detail": outcome.message}
        ledger.write(row, facts, actor=lease.worker, action=action or done, **detail, **columns)
        status, at, give_back = breaker.conclude(desk.upstream, lease, outcome, desk.policy)
        if status is Status.COMPLETED and not _finished(row, facts):
            # A newer wish or newer content came while this one was under way.
            status, at, give_back = Status.PENDING, database.now(), True
        if status is Status.FAILED and seen is not None and _wished_since(seen, row):
            status, at, give_back = Status.PENDING, database.now(), True
        if status is Status.FAILED:
            outcome = outcomes.final(outcome)
        error = "" if outcome.kind is Kind.DONE else outcome.message
        queue.finish(lease, status, at=at, cause=outcome.cause, error=error, give_back=give_back)
        if notices.can_send(desk.config):
            told = {"failed": status is Status.FAILED, "minted": facts.minted and not before.minted}
            notices.tell(row, desk.config, outcome, **told)
        done_late = facts.wanted is Wanted.TOMBSTONE or lease.was is not Status.PENDING
        if settles or (outcome.kind is Kind.DONE and done_late):
            look_back(lease)
        if outcome.kind is Kind.DONE:
            stated.confirmed(row, desk.config, actor=lease.worker, document=document)
    if outcome.kind is Kind.THROTTLED:
        upstream.pause(desk.upstream, at)
    activity.written(row, done, outcome, failed=status is Status.FAILED)
    return outcome


def asked_soon(lease: Lease, desk: Desk, outcome: Outcome) -> Outcome:
    """An ambiguous end is asked about at once the first time; a server that fails again and again is not hammered.

    What a killed worker left behind does not count: that was not the server's fault.
    """
    if outcome.kind is not Kind.AMBIGUOUS or outcome.wait is not None:
        return outcome
    before = _attempts(lease, Attempt.outcome == str(Kind.AMBIGUOUS), ~Attempt.cause.startswith(ledger.PROBED)).count()
    wait = min(queue.delay(before, desk.policy), queue.LONGEST_PROBE_WAIT)
    return replace(outcome, wait=wait.total_seconds())


def happened(lease: Lease, cause: str) -> bool:
    """Whether an earlier attempt of the job ended in `cause`."""
    return bool(_attempts(lease, Attempt.cause == cause).exists())


def _attempts(lease: Lease, *which: Any) -> peewee.ModelSelect[Attempt]:
    """The job's earlier attempts. By DOI first: that is what the index is for."""
    return Attempt.select().where(Attempt.doi == lease.subject_id, Attempt.job_id == lease.job_id, *which)


def look_back(lease: Lease) -> None:
    """A tombstone must stay one, and what timed out or whose worker died may still arrive: look again later."""
    queue.enqueue(
        queue.Kind.RECHECK,
        lease.subject_id,
        lease.repository_id,
        actor=lease.worker,
        max_attempts=lease.max_attempts,
        at=database.now() + LOOK_BACK,
    )


def _wished_since(seen: Doi, row: Doi) -> bool:
    return (seen.wanted, seen.current_hash) != (row.wanted, row.current_hash)


def _finished(row: Doi, facts: Facts) -> bool:
    if facts.wanted not in TARGET:
        return True
    return facts.settled and (facts.wanted is Wanted.TOMBSTONE or not row.changed)


def let_go(lease: Lease) -> None:
    """Give up a job whose worker must stop now: uncertain when its request was sent, else as if never begun."""
    with database.write():
        row = ledger.lock(lease.subject_id)
        if not queue.held(lease):
            return
        if lease.kind is not queue.Kind.WRITE or not ledger.unfinished(row.id):
            queue.release([lease])
            return
        facts = ledger.facts(row)
        action = states.action(facts)
        ledger.write(
            row, states.timed_out(facts), actor=lease.worker, action=action, cause="stopped", detail=queue.STOPPED
        )
        queue.finish(lease, Status.UNCERTAIN, cause="stopped", error=queue.STOPPED, give_back=True)
