"""What a change of `event_sources_on` does to stored events: those of a kind that is switched off are discarded, and
queued again when it is switched on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from doitui_core.config import repositories
from doitui_core.db import database
from doitui_core.db.models import Event, Repository
from doitui_core.domain import event_kinds
from doitui_core.domain.event import Origin
from doitui_core.domain.event_states import EventState
from doitui_core.errors import Misconfigured
from doitui_core.events import discarding

SETTING = "event_sources_on"

#: What the setting makes; events added by hand are a person's own.
_MADE = (str(Origin.METADATA), str(Origin.USAGE))

Kinds = frozenset[str]


@contextmanager
def follows(names: Any, actor: str) -> Iterator[None]:
    """Around a change of the settings `names`: discard and queue what follows from it. Inside `database.write()`."""
    if SETTING not in names:
        yield
        return
    before = _kinds()
    yield
    after = _kinds()
    for number in before.keys() & after.keys():
        off, on = before[number] - after[number], after[number] - before[number]
        if off:
            _discard(number, off)
        if on:
            _requeue(number, on, actor)


def _kinds() -> dict[int, Kinds]:
    """By repository what is on; without those whose setting cannot be read."""
    found = {}
    for row in Repository.select():
        try:
            found[row.id] = event_kinds.parse_kinds(repositories.config(row).text(SETTING))
        except (Misconfigured, ValueError):
            continue
    return found


def _discard(repository_id: int, kinds: Kinds) -> None:
    mine = (Event.repository == repository_id) & Event.origin.in_(_MADE)
    for chunk in discarding.in_chunks_of(discarding.discardable().where(mine)):
        off = [row.id for row in chunk if event_kinds.kind_of(row.relation_type_id, row.obj_id) in kinds]
        discarding.cancel(off, discarding.SWITCHED_OFF)


def _requeue(repository_id: int, kinds: Kinds, actor: str) -> None:
    off = Event.select().where(
        Event.repository == repository_id,
        Event.cause == discarding.SWITCHED_OFF,
        Event.state.in_((str(EventState.DISCARDED), str(EventState.SUBMITTED))),
    )
    for chunk in discarding.in_chunks_of(off.order_by(Event.id)):
        on = [row for row in chunk if event_kinds.kind_of(row.relation_type_id, row.obj_id) in kinds]
        discarding.requeue(on, actor)
        Event.update(cause="", updated_at=database.now()).where(Event.id.in_([row.id for row in on])).execute()
