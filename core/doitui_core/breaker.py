"""The outage breaker of an upstream: after repeated faults nothing is sent but a canary, until one comes home.

A fault is no answer, no connection, or an answer of 5xx. Faults count as a row when no request came home in between;
requests that were under way together count once, for one stumble of the server takes them all. An outage costs no
attempts: they are given back, and what waited is due again when the canary is home.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from doitui_core import database, queue, replay, repositories, upstream
from doitui_core.errors import Misconfigured
from doitui_core.models import Upstream
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease, Policy, Status

#: So many faults in a row open it, and older ones than this are forgotten.
FAULTS = 5
ROW = timedelta(minutes=10)

#: The causes (`outcomes`) that speak of the provider, not of the document.
CAUSES = ("unreachable", "no_answer", "server_error", "unreadable")


@dataclass(frozen=True, slots=True)
class Change:
    """The breaker opened or closed just now; `since` is when the outage began."""

    upstream: str
    opened: bool
    since: datetime


def note(name: str, outcome: Outcome, began: datetime, job_id: int, *, suspect: bool) -> Change | None:
    """Note how a request ended that `began` then; what that changed. `suspect`: there was a fault not long ago.

    Without suspicion a success costs no statement at all.
    """
    if outcome.cause in CAUSES:
        return _fault(name, began, job_id)
    # What was decided without a request (status 0) and 429 say nothing; any other answer came from a server that works.
    answered = outcome.http_status > 0 or outcome.cause == "credentials"
    if suspect and answered and outcome.kind is not Kind.THROTTLED:
        return _home(name)
    return None


def hold(name: str, outcome: Outcome) -> None:
    """Where `outcome` is a fault, keep the breaker as it is until the transaction ends: it opens before or after, and
    gives back every attempt. First in `database.write()`, before the DOI and its job: one order, no deadlock.
    """
    if outcome.cause in CAUSES:
        upstream.locked(name)


def conclude(name: str, lease: Lease, outcome: Outcome, policy: Policy) -> tuple[Status, datetime, bool]:
    """`queue.conclude`, but while the breaker is open the provider's faults cost the job nothing."""
    status, at, give_back = queue.conclude(lease, outcome, policy)
    canary_at = spared(name, outcome)
    if canary_at is None:
        return status, at, give_back
    return Status.PENDING if status is Status.FAILED else status, max(at, canary_at), True


def spared(name: str, outcome: Outcome) -> datetime | None:
    """When a job whose request ended in `outcome` may go again without having spent an attempt: while the breaker is
    open, the provider's faults are not the job's. None: the usual rules hold. Inside `database.write()`.
    """
    if outcome.cause not in CAUSES:
        return None
    # Locked, so that it opens before this job is looked at or after its end is written: none falls in between.
    row = upstream.locked(name)
    return row.canary_at if row.opened_at is not None else None


def _fault(name: str, began: datetime, job_id: int) -> Change | None:
    with database.write():
        row, now = upstream.locked(name), database.now()
        if row.fault_at is not None and began < row.fault_at:
            return None
        recent = row.fault_at is not None and now - row.fault_at < ROW
        row.faults = row.faults + 1 if recent else 1
        columns: dict[str, Any] = {"faults": row.faults, "fault_at": now, "fault_job": job_id}
        opens = row.faults >= FAULTS and row.opened_at is None
        if opens:
            columns |= {"opened_at": now, "canary_at": now + upstream.FIRST_CANARY}
        Upstream.update(**columns).where(Upstream.name == name).execute()
        if opens:
            replay.unspend(repositories_of(name), upstream.lane(name), CAUSES, since=now - ROW)
    return Change(name, True, now) if opens else None


def _home(name: str) -> Change | None:
    with database.write():
        row, now = upstream.locked(name), database.now()
        since = row.opened_at
        closed: dict[str, Any] = {"faults": 0, "fault_at": None, "fault_job": 0}
        if since is not None:  # else the next canary is not ours: it looks whether we are still refused
            closed |= {"opened_at": None, "canary_at": None, "slowed_until": now + upstream.SLOWED}
            replay.hasten(repositories_of(name), upstream.lane(name), CAUSES)
        Upstream.update(**closed).where(Upstream.name == name).execute()
    return Change(name, False, since) if since is not None else None


def repositories_of(name: str) -> list[int]:
    """The repositories that share the upstream."""
    found, lane = [], upstream.lane(name)
    for repository in repositories.listed():
        with suppress(Misconfigured):  # one whose address is wrong has no part in it
            if upstream.name(repositories.config(repository), lane) == name:
                found.append(repository.id)
    return found
