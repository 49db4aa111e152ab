"""Discarding events: their job is cancelled, and the total they have is not sent. A later total is sent again.

What may have been sent already (a running or uncertain job) is never discarded. An event that was submitted before
keeps that state: the other side has an earlier total.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.db import audit, database
from doitui_core.db.chunks import Step, in_chunks, paced, to_the_end
from doitui_core.db.models import Event, Job
from doitui_core.domain.event_states import EventState
from doitui_core.domain.job_kinds import JobKind, JobStatus
from doitui_core.errors import BadInput
from doitui_core.events import store
from doitui_core.queue import event_progress, jobs
from doitui_core.text import plural

#: What can be discarded, and what is without a `--state`.
STATES = (EventState.PENDING, EventState.FAILED)

#: The cause of events whose kind was switched off; switched on again, they are queued.
SWITCHED_OFF = "switched_off"


def discardable(state: str = "") -> peewee.ModelSelect[Event]:
    """The events `discard` takes. Raises `BadInput` for a state whose events cannot be discarded."""
    if state and state not in STATES:
        raise BadInput(f"events cannot be discarded by state {state!r}: use {' or '.join(STATES)}")
    sent = Job.select().where(
        Job.subject_id == Event.id,
        Job.kind == str(JobKind.EVENT),
        Job.status.in_(jobs.as_literals((JobStatus.PROCESSING, JobStatus.UNCERTAIN))),
    )
    wanted = [str(one) for one in STATES] if not state else [state]
    return Event.select().where(Event.state.in_(wanted), ~peewee.fn.EXISTS(sent)).order_by(Event.id)


def discard(state: str = "", *, actor: str = "python", step: Step = to_the_end) -> int:
    """Discard the events in `state`, without it the pending and the failed ones; how many. A chunk is a transaction.

    Raises as `discardable`.
    """
    done, act = 0, None
    for chunk in paced(in_chunks(_ids(discardable(state)), jobs.CHUNK), step):
        with database.write():
            done += cancel(chunk)
            act = audit.note(actor, "discard", plural(done, "event"), state, act=act)
    return done


def _ids(query: Any) -> list[int]:
    return [number for (number,) in query.select(Event.id).tuples()]


def cancel(event_ids: Sequence[int], cause: str = "") -> int:
    """Discard these events, except those that may have been sent; how many. Inside `database.write()`.

    `cause`: stored with the event.
    """
    unsettled = Job.select().where(Job.subject_id.in_(event_ids), Job.kind == str(JobKind.EVENT), jobs.IS_UNSETTLED)
    job_rows = {job.subject_id: job for job in database.for_update(unsettled.order_by(Job.id))}
    done = 0
    for number in event_ids:
        job = job_rows.get(number)
        if job is not None and job.status not in jobs.CANCELLABLE:
            continue
        if job is not None:
            jobs.count_move(job, JobStatus(job.status), JobStatus.CANCELLED)
            job.status, job.finished_at = str(JobStatus.CANCELLED), database.now()
            job.save(only=job.dirty_fields)
        else:
            event_progress.follow_job(number, JobStatus.CANCELLED)
        Event.update(cause=cause, last_error="").where(Event.id == number).execute()
        done += 1
    return done


def requeue(events: Sequence[Event], actor: str) -> None:
    """Queue discarded events again. Inside `database.write()`."""
    for row in events:
        attempts = repositories.config(row.repository).number("max_attempts")
        due = [(row.id, row.repository_id, store.due_at(row, database.now()))]
        store.enqueue(due, actor, attempts, states_follow=True)


def in_chunks_of(query: Any) -> Iterator[list[Event]]:
    """The events of a query, by id, some at a time; the query may change what it finds meanwhile."""
    for chunk in in_chunks(_ids(query), jobs.CHUNK):
        yield list(Event.select().where(Event.id.in_(chunk)).order_by(Event.id))
