"""One write job from the claim to its end: ask first where it is uncertain, note the attempt, send, note the outcome.

Nothing here decides by itself: `states` says what comes next, `outcomes` what an answer means, `queue` where the job
goes. A result is written in one transaction (DOI row, then job row), and only while the lease is still ours.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import peewee

from doitui_core import (
    breaker,
    database,
    documents,
    ledger,
    notices,
    outcomes,
    queue,
    repositories,
    reservations,
    statements,
    states,
    upstream,
)
from doitui_core.datacite.answer import Answer
from doitui_core.desk import LOST, Desk
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.metadata import build, compare
from doitui_core.models import Attempt, Doi, Payload, Record
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease, Status
from doitui_core.repositories import Config
from doitui_core.states import TARGET, Certainty, Facts, Remote, Step, Wanted

#: A create met a DOI that an earlier attempt of ours had made: go on by replacing it.
OURS_ALREADY = Outcome(Kind.RETRYABLE, "made_earlier", "an earlier attempt had made it")

#: The cause of a DELETE that DataCite refuses: it deletes drafts only.
NOT_A_DRAFT = "not_a_draft"

#: When to look whether something arrived late (`recheck`): longer than any request of ours may take.
LOOK_BACK = timedelta(minutes=5)

ATTEMPTS_SPENT = "{} attempts brought no answer, or their worker died; DataCite does not have what is wanted"

METHODS = {Step.CREATE: "POST", Step.REPLACE: "PUT", Step.DELETE: "DELETE"}

Change = Callable[[Facts], Facts]


@dataclass(frozen=True, slots=True)
class _Letter:
    """One request, as far as it depends on facts and record. `fingerprint` is empty where no metadata is sent."""

    method: str
    event: str | None
    document: dict[str, Any]
    fingerprint: str


def write(lease: Lease, desk: Desk) -> Outcome:
    """Bring the remote to what is wanted."""
    row = _row(lease)
    if row.certainty == Certainty.UNCERTAIN or ledger.unfinished(row.id):
        found_out = _probe(lease, desk, row)
        if found_out is not None:
            return found_out
        desk.spend()
        row = _row(lease)
    if lease.attempts > lease.max_attempts:
        return _end(lease, desk, Outcome(Kind.PERMANENT, "attempts_spent", ATTEMPTS_SPENT.format(lease.max_attempts)))
    outcome = _send(lease, desk, row)
    if outcome is OURS_ALREADY:
        desk.spend()
        return _send(lease, desk, _row(lease))
    return outcome


_ROW = statements.Select(lambda doi_id: Doi.select().where(Doi.id == doi_id), int)
_RECORD = statements.Select(lambda record_id: Record.select().where(Record.id == record_id), int)


def _row(lease: Lease) -> Doi:
    row = _ROW.first(lease.subject_id)
    assert row is not None, "no DOI is ever deleted"
    return row


def _send(lease: Lease, desk: Desk, row: Doi) -> Outcome:
    facts = ledger.facts(row)
    if states.next_step(facts) is Step.NOTHING:
        return _end(lease, desk, outcomes.DONE)
    letter = _letter(row, facts, desk.config)
    if isinstance(letter, _Letter) and letter.fingerprint not in ("", row.current_hash):
        row, letter = _renewed(row, facts)
    if isinstance(letter, Outcome):
        return _end(lease, desk, letter)
    attempt = _begin(lease, desk, row, letter)
    if attempt is None:
        return LOST
    attributes = {**letter.document, **_transition(letter.event, row)}
    try:
        answer = desk.send(letter.method, row.doi, attributes)
    except (RemoteFailed, Misconfigured) as error:
        return _end(lease, desk, _asked_soon(lease, desk, outcomes.of_error(error)), attempt=attempt)
    return _answered(lease, desk, facts, attempt, answer, letter)


def _letter(row: Doi, facts: Facts, config: Config) -> _Letter | Outcome:
    """What to send, or why it cannot be sent. Hiding sends no metadata, so that a broken record can still be hidden."""
    method = METHODS[states.next_step(facts)]
    event = states.event(facts)
    if event == "hide" or method == "DELETE":
        return _Letter(method, event, {}, "")
    record = _RECORD.first(row.record_id) if row.record_id else None
    if record is None:
        return Outcome(Kind.PERMANENT, "no_record", f"{row.doi} has no record here, so there is nothing to send")
    target = str(facts.wanted if facts.wanted in states.LADDER else Wanted.REGISTERED)
    wrong = documents.errors(documents.findings(record, config, target))
    if wrong:
        reasons = "; ".join(f"{finding.message} ({finding.code})" for finding in wrong)
        return Outcome(Kind.PERMANENT, "metadata", f"not sent: {reasons}")
    document = documents.document(record, row.doi, config)
    return _Letter(method, event, document, build.fingerprint(document))


def _renewed(row: Doi, facts: Facts) -> tuple[Doi, _Letter | Outcome]:
    """Row and letter again, where its content is not what the row knows as current: a setting has changed since
    (a default, the template of landing pages). Unless the row learns it, the DOI would be `changed` for ever.
    """
    with database.write():
        ledger.lock(row.id)
        config = repositories.config(row.repository)
        reservations.refresh(Record.get_by_id(row.record_id), config)
        fresh: Doi = Doi.get_by_id(row.id)
        return fresh, _letter(fresh, facts, config)


def _transition(event: str | None, row: Doi) -> dict[str, str]:
    if event is None:
        return {}
    return {"event": event, "reason": row.reason} if event == "hide" else {"event": event}


def _begin(lease: Lease, desk: Desk, row: Doi, letter: _Letter) -> Attempt | None:
    """Note that a request goes out now, and renew the lease; None when the lease is lost. Committed before sending."""
    attempt = Attempt(
        doi=row.id,
        job_id=lease.job_id,
        worker=lease.worker,
        method=letter.method,
        target=f"{desk.client.base_url}/dois" + (f"/{row.doi}" if letter.method != "POST" else ""),
        event=letter.event or "",
        fingerprint=letter.fingerprint,
    )
    body = zlib.compress(json.dumps(letter.document, ensure_ascii=False).encode())
    with database.write():
        locked = ledger.lock(row.id)
        if not queue.renew(lease, desk.policy):
            return None
        if letter.document:
            Payload.insert(fingerprint=letter.fingerprint, body=body).on_conflict_ignore().execute()
            locked.sent_hash = letter.fingerprint
            statements.update(locked)
        attempt.sent_at = database.now()
        statements.insert(attempt)
    return attempt


def _answered(lease: Lease, desk: Desk, sent: Facts, attempt: Attempt, answer: Answer, letter: _Letter) -> Outcome:
    outcome = outcomes.of_answer(answer)
    if outcome.cause == outcomes.TAKEN and letter.method == "POST":
        return _taken(lease, desk, attempt, answer)
    if letter.method == "DELETE" and answer.status in (204, 404):
        gone = Outcome(Kind.DONE, http_status=answer.status)
        return _end(lease, desk, gone, lambda facts: states.answered(facts, Remote.NONE), attempt=attempt)
    if outcome.cause == NOT_A_DRAFT:
        return _for_ever(lease, desk, outcome, attempt, answer)
    if outcome.kind is not Kind.DONE:
        return _end(lease, desk, _asked_soon(lease, desk, outcome), attempt=attempt, answer=answer)
    remote = Remote(answer.state)
    outcome = _compared(lease, sent, remote, answer)
    columns: dict[str, Any] = {"confirmed_hash": letter.fingerprint} if letter.document else {}
    return _end(
        lease, desk, outcome, lambda facts: states.answered(facts, remote), attempt=attempt, answer=answer, **columns
    )


def _for_ever(lease: Lease, desk: Desk, outcome: Outcome, attempt: Attempt, answer: Answer) -> Outcome:
    """The draft to be deleted is none: somebody registered it, and that is for ever. What is there is wanted again,
    unless the record has another DOI by now.
    """
    desk.spend()
    row = _row(lease)
    found = desk.ask(row.doi)
    if isinstance(found, Outcome):
        return _end(lease, desk, found, attempt=attempt, answer=answer)
    remote = Remote(found.state) if found.status == 200 else Remote.NONE

    def change(facts: Facts) -> Facts:
        other = row.record is not None and reservations.of_record(row.record) is not None
        wanted = facts.wanted if other else states.PRESENT.get(remote, facts.wanted)
        return replace(states.answered(facts, remote), wanted=wanted)

    return _end(lease, desk, outcome, change, attempt=attempt, answer=answer)


def _asked_soon(lease: Lease, desk: Desk, outcome: Outcome) -> Outcome:
    """An ambiguous end is asked about at once the first time; a server that fails again and again is not hammered.

    What a killed worker left behind does not count: that was not the server's fault.
    """
    if outcome.kind is not Kind.AMBIGUOUS or outcome.wait is not None:
        return outcome
    before = _of_job(lease, Attempt.outcome == str(Kind.AMBIGUOUS), ~Attempt.cause.startswith(ledger.PROBED)).count()
    return replace(outcome, wait=queue.delay(before, desk.policy).total_seconds())


def _of_job(lease: Lease, *which: Any) -> peewee.ModelSelect[Attempt]:
    """The job's earlier attempts. By DOI first: that is what the index is for."""
    return Attempt.select().where(Attempt.doi == lease.subject_id, Attempt.job_id == lease.job_id, *which)


def _compared(lease: Lease, sent: Facts, remote: Remote, answer: Answer) -> Outcome:
    """DataCite ignores an illegal event with 200: only the wanted state is a success. Corrected once."""
    if remote is TARGET[sent.wanted]:
        return Outcome(Kind.DONE, http_status=answer.status)
    message = f"DataCite answered {answer.status} but the DOI is {remote}, not {TARGET[sent.wanted]}"
    kind = Kind.PERMANENT if _of_job(lease, Attempt.cause == "wrong_state").exists() else Kind.RETRYABLE
    return Outcome(kind, "wrong_state", message, answer.status, wait=0.0)


def _taken(lease: Lease, desk: Desk, attempt: Attempt, answer: Answer) -> Outcome:
    """The DOI exists already. Made by an earlier attempt of ours: go on. Else nothing is done; a person decides."""
    row = _row(lease)
    desk.spend()
    found = desk.ask(row.doi)
    if isinstance(found, Outcome):
        return _end(lease, desk, found, attempt=attempt, answer=answer)
    account = desk.client.account
    if found.status == 404 or found.owner != account.lower():
        message = (
            f"{row.doi} belongs to another account than {account}; nothing was changed: give the record another DOI"
        )
        return _end(lease, desk, Outcome(Kind.PERMANENT, "foreign", message, 422), attempt=attempt, answer=answer)
    if not ledger.stands_behind(row.id, but=attempt.id):
        message = (
            f"{row.doi} exists in account {account} ({found.state}) and was never sent from here; nothing was changed:"
            f" `doitui doi adopt {row.doi}` takes it over, then mint again"
        )
        return _end(lease, desk, Outcome(Kind.PERMANENT, "exists", message, 422), attempt=attempt, answer=answer)
    remote = Remote(found.state)
    with database.write():
        kept = _keep(lease, lambda facts: states.answered(facts, remote), action="made earlier")
        ledger.note_end(attempt, OURS_ALREADY, answer)
    return OURS_ALREADY if kept else LOST


def _probe(lease: Lease, desk: Desk, row: Doi) -> Outcome | None:
    """Ask DataCite what became of the last write. None: it is settled, and there is still something to send.

    GET by DOI reads DataCite's database, not its index, so absent means absent (datacite-api 1.2).
    """
    answer = desk.ask(row.doi)
    if isinstance(answer, Outcome):
        return _still_uncertain(lease, desk, answer)
    if answer.status == 200 and answer.owner != desk.client.account.lower():
        message = f"{row.doi} belongs to another account than {desk.client.account}; nothing more is sent"
        foreign = Outcome(Kind.PERMANENT, "foreign", message, answer.status)
        return _end(lease, desk, foreign, lambda facts: states.answered(facts, facts.remote), settles="foreign")
    remote = Remote(answer.state) if answer.status == 200 else Remote.NONE
    facts = ledger.facts(row)
    same = remote is not Remote.NONE and as_sent(row, answer)
    columns: dict[str, Any] = {"confirmed_hash": row.sent_hash} if same else {}

    def settled(facts: Facts) -> Facts:
        return states.answered(facts, remote)

    # A tombstone is one by its state: hiding sends no metadata.
    arrived = same or facts.wanted is Wanted.TOMBSTONE
    if arrived and remote is TARGET.get(facts.wanted):
        found = Outcome(Kind.DONE, http_status=answer.status)
        return _end(lease, desk, found, settled, action="probe", settles=remote, **columns)
    return None if _keep(lease, settled, action="probe", settles=remote, **columns) else LOST


def as_sent(row: Doi, answer: Answer) -> bool:
    """Whether DataCite has what was sent last. When in doubt no: sending it again is harmless, not sending is not."""
    payload = Payload.get_or_none(Payload.fingerprint == row.sent_hash)
    if payload is None:
        return row.sent_hash == ""
    return not compare.differences(json.loads(zlib.decompress(bytes(payload.body))), answer.attributes)


def _still_uncertain(lease: Lease, desk: Desk, outcome: Outcome) -> Outcome:
    """The question itself failed: the DOI stays uncertain, the job waits and asks again. It is never given up."""
    wait = queue.delay(lease.attempts, desk.policy).total_seconds() if outcome.wait is None else outcome.wait
    wait = min(wait, queue.LONGEST_PROBE_WAIT.total_seconds())
    kind = outcome.kind if outcome.kind in queue.GIVEN_BACK else Kind.AMBIGUOUS
    return _end(lease, desk, replace(outcome, kind=kind, wait=wait), states.timed_out)


def _keep(lease: Lease, change: Change, *, action: str, settles: str = "", **columns: Any) -> bool:
    """Write new facts while the job goes on. False: the lease is lost."""
    with database.write():
        row = ledger.lock(lease.subject_id)
        if not queue.held(lease):
            return False
        if settles:
            ledger.settle_attempts(row.id, settles)
            _look_back(lease)
        ledger.write(row, change(ledger.facts(row)), actor=lease.worker, action=action, **columns)
    return True


def _end(
    lease: Lease,
    desk: Desk,
    outcome: Outcome,
    change: Change = lambda facts: facts,
    *,
    action: str = "",
    attempt: Attempt | None = None,
    answer: Answer | None = None,
    settles: str = "",
    **columns: Any,
) -> Outcome:
    """Write facts, attempt and job in one transaction; the outcome, or `LOST`."""
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
        detail: dict[str, Any] = {"http_status": outcome.http_status, "cause": outcome.cause, "detail": outcome.message}
        ledger.write(row, facts, actor=lease.worker, action=action or states.action(before), **detail, **columns)
        status, at, give_back = breaker.conclude(desk.upstream, lease, outcome, desk.policy)
        if status is Status.COMPLETED and not _finished(row, facts):
            # A newer wish or newer content came while this one was under way.
            status, at, give_back = Status.PENDING, database.now(), True
        queue.finish(lease, status, at=at, cause=outcome.cause, error=outcome.message, give_back=give_back)
        if notices.can_send(desk.config):
            told = {"failed": status is Status.FAILED, "minted": facts.minted and not before.minted}
            notices.tell(row, desk.config, outcome, **told)
        done_late = facts.wanted is Wanted.TOMBSTONE or lease.was is not Status.PENDING
        if settles or (outcome.kind is Kind.DONE and done_late):
            _look_back(lease)
    if outcome.kind is Kind.THROTTLED:
        upstream.pause(desk.upstream, at)
    return outcome


def _look_back(lease: Lease) -> None:
    """A tombstone must stay one, and what timed out or whose worker died may still arrive: look again later."""
    queue.enqueue(
        queue.Kind.RECHECK,
        lease.subject_id,
        lease.repository_id,
        actor=lease.worker,
        max_attempts=lease.max_attempts,
        at=database.now() + LOOK_BACK,
    )


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
            queue.release(lease)
            return
        message = "the worker was stopped while it waited for the answer"
        facts = ledger.facts(row)
        action = states.action(facts)
        ledger.write(row, states.timed_out(facts), actor=lease.worker, action=action, cause="stopped", detail=message)
        queue.finish(lease, Status.UNCERTAIN, cause="stopped", error=message, give_back=True)
