"""What a document states becomes events as soon as DataCite has confirmed it; what it no longer states is marked."""

from __future__ import annotations

from collections.abc import Collection

from doitui_core import clock
from doitui_core.config.repositories import Config
from doitui_core.db import database, prepared
from doitui_core.db.models import Doi, Event, Job
from doitui_core.dois import datacite_document, doi_rows
from doitui_core.domain import event_kinds
from doitui_core.domain.event import Origin
from doitui_core.domain.event_states import EventState
from doitui_core.domain.job_kinds import JobKind
from doitui_core.domain.states import Wanted
from doitui_core.events import derive, eligible
from doitui_core.events.store import NewEvent, StoreResult, save
from doitui_core.queue import jobs


def confirmed(
    row: Doi, config: Config, *, actor: str, document: datacite_document.Attributes | None = None
) -> StoreResult:
    """A write of `row` is done: store the events of its document. Inside `database.write()`. `document`: what was
    confirmed, where that is at hand; else it is read anew.

    Nothing where the document has changed since: it will be written again.
    """
    found = events_of(row, config, document=document)
    if found is None:
        return StoreResult()
    result = save(found, Origin.METADATA, actor=actor, max_attempts=config.number("max_attempts"))
    _mark(row.id, {one.key for one in found})
    return result


def events_of(
    row: Doi, config: Config, *, document: datacite_document.Attributes | None = None
) -> list[NewEvent] | None:
    """The events that the confirmed document of `row` states. A read. None where DataCite does not have the document
    as it is now: it is not public, a tombstone, or has changed since.
    """
    record = doi_rows.record(row)
    if record is None or row.changed or row.wanted == Wanted.TOMBSTONE or not eligible.public(row, record):
        return None
    found = derive.derive(
        document or datacite_document.attributes(record, config),
        row.doi,
        source=config.text("event_source_relation"),
        on=event_kinds.parse_kinds(config.text("event_sources_on")),
        account=config.text("datacite_repository_id"),
        occurred_at=clock.iso(database.now()) or "",
    )
    return [NewEvent(event, row.id, row.repository_id) for event in found]


#: In the order of `store`.
_OURS = prepared.Select(
    lambda doi_id, origin: (
        Event.select(Event.id, Event.dedupe_hash, Event.in_metadata, Event.state, Event.cause)
        .where(Event.doi == doi_id, Event.origin == origin)
        .order_by(Event.dedupe_hash)
    ),
    int,
    str,
)


def _mark(doi_id: int, stated: Collection[str]) -> None:
    """Say of the events of the DOI's metadata whether it still states them. Jobs first, then events (`store`)."""
    ours = _OURS.all(doi_id, str(Origin.METADATA))
    _requeue([row.id for row in ours if row.dedupe_hash in stated and _is_suppressed(row)])
    for row in ours:
        now = row.dedupe_hash in stated
        if now != row.in_metadata:
            Event.update(in_metadata=now).where(Event.id == row.id).execute()


def _is_suppressed(row: Event) -> bool:
    return row.state == EventState.FAILED and row.cause in (eligible.NOT_STATED, eligible.NOT_PUBLIC)


def _requeue(ids: list[int]) -> None:
    if not ids:
        return
    failed = Job.select().where(Job.subject_id.in_(ids), Job.kind == str(JobKind.EVENT), Job.status == "failed")
    for job in database.for_update(failed.order_by(Job.id)):
        jobs.requeue(job, database.now())
