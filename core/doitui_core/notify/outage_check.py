"""After a fault one GET decides whether the service is down (no attempt is lost) or only this request failed.

If the service itself does not answer the GET, the breaker opens and refunds the attempts of the outage, even of a
single job. One GET serves all requests that failed together.
"""

from __future__ import annotations

import logging
import threading
import time
from dataclasses import dataclass, field
from typing import Protocol

from doitui_core.db import database
from doitui_core.domain.outcomes import Outcome
from doitui_core.notify import notices
from doitui_core.queue import breaker, jobs
from doitui_core.queue.fenced_finish import JobConnection
from doitui_core.queue.leases import Lease

log = logging.getLogger("doitui.worker")

#: Seconds for which an answer is valid for the requests that were running when it came.
FRESH = 5.0


class OutageCheckable(JobConnection, Protocol):
    """A connection to any service."""

    def answers(self) -> bool: ...


@dataclass
class _Decision:
    """The last GET of one service: when it ended, on the monotonic clock, and whether it was answered."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    at: float = float("-inf")
    answered: bool = True


_decisions: dict[str, _Decision] = {}
_making = threading.Lock()


def decide(lease: Lease, connection: OutageCheckable, outcome: Outcome) -> None:
    """Open the breaker if `outcome` is a fault and the service does not answer a GET. Outside transactions.

    Afterwards `breaker.conclude` decides whether the attempt counts.
    """
    if outcome.cause not in breaker.CAUSES or breaker.is_open(connection.rate_limit):
        return
    # The GET takes time: without a valid lease another worker may have the job.
    if jobs.renew(lease, connection.policy) and not _answered(lease, connection):
        announce(breaker.silent(connection.rate_limit, lease.job_id))


def announce(change: breaker.BreakerChange | None) -> None:
    """Report by mail and log that the breaker opened or closed."""
    if change is None:
        return
    with database.write():
        notices.outage(change)
    state = "is unavailable: only single test requests are sent" if change.opened else "is available again"
    log.warning("%s %s", change.rate_limit, state)


def _answered(lease: Lease, connection: OutageCheckable) -> bool:
    with _making:
        decision = _decisions.setdefault(connection.rate_limit, _Decision())
    with decision.lock:
        if not (lease.taken_at <= decision.at and time.monotonic() - decision.at <= FRESH):
            decision.answered = connection.answers()
            decision.at = time.monotonic()
        return decision.answered
