"""Groups of events that statistics are made of: every event is in one, and writes keep their counts."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from typing import NamedTuple

from doitui_core.db.chunks import in_chunks
from doitui_core.db.hub_event_model import HubEventGroup
from doitui_core.hub_store.event_record import EventRecord, prefix_of, text_of
from doitui_core.hub_store.hub_database import HubDatabase

#: What groups tell apart, in the order of `Group`.
COLUMNS = (
    *("source_id", "relation_type_id", "occurred", "created", "subj_type", "obj_type"),
    *("subj_prefix", "obj_prefix", "subj_registrant", "obj_registrant"),
)

#: Rows of one statement.
_AT_ONCE = 500


class Group(NamedTuple):
    """What events are counted by: `occurred` is YYYY-MM, `created` YYYY; an absent value is ""."""

    source: str
    relation: str
    occurred: str
    created: str
    subj_type: str
    obj_type: str
    subj_prefix: str
    obj_prefix: str
    subj_registrant: str
    obj_registrant: str

    def key_hash(self) -> str:
        """The column by which a group is found."""
        return hashlib.sha256("\n".join(self).encode("utf-8", "replace")).hexdigest()[:32]


def group_of(event: EventRecord) -> Group:
    """The group that counts the event."""
    return Group(
        event.source_id,
        event.relation_type_id,
        event.occurred_at[:7],
        event.created[:4],
        text_of(event.subj, "@type"),
        text_of(event.obj, "@type"),
        prefix_of(event.subj_id),
        prefix_of(event.obj_id),
        text_of(event.subj, "registrantId"),
        text_of(event.obj, "registrantId"),
    )


def group_ids(hub: HubDatabase, groups: Collection[Group]) -> dict[Group, int]:
    """The rows of `groups`, made where they are missing; inside `write()`."""
    by_hash = {group.key_hash(): group for group in sorted(groups)}
    known = _known(hub, by_hash)
    missing = [key for key in by_hash if key not in known]
    if missing:
        for some in in_chunks(missing, _AT_ONCE):
            rows = ((key, *by_hash[key]) for key in some)
            hub.dialect.insert_new(hub.db, "hub_event_group", ("key_hash", *COLUMNS), rows, len(some), "key_hash")
        known |= _known(hub, missing)
    return {group: known[key] for key, group in by_hash.items()}


def count(hub: HubDatabase, changes: Counter[int]) -> None:
    """Add to the counts of groups by their ids; inside `write()`. Ordered, so that writers never deadlock."""
    rows = [(by, group) for group, by in sorted(changes.items()) if by]
    hub.execute_many("UPDATE hub_event_group SET events = events + {p} WHERE id = {p}", rows)


def _known(hub: HubDatabase, hashes: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in in_chunks(hashes, _AT_ONCE):
        query = HubEventGroup.select(HubEventGroup.key_hash, HubEventGroup.id)
        found |= dict(query.where(HubEventGroup.key_hash.in_(some)).tuples().execute(hub.db))
    return found
