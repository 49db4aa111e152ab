"""The outage breaker of a service: nothing is sent but single probes, until one is answered.

A fault is no answer, no connection, an answer of 5xx, or one that is not the service's own. The breaker opens as soon
as the service does not answer a GET either (`outage_check`), and after repeated faults of several jobs, whatever a GET
says: where all writes are refused, a read that works proves nothing. Faults are consecutive when no request was
answered in between, however far apart they are; requests that were running together count once, because one failure of
the server affects them all; and one job alone never opens it. An outage costs no attempts: they are given back, and
what waited is due again when a probe is answered.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import RateLimit, Repository
from doitui_core.domain import intermediary
from doitui_core.domain.job_kinds import JobStatus, Service
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.errors import Misconfigured
from doitui_core.queue import jobs, outage_refund, rate_limit
from doitui_core.queue.jobs import Policy
from doitui_core.queue.leases import Lease

#: So many faults in a row open it, where they met at least so many jobs.
FAULTS, JOBS = 5, 2

#: The causes (`outcomes`) that speak of the provider, not of the document.
CAUSES = ("unreachable", "no_answer", "server_error", "unreadable", intermediary.FIREWALL, intermediary.PROXY)


@dataclass(frozen=True, slots=True)
class BreakerChange:
    """The breaker opened or closed just now; `since` is when the outage began."""

    rate_limit: str
    opened: bool
    since: datetime


def note(name: str, outcome: Outcome, began: datetime, job_id: int, *, suspect: bool) -> BreakerChange | None:
    """Note how a request ended that `began` then; what that changed. `suspect`: there was a fault not long ago.

    Without suspicion a success costs no statement at all.
    """
    if outcome.cause in CAUSES:
        return _fault(name, began, job_id)
    # What was decided without a request (status 0) and 429 say nothing; any other answer came from a server that works.
    answered = outcome.http_status > 0 or outcome.cause == "credentials"
    if suspect and answered and outcome.kind is not OutcomeKind.THROTTLED:
        return _close(name)
    return None


def is_open(name: str) -> bool:
    """Whether only probes are sent. A read."""
    row = RateLimit.get_or_none(RateLimit.name == name)
    return row is not None and row.opened_at is not None


def silent(name: str, job_id: int) -> BreakerChange | None:
    """Open it: after a fault, which `job_id` met, the service did not answer a GET. None: it was open."""
    with database.write():
        row, now = rate_limit.locked(name), database.now()
        if row.opened_at is not None:
            return None
        RateLimit.update(fault_job=job_id).where(RateLimit.name == name).execute()
        return _open(row, now)


def hold(name: str, outcome: Outcome) -> None:
    """Where `outcome` is a fault, keep the breaker as it is until the transaction ends: it opens before or after, and
    gives back every attempt. First in `database.write()`, before the DOI and its job: one order, no deadlock.
    """
    if outcome.cause in CAUSES:
        rate_limit.locked(name)


def conclude(name: str, lease: Lease, outcome: Outcome, policy: Policy) -> tuple[JobStatus, datetime, bool]:
    """`jobs.conclude`, but while the breaker is open the provider's faults cost the job nothing."""
    status, at, give_back = jobs.conclude(lease, outcome, policy)
    until = refund_until(name, outcome)
    if until is None:
        return status, at, give_back
    return JobStatus.PENDING if status is JobStatus.FAILED else status, max(at, until), True


def refund_until(name: str, outcome: Outcome) -> datetime | None:
    """When a job whose request ended in `outcome` may go again without having spent an attempt: while the breaker is
    open, the provider's faults are not the job's. None: the usual rules hold. Inside `database.write()`.
    """
    if outcome.cause not in CAUSES:
        return None
    # Locked, so that it opens before this job is looked at or after its end is written: none falls in between.
    row = rate_limit.locked(name)
    return rate_limit.probe_due(row, database.now()) if row.opened_at is not None else None


def _fault(name: str, began: datetime, job_id: int) -> BreakerChange | None:
    with database.write():
        row, now = rate_limit.locked(name), database.now()
        another = int(row.fault_job != job_id)
        jobs = {"fault_job": job_id, "fault_jobs": row.fault_jobs + another} if another else {}
        # A time ahead of the clock was written before the clock was set back.
        if row.fault_at is not None and began < row.fault_at <= now:
            RateLimit.update(**{"fault_job": job_id, **jobs}).where(RateLimit.name == name).execute()
            return None
        columns: dict[str, Any] = {**jobs, "faults": row.faults + 1, "fault_at": now}
        columns["fault_since"] = row.fault_since or now
        RateLimit.update(**columns).where(RateLimit.name == name).execute()
        several = row.fault_jobs + another >= JOBS
        if row.opened_at is None and columns["faults"] >= FAULTS and several:
            return _open(row, now)
    return None


def _open(row: RateLimit, now: datetime) -> BreakerChange:
    """Inside `database.write()`, on a locked row."""
    columns = {"opened_at": now, "canary_at": now + rate_limit.FIRST_PROBE}
    RateLimit.update(**columns).where(RateLimit.name == row.name).execute()
    since = min(row.fault_since or now, now)
    outage_refund.refund(repositories_sharing(row.name), rate_limit.service_of(row.name), CAUSES, since=since)
    return BreakerChange(row.name, True, now)


def _close(name: str) -> BreakerChange | None:
    with database.write():
        row, now = rate_limit.locked(name), database.now()
        since = row.opened_at
        closed: dict[str, Any] = {"faults": 0, "fault_at": None, "fault_job": 0, "fault_jobs": 0, "fault_since": None}
        if since is not None:  # else the next probe is not ours: it looks whether we are still refused
            closed |= {"opened_at": None, "canary_at": None, "slowed_until": now + rate_limit.SLOWED}
            outage_refund.bring_forward(repositories_sharing(name), rate_limit.service_of(name), CAUSES)
        RateLimit.update(**closed).where(RateLimit.name == name).execute()
    return BreakerChange(name, False, since) if since is not None else None


def repositories_sharing(name: str) -> list[int]:
    """The repositories that share the rate limit."""
    return [row.id for row, shared in rate_limits(rate_limit.service_of(name)) if shared == name]


def rate_limits(service: Service) -> Iterator[tuple[Repository, str]]:
    """Each repository with the name of its rate limit; without those whose address or secret is wrong."""
    for row in repositories.all_repositories():
        with suppress(Misconfigured):
            yield row, rate_limit.name(repositories.config(row), service)
