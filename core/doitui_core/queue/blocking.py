"""Repositories that send nothing: paused by a person, or blocked because their set-up is wrong.

A wrong password blocks the repository, not each of its jobs: they stay pending, one notice reports it, and what was
blocked goes on by itself as soon as DataCite knows the account again. Where the Events API or the report store refuses
us, that service is left alone (`rate_limit.refuse`), not the repository's DOIs.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from typing import Any

from doitui_core.clock import EPOCH
from doitui_core.config import repositories
from doitui_core.db import audit, database
from doitui_core.db.models import Job, RateLimit, Repository
from doitui_core.domain.job_kinds import Service
from doitui_core.domain.outcomes import Outcome
from doitui_core.errors import Misconfigured
from doitui_core.queue import breaker, jobs, outage_refund, rate_limit

#: Settings that decide who writes events where.
CREDENTIALS = frozenset(
    (
        *("datacite_repository_id", "datacite_password", "datacite_api_token"),
        *("datacite_environment", "datacite_url", "events_url"),
    )
)


def pause(repository: Repository, paused: bool, *, actor: str = "python") -> None:
    """Stop or resume sending for a repository. Resuming also looks anew at what was blocked, and ends every pause,
    whatever its cause: a 429, an outage, a clock that was wrong.
    """
    with database.write():
        Repository.update(paused=paused).where(Repository.id == repository.id).execute()
        audit.note(actor, "pause" if paused else "resume", f"repository {repository.code}")
        if not paused:
            unblock(repository.id)
            retry_services([repository.id])
            _end_pauses(repository)


def _end_pauses(repository: Repository) -> None:
    config = repositories.config(repository)
    for service in Service:
        with suppress(Misconfigured):  # one whose address is wrong has no pause
            if rate_limit.resume(rate_limit.name(config, service)):
                outage_refund.bring_forward([repository.id], service, (*breaker.CAUSES, "throttled"))


def block(repository_id: int, outcome: Outcome) -> bool:
    """Note that no DOI of the repository can be written until its set-up is corrected. False: that was known."""
    with database.joining():
        return bool(
            Repository.update(blocked_cause=outcome.cause, blocked_error=outcome.message)
            .where(Repository.id == repository_id, Repository.blocked_cause == "")
            .execute()
        )


def retry_blocked(repository_id: int, names: Collection[str] = ()) -> None:
    """The settings `names` were set, for one repository or (0) for all: what was blocked is looked at anew. Events that
    we have no right to send are only with another credential or address.
    """
    chosen = [row for row in Repository.select() if repository_id in (0, row.id)]
    for row in chosen:
        if row.blocked_cause:
            unblock(row.id)
    retry_services([row.id for row in chosen], switched_off=not CREDENTIALS.isdisjoint(names))


def unblock(repository_id: int) -> int:
    """Let it write DOIs again; how many jobs that had met the wrong set-up are due again."""
    with database.joining():
        Repository.update(blocked_cause="", blocked_error="").where(Repository.id == repository_id).execute()
        return jobs.unblock([repository_id])


def retry_services(
    repository_ids: list[int],
    services: tuple[Service, ...] = (Service.EVENTS, Service.REPORTS),
    *,
    switched_off: bool = False,
) -> None:
    """Try again what the services of `services` refused: who holds which credential there may have changed.
    `switched_off`: also events that we had no right to send.
    """
    with database.joining():
        accept(services, switched_off=switched_off)
        for service in services:
            jobs.unblock(repository_ids, service)


def ask_again(job_ids: list[int]) -> None:
    """Jobs were put back: services that refused them are asked again, not believed to refuse still."""
    found: Any = Job.select(Job.lane).where(Job.id.in_(job_ids)).distinct()
    with database.write():
        accept(tuple(Service(service) for (service,) in found.tuples()))


def accept(services: tuple[Service, ...], *, switched_off: bool = True) -> None:
    """Send to the services of `services` again, also where they refused us. Inside `database.write()`. `switched_off`:
    also events that we had no right to send.
    """
    rows = list(RateLimit.select().where(RateLimit.blocked_at > EPOCH))
    rate_limit.accept(
        row.name
        for row in rows
        if rate_limit.service_of(row.name) in services and (switched_off or not rate_limit.switched_off(row))
    )


def retry_refused() -> None:
    """Blocked events and reports go on where their service refuses us no more: a token's file was renewed. Where it
    still does and it is time to look, but nothing else is due, one of them goes.
    """
    services = [str(Service.EVENTS), str(Service.REPORTS)]
    blocked: Any = (
        Job.select(Job.repository, Job.lane).where(Job.lane.in_(services), Job.status == "blocked").distinct()
    )
    for repository_id, service in list(blocked.tuples()):
        with suppress(Misconfigured):
            _retry_refused(repository_id, Service(service))


def _retry_refused(repository_id: int, service: Service) -> None:
    name = rate_limit.name(repositories.config(Repository.get_by_id(repository_id)), service)
    row = RateLimit.get_or_none(RateLimit.name == name)
    if row is None or row.blocked_at is None or rate_limit.switched_off(row):
        jobs.unblock([repository_id], service)
    elif (row.canary_at or EPOCH) <= database.now() and not jobs.due(repository_id, 1, service=service):
        jobs.unblock([repository_id], service, limit=1)


def refused(service: Service) -> list[RateLimit]:
    """The rate limits of the service that refuse a credential that an active repository still has, oldest first."""
    names = {name for row, name in breaker.rate_limits(service) if row.active}
    rows = RateLimit.select().where(RateLimit.blocked_at > EPOCH, RateLimit.name.in_(sorted(names)))
    return list(rows.order_by(RateLimit.blocked_at))
