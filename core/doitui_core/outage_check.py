"""After a fault one GET decides whose it was: the service's, which costs no attempt, or this request's alone.

A GET that is not answered by the service itself opens the breaker, which refunds the attempt of every job that met the
outage, also where there is only one. One GET serves all requests that failed together.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from doitui_core import breaker, database, notices, own_words, queue
from doitui_core.errors import Misconfigured, RemoteFailed
from doitui_core.outcomes import Outcome
from doitui_core.own_words import Service
from doitui_core.queue import Lease, Policy

if TYPE_CHECKING:
    from doitui_core.datacite.answer import Answer

log = logging.getLogger("doitui.worker")

#: Seconds for which an answer stands for the requests that were under way when it came.
FRESH = 5.0


class Connection(Protocol):
    """What is asked: a desk of any service."""

    @property
    def policy(self) -> Policy: ...
    @property
    def upstream(self) -> str: ...
    def answers(self) -> bool: ...


@dataclass
class _Decision:
    """The last GET of one service: when it ended, on the monotonic clock, and whether it was answered."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    at: float = float("-inf")
    answered: bool = True


_decisions: dict[str, _Decision] = {}
_making = threading.Lock()


def decide(lease: Lease, connection: Connection, outcome: Outcome) -> None:
    """Open the breaker where `outcome` is a fault and the service does not answer a GET either. Not in a transaction.

    Afterwards `breaker.conclude` knows whether the attempt counts.
    """
    if outcome.cause not in breaker.CAUSES or breaker.is_open(connection.upstream):
        return
    # The GET takes time of its own: who takes over an expired lease must not meet us.
    if queue.renew(lease, connection.policy) and not _answered(lease, connection):
        announce(breaker.silent(connection.upstream, lease.job_id))


def announce(change: breaker.Change | None) -> None:
    """Tell by mail and log that the breaker opened or closed."""
    if change is None:
        return
    with database.write():
        notices.outage(change)
    log.warning("%s %s", change.upstream, "is out of order: only a canary is sent" if change.opened else "is back")


def answered(look: Callable[[], Answer], service: Service) -> bool:
    """Whether the service itself answers a GET that changes nothing: in its own words, and not with 5xx."""
    try:
        answer = look()
    except (RemoteFailed, Misconfigured):
        return False
    return answer.status < 500 and not own_words.interferer(answer, service)


def _answered(lease: Lease, connection: Connection) -> bool:
    with _making:
        decision = _decisions.setdefault(connection.upstream, _Decision())
    with decision.lock:
        if not (lease.taken_at <= decision.at and time.monotonic() - decision.at <= FRESH):
            decision.answered = connection.answers()
            decision.at = time.monotonic()
        return decision.answered
