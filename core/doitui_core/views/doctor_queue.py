"""Checks of the workers and the queue. An archive whose work is done by cron has no worker between two runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Job, Worker
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.domain.states import Mark
from doitui_core.queue import finished_runs, heartbeats, jobs
from doitui_core.text import plural
from doitui_core.views import causes, dashboard_counts
from doitui_core.views.doctor_check import FAIL, OK, WARN, Check

#: Longer than this nothing that is due waits where workers run.
LATE = timedelta(minutes=10)

#: Groups of failed jobs that are named.
GROUPS = 5


def workers() -> list[Check]:
    """Whether a worker runs, or else when the last run was and the next is expected."""
    alive = list(Worker.select().where(heartbeats.alive()))
    if alive:
        return [Check("workers", OK, f"{len(alive)} running: {', '.join(row.name for row in alive)}")]
    number = dashboard_counts.jobs()[JobStatus.PENDING]
    waiting = f"{plural(number, 'job', grouped=True)} waiting" if number else "queue empty"
    runs = finished_runs.schedule()
    if runs is not None and not runs.late:
        return [Check("workers", OK, f"none running between runs, {waiting}: {runs.message}")]
    message = f"no worker running, {waiting}" + (f": {runs.message}" if runs else "")
    return [Check("workers", FAIL if number else WARN, message, "doitui work --drain" if runs else "doitui work")]


def queue() -> list[Check]:
    """Failed, blocked and late jobs."""
    counts, found = dashboard_counts.jobs(), []
    if counts[JobStatus.FAILED]:
        found += _failed()
    if counts[JobStatus.BLOCKED]:
        message = f"{plural(counts[JobStatus.BLOCKED], 'job is', 'jobs are', grouped=True)} blocked by a wrong setup"
        found.append(Check("queue", WARN, message, "doitui queue list --state blocked"))
    due_before, how_long = _late()
    waits = Job.status.in_(jobs.as_literals(("pending", "uncertain"))) & (Job.lane == str(Service.DOIS))
    late = Job.select().where(waits, Job.scheduled_at < due_before)
    blocked = [row.id for row in repositories.all_repositories() if row.paused or row.blocked_cause]
    if late.where(Job.repository.not_in(blocked)).limit(1).exists():
        found.append(Check("queue", WARN, f"jobs have been due {how_long}", "doitui work --drain"))
    unknown = database.counts("mark.").get(Mark.UNCERTAIN, 0)
    asked = f", {unknown:,} with unknown outcome (checked automatically)" if unknown else ""
    return found or [Check("queue", OK, f"{counts[JobStatus.PENDING]:,} pending{asked}, none failed")]


def _failed() -> list[Check]:
    """The largest groups of failed jobs; of the others their number."""
    found = causes.groups((Service.DOIS,), examples=1)
    checks = [
        Check("queue", WARN, f"{group.number:,} failed: {group.summary}: {group.advice}", group.retry)
        for group in found[:GROUPS]
    ]
    if rest := found[GROUPS:]:
        message = f"{sum(group.number for group in rest):,} failed of {plural(len(rest), 'other cause', grouped=True)}"
        checks.append(Check("queue", WARN, message, "doitui report causes"))
    return checks


def _late() -> tuple[datetime, str]:
    """(what was due before is late, for how long it is due): between two runs, what the last one has left."""
    runs = finished_runs.schedule()
    if runs is not None and not runs.late:
        return runs.last.started_at, "since before the last run"
    return database.now() - LATE, f"for more than {LATE.seconds // 60} minutes"
