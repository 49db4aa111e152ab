"""The state of an event follows the status of its job."""

from __future__ import annotations

from doitui_core.db import database
from doitui_core.db.models import Event
from doitui_core.domain.event_states import STATE_OF_STATUS, EventState
from doitui_core.domain.job_kinds import JobStatus


def follow_job(event_id: int, status: JobStatus) -> None:
    """Its job has gone to `status`. Inside `database.write()`, with the job's row locked: job before event, always."""
    state = STATE_OF_STATUS.get(status)
    row = Event.select(Event.id, Event.state, Event.submitted_total).where(Event.id == event_id).get_or_none()
    if state is EventState.DISCARDED and row is not None and row.submitted_total:
        state = EventState.SUBMITTED  # with an earlier total
    if state is None or row is None or row.state == state:
        return
    Event.update(state=str(state)).where(Event.id == event_id).execute()
    count_states(row.state, state)


def count_states(old: str | None, new: str, number: int = 1) -> None:
    """Count that so many events have gone from `old` (None: they are new) to `new`."""
    if old is not None:
        database.count(f"event.{old}", -number)
    database.count(f"event.{new}", number)
