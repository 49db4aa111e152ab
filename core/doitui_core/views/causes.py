"""Failed jobs by cause group: how many, since when, what to do, and the command that retries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import peewee

from doitui_core.db import database
from doitui_core.db.chunks import in_chunks
from doitui_core.db.models import Job
from doitui_core.domain import cause_groups
from doitui_core.domain.job_kinds import Service
from doitui_core.notify import notices
from doitui_core.queue.jobs import CHUNK
from doitui_core.queue.retry_causes import IS_FAILED
from doitui_core.views import rows
from doitui_core.views.rows import JobRow

#: Jobs named for each group.
EXAMPLES = 3

#: The command that retries a group, by service. A usage report is submitted again by month.
_RETRY = {
    Service.DOIS: "doitui queue retry --cause {}",
    Service.EVENTS: "doitui event retry --cause {}",
    Service.REPORTS: "doitui usage-report list",
}


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The `number` failed jobs of a service that have one cause group. `name`: as `--cause` takes it; `summary`: in a
    few words what is wrong; `error`: that of the newest; `examples`: the newest jobs.
    """

    name: str
    service: Service
    number: int
    first_failed_at: datetime
    last_failed_at: datetime
    cause: str
    field: str
    summary: str
    error: str
    examples: tuple[JobRow, ...]

    @property
    def advice(self) -> str:
        """What to do about it."""
        return notices.advice(self.cause)

    @property
    def retry(self) -> str:
        """The command that retries them all."""
        return _RETRY[self.service].format(self.name)


def groups(
    services: Sequence[Service] = tuple(Service), *, limit: int | None = None, examples: int = EXAMPLES
) -> list[FailureGroup]:
    """The groups of failed jobs, largest first; `limit`: at most so many. Counted from an index; besides, only the
    `examples` of each group are read. Inside `database.read()` it is one consistent view.
    """
    found = list(counted(services).order_by(peewee.SQL("3").desc(), Job.cause_group).limit(limit).tuples())
    newest = {(lane, name): [job_id] for lane, name, *_, job_id in found}
    if examples > 1:
        newest = {key: _newest(*key, examples) for key in newest}
    read = _read(newest)
    return [
        _group(name, Service(lane), many, since, until, [read[job_id] for job_id in newest[lane, name]])
        for lane, name, many, since, until, _ in found
    ]


def counted(services: Sequence[Service]) -> Any:
    """(service, name, number, first and last failure, id of a newest job) of each group, in no order."""
    number, first, last = peewee.fn.COUNT(Job.id), peewee.fn.MIN(Job.finished_at), peewee.fn.MAX(Job.finished_at)
    query = Job.select(Job.lane, Job.cause_group, number, first, last, peewee.fn.MAX(Job.id))
    lanes = Job.lane.in_([str(service) for service in services])
    return query.where(lanes, IS_FAILED).group_by(Job.lane, Job.cause_group)


def number_of() -> tuple[int, int]:
    """(failed jobs, cause groups) of all services."""
    query: Any = Job.select(peewee.fn.COUNT(Job.id)).where(IS_FAILED).group_by(Job.lane, Job.cause_group)
    numbers = [number for (number,) in query.tuples()]
    return sum(numbers), len(numbers)


def _newest(lane: str, name: str, limit: int) -> list[int]:
    """Ids, newest first."""
    chosen: Any = Job.select(Job.id).where(Job.lane == lane, IS_FAILED, Job.cause_group == name)
    return [job_id for (job_id,) in chosen.order_by(Job.finished_at.desc(), Job.id.desc()).limit(limit).tuples()]


def _read(newest: dict[tuple[str, str], list[int]]) -> dict[int, JobRow]:
    read: dict[int, JobRow] = {}
    for service in Service:
        ids = [job_id for (lane, _), some in newest.items() if lane == service for job_id in some]
        for chunk in in_chunks(ids, CHUNK):
            read |= {row.id: row for row in rows.jobs(Job.id.in_(list(chunk)), service=service)}
    return read


def _group(
    name: str, service: Service, number: int, first: datetime, last: datetime, examples: list[JobRow]
) -> FailureGroup:
    newest = examples[0]
    group = cause_groups.cause_group(newest.cause, newest.last_error)
    what = (newest.cause, group.field, group.summary, newest.last_error)
    return FailureGroup(name, service, number, first, last, *what, tuple(examples))


def report(limit: int | None = None) -> tuple[int, int, list[FailureGroup]]:
    """(failed jobs, groups, the largest groups): one consistent view."""
    with database.read():
        return (*number_of(), groups(limit=limit))
