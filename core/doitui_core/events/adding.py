"""An event by hand, or by a script."""

from __future__ import annotations

from doitui_core import clock, database, dois, repositories
from doitui_core.errors import Refused
from doitui_core.events import eligible, event
from doitui_core.events.event import Event as Value
from doitui_core.events.origin import Origin
from doitui_core.events.store import Kept, Told, keep
from doitui_core.models import Event, Repository


def add(
    subject: str,
    relation: str,
    obj: str,
    *,
    source: str = "",
    total: int = 1,
    occurred_at: str = "",
    actor: str = "python",
) -> tuple[Event, Kept]:
    """Keep an event about a DOI of ours and queue it; a repeat gives the row there is its new total.

    `source`: empty for `event_source_relation`. Raises as `check`.
    """
    told = check(subject, relation, obj, source=source, total=total, occurred_at=occurred_at)
    with database.write():
        config = repositories.config(Repository.get_by_id(told.repository_id))
        kept = keep([told], Origin.HAND, actor=actor, max_attempts=config.number("max_attempts"))
    row: Event = Event.get(Event.dedupe_hash == told.event.dedupe_hash)
    return row, kept


def check(subject: str, relation: str, obj: str, *, source: str = "", total: int = 1, occurred_at: str = "") -> Told:
    """The event, if it can be told. Raises `BadInput`, `NotFound` for a DOI that is not ours, `Refused` for one that is
    not registered or whose record is not published.
    """
    row = dois.find(subject)
    named = source or repositories.config(row.repository).text("event_source_relation")
    at = clock.iso(clock.parse(occurred_at)) or "" if occurred_at else ""
    found: Value = event.named(subject, relation, obj, named, total=total, occurred_at=at)
    if not eligible.public(row, row.record):
        raise Refused(
            f"{row.doi} is {row.status}: events are told of DOIs that are registered or findable, of published records",
            "not_public",
        )
    return Told(found, row.id, row.repository_id)
