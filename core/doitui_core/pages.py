"""All that is known of one DOI, read together: what its page shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from doitui_core import database, lists, queue
from doitui_core.models import Doi, Job
from doitui_core.queue import IS_UNSETTLED, Kind

Row = dict[str, Any]

_KINDS = [str(kind) for kind in (Kind.WRITE, Kind.VERIFY, Kind.RECHECK)]

#: Jobs that are listed; each DOI has a handful.
JOBS = 30


@dataclass(frozen=True, slots=True)
class Page:
    """`row` as `lists.doi` with its `id`; `log` and `attempts` oldest first, `jobs` newest first.

    `metadata`, `published`: the record's; None where there is none.
    """

    row: Row
    log: list[Row]
    attempts: list[Row]
    jobs: list[Row]
    metadata: Row | None
    published: bool | None


def of(doi_id: int) -> Page:
    """The page of that DOI. One consistent view."""
    with database.read():
        row: Doi = Doi.get_by_id(doi_id)
        record = lists.record(row.record_id) if row.record_id else None
        history = lists.history(row)
        jobs = [lists.job(number) for number in _jobs(doi_id, history["attempts"])]
        metadata = record["metadata"] if record else None
        published = bool(record["published"]) if record else None
        return Page(lists.doi(doi_id) | {"id": doi_id}, history["log"], history["attempts"], jobs, metadata, published)


def _jobs(doi_id: int, attempts: list[Row]) -> list[int]:
    """Jobs that sent something for the DOI, and those that are unsettled, newest first. Each is read off an index:
    there is none for all jobs of a DOI, and ten million are not read through for a page.
    """
    unsettled: Any = Job.select(Job.id).where(Job.subject_id == doi_id, Job.kind.in_(_KINDS), IS_UNSETTLED).tuples()
    found = {attempt["job_id"] for attempt in attempts} | {number for (number,) in unsettled}
    there: Any = Job.select(Job.id).where(Job.id.in_(sorted(found, reverse=True)[:JOBS])).order_by(Job.id.desc())
    return [number for (number,) in there.tuples()]


def doi_of_job(job_id: int) -> int:
    """The id of the DOI a job is for. Raises `NotFound`."""
    return int(queue.find(job_id).subject_id)
