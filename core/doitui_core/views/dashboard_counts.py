"""What `status` and the dashboard count (DOIs, jobs, events), read from counter rows; and the full count that proves
them. The rest of the dashboard is in `dashboard`. Views and downloads by COUNTER's rules: `doitui_core.usage`.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import peewee

from doitui_core.clock import iso
from doitui_core.db import database
from doitui_core.db.models import Doi, Event, Job, RateLimit, Repository, Worker
from doitui_core.dois import doi_rows
from doitui_core.domain.event_states import EventState
from doitui_core.domain.job_kinds import OPEN, JobKind, JobStatus, Service
from doitui_core.domain.states import OPUS, DoiStatus, Mark
from doitui_core.queue import rate_limit
from doitui_core.usage import spool_place

#: What of a DOI decides in which counters it counts: the database groups them, and no row of its own is made.
_COUNTED = (Doi.status, Doi.wanted, Doi.remote, Doi.certainty, Doi.api_check, Doi.resolver_check, Doi.changed)


def overview() -> dict[str, Any]:
    """What `status --json` prints: DOIs by status and mark, jobs by status, workers. Zeros stand in it too."""
    dois, marks = database.counts("doi."), database.counts("mark.")
    writes = database.counts(f"job.{JobKind.WRITE}.")
    by_mark = {
        Mark.FAILED: writes.get(JobStatus.FAILED, 0),
        Mark.UNCERTAIN: marks.get(Mark.UNCERTAIN, 0),
        Mark.CHANGED: marks.get(Mark.CHANGED, 0),
        Mark.PENDING: sum(writes.get(status, 0) for status in OPEN),
    }
    counted = {"total": sum(dois.values())} | {str(status): dois.get(status, 0) for status in DoiStatus}
    return {
        "dois": counted | {str(mark): number for mark, number in by_mark.items()},
        "jobs": jobs(),
        "events": events(),
        "spool": spool_place.waiting(),
        "repositories": [
            {"code": row.code, "active": row.active, "paused": row.paused, "blocked": row.blocked_error or None}
            for row in Repository.select().order_by(Repository.code)
        ],
        "upstreams": [
            {
                "name": row.name,
                "out_since": iso(row.opened_at),
                "paused_until": iso(rate_limit.paused_until(row, database.now())),
            }
            for row in RateLimit.select().order_by(RateLimit.name)
        ],
        "workers": [
            {"name": worker.name, "seen_at": iso(worker.seen_at)} for worker in Worker.select().order_by(Worker.name)
        ],
    }


def jobs(service: Service = Service.DOIS) -> dict[str, int]:
    """Jobs of a service by status."""
    totals: Counter[str] = Counter()
    for name, number in database.counts("job.").items():
        kind, _, status = name.partition(".")
        if JobKind(kind).service is service:
            totals[status] += number
    return {str(status): totals[status] for status in JobStatus}


def events() -> dict[str, int]:
    """Events by state."""
    found = database.counts("event.")
    return {str(state): found.get(state, 0) for state in EventState}


def opus() -> dict[str, int]:
    """DOIs by OPUS's words: unregistered, registered, verified."""
    found = database.counts("opus.")
    return {word: found.get(word, 0) for word in OPUS}


def recount() -> dict[str, int]:
    """What the counters should say, counted over all rows. Slow; the doctor and the tests compare."""
    found: Counter[str] = Counter()
    groups: Any = Doi.select(*_COUNTED, peewee.fn.COUNT(Doi.id).alias("number")).group_by(*_COUNTED)
    for row in groups:
        found.update(dict.fromkeys(doi_rows.counter_names(row), row.number))
    by: Any = Job.select(Job.kind, Job.status, peewee.fn.COUNT(Job.id)).group_by(Job.kind, Job.status).tuples()
    for kind, status, number in by:
        found[f"job.{kind}.{status}"] += number
    states: Any = Event.select(Event.state, peewee.fn.COUNT(Event.id)).group_by(Event.state).tuples()
    for state, number in states:
        found[f"event.{state}"] += number
    return dict(found)
