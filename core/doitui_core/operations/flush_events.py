"""Send events now, within the rate limit: those that wait, and failed ones with attempts left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from doitui_core.datacite.events import EventRequest
from doitui_core.db import audit, database
from doitui_core.db.models import Event, Job, Repository
from doitui_core.domain.event_kinds import USAGE_RELATIONS
from doitui_core.domain.job_kinds import JobKind, JobStatus, Service
from doitui_core.events import eligible, event_connection, sending, store, usage_refresh
from doitui_core.events.event_connection import EventConnection
from doitui_core.events.store import NewEvent
from doitui_core.queue import blocking, jobs
from doitui_core.worker import worker

if TYPE_CHECKING:
    from doitui_core.domain.outcomes import Outcome
    from doitui_core.worker.summary import Summary

#: As in Heratio, except for the limit (INTERFACE.md).
LIMIT, MAX_ATTEMPTS = 500, 5


def flush(
    *,
    limit: int | None = LIMIT,
    max_attempts: int = MAX_ATTEMPTS,
    threads: int = 4,
    stop: threading.Event | None = None,
    progress: Callable[[Outcome], object] | None = None,
    actor: str = "python",
) -> Summary:
    """Send up to `limit` events (None: all) that are due or failed, and were tried fewer than `max_attempts` times.

    Usage counted since the last time becomes events first. Waits for the rate limit; where all events are refused, one
    is tried. Several processes may flush at once. Raises as `usage_refresh.refresh` and `worker.run`.
    """
    usage_refresh.refresh()
    with database.write():
        audit.note(actor, "flush", "events", f"at most {limit}" if limit else "all")
        requeue_failed(limit=limit, max_attempts=max_attempts)
    return worker.run(
        drain=True,
        threads=threads,
        limit=limit,
        stop=stop,
        progress=progress,
        services=(Service.EVENTS,),
        max_attempts=max_attempts,
    )


def requeue_failed(*, limit: int | None, max_attempts: int) -> int:
    """Requeue failed events with fewer than `max_attempts` attempts, which they keep; how many."""
    with database.write():
        blocking.retry_services([row.id for row in Repository.select()], (Service.EVENTS,), switched_off=True)
        failed = Job.select().where(Job.kind == str(JobKind.EVENT), Job.status == "failed", Job.attempts < max_attempts)
        job_rows = list(database.for_update(failed.order_by(Job.id).limit(limit)))
        for job in job_rows:
            jobs.count_move(job, JobStatus.FAILED, JobStatus.PENDING)
            job.status, job.scheduled_at, job.finished_at = str(JobStatus.PENDING), database.now(), None
            job.max_attempts = max(job.max_attempts, max_attempts)
            job.save(only=job.dirty_fields)
    return len(job_rows)


def requests(*, limit: int | None = LIMIT, max_attempts: int = MAX_ATTEMPTS) -> Iterator[EventRequest]:
    """What a `flush` would send: due events, usage counted since, then failed events. Nothing is written.

    Raises `Misconfigured`.
    """
    return islice(_requests(max_attempts), limit)


def _requests(max_attempts: int) -> Iterator[EventRequest]:
    connections: dict[int, EventConnection] = {}
    seen: set[str] = set()
    for event in _events(max_attempts):
        if event.dedupe_hash not in seen and eligible.refusal(event) is None:
            seen.add(event.dedupe_hash)
            if event.repository_id not in connections:
                connections[event.repository_id] = event_connection.for_repository(event.repository)
            at = connections[event.repository_id]
            request = sending.request(event, at)
            yield replace(request, body=at.masked(request.body))


def _events(max_attempts: int) -> Iterator[Event]:
    """In the order in which they would be sent, with their current totals; some twice."""
    waits = Job.status.in_(jobs.as_literals((JobStatus.PENDING, JobStatus.UNCERTAIN))) & (
        Job.scheduled_at <= database.now()
    )
    yield from _events_of_jobs(waits, max_attempts, Job.scheduled_at)
    for changed in usage_refresh.changed_events():
        yield from _to_be_sent(changed)
    # A flush asks again for blocked jobs, then for failed ones.
    yield from _events_of_jobs(Job.status.in_(jobs.as_literals(jobs.RETRYABLE)), max_attempts, Job.status)


def _events_of_jobs(which: Any, max_attempts: int, first: Any) -> Iterator[Event]:
    query = Job.select().where(Job.kind == str(JobKind.EVENT), which, Job.attempts < max_attempts)
    for job in query.order_by(first, Job.id).iterator():
        event = Event.get_by_id(job.subject_id)
        yield usage_refresh.with_current_total(event) if event.relation_type_id in USAGE_RELATIONS else event


def _to_be_sent(events: Sequence[NewEvent]) -> Iterator[Event]:
    """Those of the counted events that would be queued and due."""
    hashes = [one.event.dedupe_hash for one in events]
    known = {row.dedupe_hash: row for row in Event.select().where(Event.dedupe_hash.in_(hashes))}
    job_rows = Job.select().where(
        Job.kind == str(JobKind.EVENT), Job.subject_id.in_([row.id for row in known.values()]), jobs.IS_UNSETTLED
    )
    status = {job.subject_id: job.status for job in job_rows}
    now = database.now()
    for one in events:
        row = known.get(one.event.dedupe_hash)
        if row is None:
            yield store.unsaved(one)
        elif status.get(row.id) in jobs.RETRYABLE or (row.id not in status and store.due_at(row, now) <= now):
            row.total, row.occurred_at = one.event.total, now
            yield row
