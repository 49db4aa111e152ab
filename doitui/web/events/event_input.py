"""Events in requests: two dialects, defaults, and what is rejected (datacite-api.md 3.1, 3.2). Pure."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import Any

import falcon

from doitui.web.common import bodies
from doitui.web.common.refusals import NO_PAYLOAD, refusal
from doitui.web.common.times import format_time
from doitui_core.hub_store.event_input import EventInput
from doitui_core.hub_store.event_record import canonical, doi_in

_TEXTS = ("subj-id", "obj-id", "source-id", "relation-type-id", "source-token", "message-action", "license")


class ApiVersion:
    """Version 1 writes `subj-id`, version 2 `subjId`; keys of the other one are silently dropped."""

    def __init__(self, version: int) -> None:
        self.version = version

    @classmethod
    def from_request(cls, req: falcon.Request) -> ApiVersion:
        """Version 2 is asked for in `Accept`."""
        return cls(2 if "version=2" in (req.get_header("Accept") or "").replace(" ", "") else 1)

    def name(self, dashed: str) -> str:
        """How this dialect writes the key `dashed`."""
        return dashed if self.version == 1 else camel(dashed)


def camel(dashed: str) -> str:
    """`subjId` for `subj-id` and `subj_id`."""
    first, *rest = re.split("[-_]", dashed)
    return first + "".join(word[:1].upper() + word[1:] for word in rest)


def read_event_input(document: Any, dialect: ApiVersion) -> EventInput:
    """A JSON:API document as an `EventInput`. Raises 422 when it has no data or no attributes."""
    attributes = bodies.nested(document, "data", "attributes")
    if not isinstance(attributes, dict):
        raise refusal(422, f"Invalid payload. {NO_PAYLOAD}")
    read: dict[str, Any] = {}
    for dashed, clean in _READERS.items():
        if dialect.name(dashed) in attributes:
            read[dashed.replace("-", "_")] = clean(attributes[dialect.name(dashed)])
    return EventInput(clean_text(document["data"].get("id")), read)


def document_doi(document: Any) -> str | None:
    """The DOI an event in either dialect is about, for the request log; None when there is none."""
    names = ("subj-id", "subjId", "obj-id", "objId")
    ids = (clean_text(bodies.nested(document, "data", "attributes", name)) for name in names)
    return next(filter(None, (doi_in(canonical(one or "")) for one in ids)), None)


def clean_text(value: Any) -> str | None:
    """Scalars as text. What cannot be stored becomes a question mark: half a surrogate pair, which JSON can hold and
    UTF-8 cannot, and NUL, which PostgreSQL cannot.
    """
    if value is None or isinstance(value, dict | list):
        return None
    return str(value).encode("utf-8", "replace").decode().replace("\0", "?").strip()


def _number(value: Any) -> int | None:
    """Whole numbers, also as text; 0 for what is none, as Rails casts it."""
    if value is None:
        return None
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return 0


def _time(value: Any) -> str | None:
    """ISO 8601 in UTC with milliseconds; None for what is no time."""
    try:
        read = datetime.fromisoformat(str(value))
        moment = read.astimezone(UTC) if read.tzinfo else read.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None
    return format_time(moment)


def _object(value: Any) -> dict[str, Any]:
    """A subject or object: its top-level keys in camelCase, its text as `clean_text` has it."""
    if not isinstance(value, dict):
        return {}
    clean = json.loads(json.dumps(value, ensure_ascii=False).encode("utf-8", "replace"))
    return {camel(name): item for name, item in clean.items()}


_READERS = {
    **dict.fromkeys(_TEXTS, clean_text),
    "total": _number,
    "occurred-at": _time,
    "subj": _object,
    "obj": _object,
}
