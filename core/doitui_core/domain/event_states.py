"""How far an event is, derived from the status of its job; stored in its row, for quick lists.

pending     it is to be sent
submitted   the other side has it, with the total it has now
failed      it is not sent again before something is corrected, or somebody retries it
uncertain   sent, and nobody knows whether it arrived; sent again under the same UUID
discarded   it is not sent: a person has discarded it, or its kind is switched off
"""

from __future__ import annotations

from enum import StrEnum

from doitui_core.domain.job_kinds import JobStatus


class EventState(StrEnum):
    """How far an event is."""

    PENDING = "pending"
    SUBMITTED = "submitted"
    FAILED = "failed"
    UNCERTAIN = "uncertain"
    DISCARDED = "discarded"


#: By the status of the job. While it is in hand the event stays what it was.
STATE_OF_STATUS = {
    JobStatus.PENDING: EventState.PENDING,
    JobStatus.COMPLETED: EventState.SUBMITTED,
    JobStatus.FAILED: EventState.FAILED,
    JobStatus.BLOCKED: EventState.FAILED,
    JobStatus.CANCELLED: EventState.DISCARDED,
    JobStatus.UNCERTAIN: EventState.UNCERTAIN,
}
