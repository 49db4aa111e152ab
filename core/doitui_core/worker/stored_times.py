"""Stored times further in the future than their rule allows, left by a clock that was ahead.

Each rule has a longest wait: a lease `lease_seconds`, a retry `backoff_minutes` times the attempts, a pause an hour. A
time behind it was written while the clock was wrong; once the clock is right again, it would hold everything up. What a
person scheduled (`queue schedule`) is free. Rows that are read before they are used (`rate_limit`, `mail`) are judged
there; jobs are found by an index on the time, so their times are corrected here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import peewee

from doitui_core.clock import EPOCH, micros, moment
from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Attempt, Audit, DoiLog, Job, Notice, RateLimit, Repository, Worker
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.domain.outcomes import LONGEST_WAIT
from doitui_core.errors import Misconfigured
from doitui_core.events.store import BETWEEN
from doitui_core.notify import mail
from doitui_core.queue import connection, jobs, rate_limit

#: How much earlier it may be than a moment ago without the clock having been set back.
SLACK = timedelta(seconds=2)

#: Times further ahead than this are reported: two good clocks do not differ by more.
REPORTED = timedelta(minutes=1)

#: Rows of a log that are looked at, newest first.
LOOKED_AT = 1000


class Watch:
    """Detects that the clock was set back; true at the first check."""

    def __init__(self) -> None:
        self._at: tuple[datetime, float] | None = None

    def set_back(self) -> bool:
        """Whether the clock was set back since the last call."""
        now, ticks = database.now(), time.monotonic()
        before, self._at = self._at, (now, ticks)
        return before is None or now < before[0] + timedelta(seconds=ticks - before[1]) - SLACK


def repair(rows: Iterable[Repository] | None = None) -> int:
    """Make due the jobs (of these repositories) that wait for a time no rule allows, and cut their leases; how many."""
    repaired = 0
    for row, service, policy in _places(rows):
        now = database.now()
        # Cut, not ended: whoever holds a lease may be at work, so it gets a whole one from now on.
        repaired += _update(_leased_too_long(row, service, policy, now), lease_until=now + policy.lease)
        repaired += _update(_scheduled_too_late(row, service, policy, now), scheduled_at=now)
    return repaired


def _places(rows: Iterable[Repository] | None) -> Iterator[tuple[int, Service, jobs.Policy]]:
    """Repository id, service, and the policy for its jobs."""
    for row in repositories.all_repositories() if rows is None else rows:
        with suppress(Misconfigured):
            policy = connection.policy(repositories.config(row))
            for service in Service:
                yield row.id, service, policy


def _leased_too_long(repository_id: int, service: Service, policy: jobs.Policy, now: datetime) -> tuple[Any, ...]:
    leased = Job.status.in_(jobs.as_literals([JobStatus.PROCESSING]))
    return leased, Job.repository == repository_id, Job.lane == str(service), Job.lease_until > now + policy.lease


def _scheduled_too_late(repository_id: int, service: Service, policy: jobs.Policy, now: datetime) -> tuple[Any, ...]:
    waits = Job.status.in_(jobs.as_literals((JobStatus.PENDING, JobStatus.UNCERTAIN)))
    longest = BETWEEN if service is Service.EVENTS else timedelta(seconds=LONGEST_WAIT)
    last_retry = micros(now) + policy.backoff // timedelta(microseconds=1) * (Job.max_attempts + 1)
    late = (Job.scheduled_at > now + longest) & (Job.scheduled_at > last_retry)
    return waits, Job.repository == repository_id, Job.lane == str(service), late, Job.put_off == False  # noqa: E712


def _update(which: tuple[Any, ...], **columns: datetime) -> int:
    if not _any(which):
        return 0  # a read: no write transaction where all is well
    with database.write():
        return int(Job.update(**columns).where(*which).execute())


def _any(which: tuple[Any, ...]) -> bool:
    return bool(Job.select(Job.id).where(*which).limit(1).exists())


def ahead() -> dict[str, datetime]:
    """Where times are stored that no rule allows, and the furthest of each. The clock was ahead, or is behind now."""
    now = database.now()
    found: dict[str, datetime] = {}
    for what, at, longest in _stored(now):
        if at is not None and at > now + longest + REPORTED:
            found[what] = max(at, found.get(what, EPOCH))
    return found


#: What is stored, a time of it, and how far ahead of the clock it may lie.
Stored = tuple[str, datetime | None, timedelta]

_NOT = timedelta()


def _stored(now: datetime) -> Iterator[Stored]:
    for row in RateLimit.select():
        yield from _of_rate_limit(row)
    yield from _of_jobs(now)
    for what, model, field in (
        ("log", DoiLog, DoiLog.at),
        ("log", Audit, Audit.at),
        ("attempts", Attempt, Attempt.sent_at),
    ):
        newest: Any = model.select(field).order_by(model.id.desc()).limit(LOOKED_AT).tuples()
        yield what, max((at for (at,) in newest if at), default=None), _NOT
    yield "workers", max((row.seen_at for row in Worker.select()), default=None), _NOT
    yield "mail", Notice.select(peewee.fn.MAX(Notice.due_at)).where(mail.UNSENT).scalar(), mail.LONGEST_WAIT


def _of_rate_limit(row: RateLimit) -> Iterator[Stored]:
    what = f"rate limit of {rate_limit.description(row.name)}"
    yield what, moment(row.arrival), rate_limit.LONGEST_PAUSE
    yield what, row.paused_until, rate_limit.LONGEST_PAUSE
    yield what, row.slowed_until, rate_limit.LONGEST_PAUSE + rate_limit.SLOWED
    yield what, row.canary_at, rate_limit.LAST_CREDENTIAL_PROBE if row.blocked_at else rate_limit.LAST_PROBE
    for at in (row.fault_at, row.opened_at, row.blocked_at):
        yield what, at, _NOT


def _of_jobs(now: datetime) -> Iterator[Stored]:
    for place in _places(None):
        for which, column in (
            (_leased_too_long(*place, now), Job.lease_until),
            (_scheduled_too_late(*place, now), Job.scheduled_at),
        ):
            yield "queue", Job.select(peewee.fn.MAX(column)).where(*which).scalar(), _NOT
