"""The services at the ends of the lanes: what a job needs to go there, who carries it out, and what its end says.

Each lane of a repository has a pace, a breaker and a refusal of its own, so that a token which has run out, or an
Events API that is slow, costs no mint.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from doitui_core import (
    breaker,
    database,
    delivery,
    desk,
    endings,
    notices,
    outage_check,
    queue,
    recheck,
    rests,
    upstream,
)
from doitui_core import verification as verifications
from doitui_core.events import event_desk, sending
from doitui_core.jobs import Kind, Lane
from doitui_core.models import Repository
from doitui_core.outcomes import Kind as Outcomes
from doitui_core.outcomes import Outcome
from doitui_core.queue import Lease, Policy
from doitui_core.repositories import Config
from doitui_core.usage_reports import report_desk, submitting

log = logging.getLogger("doitui.worker")


class Desk(Protocol):
    """What a worker has at hand for one repository in one lane. `rate`: requests a second, None for no limit."""

    @property
    def config(self) -> Config: ...
    @property
    def policy(self) -> Policy: ...
    @property
    def upstream(self) -> str: ...
    @property
    def rate(self) -> float | None: ...
    @property
    def url(self) -> str: ...

    def answers(self) -> bool:
        """Whether the server is there at all: the canary's first flight, a GET that changes nothing."""


@dataclass(frozen=True, slots=True)
class Service:
    """`desk` raises `Misconfigured`. `let_go`: give up a job whose worker must stop now."""

    desk: Callable[[Repository], Any]
    carry_out: Mapping[Kind, Callable[[Lease, Any], Outcome]]
    let_go: Callable[[Lease], None]


SERVICES: dict[Lane, Service] = {
    Lane.DOIS: Service(
        desk.of,
        {Kind.WRITE: delivery.write, Kind.VERIFY: verifications.verify, Kind.RECHECK: recheck.recheck},
        endings.let_go,
    ),
    Lane.EVENTS: Service(event_desk.of, {Kind.EVENT: sending.send}, queue.let_go),
    Lane.REPORTS: Service(report_desk.of, {Kind.REPORT: submitting.submit}, queue.let_go),
}


def carry_out(lease: Lease, at: Desk, grant: upstream.Grant) -> Outcome:
    """Do the job, and tell breaker, repository and service what its end says about them."""
    began = database.now()
    outcome = SERVICES[lease.kind.lane].carry_out[lease.kind](lease, at)
    outage_check.announce(breaker.note(at.upstream, outcome, began, lease.job_id, suspect=grant.suspect))
    if lease.kind.lane is Lane.DOIS:
        _repository(lease, at, outcome)
    else:
        _service(lease.kind.lane, at, outcome, grant)
    return outcome


def _repository(lease: Lease, at: Desk, outcome: Outcome) -> None:
    if outcome.kind is Outcomes.BLOCKED and rests.block(lease.repository_id, outcome):
        with database.write():
            notices.blocked(at.config, outcome)
        log.warning("repository %s is blocked: %s", at.config.code, outcome.message)


def _service(lane: Lane, at: Desk, outcome: Outcome, grant: upstream.Grant) -> None:
    """Another service than the one that writes DOIs refuses us, or takes us again."""
    if outcome.kind is Outcomes.BLOCKED and upstream.refuse(at.upstream, outcome):
        with database.write():
            notices.refused(at.config, lane, outcome)
        log.warning("%s are not sent: %s", lane, outcome.message)
    # Whoever finds fault with what is sent has let us in.
    let_in = outcome.http_status in (409, 422) and outcome.kind is not Outcomes.BLOCKED
    if grant.refused and (outcome.kind is Outcomes.DONE or let_in):
        with database.write():
            upstream.accept([at.upstream])
            queue.unblock(breaker.repositories_of(at.upstream), lane)
