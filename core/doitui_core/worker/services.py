"""The services: how to connect to each, which function executes a job, and what its outcome means for the service.

Each has a rate limit and a breaker of its own, so that an expired token or a slow Events API delays no mint.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from doitui_core.config.repositories import Config
from doitui_core.db import database
from doitui_core.db.models import Repository
from doitui_core.delivery import delivery, finishing, late_arrivals, verification
from doitui_core.domain.job_kinds import JobKind, Service
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.events import event_connection, sending
from doitui_core.notify import notices, outage_check
from doitui_core.queue import blocking, breaker, connection, jobs, rate_limit
from doitui_core.queue.jobs import Policy
from doitui_core.queue.leases import Lease
from doitui_core.usage_reports import report_connection, submitting

log = logging.getLogger("doitui.worker")


class ServiceConnection(Protocol):
    """The connection of one repository to one service."""

    @property
    def config(self) -> Config:
        """The settings of the repository."""

    @property
    def policy(self) -> Policy:
        """The lease, and the back-off of retries."""

    @property
    def rate_limit(self) -> str:
        """The name of the rate limit row."""

    @property
    def rate(self) -> float | None:
        """Requests a second, None for no limit."""

    @property
    def url(self) -> str:
        """The base URL of the service."""

    def answers(self) -> bool:
        """Whether the server answers a GET: the first step of a probe."""


@dataclass(frozen=True, slots=True)
class ServiceHandler:
    """`connection` raises `Misconfigured`. `release`: give up a job whose worker must stop now."""

    connection: Callable[[Repository], Any]
    execute: Mapping[JobKind, Callable[[Lease, Any], Outcome]]
    release: Callable[[Lease], None]


HANDLERS: dict[Service, ServiceHandler] = {
    Service.DOIS: ServiceHandler(
        connection.for_repository,
        {JobKind.WRITE: delivery.write, JobKind.VERIFY: verification.verify, JobKind.RECHECK: late_arrivals.check},
        finishing.release,
    ),
    Service.EVENTS: ServiceHandler(
        event_connection.for_repository, {JobKind.EVENT: sending.send}, jobs.release_uncertain
    ),
    Service.REPORTS: ServiceHandler(
        report_connection.for_repository, {JobKind.REPORT: submitting.submit}, jobs.release_uncertain
    ),
}


def execute(lease: Lease, at: ServiceConnection, grant: rate_limit.Grant) -> Outcome:
    """Do the job, and pass its outcome to breaker, repository and service."""
    began = database.now()
    outcome = HANDLERS[lease.kind.service].execute[lease.kind](lease, at)
    outage_check.announce(breaker.note(at.rate_limit, outcome, began, lease.job_id, suspect=grant.suspect))
    if lease.kind.service is Service.DOIS:
        _note_repository(lease, at, outcome)
    else:
        _note_service(lease.kind.service, at, outcome, grant)
    return outcome


def _note_repository(lease: Lease, at: ServiceConnection, outcome: Outcome) -> None:
    if outcome.kind is OutcomeKind.BLOCKED and blocking.block(lease.repository_id, outcome):
        with database.write():
            notices.blocked(at.config, outcome)
        log.warning("repository %s is blocked: %s", at.config.code, outcome.message)


def _note_service(service: Service, at: ServiceConnection, outcome: Outcome, grant: rate_limit.Grant) -> None:
    """Record that events or reports are refused, or accepted again."""
    if outcome.kind is OutcomeKind.BLOCKED and rate_limit.refuse(at.rate_limit, outcome):
        with database.write():
            notices.refused(at.config, service, outcome)
        log.warning("%s are not sent: %s", service, outcome.message)
    # Whoever finds fault with what is sent has let us in.
    let_in = outcome.http_status in (409, 422) and outcome.kind is not OutcomeKind.BLOCKED
    if grant.refused and (outcome.kind is OutcomeKind.DONE or let_in):
        with database.write():
            rate_limit.accept([at.rate_limit])
            jobs.unblock(breaker.repositories_sharing(at.rate_limit), service)
