"""An event by hand, or by a script."""

from __future__ import annotations

from doitui_core import clock
from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Event, Repository
from doitui_core.dois import doi_rows
from doitui_core.domain import event
from doitui_core.domain.event import EventValue, Origin
from doitui_core.errors import Refused
from doitui_core.events import eligible
from doitui_core.events.store import NewEvent, StoreResult, save


def add(
    subject: str,
    relation: str,
    obj: str,
    *,
    source: str = "",
    total: int = 1,
    occurred_at: str = "",
    actor: str = "python",
) -> tuple[Event, StoreResult]:
    """Store an event about a DOI of ours and queue it; a repeat gives the existing row its new total.

    `source`: empty for `event_source_relation`. Raises as `check`.
    """
    new = check(subject, relation, obj, source=source, total=total, occurred_at=occurred_at)
    with database.write():
        config = repositories.config(Repository.get_by_id(new.repository_id))
        result = save([new], Origin.HAND, actor=actor, max_attempts=config.number("max_attempts"))
    row: Event = Event.get(Event.dedupe_hash == new.key)
    return row, result


def check(
    subject: str, relation: str, obj: str, *, source: str = "", total: int = 1, occurred_at: str = ""
) -> NewEvent:
    """The event, if it can be submitted. Raises `BadInput`, `NotFound` for a DOI that is not ours, `Refused` for one
    that is not registered or whose record is not published.
    """
    row = doi_rows.find(subject)
    named = source or repositories.config(row.repository).text("event_source_relation")
    at = clock.iso(clock.parse(occurred_at)) or "" if occurred_at else ""
    found: EventValue = event.from_text(subject, relation, obj, named, total=total, occurred_at=at)
    if not eligible.public(row, row.record):
        raise Refused(
            f"{row.doi} is {row.status}: only registered or findable DOIs of published records have events",
            "not_public",
        )
    return NewEvent(found, row.id, row.repository_id)
