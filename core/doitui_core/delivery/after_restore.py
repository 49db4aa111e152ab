"""What became of a DOI between the backup that was restored and the restore: asked of DataCite before anything is sent.

A job of the backup may have been done since, and a newer request may have followed it. So only what DataCite does not
have yet is sent; content that was sent since the backup is never replaced by that of the backup.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Doi
from doitui_core.delivery import finishing, probe
from doitui_core.delivery.finishing import WriteJob
from doitui_core.dois import datacite_document, doi_rows, restored_dois
from doitui_core.domain import after_restore, states
from doitui_core.domain.after_restore import RemoteDoi
from doitui_core.domain.answer import Answer
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.domain.states import TARGET, Facts, Remote, Wanted
from doitui_core.metadata import compare
from doitui_core.queue import fenced_finish, jobs
from doitui_core.queue.connection import LOST, Connection
from doitui_core.queue.leases import Lease

#: In the log of a DOI.
ACTION = "check"

CHANGED = "DataCite has other content, sent after the backup: import the record again, or update the DOI"


@dataclass(frozen=True, slots=True)
class _Finding:
    """What DataCite has of the DOI `row`. `ours`: in our account, and not there before the backup without us."""

    row: Doi
    answer: Answer
    remote: RemoteDoi
    ours: bool
    updated: bool

    def facts(self, facts: Facts) -> Facts:
        """The facts of the row, of now."""
        return after_restore.settled(facts, self.remote) if self.ours else after_restore.unchanged(facts)

    def columns(self, before: Facts, same: bool) -> dict[str, Any]:
        """The columns of the row that change with the facts."""
        if not self.ours:
            return {}
        if after_restore.is_hidden(before, self.remote):
            page = str(self.answer.attributes.get("url") or "")
            return {"reason": self.remote.reason or after_restore.HIDDEN, **({"url": page} if page else {})}
        return {"confirmed_hash": self.row.current_hash if same else ""}

    def detail(self, before: Facts) -> str:
        """The line of the log."""
        if not self.ours:
            return "after a restore: DataCite has none of ours"
        hidden = (
            ": hidden since the backup, so it stays a tombstone" if after_restore.is_hidden(before, self.remote) else ""
        )
        return f"after a restore: {self.remote.state} at DataCite{hidden}"


def settle(job: WriteJob) -> Outcome | None:
    """Before a write of a DOI that comes from a backup. None: settled, and something is left to send."""
    row, answer = job.row, job.connection.ask(job.row.doi)
    if isinstance(answer, Outcome):
        return probe.still_uncertain(job, answer)
    if _is_foreign(answer, job.connection):
        with database.write():
            restored_dois.forget(row.id)
            return probe.finish_foreign(job, answer)
    found = _found(row, answer, job.connection)
    facts = found.facts(doi_rows.facts(row))
    same = found.ours and _is_same(row, answer)
    if facts.settled and (same or found.updated or facts.wanted is Wanted.TOMBSTONE):
        newer = ("", "") if same or facts.wanted is Wanted.TOMBSTONE else ("changed_since_backup", CHANGED)
        outcome = Outcome(OutcomeKind.DONE, *newer, http_status=answer.status)
        return _finish(job.lease, job.connection, outcome, found, same)
    with database.write():
        row = doi_rows.lock(row.id)
        if not jobs.is_leased(job.lease):
            return LOST
        _store(job.lease, row, found, same)
    return None


def check(lease: Lease, connection: Connection, row: Doi) -> Outcome:
    """The check that a restore queues for each DOI. It reads only; a public tombstone is queued to be hidden."""
    answer = connection.ask(row.doi)
    if isinstance(answer, Outcome):
        return finishing.finish_doi(lease, connection, answer, partial(_ask_again, answer))
    found = _found(row, answer, connection)
    outcome = Outcome(OutcomeKind.DONE, http_status=answer.status)
    return _finish(lease, connection, outcome, found, found.ours and _is_same(row, answer))


def _ask_again(outcome: Outcome, _row: Doi, conclude: fenced_finish.Conclude) -> fenced_finish.Conclusion:
    """It only reads, so it is repeated until there is an answer."""
    end = conclude(outcome)
    if outcome.kind is OutcomeKind.RETRYABLE:
        end.status, end.give_back = JobStatus.PENDING, True
    return end


def _is_foreign(answer: Answer, connection: Connection) -> bool:
    return answer.status == 200 and answer.owner != connection.client.account.lower()


def _found(row: Doi, answer: Answer, connection: Connection) -> _Finding:
    backed_up_at = restored_dois.backed_up_at(row.id) or database.now()
    reason = str(answer.attributes.get("reason") or "")
    remote = RemoteDoi(answer.remote, reason, answer.time("created"), answer.time("updated"))
    known = row.remote not in states.ABSENT or doi_rows.may_be_ours(row.id, excluding=0)
    ours = remote.state is Remote.NONE or known or remote.created_since(backed_up_at)
    return _Finding(
        row, answer, remote, ours and not _is_foreign(answer, connection), remote.updated_since(backed_up_at)
    )


def _is_same(row: Doi, answer: Answer) -> bool:
    """Whether DataCite has the record's content."""
    record = doi_rows.record(row)
    if record is None or answer.status != 200:
        return False
    config = repositories.config(row.repository)
    return not compare.differences(datacite_document.document(record, row.doi, config), answer.attributes)


def _finish(lease: Lease, connection: Connection, outcome: Outcome, found: _Finding, same: bool) -> Outcome:
    def write(row: Doi, conclude: fenced_finish.Conclude) -> fenced_finish.Conclusion:
        _store(lease, row, found, same)
        facts = doi_rows.facts(row)
        if lease.kind is JobKind.RECHECK and facts.wanted is Wanted.TOMBSTONE and not facts.settled:
            finishing.enqueue_again(lease, JobKind.WRITE, action=states.action(facts))
        end = conclude(outcome)
        asked_again = jobs.find(lease.job_id).scheduled_at
        if lease.kind is JobKind.RECHECK and asked_again > database.now():
            end.requeue(asked_again)
        if lease.kind is JobKind.WRITE and _asked_for_more(found.row, row):
            end.requeue(database.now())
        return end

    return finishing.finish_doi(lease, connection, outcome, write)


def _asked_for_more(seen: Doi, row: Doi) -> bool:
    """Whether a person wants something else of the DOI since the row was `seen`."""
    facts = doi_rows.facts(row)
    return (facts.wanted in TARGET and not facts.settled) or seen.current_hash != row.current_hash


def _store(lease: Lease, row: Doi, found: _Finding, same: bool) -> None:
    """Write what was found to the locked `row`, unless the other job of the DOI has done so."""
    if restored_dois.backed_up_at(row.id) is None:
        return
    restored_dois.forget(row.id)
    if doi_rows.unfinished(row.id):
        doi_rows.settle_attempts(row.id, str(found.remote.state))
        finishing.schedule_recheck(lease)
    before = doi_rows.facts(row)
    columns, detail = found.columns(before, same), found.detail(before)
    doi_rows.write(row, found.facts(before), actor=lease.worker, action=ACTION, detail=detail, **columns)
