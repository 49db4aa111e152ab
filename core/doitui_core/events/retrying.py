"""Giving failed events new attempts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import peewee

from doitui_core import audit, database, queue, repositories, rests
from doitui_core.events import listed, store
from doitui_core.events.states import State
from doitui_core.jobs import Kind, Lane
from doitui_core.models import Event, Job, Repository


def retryable(*, ids: Sequence[int] = (), cause: str | None = None) -> list[int]:
    """Of the events `ids`, or of all, those that have failed (of `cause`); their ids. Raises `NotFound`."""
    for number in ids:
        listed.find(number)
    return sorted([*(job.subject_id for job in _failed(ids, cause)), *(row.id for row in _given_up(ids, cause))])


def retry(*, ids: Sequence[int] = (), cause: str | None = None, actor: str = "python") -> list[int]:
    """Put them back with new attempts, and try anew what the Events API refused. Raises `NotFound`."""
    with database.write():
        chosen = retryable(ids=ids, cause=cause)
        given_up = list(_given_up(ids, cause))
        for job in list(database.for_update(_failed(ids, cause))):
            queue.put_back(job, database.now())
        for row in given_up:
            attempts = repositories.config(row.repository).number("max_attempts")
            due = [(row.id, row.repository_id, store.due_at(row, database.now()))]
            store.enqueue(due, actor, attempts, states_follow=True)
        rests.look_anew([row.id for row in Repository.select()], (Lane.EVENTS,))
        if chosen:
            audit.note(actor, "retry", audit.numbered("event", chosen), cause or "")
    return chosen


def _failed(ids: Sequence[int], cause: str | None) -> Any:
    """The jobs of those that were refused."""
    failed = Job.select().where(Job.kind == str(Kind.EVENT), Job.status.in_(queue.literally(queue.RETRYABLE)))
    if ids:
        failed = failed.where(Job.subject_id.in_(list(ids)))
    return (failed if cause is None else failed.where(Job.cause == cause)).order_by(Job.id)


def _given_up(ids: Sequence[int], cause: str | None) -> Any:
    """Those whose job was cancelled: they have none."""
    unsettled = Job.select().where(Job.subject_id == Event.id, Job.kind == str(Kind.EVENT), queue.IS_UNSETTLED)
    rows = Event.select().where(Event.state == str(State.FAILED), ~peewee.fn.EXISTS(unsettled))
    if ids:
        rows = rows.where(Event.id.in_(list(ids)))
    return (rows if cause is None else rows.where(Event.cause == cause)).order_by(Event.id)
