"""A job whose attempts are spent without a result: why it failed."""

from __future__ import annotations

from doitui_core import own_words, queue
from doitui_core.outcomes import Kind, Outcome
from doitui_core.queue import Lease


def attempts_spent(lease: Lease, message: str) -> Outcome:
    """The end of the job. `message`: what is said where a firewall or proxy was not the last to answer; {} stands for
    the number of attempts.
    """
    job = queue.find(lease.job_id)
    if job.cause in (own_words.FIREWALL, own_words.PROXY):
        return Outcome(Kind.PERMANENT, job.cause, job.last_error)
    return Outcome(Kind.PERMANENT, "attempts_spent", message.format(lease.max_attempts))
