"""The finish of a job that sent a request: its result and where it goes, in one transaction, and only while the lease
is still ours.

Order of locks: the rate limit's row (`breaker.hold`), the row that the caller locks, the job's row; counters last.
Before it, outside the transaction, `outage_check.decide` settles whose a fault was.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Protocol, TypeVar

from doitui_core.db import database
from doitui_core.domain import intermediary, outcomes
from doitui_core.domain.job_kinds import JobStatus
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.queue import breaker, jobs, rate_limit
from doitui_core.queue.connection import LOST
from doitui_core.queue.jobs import Policy
from doitui_core.queue.leases import Lease


class JobConnection(Protocol):
    """What a finish needs of a connection to any service."""

    @property
    def policy(self) -> Policy: ...
    @property
    def rate_limit(self) -> str: ...


@dataclass
class Conclusion:
    """The outcome of a job and where the job goes: as `breaker.conclude` says, until the caller changes it."""

    outcome: Outcome
    status: JobStatus
    #: When the job is due again.
    at: datetime
    #: Whether the attempt does not count.
    give_back: bool
    #: Whether the job keeps the outcome's message as its error.
    keep_message: bool = True

    def requeue(self, at: datetime) -> None:
        """Make the job due again then; the attempt does not count."""
        self.status, self.at, self.give_back = JobStatus.PENDING, at, True

    def finalize(self) -> None:
        """Where the job has failed, take the promise of another try out of the outcome's message."""
        if self.status is JobStatus.FAILED:
            self.outcome = outcomes.final(self.outcome)


Row = TypeVar("Row")
Conclude = Callable[[Outcome], Conclusion]


def finish(
    lease: Lease,
    connection: JobConnection,
    outcome: Outcome,
    *,
    lock: Callable[[], Row],
    write: Callable[[Row, Conclude], Conclusion],
    finished: Callable[[Row, Conclusion], Any] | None = None,
    committed: Callable[[Row, Conclusion], Any] | None = None,
) -> Outcome:
    """Finish the job; the outcome as the caller has left it, or `LOST`, with nothing written.

    `lock` locks what the job is about and returns it, before the job's row is locked. `write` writes the result there
    and returns what the function it is given concludes. `finished` runs after the job is written, `committed` after
    the transaction.
    """
    with database.write():
        breaker.hold(connection.rate_limit, outcome)
        row = lock()
        if not jobs.is_leased(lease):
            return LOST
        end = write(row, partial(_conclude, lease, connection))
        error = end.outcome.message if end.keep_message else ""
        jobs.finish(lease, end.status, at=end.at, cause=end.outcome.cause, error=error, give_back=end.give_back)
        if finished is not None:
            finished(row, end)
    if end.outcome.kind is OutcomeKind.THROTTLED:
        rate_limit.pause(connection.rate_limit, end.at)
    if committed is not None:
        committed(row, end)
    return end.outcome


def _conclude(lease: Lease, connection: JobConnection, outcome: Outcome) -> Conclusion:
    return Conclusion(outcome, *breaker.conclude(connection.rate_limit, lease, outcome, connection.policy))


def attempts_spent(lease: Lease, message: str) -> Outcome:
    """The end of the job. `message`: for jobs where a firewall or proxy was not the last to answer; {} stands for
    the number of attempts.
    """
    job = jobs.find(lease.job_id)
    if job.cause in (intermediary.FIREWALL, intermediary.PROXY):
        return Outcome(OutcomeKind.PERMANENT, job.cause, job.last_error)
    return Outcome(OutcomeKind.PERMANENT, "attempts_spent", message.format(lease.max_attempts))
