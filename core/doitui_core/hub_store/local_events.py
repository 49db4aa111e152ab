"""The archive's own events, copied for the hub to show. What others reported (`event pull`) is not ours to show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from doitui_core import clock
from doitui_core.db.hub_event_model import HubEventCopy
from doitui_core.db.models import Event
from doitui_core.domain.event import EventValue, as_sent
from doitui_core.domain.event_kinds import USAGE_RELATIONS
from doitui_core.hub_store.event_record import CC0, EventRecord, HubOrigin
from doitui_core.hub_store.event_store import AT_ONCE, EventStore
from doitui_core.hub_store.hub_database import HubDatabase

#: A change gets its time before others can see it: what changed so shortly before the last copy is looked at again.
OVERLAP = timedelta(minutes=5)


def copy_local(hub: HubDatabase) -> int:
    """Copy the events that changed since the last copy; how many are new or have another total.

    Flat memory. What was copied stays copied where the process is killed, and the next call goes on from there. In the
    form in which they are sent: a view names the DOI as object. A link has the source that DataCite gives it.
    """
    events, copied = EventStore(hub), 0
    mark = _mark(hub)
    after = (max(mark.updated_at - OVERLAP // timedelta(microseconds=1), 0), 0)
    while rows := _changed(hub, after):
        last = rows[-1]
        after = (clock.micros(last.updated_at), last.id)
        with hub.write():
            copied += events.refresh(_record(row, hub.now()) for row in rows if _is_shown(row))
            if after > (mark.updated_at, mark.event_id):
                _save(hub, after)
    return copied


def _changed(hub: HubDatabase, after: tuple[int, int]) -> Sequence[Event]:
    moment, number = after
    later = (Event.updated_at > moment) | ((Event.updated_at == moment) & (Event.id > number))
    # The first condition is for the index: neither database takes the range from an OR.
    rows = Event.select().where(Event.updated_at >= moment, later)
    return list(rows.order_by(Event.updated_at, Event.id).limit(AT_ONCE).execute(hub.db))


def _is_shown(row: Event) -> bool:
    """A link to a DOI of an agency that nobody knows yet has no source: `event derive` asks again."""
    return bool(row.relation_type_id in USAGE_RELATIONS or row.link_source_id)


def _record(row: Event, now: str) -> EventRecord:
    payload = json.loads(row.payload)
    event = as_sent(
        EventValue(
            row.subj_id,
            row.relation_type_id,
            row.obj_id,
            row.link_source_id or row.source_id,
            row.total,
            payload={side: payload.get(side) or {} for side in ("subj", "obj")},
            known_as=row.uuid,
        )
    )
    return EventRecord(
        uuid=event.uuid,
        subj_id=event.subj_id,
        obj_id=event.obj_id,
        source_id=event.source_id,
        relation_type_id=event.relation_type_id,
        source_token=row.source_token or "local",
        message_action="create",
        license=CC0,
        total=event.total,
        occurred_at=_iso(row.occurred_at),
        created=now,
        updated=now,
        subj=dict(event.payload["subj"]),
        obj=dict(event.payload["obj"]),
        origin=HubOrigin.LOCAL,
    )


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _mark(hub: HubDatabase) -> HubEventCopy:
    found = list(HubEventCopy.select().limit(1).execute(hub.db))
    return found[0] if found else HubEventCopy()


def _save(hub: HubDatabase, after: tuple[int, int]) -> None:
    if not hub.execute("UPDATE hub_event_copy SET updated_at = {p}, event_id = {p}", after).rowcount:
        hub.execute("INSERT INTO hub_event_copy (updated_at, event_id) VALUES ({p}, {p})", after)
