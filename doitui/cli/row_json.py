"""The JSON shapes of DOIs, jobs, events and records."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from doitui_core.clock import iso

if TYPE_CHECKING:
    from doitui_core.db.models import Event
    from doitui_core.views.pulled import Citation
    from doitui_core.views.rows import DoiRow, EventRow, JobRow, PulledRow, RecordRow

Json = dict[str, Any]

_DOI = (
    *("doi", "object_id", "repository", "status", "marks", "wanted", "remote", "certainty", "verification", "opus"),
    *("url", "title", "created_at", "minted_at", "updated_at"),
)

_DOI_DETAILS = (
    *("reason", "successor", "cause", "last_error", "current_hash", "sent_hash", "confirmed_hash", "api_check"),
    *("resolver_check", "unreachable", "api_checked_at", "resolver_checked_at"),
)

_JOB = (
    *("id", "doi", "object_id", "title", "action", "status", "attempts", "max_attempts", "scheduled_at"),
    *("last_error", "cause", "cause_group"),
)

_JOB_DETAILS = ("kind", "repository", "worker", "actor", "created_at", "lease_until", "finished_at")

_EVENT = (
    *("id", "subj_id", "relation_type_id", "obj_id", "source_id", "origin", "state", "total", "submitted_total"),
    *("attempts", "response_status", "last_error"),
)

_PULLED = (
    "id",
    "subj_id",
    "relation_type_id",
    "obj_id",
    "source_id",
    "total",
    "doi",
    "uuid",
    "occurred_at",
    "updated_at",
)

_EVENT_DETAILS = (
    "link_source_id",
    *("uuid", "dedupe_hash", "source_token", "obj_type", "in_metadata", "cause", "response", "occurred_at"),
    *("created_at", "updated_at", "submitted_at"),
)

_RECORD = (
    *("object_id", "repository", "title", "published", "set_by_hand", "doi", "status", "foreign_doi", "url"),
    *("created_at", "updated_at"),
)


def _json(row: Any, columns: Sequence[str]) -> Json:
    return {name: _value(getattr(row, name)) for name in columns}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return iso(value)
    return list(value) if isinstance(value, tuple) else value


def doi(row: DoiRow, *, details: bool = False) -> Json:
    """A DOI of `doi list`; with `details` of `doi show`."""
    return _json(row, _DOI + _DOI_DETAILS if details else _DOI)


def job(row: JobRow, *, details: bool = False) -> Json:
    """A job of `queue list`; with `details` of `queue show`."""
    return _json(row, _JOB + _JOB_DETAILS if details else _JOB)


def event(row: EventRow | Event) -> Json:
    """An event of `event list`."""
    return _json(row, _EVENT)


def pulled_event(row: PulledRow) -> Json:
    """An event of others in `event list --origin pulled`, with what an event of ours has too."""
    unsent = {"submitted_total": 0, "attempts": 0, "response_status": 0, "last_error": ""}
    return _json(row, _PULLED) | {"origin": "pulled", "state": "pulled"} | unsent


def citation(found: Citation) -> Json:
    """A line of `cited_by` in `doi show`."""
    return _json(found, ("citing_id", "sources", "occurred_at"))


def event_details(row: Event) -> Json:
    """An event of `event show`, without the payload."""
    return event(row) | {"doi": row.doi.doi} | _json(row, _EVENT_DETAILS)


def record(row: RecordRow) -> Json:
    """A record of `record list`."""
    return _json(row, _RECORD) | {"set_by_hand": row.set_by_hand.split(), "foreign_doi": row.foreign_doi or None}
