"""After a fault one GET decides whose it was: the service's, which costs no attempt, or this request's alone.

A GET that is not answered by the service itself opens the breaker, which refunds the attempt of every job that met the
outage, also where there is only one. One GET serves all requests that failed together.
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

#: Seconds for which an answer stands for the requests that were running when it came.
FRESH = 5.0


class OutageCheckable(JobConnection, Protocol):
    """What is asked: a connection to any service."""

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
    """Open the breaker where `outcome` is a fault and the service does not answer a GET either. Not in a transaction.

    Afterwards `breaker.conclude` knows whether the attempt counts.
    """
    if outcome.cause not in breaker.CAUSES or breaker.is_open(connection.rate_limit):
        return
    # The GET takes time of its own: who takes over an expired lease must not meet us.
    if jobs.renew(lease, connection.policy) and not _answered(lease, connection):
        announce(breaker.silent(connection.rate_limit, lease.job_id))


def announce(change: breaker.BreakerChange | None) -> None:
    """Tell by mail and log that the breaker opened or closed."""
    if change is None:
        return
    with database.write():
        notices.outage(change)
    log.warning("%s %s", change.rate_limit, "is out of order: only a canary is sent" if change.opened else "is back")


def _answered(lease: Lease, connection: OutageCheckable) -> bool:
    with _making:
        decision = _decisions.setdefault(connection.rate_limit, _Decision())
    with decision.lock:
        if not (lease.taken_at <= decision.at and time.monotonic() - decision.at <= FRESH):
            decision.answered = connection.answers()
            decision.at = time.monotonic()
        return decision.answered
