"""All that is known of one DOI, read together: what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doitui_core.db import database
from doitui_core.db.models import Doi, Event, Job
from doitui_core.domain.job_kinds import JobKind
from doitui_core.queue import jobs
from doitui_core.queue.jobs import IS_UNSETTLED
from doitui_core.views import lists

Row = dict[str, Any]

_KINDS = [str(kind) for kind in (JobKind.WRITE, JobKind.VERIFY, JobKind.RECHECK)]

#: Jobs that are listed; each DOI has a handful.
JOBS = 30


#: Events that are listed: a collection may have thousands of related identifiers.
EVENTS = 200

_OF_AN_EVENT = (
    *("id", "state", "relation_type_id", "obj_id", "origin", "in_metadata", "total", "submitted_total", "attempts"),
    *("cause", "last_error", "submitted_at"),
)


@dataclass(frozen=True, slots=True)
class DoiPage:
    """`row` as `lists.doi` with its `id`; `log` and `attempts` oldest first, `jobs` and `events` newest first.

    `events_more`: whether it has more events than are listed.
    `metadata`, `published`: the record's; None where there is none.
    """

    row: Row
    log: list[Row]
    attempts: list[Row]
    jobs: list[Row]
    events: list[Row]
    events_more: bool
    metadata: Row | None
    published: bool | None


def load(doi_id: int) -> DoiPage:
    """The page of that DOI. One consistent view."""
    with database.read():
        row: Doi = Doi.get_by_id(doi_id)
        record = lists.record(row.record_id) if row.record_id else None
        history = lists.history(row)
        jobs = [lists.job(number) for number in _jobs(doi_id, history["attempts"])]
        metadata = record["metadata"] if record else None
        published = bool(record["published"]) if record else None
        events = _events(doi_id)
        return DoiPage(
            row=lists.doi(doi_id) | {"id": doi_id},
            log=history["log"],
            attempts=history["attempts"],
            jobs=jobs,
            events=events[:EVENTS],
            events_more=len(events) > EVENTS,
            metadata=metadata,
            published=published,
        )


def _events(doi_id: int) -> list[Row]:
    found = Event.select().where(Event.doi == doi_id).order_by(Event.id.desc()).limit(EVENTS + 1)
    return [{name: getattr(row, name) for name in _OF_AN_EVENT} for row in found]


def _jobs(doi_id: int, attempts: list[Row]) -> list[int]:
    """Jobs that sent something for the DOI, and those that are unsettled, newest first. Each is read off an index:
    there is none for all jobs of a DOI, and ten million are not read through for a page.
    """
    unsettled: Any = Job.select(Job.id).where(Job.subject_id == doi_id, Job.kind.in_(_KINDS), IS_UNSETTLED).tuples()
    found = {attempt["job_id"] for attempt in attempts} | {number for (number,) in unsettled}
    there: Any = Job.select(Job.id).where(Job.id.in_(sorted(found, reverse=True)[:JOBS])).order_by(Job.id.desc())
    return [number for (number,) in there.tuples()]


def doi_for_job(job_id: int) -> int:
    """The id of the DOI a job is for. Raises `NotFound`."""
    return int(jobs.find(job_id).subject_id)
