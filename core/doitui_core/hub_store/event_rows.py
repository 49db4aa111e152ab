"""Events as rows: which columns, which key, and everything that is written with a row (groups, terms, words)."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from doitui_core.db import text_index
from doitui_core.db.hub_event_model import HubEvent
from doitui_core.hub_store import event_groups
from doitui_core.hub_store.event_groups import group_of
from doitui_core.hub_store.event_record import EventRecord, HubOrigin
from doitui_core.hub_store.event_terms import terms_of
from doitui_core.hub_store.hub_database import HubDatabase

#: Characters of each part that DataCite's unique index takes (datacite-api.md 3.2).
INDEXED = 191

PLAIN = (
    *("uuid", "subj_id", "obj_id", "source_id", "relation_type_id", "source_token", "message_action", "license"),
    *("total", "occurred_at", "created", "updated"),
)
_COLUMNS = (*PLAIN, "subj", "obj", "origin", "key_hash", "group_id")
_READ = tuple(getattr(HubEvent, name) for name in (*PLAIN, "subj", "obj", "id", "origin"))

#: ASCII: half a surrogate pair, which JSON can hold and UTF-8 cannot, is stored as it was written.
_written = json.JSONEncoder(separators=(",", ":")).encode

Key = tuple[str, str, str, str]


def key_of(event: EventRecord) -> Key:
    """What tells events apart."""
    return event.subj_id, event.obj_id, event.source_id, event.relation_type_id


def key_hash(key: Key) -> str:
    """The column of DataCite's uniqueness: the beginning of each part, without case."""
    folded = "\n".join(part[:INDEXED].lower() for part in key)
    return hashlib.sha256(folded.encode("utf-8", "replace")).hexdigest()[:32]


def select(hub: HubDatabase, condition: Any) -> list[EventRecord]:
    """The events that fulfil a condition, in no order."""
    # The rows as the driver gives them: peewee would look at every value, for a page of 1,000 events 16,000.
    rows = hub.db.execute(HubEvent.select(*_READ).where(condition)).fetchall()  # type: ignore[no-untyped-call]
    sides: dict[str, dict[str, Any]] = {"{}": {}}
    return [_event(row, sides) for row in rows]


def insert(hub: HubDatabase, events: Sequence[EventRecord]) -> dict[str, int]:
    """Insert events, inside `write()`; key hash -> number of those that were new. The others are left alone."""
    if not events:
        return {}
    found = {key_hash(key_of(event)): (event, group_of(event)) for event in events}
    ids = event_groups.group_ids(hub, {group for _, group in found.values()})
    by_key = {key: (event, ids[group]) for key, (event, group) in sorted(found.items())}
    rows = (_row(event, group, key) for key, (event, group) in by_key.items())
    made = hub.dialect.insert_new(hub.db, "hub_event", _COLUMNS, rows, len(by_key), "key_hash")
    new = [(number, *by_key[key]) for number, key in made]
    event_groups.count(hub, Counter(group for _, _, group in new))
    _index(hub, new)
    return {key: number for number, key in made}


def change(hub: HubDatabase, changes: Sequence[tuple[EventRecord, EventRecord]]) -> None:
    """Write changed events over known ones (`number`), inside `write()`."""
    groups = [(group_of(old), group_of(new)) for old, new in changes]
    ids = event_groups.group_ids(hub, {group for pair in groups for group in pair})
    assigned = ", ".join(f"{name} = {{p}}" for name in _COLUMNS)
    rows = [
        (*_row(new, ids[group], key_hash(key_of(new))), old.number)
        for (old, new), (_, group) in zip(changes, groups, strict=True)
    ]
    hub.execute_many(f"UPDATE hub_event SET {assigned} WHERE id = {{p}}", rows)
    counts: Counter[int] = Counter()
    for before, after in groups:
        counts[ids[before]] -= 1
        counts[ids[after]] += 1
    event_groups.count(hub, counts)
    found_otherwise = [
        (old, new, ids[group])
        for (old, new), (before, group) in zip(changes, groups, strict=True)
        if before != group or key_of(old) != key_of(new) or terms_of(old) != terms_of(new)
    ]
    _take_out(hub, [old for old, _, _ in found_otherwise])
    _index(hub, [(old.number, new, group) for old, new, group in found_otherwise])


def recount(hub: HubDatabase, changes: Sequence[tuple[EventRecord, EventRecord]]) -> None:
    """As `change`, where nothing but total, `updated` and `origin` differ: the rows of a report that is sent again."""
    rows = [(new.total, new.updated, str(new.origin), old.number) for old, new in changes]
    hub.execute_many("UPDATE hub_event SET total = {p}, updated = {p}, origin = {p} WHERE id = {p}", rows)


def delete(hub: HubDatabase, events: Sequence[EventRecord]) -> None:
    """Delete events, inside `write()`."""
    _take_out(hub, events)
    hub.execute_many("DELETE FROM hub_event WHERE id = {p}", [(event.number,) for event in events])
    ids = event_groups.group_ids(hub, {group_of(event) for event in events})
    event_groups.count(hub, Counter({ids[g]: -n for g, n in Counter(map(group_of, events)).items()}))


def _index(hub: HubDatabase, rows: Sequence[tuple[int, EventRecord, int]]) -> None:
    terms = sorted((term, number, group) for number, event, group in rows for term in terms_of(event))
    hub.dialect.insert_many(hub.db, "hub_event_term", ("term", "event_id", "group_id"), terms)
    text_index.add(hub.db, ((number, key_of(event)) for number, event, _ in rows))


def _take_out(hub: HubDatabase, events: Iterable[EventRecord]) -> None:
    known = list(events)
    terms = sorted((term, event.number) for event in known for term in terms_of(event))
    hub.execute_many("DELETE FROM hub_event_term WHERE term = {p} AND event_id = {p}", terms)
    text_index.remove(hub.db, ((event.number, key_of(event)) for event in known))


def _row(event: EventRecord, group: int, key: str) -> tuple[Any, ...]:
    plain = [getattr(event, name) for name in PLAIN]
    return (*plain, _written(event.subj), _written(event.obj), str(event.origin), key, group)


def _event(row: Any, sides: dict[str, dict[str, Any]]) -> EventRecord:
    """`sides`: subjects and objects by their JSON; the events of a report have the same one."""
    *plain, subj, obj, number, origin = row
    for text in (subj, obj):
        if text not in sides:
            sides[text] = json.loads(text)
    values = [*plain, sides[subj], sides[obj], number, HubOrigin(origin)]
    return EventRecord(*values)
