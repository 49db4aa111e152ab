"""Events stored, each once: a new event or a new total is queued; a known one changes nothing.

Lock order: job, then event, as wherever a job moves.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from doitui_core import clock
from doitui_core.db import database, prepared
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Event, Job
from doitui_core.domain import event_ids
from doitui_core.domain.event import EventValue, Origin
from doitui_core.domain.event_kinds import USAGE_RELATIONS
from doitui_core.domain.event_states import EventState
from doitui_core.domain.job_kinds import JobKind, JobStatus, Service
from doitui_core.errors import NotFound
from doitui_core.events import agencies
from doitui_core.queue import event_progress, jobs
from doitui_core.queue.jobs import IS_UNSETTLED, RETRYABLE

#: Usage goes out at most that often.
BETWEEN = timedelta(days=1)

_TIMES = ("occurred_at", "created_at", "updated_at", "submitted_at")

#: `json.dumps` would make an encoder for each.
_written = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

#: Rows of one statement, and statements of one transaction: other writers wait a tenth of a second for it.
AT_ONCE, TOGETHER = 1000, 2


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event about one DOI of ours. `key` is its hash. `unseen`: the store was asked for it, and did not have it."""

    event: EventValue
    doi_id: int
    repository_id: int
    unseen: bool = False
    key: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "key", self.event.dedupe_hash)  # each look at it anew would cost a digest


@dataclass(frozen=True, slots=True)
class StoreResult:
    """How many events were new, and how many had another total."""

    new: int = 0
    grown: int = 0

    def __add__(self, other: StoreResult) -> StoreResult:
        return StoreResult(self.new + other.new, self.grown + other.grown)


def save(events: Sequence[NewEvent], origin: Origin, *, actor: str, max_attempts: int) -> StoreResult:
    """Store events and queue those the Events API does not have yet. In the caller's transaction, or one of its own."""
    result = StoreResult()
    for together in in_chunks(_parts(events), TOGETHER):
        with database.joining():
            for part in together:
                result += _save_part(part, origin, actor, max_attempts)
    return result


def _save_part(part: list[NewEvent], origin: Origin, actor: str, max_attempts: int) -> StoreResult:
    known = _known(one for one in part if not one.unseen)
    missing = [one for one in part if one.key not in known]
    new = _insert(missing, origin, actor, max_attempts)
    if new < len(missing):  # somebody else was faster, perhaps with another total
        known = _known(part)
    found = [(known.get(one.key), one.event) for one in part]
    changed = [(row, event) for row, event in found if row is not None and row.total != event.total]
    return StoreResult(new=new) + _grow(changed, actor, max_attempts)


def due_at(row: Event, now: datetime) -> datetime:
    """When it may go out (again)."""
    last: datetime | None = row.submitted_at
    if row.relation_type_id in USAGE_RELATIONS and last is not None:
        # Nothing was submitted later than now, unless by a clock that was ahead.
        return max(now, min(last, now) + BETWEEN)
    return now


def _parts(events: Sequence[NewEvent]) -> Iterator[list[NewEvent]]:
    """Each event once, in one order for all who write: two that insert the same ones never wait in a ring."""
    once = {one.key: one for one in events}
    ordered = [once[key] for key in sorted(once)]
    return in_chunks(ordered, AT_ONCE)


_BY_HASH = prepared.Select(
    lambda hashes: Event.select(
        Event.id, Event.dedupe_hash, Event.total, Event.relation_type_id, Event.submitted_at, Event.repository
    ).where(Event.dedupe_hash.in_(hashes)),
    list,
)


def _known(part: Iterable[NewEvent]) -> dict[str, Event]:
    return {row.dedupe_hash: row for row in _BY_HASH.all([one.key for one in part])}


def _insert(part: list[NewEvent], origin: Origin, actor: str, max_attempts: int) -> int:
    """How many were new. Those that somebody else has inserted meanwhile are left alone."""
    if not part:
        return 0
    now = database.now()
    found = {one.key: one for one in part}
    at = clock.micros(now)
    sources = agencies.link_sources([one.event for one in part]) if origin in agencies.LINKS else {}
    rows = [_row(one, origin, at) | {"link_source_id": sources.get(one.key, "")} for one in part]
    ids = _returned("event", list(rows[0]), (tuple(row.values()) for row in rows), len(part), "dedupe_hash")
    event_progress.count_states(None, EventState.PENDING, len(ids))
    enqueue([(number, found[key].repository_id, now) for number, key in ids], actor, max_attempts)
    return len(ids)


def unsaved(one: NewEvent) -> Event:
    """The row that a new event of usage would get, unsaved."""
    columns = _row(one, Origin.USAGE, clock.micros(database.now()))
    times = {name: clock.moment(columns[name]) for name in _TIMES}
    return Event(**(columns | times))


def _row(one: NewEvent, origin: Origin, at: int) -> dict[str, Any]:
    """The columns of a new row; times in microseconds, as the database stores them."""
    event = one.event
    return {
        "dedupe_hash": one.key,
        "uuid": event.known_as or event_ids.event_uuid(one.key),
        "repository_id": one.repository_id,
        "doi_id": one.doi_id,
        "subj_id": event.subj_id,
        "relation_type_id": event.relation_type_id,
        "obj_id": event.obj_id,
        "obj_type": event_ids.id_type(event.obj_id),
        "source_id": event.source_id,
        "payload": _written(event.payload),
        "origin": str(origin),
        "total": event.total,
        "submitted_total": 0,
        "submitted_at": 0,
        "state": str(EventState.PENDING),
        "occurred_at": _micros(event.occurred_at) if event.occurred_at else at,
        "created_at": at,
        "updated_at": at,
    }


@lru_cache(16)
def _micros(text: str) -> int:
    """What is stored together has often occurred together."""
    return clock.micros(clock.parse(text))


def _grow(changed: list[tuple[Event, EventValue]], actor: str, max_attempts: int) -> StoreResult:
    if not changed:
        return StoreResult()
    now = database.now()
    ids = [row.id for row, _ in changed]
    unsettled = Job.select().where(Job.subject_id.in_(ids), Job.kind == str(JobKind.EVENT), IS_UNSETTLED)
    job_rows = {job.subject_id: job for job in database.for_update(unsettled.order_by(Job.id))}
    for row, event in changed:
        Event.update(total=event.total, occurred_at=now, updated_at=now).where(Event.id == row.id).execute()
        job = job_rows.get(row.id)
        if job is not None and job.status in RETRYABLE:
            jobs.requeue(job, due_at(row, now))
    due = [(row.id, row.repository_id, due_at(row, now)) for row, _ in changed if row.id not in job_rows]
    enqueue(due, actor, max_attempts, states_follow=True)
    return StoreResult(grown=len(changed))


def enqueue(
    subjects: list[tuple[int, int, datetime]], actor: str, max_attempts: int, *, states_follow: bool = False
) -> None:
    """A pending job for each event that has none; `subjects`: event, repository, when it is due."""
    if not subjects:
        return
    columns = ["kind", "action", "subject_id", "repository_id", "lane", "status", "max_attempts", "scheduled_at"]
    kind, now = str(JobKind.EVENT), clock.micros(database.now())
    fixed = (str(Service.EVENTS), str(JobStatus.PENDING), max_attempts)
    rows = ((kind, kind, number, owner, *fixed, clock.micros(at), actor, now) for number, owner, at in subjects)
    ids = _returned("job", [*columns, "actor", "created_at"], rows, len(subjects), "subject_id")
    database.count(f"job.{kind}.{JobStatus.PENDING}", len(ids))
    if states_follow:
        for _, number in ids:
            event_progress.follow_job(number, JobStatus.PENDING)


def _returned(
    table: str, columns: Sequence[str], rows: Iterator[tuple[Any, ...]], number: int, returning: str
) -> list[tuple[int, Any]]:
    """Insert `number` rows where no unique index has them; the id and the column `events` of those that were."""
    opened = database.current()
    return opened.dialect.insert_new(opened.db, table, columns, rows, number, returning)


def find(event_id: int) -> Event:
    """Raises `NotFound`."""
    row: Event | None = Event.get_or_none(Event.id == event_id)
    if row is None:
        raise NotFound(f"Event {event_id} does not exist: `doitui event list` lists events")
    return row
