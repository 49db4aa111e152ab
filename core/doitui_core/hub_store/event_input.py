"""What a request says of an event, and the event after it (datacite-api.md 3.2). Pure."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from doitui_core.errors import InvalidEvent
from doitui_core.hub_store.event_record import CC0, EventRecord, canonical

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)

_REQUIRED = {"subj_id": "Subj", "source_id": "Source", "source_token": "Source token"}
_DEFAULTS = {"relation_type_id": "references", "message_action": "create", "license": CC0}

# MySQL's integer.
_MAX_TOTAL = 2**31 - 1


@dataclass(frozen=True, slots=True)
class EventInput:
    """What a request says: attributes as fields of `EventRecord`. `uuid` comes from `data.id` and nowhere else."""

    uuid: str | None
    attributes: dict[str, Any]

    def key(self) -> tuple[str, str, str, str]:
        """Subject, object, source and relation as they were written: DataCite looks them up before it cleans them."""
        sent = self.attributes.get
        names = ("subj_id", "obj_id", "source_id", "relation_type_id")
        subj, obj, source, relation = (sent(name) or "" for name in names)
        return subj, obj, source, relation


def build(request: EventInput, known: EventRecord | None, at: str) -> EventRecord:
    """The event after `request`, new or a change of `known`; what the request does not name stays.

    Raises `InvalidEvent`.
    """
    before = {one.name: getattr(known, one.name) for one in fields(EventRecord)} if known else {"created": at}
    values = {**before, **request.attributes}
    values["uuid"] = request.uuid or values.get("uuid") or str(uuid.uuid4())
    _check(values)
    for name, default in {**_DEFAULTS, "occurred_at": at, "total": 1}.items():
        values[name] = default if values.get(name) in (None, "") else values[name]
    for name in ("subj", "obj"):
        values[f"{name}_id"] = canonical(values.get(f"{name}_id") or "")
        values[name] = values.get(name) or {}
    return EventRecord(**{**values, "updated": at})


def _check(values: Mapping[str, Any]) -> None:
    titles = [f"{word} can't be blank" for name, word in _REQUIRED.items() if not values.get(name)]
    if not UUID.fullmatch(values["uuid"]):
        titles.append(f"{values['uuid']} is not a valid UUID")
    if abs(values.get("total") or 0) > _MAX_TOTAL:
        titles.append(f"Total {values['total']} is out of range")
    if titles:
        raise InvalidEvent(titles)
