"""Writes of events: upserts with DataCite's uniqueness, and the totals that reports and local counts bring."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from uuid import uuid4

import peewee

from doitui_core.db.chunks import in_chunks
from doitui_core.db.hub_event_model import HubEvent, HubEventTerm
from doitui_core.errors import EventTaken
from doitui_core.hub_store import event_rows
from doitui_core.hub_store.event_input import EventInput, build
from doitui_core.hub_store.event_record import EventRecord, HubOrigin
from doitui_core.hub_store.event_rows import Key, key_hash, key_of
from doitui_core.hub_store.event_terms import term
from doitui_core.hub_store.hub_database import HubDatabase

#: An event before and after.
Change = tuple[EventRecord, EventRecord]

#: Events written together.
AT_ONCE = 1000


class EventStore:
    """All events. Each method is one transaction, or part of the caller's."""

    def __init__(self, hub: HubDatabase) -> None:
        self.hub = hub

    def post(self, request: EventInput) -> tuple[EventRecord, bool]:
        """Create the event, or change the one with the key that the request gives; whether it was created.

        Raises `InvalidEvent`, and `EventTaken` when key or uuid are another event's: also when the key is its own, only
        not in canonical spelling, because it is looked up first and cleaned afterwards.
        """
        return self._save(request, lambda: self._with_key(request.key()))

    def put(self, uuid: str, request: EventInput) -> tuple[EventRecord, bool]:
        """Change the event `uuid`, or create one; whether it was created. Raises `InvalidEvent` and `EventTaken`."""
        return self._save(request, lambda: self.find(uuid))

    def find(self, uuid: str) -> EventRecord | None:
        """The event `uuid`, in any case."""
        found = event_rows.select(self.hub, peewee.fn.LOWER(HubEvent.uuid) == uuid.lower())
        return found[0] if found else None

    def delete(self, uuid: str) -> bool:
        """Delete the event `uuid`; whether there was one."""
        with self.hub.write():
            known = self.find(uuid)
            if known:
                event_rows.delete(self.hub, [known])
        return known is not None

    def recount(self, events: Iterable[EventRecord]) -> None:
        """Store events of usage: where the key is known, total and time change and the uuid stays."""
        with self.hub.write():
            for some in in_chunks(events, AT_ONCE):
                self._recount({key_hash(key_of(event)): event for event in some})

    def refresh(self, events: Iterable[EventRecord]) -> int:
        """As `recount`, but what is stored with the same total is left alone; how many were new or changed."""
        with self.hub.write():
            parts = in_chunks(events, AT_ONCE)
            return sum(self._recount({key_hash(key_of(e)): e for e in some}, same_too=False) for some in parts)

    def delete_stale(self, subj_id: str, before: str) -> int:
        """Delete a report's events that were not stored again since `before`, a time as `HubDatabase.now` gives it; how
        many. `subj_id` is the report.
        """
        terms = HubEventTerm.select(HubEventTerm.event_id).where(HubEventTerm.term == term("subj", subj_id))
        stale = HubEvent.id.in_(terms) & (HubEvent.origin == str(HubOrigin.REPORT)) & (HubEvent.updated < before)
        ids = [number for (number,) in HubEvent.select(HubEvent.id).where(stale).tuples().execute(self.hub.db)]
        with self.hub.write():
            for some in in_chunks(ids, AT_ONCE):
                event_rows.delete(self.hub, event_rows.select(self.hub, HubEvent.id.in_(some)))
        return len(ids)

    def _recount(self, by_key: dict[str, EventRecord], *, same_too: bool = True) -> int:
        known = event_rows.select(self.hub, HubEvent.key_hash.in_(list(by_key)))
        plain: list[Change] = []
        changed: list[Change] = []
        for old in known:
            new = by_key.pop(key_hash(key_of(old)))
            after = replace(
                old,
                total=new.total,
                occurred_at=new.occurred_at,
                subj=new.subj,
                obj=new.obj,
                updated=new.updated,
                origin=new.origin,
            )
            if same_too or replace(after, updated=old.updated) != old:
                same = (old.occurred_at, old.subj, old.obj) == (new.occurred_at, new.subj, new.obj)
                (plain if same else changed).append((old, after))
        event_rows.recount(self.hub, plain)
        if changed:
            event_rows.change(self.hub, changed)
        made = event_rows.insert(self.hub, list(by_key.values()))
        if len(made) < len(by_key):
            # Another event has the uuid, or somebody else has just stored the key.
            left = {k: replace(event, uuid=str(uuid4())) for k, event in by_key.items() if k not in made}
            return len(plain) + len(changed) + len(made) + self._recount(left, same_too=same_too)
        return len(plain) + len(changed) + len(made)

    def _save(self, request: EventInput, find: Callable[[], EventRecord | None]) -> tuple[EventRecord, bool]:
        try:
            with self.hub.write():
                known = find()
                event = build(request, known, self.hub.now())
                if known is None:
                    if not event_rows.insert(self.hub, [event]):
                        raise EventTaken(f"event {event.uuid}: its key or its UUID is another event's")
                else:
                    event_rows.change(self.hub, [(known, event)])
        except peewee.IntegrityError:
            raise EventTaken(f"event {request.uuid}: its key or its UUID is another event's") from None
        return event, known is None

    def _with_key(self, key: Key) -> EventRecord | None:
        """The event with this key, whole and in any case."""
        found = event_rows.select(self.hub, HubEvent.key_hash == key_hash(key))
        return next((one for one in found if _folded(key_of(one)) == _folded(key)), None)


def _folded(key: Key) -> list[str]:
    return [part.lower() for part in key]
