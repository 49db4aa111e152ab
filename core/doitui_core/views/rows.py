"""The typed rows of DOIs, jobs, events, events of others and records, which every list, page and screen reads here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

import peewee

from doitui_core.db.event_models import PulledEvent
from doitui_core.db.models import IS_KEPT, Doi, Event, Job, Record, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import states
from doitui_core.domain.job_kinds import OPEN, JobKind, JobStatus, Service
from doitui_core.domain.states import Certainty, Mark
from doitui_core.queue.jobs import IS_UNSETTLED


class DoiRow(NamedTuple):
    """A DOI with its record and its unsettled write job; `object_id` and `title` are None without a record."""

    id: int
    doi: str
    folded: str
    repository: str
    object_id: str | None
    title: str | None
    status: str
    wanted: str
    remote: str
    certainty: str
    verification: str
    changed: bool
    url: str
    created_at: datetime
    minted_at: datetime | None
    updated_at: datetime
    reason: str
    successor: str
    cause: str
    last_error: str
    current_hash: str
    sent_hash: str
    confirmed_hash: str
    api_check: str
    resolver_check: str
    unreachable: int
    api_checked_at: datetime | None
    resolver_checked_at: datetime | None
    job_status: str | None
    job_error: str | None

    @property
    def marks(self) -> tuple[str, ...]:
        """The marks that apply, in the order of `Mark`."""
        applies = {
            Mark.FAILED: self.job_status == JobStatus.FAILED,
            Mark.UNCERTAIN: self.certainty == Certainty.UNCERTAIN,
            Mark.CHANGED: self.changed,
            Mark.PENDING: self.job_status in list(OPEN),
        }
        return tuple(str(mark) for mark in Mark if applies[mark])

    @property
    def opus(self) -> str:
        """OPUS's word: unregistered, registered or verified."""
        row: Any = self
        return states.opus(doi_rows.facts(row))

    @property
    def error(self) -> str:
        """What went wrong last: with the unsettled job, else with the DOI."""
        return self.job_error or self.last_error


class JobRow(NamedTuple):
    """A job with its DOI and record; these are None for a usage report, which is about many DOIs."""

    id: int
    kind: str
    doi: str | None
    object_id: str | None
    title: str | None
    repository: str
    action: str
    status: str
    attempts: int
    max_attempts: int
    scheduled_at: datetime
    created_at: datetime
    lease_until: datetime | None
    finished_at: datetime | None
    worker: str
    actor: str
    cause: str
    last_error: str
    cause_group: str


class EventRow(NamedTuple):
    """An event with its DOI. `total`: how often it happened; `submitted_total`: the total that was accepted last."""

    id: int
    doi: str
    doi_id: int
    repository: str
    subj_id: str
    relation_type_id: str
    obj_id: str
    source_id: str
    origin: str
    in_metadata: bool
    state: str
    total: int
    submitted_total: int
    attempts: int
    response_status: int
    cause: str
    last_error: str
    created_at: datetime
    updated_at: datetime
    submitted_at: datetime | None


class PulledRow(NamedTuple):
    """An event of others with its DOI. `occurred_at` None: the other side does not say when."""

    id: int
    doi: str
    repository: str
    uuid: str
    subj_id: str
    relation_type_id: str
    obj_id: str
    source_id: str
    total: int
    occurred_at: datetime | None
    created_at: datetime
    updated_at: datetime


class RecordRow(NamedTuple):
    """A record with its own DOI, both None without one. `foreign_doi`: one we never register, else empty."""

    id: int
    object_id: str
    repository: str
    title: str
    published: bool
    set_by_hand: str
    doi: str | None
    status: str | None
    foreign_doi: str
    url: str
    owner_name: str
    owner_email: str
    created_at: datetime
    updated_at: datetime
    check_field: str
    check_warnings: int
    check_basis: str


def _select(shape: Any, model: Any, **columns: Any) -> Any:
    """The columns of `shape` in its order: those of `model`, but for the named ones of joined tables."""
    selected = [columns[name] if name in columns else getattr(model, name) for name in shape._fields]
    return model.select(*selected).join(Repository, on=model.repository == Repository.id).switch(model)


def dois(which: Any, order: Sequence[Any] = ()) -> list[DoiRow]:
    """The DOIs that the condition `which` selects."""
    unsettled = (Job.subject_id == Doi.id) & (Job.kind == str(JobKind.WRITE)) & IS_UNSETTLED
    record = {"object_id": Record.object_id, "title": Record.title}
    job = {"job_status": Job.status, "job_error": Job.last_error}
    query = _select(DoiRow, Doi, repository=Repository.code, **record, **job)
    query = query.join(Job, peewee.JOIN.LEFT_OUTER, on=unsettled).switch(Doi)
    query = query.join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id)
    return [DoiRow(*row) for row in query.where(which).order_by(*order).tuples()]


def jobs(which: Any, order: Sequence[Any] = (), *, service: Service = Service.DOIS) -> list[JobRow]:
    """The jobs of one service that the condition `which` selects."""
    record = {"object_id": Record.object_id, "title": Record.title}
    query = _select(JobRow, Job, repository=Repository.code, doi=Doi.doi, **record)
    if service is Service.EVENTS:
        query = query.join(Event, on=Job.subject_id == Event.id).join(Doi, on=Event.doi == Doi.id)
    else:
        is_doi = (Job.subject_id == Doi.id) & (Job.lane == str(Service.DOIS))
        query = query.join(Doi, peewee.JOIN.LEFT_OUTER, on=is_doi)
    query = query.join(Record, peewee.JOIN.LEFT_OUTER, on=Doi.record == Record.id)
    return [JobRow(*row) for row in query.where(which).order_by(*order).tuples()]


def events(which: Any, order: Sequence[Any] = ()) -> list[EventRow]:
    """The events that the condition `which` selects."""
    query = _select(EventRow, Event, repository=Repository.code, doi=Doi.doi, doi_id=Event.doi)
    query = query.join(Doi, on=Event.doi == Doi.id)
    return [EventRow(*row) for row in query.where(which).order_by(*order).tuples()]


def records(which: Any, order: Sequence[Any] = ()) -> list[RecordRow]:
    """The records that the condition `which` selects."""
    query = _select(RecordRow, Record, repository=Repository.code, doi=Doi.doi, status=Doi.status)
    query = query.join(Doi, peewee.JOIN.LEFT_OUTER, on=(Doi.record == Record.id) & IS_KEPT)
    return [RecordRow(*row) for row in query.where(which).order_by(*order).tuples()]


def pulled_events(which: Any, order: Sequence[Any] = ()) -> list[PulledRow]:
    """The events of others that the condition `which` selects."""
    joined = {"doi": Doi.doi, "repository": Repository.code}
    columns = [joined.get(name) or getattr(PulledEvent, name) for name in PulledRow._fields]
    query: Any = PulledEvent.select(*columns).join(Doi, on=PulledEvent.doi_id == Doi.id)
    query = query.join(Repository, on=PulledEvent.repository_id == Repository.id)
    return [PulledRow(*row) for row in query.where(which).order_by(*order).tuples()]
