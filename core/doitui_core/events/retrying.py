"""Giving failed events new attempts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import peewee

from doitui_core.config import repositories
from doitui_core.db import audit, database
from doitui_core.db.chunks import Step, in_chunks, paced, to_the_end
from doitui_core.db.models import Event, Job, Repository
from doitui_core.domain.event_states import EventState
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.events import store
from doitui_core.queue import blocking, jobs, retry_causes
from doitui_core.text import list_ids


def retryable(*, ids: Sequence[int] = (), cause: str | None = None) -> list[int]:
    """The ids of failed events (of `cause`): of all, or of the events `ids`, with those of them that were discarded.

    Raises `NotFound` for an id, `BadInput` for a cause that none of them has.
    """
    found: list[int] = []
    parts: Iterable[Sequence[int]] = in_chunks(ids, jobs.CHUNK) if ids else [()]
    for part in parts:
        for number in sorted(set(part) - _there(part)):
            store.find(number)
        job_rows: Any = _failed(part, cause).select(Job.subject_id)
        given_up: Any = _not_retryable(part, cause).select(Event.id)
        found += [number for query in (job_rows, given_up) for (number,) in query.tuples()]
    if cause is not None and not found:
        retry_causes.check(cause, _causes(ids), "events")
    return sorted(found)


def _causes(ids: Sequence[int]) -> set[str]:
    jobs: Any = _failed(ids, None).order_by().select(Job.cause).distinct()
    given_up: Any = _not_retryable(ids, None).order_by().select(Event.cause).distinct()
    return {cause for query in (jobs, given_up) for (cause,) in query.tuples()}


def _there(ids: Sequence[int]) -> set[int]:
    rows: Any = Event.select(Event.id).where(Event.id.in_(list(ids))).tuples() if ids else ()
    return {number for (number,) in rows}


def retry(
    *, ids: Sequence[int] = (), cause: str | None = None, actor: str = "python", step: Step = to_the_end
) -> list[int]:
    """Requeue them with new attempts, also what the Events API refused; their ids. A chunk is a transaction.

    Raises as `retryable`. If nothing is requeued, nothing else changes either.
    """
    chosen = retryable(ids=ids, cause=cause)
    back: list[int] = []
    act = None
    for chunk in paced(in_chunks(chosen, jobs.CHUNK), step):
        with database.write():
            if not back:
                blocking.accept((Service.EVENTS,))
            back += _requeue(chunk, cause, actor)
            if back:
                act = audit.note(actor, "retry", list_ids(back, "event"), cause or "", act=act)
    if back:
        blocking.retry_services([row.id for row in Repository.select()], (Service.EVENTS,), switched_off=True)
    return back


def _requeue(ids: Sequence[int], cause: str | None, actor: str) -> list[int]:
    given_up = list(_not_retryable(ids, cause))
    job_rows = list(database.for_update(_failed(ids, cause)))
    for job in job_rows:
        jobs.requeue(job, database.now())
    for row in given_up:
        attempts = repositories.config(row.repository).number("max_attempts")
        due = [(row.id, row.repository_id, store.due_at(row, database.now()))]
        store.enqueue(due, actor, attempts, states_follow=True)
    return sorted([*(job.subject_id for job in job_rows), *(row.id for row in given_up)])


def _failed(ids: Sequence[int], cause: str | None) -> Any:
    """The jobs of those that were refused."""
    failed = Job.select().where(Job.kind == str(JobKind.EVENT), Job.status.in_(jobs.as_literals(jobs.RETRYABLE)))
    which = None if cause is None else retry_causes.has_cause(cause)
    return _narrowed(failed, Job.subject_id, ids, which).order_by(Job.id)


def _not_retryable(ids: Sequence[int], cause: str | None) -> Any:
    """Those that have no job: it was cancelled."""
    unsettled = Job.select().where(Job.subject_id == Event.id, Job.kind == str(JobKind.EVENT), jobs.IS_UNSETTLED)
    # Discarded ones only by their ids: whoever retries all does not mean them.
    states = [str(EventState.FAILED), *([str(EventState.DISCARDED)] if ids else [])]
    rows = Event.select().where(Event.state.in_(states), ~peewee.fn.EXISTS(unsettled))
    # A name of a cause group fits none of them: groups are of failed jobs.
    which = None if cause is None else Event.cause == cause
    return _narrowed(rows, Event.id, ids, which).order_by(Event.id)


def _narrowed(query: Any, event_id: Any, ids: Sequence[int], which: Any) -> Any:
    """`query` for the events `ids` (all if empty) and a condition (None: none)."""
    query = query.where(event_id.in_(list(ids))) if ids else query
    return query if which is None else query.where(which)
