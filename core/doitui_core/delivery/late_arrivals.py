"""The recheck five minutes after a tombstone or a settled time-out: undoes what arrived late.

A request that timed out may still be on its way when the probe has settled it. Whatever it changed is found here, and a
write brings the remote back to what is wanted.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from doitui_core.db import database
from doitui_core.db.models import Doi
from doitui_core.delivery import after_restore, finishing, probe
from doitui_core.dois import doi_rows, restored_dois
from doitui_core.domain import states
from doitui_core.domain.answer import Answer
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Certainty, Facts, Remote, Wanted
from doitui_core.queue import fenced_finish, jobs
from doitui_core.queue.connection import Connection
from doitui_core.queue.leases import Lease


def check(lease: Lease, connection: Connection) -> Outcome:
    """Ask DataCite for state and content; where they are not what was confirmed, queue a write. Reads only."""
    row = doi_rows.read(lease.subject_id)
    if restored_dois.backed_up_at(row.id) is not None:
        return after_restore.check(lease, connection, row)
    found = connection.ask(row.doi)
    answer = None if isinstance(found, Outcome) else found
    outcome = found if isinstance(found, Outcome) else Outcome(OutcomeKind.DONE, http_status=found.status)
    return finishing.finish_doi(lease, connection, outcome, partial(_settle, lease, connection, row, answer, outcome))


def _settle(
    lease: Lease,
    connection: Connection,
    seen: Doi,
    answer: Answer | None,
    outcome: Outcome,
    row: Doi,
    conclude: fenced_finish.Conclude,
) -> fenced_finish.Conclusion:
    """Undo what arrived late; where the job goes."""
    written_since = doi_rows.written_since(seen, row)
    late = _late(row, answer, connection.client.account) if answer is not None and not written_since else ""
    if late:
        outcome = Outcome(OutcomeKind.DONE, "arrived_late", late, outcome.http_status)
        _undo(row, lease, answer, outcome)
    end = conclude(outcome)
    if outcome.kind is OutcomeKind.RETRYABLE:
        # It only reads, so it is repeated until there is an answer: given up, what arrived late would stay.
        end.status, end.give_back = JobStatus.PENDING, True
    asked_again = jobs.find(lease.job_id).scheduled_at
    if end.status is JobStatus.COMPLETED and (written_since or asked_again > database.now()):
        # What was written meanwhile needs a recheck of its own, and this job is the only one.
        end.requeue(asked_again if asked_again > database.now() else database.now() + finishing.RECHECK_AFTER)
    return end


def _late(row: Doi, answer: Answer, account: str) -> str:
    """What differs from what was confirmed, in one sentence; empty when nothing does, or when a write is running."""
    facts = doi_rows.facts(row)
    write = jobs.open_job(JobKind.WRITE, row.id)
    running = write is not None and write.status != JobStatus.FAILED
    foreign = answer.status == 200 and answer.owner != account.lower()
    if facts.certainty is Certainty.UNCERTAIN or running or foreign:
        return ""
    remote = answer.remote
    news = remote is not facts.remote and not (remote is Remote.NONE and facts.remote in states.ABSENT)
    if facts.wanted not in TARGET:
        what = "abandoned DOI" if facts.wanted is Wanted.ABANDONED else "DOI"
        return f"a request arrived late: the {what} is {remote} at DataCite" if news else ""
    public = facts.wanted is Wanted.TOMBSTONE and remote is Remote.FINDABLE
    if news or public:
        return f"a request arrived late: the DOI is {remote} at DataCite, not {TARGET[facts.wanted]}"
    if facts.settled and facts.wanted is not Wanted.TOMBSTONE and not probe.as_sent(row, answer):
        return "a request arrived late: DataCite has older content"
    return ""


def _undo(row: Doi, lease: Lease, answer: Answer | None, outcome: Outcome) -> None:
    """Note what is there, and queue what brings it back to what is wanted. Where nothing was wanted any more, what is
    there is wanted now: the request was cancelled too late.
    """
    remote = answer.remote if answer is not None else Remote.NONE
    facts: Facts = states.answered(doi_rows.facts(row), remote)
    if facts.wanted is Wanted.NONE:
        facts = states.cancelled(facts)
    same = remote is not Remote.NONE and answer is not None and probe.as_sent(row, answer)
    columns: dict[str, Any] = {} if same else {"confirmed_hash": ""}
    detail = outcome.message
    doi_rows.write(row, facts, actor=lease.worker, action="recheck", cause=outcome.cause, detail=detail, **columns)
    if facts.settled and same:
        return
    finishing.enqueue_again(lease, JobKind.WRITE, action=states.action(facts))
