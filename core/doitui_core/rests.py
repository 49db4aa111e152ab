"""Repositories that rest: paused by a person, or blocked because their set-up is wrong.

A wrong password blocks the repository, not each of its jobs: they stay pending, one notice tells it, and what was
blocked goes on by itself as soon as DataCite knows the account again.
"""

from __future__ import annotations

from doitui_core import database, queue
from doitui_core.models import Repository
from doitui_core.outcomes import Outcome


def pause(repository: Repository, paused: bool) -> None:
    """Stop or resume sending for a repository. Resuming also looks anew at what was blocked."""
    with database.write():
        Repository.update(paused=paused).where(Repository.id == repository.id).execute()
        if not paused:
            unblock(repository.id)


def block(repository_id: int, outcome: Outcome) -> bool:
    """Note that nothing of the repository can work until its set-up is mended. False: that was known."""
    with database.joining():
        return bool(
            Repository.update(blocked_cause=outcome.cause, blocked_error=outcome.message)
            .where(Repository.id == repository_id, Repository.blocked_cause == "")
            .execute()
        )


def mended(repository_id: int) -> None:
    """Something was set, for one repository or (0) for all: what was blocked is looked at anew."""
    blocked = Repository.select().where(Repository.blocked_cause != "")
    for row in blocked.where(Repository.id == repository_id) if repository_id else blocked:
        unblock(row.id)


def unblock(repository_id: int) -> int:
    """Let it work again; how many jobs that had met the wrong set-up are due again."""
    with database.joining():
        Repository.update(blocked_cause="", blocked_error="").where(Repository.id == repository_id).execute()
        return queue.unblock(repository_id)
