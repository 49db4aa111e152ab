"""A job whose attempts are spent without a result: why it failed."""

from __future__ import annotations

from doitui_core.domain import intermediary
from doitui_core.domain.outcomes import Outcome, OutcomeKind
from doitui_core.queue import jobs
from doitui_core.queue.leases import Lease


def attempts_spent(lease: Lease, message: str) -> Outcome:
    """The end of the job. `message`: what is said where a firewall or proxy was not the last to answer; {} stands for
    the number of attempts.
    """
    job = jobs.find(lease.job_id)
    if job.cause in (intermediary.FIREWALL, intermediary.PROXY):
        return Outcome(OutcomeKind.PERMANENT, job.cause, job.last_error)
    return Outcome(OutcomeKind.PERMANENT, "attempts_spent", message.format(lease.max_attempts))
