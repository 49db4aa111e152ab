"""The look back, five minutes after a tombstone or a settled time-out: did something arrive late? Then it is undone.

A request that timed out may still be on its way when the probe has settled it. Whatever it changed is found here, and a
write brings the remote back to what is wanted.
"""

from __future__ import annotations

from typing import Any

from doitui_core import breaker, database, endings, ledger, outage_check, probing, queue, states, upstream
from doitui_core.datacite.answer import Answer
from doitui_core.desk import LOST, Desk
from doitui_core.models import Doi
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease, Status
from doitui_core.states import TARGET, Certainty, Facts, Remote, Wanted


def recheck(lease: Lease, desk: Desk) -> Outcome:
    """Ask DataCite for state and content; where they are not what was confirmed, queue a write. Reads only."""
    row = ledger.read(lease.subject_id)
    answer = desk.ask(row.doi)
    if isinstance(answer, Outcome):
        return _end(lease, desk, row, answer, None)
    return _end(lease, desk, row, Outcome(Kind.DONE, http_status=answer.status), answer)


def _end(lease: Lease, desk: Desk, seen: Doi, outcome: Outcome, answer: Answer | None) -> Outcome:
    outage_check.decide(lease, desk, outcome)
    with database.write():
        breaker.hold(desk.upstream, outcome)
        row = ledger.lock(lease.subject_id)
        if not queue.held(lease):
            return LOST
        written_since = ledger.written_since(seen, row)
        late = _late(row, answer, desk.client.account) if answer is not None and not written_since else ""
        if late:
            outcome = Outcome(Kind.DONE, "arrived_late", late, outcome.http_status)
            _undo(row, lease, answer, outcome)
        status, at, give_back = breaker.conclude(desk.upstream, lease, outcome, desk.policy)
        if outcome.kind is Kind.RETRYABLE:
            # It only reads, so it is repeated until there is an answer: given up, what arrived late would stay.
            status, give_back = Status.PENDING, True
        asked_again = queue.find(lease.job_id).scheduled_at
        if status is Status.COMPLETED and (written_since or asked_again > database.now()):
            # What was written meanwhile wants a look back of its own, and this job is the only one.
            at = asked_again if asked_again > database.now() else database.now() + endings.LOOK_BACK
            status, give_back = Status.PENDING, True
        queue.finish(lease, status, at=at, cause=outcome.cause, error=outcome.message, give_back=give_back)
    if outcome.kind is Kind.THROTTLED:
        upstream.pause(desk.upstream, at)
    return outcome


def _late(row: Doi, answer: Answer, account: str) -> str:
    """What is not as it was confirmed, in one sentence; empty when all is well, or when a write is under way anyway."""
    facts = ledger.facts(row)
    write = queue.open_job(queue.Kind.WRITE, row.id)
    under_way = write is not None and write.status != Status.FAILED
    somebody_elses = answer.status == 200 and answer.owner != account.lower()
    if facts.certainty is Certainty.UNCERTAIN or under_way or somebody_elses:
        return ""
    remote = Remote(answer.state) if answer.status == 200 else Remote.NONE
    news = remote is not facts.remote and not (remote is Remote.NONE and facts.remote in states.ABSENT)
    if facts.wanted not in TARGET:
        what = "abandoned DOI" if facts.wanted is Wanted.ABANDONED else "DOI"
        return f"a request arrived late: the {what} is {remote} at DataCite" if news else ""
    public = facts.wanted is Wanted.TOMBSTONE and remote is Remote.FINDABLE
    if news or public:
        return f"a request arrived late: the DOI is {remote} at DataCite, not {TARGET[facts.wanted]}"
    if facts.settled and facts.wanted is not Wanted.TOMBSTONE and not probing.as_sent(row, answer):
        return "a request arrived late: DataCite has older content"
    return ""


def _undo(row: Doi, lease: Lease, answer: Answer | None, outcome: Outcome) -> None:
    """Note what is there, and queue what brings it back to what is wanted. Where nothing was wanted any more, what is
    there is wanted now: the wish was taken back too late.
    """
    remote = Remote(answer.state) if answer is not None and answer.status == 200 else Remote.NONE
    facts: Facts = states.answered(ledger.facts(row), remote)
    if facts.wanted is Wanted.NONE:
        facts = states.withdrawn(facts)
    same = remote is not Remote.NONE and answer is not None and probing.as_sent(row, answer)
    columns: dict[str, Any] = {} if same else {"confirmed_hash": ""}
    told = outcome.message
    ledger.write(row, facts, actor=lease.worker, action="recheck", cause=outcome.cause, detail=told, **columns)
    if facts.settled and same:
        return
    queue.enqueue(
        queue.Kind.WRITE,
        row.id,
        lease.repository_id,
        actor=lease.worker,
        max_attempts=lease.max_attempts,
        action=states.action(facts),
    )
