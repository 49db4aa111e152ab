"""Repositories that rest: paused by a person, or blocked because their set-up is wrong.

A wrong password blocks the repository, not each of its jobs: they stay pending, one notice tells it, and what was
blocked goes on by itself as soon as DataCite knows the account again. Where the Events API or the report store refuses
us, that service is left alone (`upstream.refuse`), not the repository's DOIs.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from doitui_core import audit, database, queue
from doitui_core.clock import EPOCH
from doitui_core.errors import Misconfigured
from doitui_core.jobs import Lane
from doitui_core.models import Job, Repository, Upstream
from doitui_core.outcomes import Outcome


def pause(repository: Repository, paused: bool, *, actor: str = "python") -> None:
    """Stop or resume sending for a repository. Resuming also looks anew at what was blocked, and ends every pause,
    whatever its cause: a 429, an outage, a clock that was wrong.
    """
    with database.write():
        Repository.update(paused=paused).where(Repository.id == repository.id).execute()
        audit.note(actor, "pause" if paused else "resume", f"repository {repository.code}")
        if not paused:
            unblock(repository.id)
            look_anew([repository.id])
            _end_pauses(repository)


def _end_pauses(repository: Repository) -> None:
    from doitui_core import breaker, replay, repositories, upstream

    config = repositories.config(repository)
    for lane in Lane:
        with suppress(Misconfigured):  # one whose address is wrong has no pause
            if upstream.resume(upstream.name(config, lane)):
                replay.hasten([repository.id], lane, (*breaker.CAUSES, "throttled"))


def block(repository_id: int, outcome: Outcome) -> bool:
    """Note that no DOI of the repository can be written until its set-up is mended. False: that was known."""
    with database.joining():
        return bool(
            Repository.update(blocked_cause=outcome.cause, blocked_error=outcome.message)
            .where(Repository.id == repository_id, Repository.blocked_cause == "")
            .execute()
        )


def mended(repository_id: int) -> None:
    """Something was set, for one repository or (0) for all: what was blocked is looked at anew."""
    chosen = [row for row in Repository.select() if repository_id in (0, row.id)]
    for row in chosen:
        if row.blocked_cause:
            unblock(row.id)
    look_anew([row.id for row in chosen])


def unblock(repository_id: int) -> int:
    """Let it write DOIs again; how many jobs that had met the wrong set-up are due again."""
    with database.joining():
        Repository.update(blocked_cause="", blocked_error="").where(Repository.id == repository_id).execute()
        return queue.unblock([repository_id])


def look_anew(repository_ids: list[int], lanes: tuple[Lane, ...] = (Lane.EVENTS, Lane.REPORTS)) -> None:
    """Try again what the services of `lanes` refused: who holds which credential there may have changed."""
    with database.joining():
        accept(lanes)
        for lane in lanes:
            queue.unblock(repository_ids, lane)


def ask_again(job_ids: list[int]) -> None:
    """Jobs were put back: services that refused them are asked again, not believed to refuse still."""
    found: Any = Job.select(Job.lane).where(Job.id.in_(job_ids)).distinct()
    with database.write():
        accept(tuple(Lane(lane) for (lane,) in found.tuples()))


def accept(lanes: tuple[Lane, ...]) -> None:
    """Send to the services of `lanes` again, also where they refused us. Inside `database.write()`."""
    from doitui_core import upstream

    refused = [row.name for row in Upstream.select().where(Upstream.blocked_at > EPOCH)]
    upstream.accept(name for name in refused if upstream.lane(name) in lanes)


def wake() -> None:
    """Blocked events and reports go on where their service refuses us no more: a token's file was renewed. Where it
    still does and it is time to look, but nothing else is due, one of them goes.
    """
    lanes = [str(Lane.EVENTS), str(Lane.REPORTS)]
    blocked: Any = Job.select(Job.repository, Job.lane).where(Job.lane.in_(lanes), Job.status == "blocked").distinct()
    for repository_id, lane in list(blocked.tuples()):
        with suppress(Misconfigured):
            _wake(repository_id, Lane(lane))


def _wake(repository_id: int, lane: Lane) -> None:
    from doitui_core import repositories, upstream

    name = upstream.name(repositories.config(Repository.get_by_id(repository_id)), lane)
    row = Upstream.get_or_none(Upstream.name == name)
    if row is None or row.blocked_at is None:
        queue.unblock([repository_id], lane)
    elif (row.canary_at or EPOCH) <= database.now() and not queue.due(repository_id, 1, lane=lane):
        queue.unblock([repository_id], lane, limit=1)
