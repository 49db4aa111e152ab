"""One event on its way: PUT under its own UUID, its answer stored in its row.

Nothing has to be asked first: the same once more is the answer to every doubt, for it replaces our own event with the
same total. Lock order: job, then event.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, replace

from doitui_core import clock
from doitui_core.datacite.events import EventRequest
from doitui_core.db import database
from doitui_core.db.models import Event
from doitui_core.domain import outcomes
from doitui_core.domain.answer import LONGEST_BODY
from doitui_core.domain.event import EventValue, as_sent
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.events import eligible, store
from doitui_core.events.event_connection import EventConnection
from doitui_core.events.event_outcomes import event_outcome
from doitui_core.notify import outage_check
from doitui_core.queue import fenced_finish, jobs, rate_limit
from doitui_core.queue.connection import LOST
from doitui_core.queue.fenced_finish import Conclusion
from doitui_core.queue.leases import Lease

log = logging.getLogger("doitui.worker")

ATTEMPTS_SPENT = (
    "{} attempts brought no answer, or their worker died: see whether events_url can be reached, then retry"
)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What went out, and what came back."""

    total: int
    source_token: str
    response: str = ""


def send(lease: Lease, connection: EventConnection) -> Outcome:
    """Submit the event's total."""
    row = Event.get_by_id(lease.subject_id)
    sent = _Sent(row.total, connection.shown_token)
    refused = eligible.refusal(row)
    if refused is not None:
        return _finish(lease, connection, refused, sent)
    if lease.attempts > lease.max_attempts:
        return _finish(lease, connection, fenced_finish.attempts_spent(lease, ATTEMPTS_SPENT), sent)
    if not jobs.renew(lease, connection.policy):
        return LOST
    try:
        answer = connection.client.send(request(row, connection))
    except (RemoteFailed, Misconfigured) as error:
        return _finish(lease, connection, outcomes.from_error(error), sent)
    # Whatever it says may show the request it is about.
    masked = replace(answer, text=connection.masked(answer.text))
    outcome = event_outcome(answer if answer.ok and answer.document else masked, row.uuid)
    return _finish(lease, connection, outcome, replace(sent, response=masked.text[:LONGEST_BODY].replace("\x00", "")))


def request(row: Event, connection: EventConnection) -> EventRequest:
    """What goes out for the event, to the letter."""
    return connection.client.request(value(row), connection.source_token)


def value(row: Event) -> EventValue:
    """The event of a row."""
    return EventValue(
        row.subj_id,
        row.relation_type_id,
        row.obj_id,
        row.source_id,
        row.total,
        clock.iso(row.occurred_at) or "",
        json.loads(row.payload),
        row.uuid,
    )


def sent(row: Event) -> EventValue:
    """The event of a row in the order in which it goes out (`domain.event.as_sent`)."""
    return as_sent(value(row))


def _finish(lease: Lease, connection: EventConnection, outcome: Outcome, sent: _Sent) -> Outcome:
    """Write event and job; the outcome, or `LOST`."""
    outage_check.decide(lease, connection, outcome)
    return fenced_finish.finish(
        lease,
        connection,
        outcome,
        lock=lambda: _switch_off(connection, outcome),  # the event is locked after its job
        write=lambda _, conclude: _settle(lease, conclude(outcome), sent),
    )


def _switch_off(connection: EventConnection, outcome: Outcome) -> None:
    """Without the right to write events nothing more is sent: noted before the job is due again."""
    if outcome.cause == rate_limit.NO_RIGHT and rate_limit.refuse(connection.rate_limit, outcome):
        code, message = connection.config.code, outcome.message
        database.after_commit(lambda: log.info("events of repository %s are kept, not sent: %s", code, message))


def _settle(lease: Lease, end: Conclusion, sent: _Sent) -> Conclusion:
    """Write the event; where its job goes."""
    row = database.for_update(Event.select().where(Event.id == lease.subject_id)).get()
    if end.outcome.cause == rate_limit.NO_RIGHT:
        end.requeue(database.now())  # kept: it is no fault of the event
    end.finalize()
    _note(row, lease, end.outcome, sent)
    if end.status in (JobStatus.COMPLETED, JobStatus.FAILED) and row.total != sent.total:
        # It has grown while it was running.
        end.requeue(store.due_at(row, database.now()))
    return end


def _note(row: Event, lease: Lease, outcome: Outcome, sent: _Sent) -> None:
    row.attempts = lease.attempts  # also where the job gets it back: a refusal costs nothing, but it was tried
    row.response_status, row.cause, row.last_error = outcome.http_status, outcome.cause, outcome.message
    row.response, row.source_token, row.updated_at = sent.response, sent.source_token, database.now()
    if outcome.kind is OutcomeKind.DONE:
        row.submitted_total, row.submitted_at = sent.total, database.now()
    row.save(only=row.dirty_fields)
