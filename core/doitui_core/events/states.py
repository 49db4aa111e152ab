"""How far an event is: what its job says, in the words of events; kept in its row, for quick lists.

pending     it is to be sent
submitted   the other side has it, with the total it has now
failed      it is not sent again before something is mended, or somebody retries it
uncertain   sent, and nobody knows whether it arrived; sent again under the same UUID
"""

from __future__ import annotations

from enum import StrEnum

from doitui_core import database
from doitui_core.jobs import Status
from doitui_core.models import Event


class State(StrEnum):
    PENDING = "pending"
    SUBMITTED = "submitted"
    FAILED = "failed"
    UNCERTAIN = "uncertain"


#: By the status of the job. While it is in hand the event stays what it was.
STATES = {
    Status.PENDING: State.PENDING,
    Status.COMPLETED: State.SUBMITTED,
    Status.FAILED: State.FAILED,
    Status.BLOCKED: State.FAILED,
    Status.CANCELLED: State.FAILED,
    Status.UNCERTAIN: State.UNCERTAIN,
}


def follow(event_id: int, status: Status) -> None:
    """Its job has gone to `status`. Inside `database.write()`, with the job's row held: job before event, always."""
    state = STATES.get(status)
    row = Event.select(Event.id, Event.state).where(Event.id == event_id).get_or_none()
    if state is None or row is None or row.state == state:
        return
    Event.update(state=str(state)).where(Event.id == event_id).execute()
    count(row.state, state)


def count(old: str | None, new: str, number: int = 1) -> None:
    """Tell the counters that so many events have gone from `old` (None: they are new) to `new`."""
    if old is not None:
        database.count(f"event.{old}", -number)
    database.count(f"event.{new}", number)
