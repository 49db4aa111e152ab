"""One event on its way: PUT under its own UUID, its answer kept in its row.

Nothing has to be asked first: the same once more is the answer to every doubt, for it replaces our own event with the
same total. Lock order: job, then event.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace

from doitui_core import breaker, clock, database, outage_check, outcomes, queue, spent, upstream
from doitui_core.datacite.answer import KEPT
from doitui_core.datacite.events import Request
from doitui_core.desk import LOST
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.events import eligible, store
from doitui_core.events.event import Event as Value
from doitui_core.events.event_desk import EventDesk
from doitui_core.events.outcomes import event_outcome
from doitui_core.models import Event
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease, Status

ATTEMPTS_SPENT = (
    "{} attempts brought no answer, or their worker died: see whether events_url can be reached, then retry"
)


@dataclass(frozen=True, slots=True)
class _Sent:
    """What went out, and what came back."""

    total: int
    source_token: str
    response: str = ""


def send(lease: Lease, desk: EventDesk) -> Outcome:
    """Tell the other side the event's total."""
    row = Event.get_by_id(lease.subject_id)
    sent = _Sent(row.total, desk.shown_token)
    refused = eligible.refusal(row)
    if refused is not None:
        return _end(lease, desk, refused, sent)
    if lease.attempts > lease.max_attempts:
        return _end(lease, desk, spent.attempts_spent(lease, ATTEMPTS_SPENT), sent)
    if not queue.renew(lease, desk.policy):
        return LOST
    try:
        answer = desk.client.send(request(row, desk))
    except (RemoteFailed, Misconfigured) as error:
        return _end(lease, desk, outcomes.of_error(error), sent)
    # Whatever it says may show the request it is about.
    masked = replace(answer, text=desk.masked(answer.text))
    outcome = event_outcome(answer if answer.ok and answer.document else masked, row.uuid)
    return _end(lease, desk, outcome, replace(sent, response=masked.text[:KEPT].replace("\x00", "")))


def request(row: Event, desk: EventDesk) -> Request:
    """What goes out for the event, to the letter."""
    return desk.client.request(value(row), desk.source_token)


def value(row: Event) -> Value:
    """The event of a row."""
    return Value(
        row.subj_id,
        row.relation_type_id,
        row.obj_id,
        row.source_id,
        row.total,
        clock.iso(row.occurred_at) or "",
        json.loads(row.payload),
        row.uuid,
    )


def _end(lease: Lease, desk: EventDesk, outcome: Outcome, sent: _Sent) -> Outcome:
    """Write event and job; the outcome, or `LOST`."""
    outage_check.decide(lease, desk, outcome)
    with database.write():
        breaker.hold(desk.upstream, outcome)
        if not queue.held(lease):
            return LOST
        status, at, give_back = breaker.conclude(desk.upstream, lease, outcome, desk.policy)
        row = database.for_update(Event.select().where(Event.id == lease.subject_id)).get()
        if status is Status.FAILED:
            outcome = outcomes.final(outcome)
        _note(row, lease, outcome, sent)
        if status in (Status.COMPLETED, Status.FAILED) and row.total != sent.total:
            # It has grown while it was under way.
            status, at, give_back = Status.PENDING, store.due_at(row, database.now()), True
        queue.finish(lease, status, at=at, cause=outcome.cause, error=outcome.message, give_back=give_back)
    if outcome.kind is Kind.THROTTLED:
        upstream.pause(desk.upstream, at)
    return outcome


def _note(row: Event, lease: Lease, outcome: Outcome, sent: _Sent) -> None:
    row.attempts = lease.attempts  # also where the job gets it back: a refusal costs nothing, but it was tried
    row.response_status, row.cause, row.last_error = outcome.http_status, outcome.cause, outcome.message
    row.response, row.source_token, row.updated_at = sent.response, sent.source_token, database.now()
    if outcome.kind is Kind.DONE:
        row.submitted_total, row.submitted_at = sent.total, database.now()
    row.save(only=row.dirty_fields)
