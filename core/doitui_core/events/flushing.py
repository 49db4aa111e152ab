"""Sending events now, at the pace that is allowed: what waits, and what failed and has attempts left."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from doitui_core import audit, database, queue, rests
from doitui_core.datacite.events import Request
from doitui_core.events import counted, eligible, event_desk, sending, store
from doitui_core.events.event_desk import EventDesk
from doitui_core.events.kinds import USAGE_RELATIONS
from doitui_core.events.store import Told
from doitui_core.jobs import Kind, Lane, Status
from doitui_core.models import Event, Job, Repository

if TYPE_CHECKING:
    from doitui_core.outcomes import Outcome
    from doitui_core.summary import Summary

#: As Heratio's operators know it, but for the limit, which is INTERFACE's.
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

    Usage that was counted since becomes events first. Waits for the rate limit; what is refused altogether is tried
    once. Several may do it at once. Raises as `counted.refresh` and `worker.run`.
    """
    from doitui_core import worker

    counted.refresh()
    with database.write():
        audit.note(actor, "flush", "events", f"at most {limit}" if limit else "all")
        again(limit=limit, max_attempts=max_attempts)
    return worker.run(
        drain=True,
        threads=threads,
        limit=limit,
        stop=stop,
        progress=progress,
        lanes=(Lane.EVENTS,),
        below=max_attempts,
    )


def again(*, limit: int | None, max_attempts: int) -> int:
    """Put failed events back that were tried fewer than `max_attempts` times; they keep their attempts. How many."""
    with database.write():
        rests.look_anew([row.id for row in Repository.select()], (Lane.EVENTS,))
        failed = Job.select().where(Job.kind == str(Kind.EVENT), Job.status == "failed", Job.attempts < max_attempts)
        jobs = list(database.for_update(failed.order_by(Job.id).limit(limit)))
        for job in jobs:
            queue.moved(job, Status.FAILED, Status.PENDING)
            job.status, job.scheduled_at, job.finished_at = str(Status.PENDING), database.now(), None
            job.max_attempts = max(job.max_attempts, max_attempts)
            job.save(only=job.dirty_fields)
    return len(jobs)


def requests(*, limit: int | None = LIMIT, max_attempts: int = MAX_ATTEMPTS) -> Iterator[Request]:
    """What a `flush` would send: what is due in the store, usage that was counted since, then what has failed. A read.

    Raises `Misconfigured`.
    """
    return islice(_requests(max_attempts), limit)


def _requests(max_attempts: int) -> Iterator[Request]:
    desks: dict[int, EventDesk] = {}
    seen: set[str] = set()
    for event in _events(max_attempts):
        if event.dedupe_hash not in seen and eligible.refusal(event) is None:
            seen.add(event.dedupe_hash)
            if event.repository_id not in desks:
                desks[event.repository_id] = event_desk.of(event.repository)
            at = desks[event.repository_id]
            request = sending.request(event, at)
            yield replace(request, body=at.masked(request.body))


def _events(max_attempts: int) -> Iterator[Event]:
    """In the order in which they would be taken up, with the totals they would have; some twice."""
    waits = Job.status.in_(queue.literally((Status.PENDING, Status.UNCERTAIN))) & (Job.scheduled_at <= database.now())
    yield from _of_jobs(waits, max_attempts, Job.scheduled_at)
    for told in counted.changes():
        yield from _fresh(told)
    # A flush looks anew at what is blocked, then at what has failed.
    yield from _of_jobs(Job.status.in_(queue.literally(queue.RETRYABLE)), max_attempts, Job.status)


def _of_jobs(which: Any, max_attempts: int, first: Any) -> Iterator[Event]:
    query = Job.select().where(Job.kind == str(Kind.EVENT), which, Job.attempts < max_attempts)
    for job in query.order_by(first, Job.id).iterator():
        event = Event.get_by_id(job.subject_id)
        yield counted.renewed(event) if event.relation_type_id in USAGE_RELATIONS else event


def _fresh(told: Sequence[Told]) -> Iterator[Event]:
    """Those of the counted events that would be queued, and due."""
    known = {row.dedupe_hash: row for row in Event.select().where(Event.dedupe_hash.in_(_hashes(told)))}
    jobs = Job.select().where(
        Job.kind == str(Kind.EVENT), Job.subject_id.in_([row.id for row in known.values()]), queue.IS_UNSETTLED
    )
    status = {job.subject_id: job.status for job in jobs}
    now = database.now()
    for one in told:
        row = known.get(one.event.dedupe_hash)
        if row is None:
            yield store.unsaved(one)
        elif status.get(row.id) in queue.RETRYABLE or (row.id not in status and store.due_at(row, now) <= now):
            row.total, row.occurred_at = one.event.total, now
            yield row


def _hashes(told: Sequence[Told]) -> list[str]:
    return [one.event.dedupe_hash for one in told]
