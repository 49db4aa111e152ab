"""Pages of events, newest first, read by key; and one event, whole."""

from __future__ import annotations

from typing import Any

from doitui_core.clock import iso
from doitui_core.db.models import Doi, Event
from doitui_core.db.paging import PAGE, ListPage, Row, cut_page, parse_key
from doitui_core.dois import lookup
from doitui_core.domain.event_states import EventState
from doitui_core.errors import BadInput, NotFound
from doitui_core.events import sending


def events(*, state: str = "", doi: str = "", limit: int = PAGE, after: str = "") -> ListPage:
    """Events, newest first. `limit` 0: all. Raises `BadInput` for a state or key that is none, `NotFound` for a DOI."""
    query = Event.select()
    if state:
        query = query.where(Event.state == _state(state))
    if doi:
        query = query.where(Event.doi == lookup.find(doi).id)
    if after:
        query = query.where(Event.id < parse_key(after, 1)[0])
    query = query.order_by(Event.id.desc())
    rows, following = cut_page(list(query.limit(limit + 1) if limit else query), limit, lambda row: str(row.id))
    return ListPage([event_row(row) for row in rows], following)


def _state(state: str) -> str:
    if state not in list(EventState):
        raise BadInput(f'Unknown state "{state}". Use: {", ".join(EventState)}')
    return state


def find(event_id: int) -> Event:
    """Raises `NotFound`."""
    row: Event | None = Event.get_or_none(Event.id == event_id)
    if row is None:
        raise NotFound(f"there is no event {event_id}: `doitui event list` shows those that are")
    return row


def event(event_id: int) -> Row:
    """One event, as the list has it, with what is sent of it and what was answered. Raises `NotFound`."""
    row = find(event_id)
    names = ("uuid", "dedupe_hash", "source_token", "obj_type", "origin", "in_metadata", "cause", "response")
    more: Row = {name: getattr(row, name) for name in names}
    times = {name: iso(getattr(row, name)) for name in ("occurred_at", "created_at", "updated_at", "submitted_at")}
    doi: Any = Doi.select(Doi.doi).where(Doi.id == row.doi_id).scalar()
    return event_row(row) | {"doi": doi} | more | times | {"payload": dict(sending.value(row).payload)}


def event_row(row: Any) -> Row:
    """The shape of `event list --json`."""
    names = ("subj_id", "relation_type_id", "obj_id", "source_id", "state", "total", "submitted_total", "attempts")
    beside = {"response_status": row.response_status, "last_error": row.last_error}
    return {"id": row.id} | {name: getattr(row, name) for name in names} | beside
