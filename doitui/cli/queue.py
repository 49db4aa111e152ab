"""`doitui queue`: list jobs, retry, cancel and schedule them, pause and resume repositories."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

import click

from doitui.cli import row_json
from doitui.cli.items import check_selection, each, selection_options, show_retried
from doitui.cli.options import ID, paging_options, repository_option, show_list
from doitui.cli.output import fields
from doitui.cli.progress import progress
from doitui.cli.session import Session, reads_database, writes, writes_database
from doitui_core import clock
from doitui_core.domain.job_kinds import Service
from doitui_core.text import plural

job_ids_argument = click.argument("ids", nargs=-1, required=True, type=ID, metavar="ID...")


@click.group()
def queue() -> None:
    """List jobs; retry, cancel or schedule them; pause and resume.

    Example: doitui queue list --state failed
    """


@queue.command("list")
@click.option(
    "--state",
    "--status",
    default="",
    metavar="S",
    help="pending, processing, completed, failed, uncertain, blocked or cancelled.",
)
@click.option(
    "--service",
    default="dois",
    type=click.Choice(["dois", "events", "reports"]),
    help="Jobs for DOIs (default), events or usage reports.",
)
@click.option("--cause", default="", metavar="C", help="Only with this cause, or of this cause group.")
@paging_options
@reads_database
def list_(session: Session, state: str, service: str, cause: str, limit: int, after: str) -> None:
    """List jobs, newest first.

    Example: doitui queue list --state failed --json
    """
    from doitui_core.views import lists

    read = partial(lists.jobs, status=state, cause=cause, service=Service(service))
    columns = ("id", "action", "status", "attempts", "scheduled_at", "doi", "cause", "last_error")
    show_list(session, "jobs", read, row_json.job, columns, "no jobs", limit=limit, after=after)


@queue.command("show")
@click.argument("number", type=ID, metavar="ID")
@reads_database
def show_(session: Session, number: int) -> None:
    """Show one job.

    Example: doitui queue show 12
    """
    from doitui_core.views import lists

    row = row_json.job(lists.job(number), details=True)
    session.show(row, fields(row))


@queue.command()
@selection_options
@writes
def retry(session: Session, ids: tuple[int, ...], cause: str | None, everything: bool) -> None:
    """Set failed and blocked jobs to pending, with new attempts.

    `doitui report causes` shows the cause groups of failed jobs.

    Example: doitui queue retry --cause metadata
    """
    from doitui_core.operations import bulk_retry
    from doitui_core.queue import jobs

    check_selection("job", ids, cause, everything)
    with session.database():
        for number in ids:
            jobs.find(number)
        if cause is not None:
            jobs.check_cause(cause)
        chosen = jobs.retryable(ids=ids, cause=cause, every=everything)
        if session.dry_run:
            retried = [job.id for job in chosen]
        else:
            many = len(ids) or chosen.count()
            with progress("retrying", many, lambda done: f"{done} of {many} retried before") as bar:
                retried = bulk_retry.retry(ids=ids, cause=cause, every=everything, actor=session.actor, step=bar.update)
    show_retried(session, "job", ids, retried, "failed or blocked")


@queue.command()
@repository_option
@writes_database
def pause(session: Session, code: str) -> None:
    """Pause sending for a repository, or for all. Running jobs finish; queued jobs stay queued.

    Example: doitui queue pause --repository h
    """
    _set_paused(session, code, paused=True)


@queue.command()
@repository_option
@writes_database
def resume(session: Session, code: str) -> None:
    """Resume sending, and retry jobs blocked by credentials or configuration.

    This ends every pause: by a person, by status 429, by an outage, or by a wrong clock.

    Example: doitui queue resume --repository h
    """
    _set_paused(session, code, paused=False)


def _set_paused(session: Session, code: str, *, paused: bool) -> None:
    from doitui_core.config import repositories
    from doitui_core.queue import blocking

    rows = [repositories.find(code)] if code else repositories.all_repositories()
    for row in rows if not session.dry_run else []:
        blocking.pause(row, paused, actor=session.actor)
    codes = [row.code for row in rows]
    line = f"{session.would}{'paused' if paused else 'resumed'}: {', '.join(codes) or 'no repository'}"
    session.show({"repositories": codes, "paused": paused}, [line])


@queue.command()
@job_ids_argument
@writes
def cancel(session: Session, ids: tuple[int, ...]) -> None:
    """Cancel jobs that are not running, and what they asked for.

    Example: doitui queue cancel 12
    """
    from doitui_core.dois import targets
    from doitui_core.queue import jobs

    def act(number: int) -> dict[str, Any]:
        job = jobs.cancellable(number) if session.dry_run else targets.cancel(number, actor=session.actor)
        return {"id": job.id, "status": job.status, "line": f"job {job.id}: {session.would}cancelled"}

    each(session, ids, act)


@queue.command()
@click.option("--days", default=90, type=click.IntRange(0, 36_500), help="Keep jobs of the last days (default 90).")
@writes_database
def prune(session: Session, days: int) -> None:
    """Delete jobs that were completed or cancelled long ago. The history of their DOIs is kept.

    Example: doitui queue prune --days 30
    """
    from doitui_core.db import database
    from doitui_core.queue import pruning

    before = database.now() - timedelta(days=days)
    pruned = pruning.prunable(before).count() if session.dry_run else pruning.prune(before, actor=session.actor)
    session.show({"pruned": pruned}, [f"{plural(pruned, 'job')} {session.would}deleted"])


@queue.command()
@job_ids_argument
@click.option("--at", "moment", required=True, metavar="TIME", help="Earliest time, such as 2026-12-01T06:00Z.")
@writes
def schedule(session: Session, ids: tuple[int, ...], moment: str) -> None:
    """Postpone pending jobs. A new request for the same DOI makes its job due again.

    Example: doitui queue schedule 12 --at 2026-12-01T06:00Z
    """
    from doitui_core.queue import jobs

    at = clock.parse(moment)

    def act(number: int) -> dict[str, Any]:
        job = jobs.schedulable(number) if session.dry_run else jobs.schedule(number, at, actor=session.actor)
        line = f"job {job.id}: {session.would}scheduled for {clock.iso(at)}"
        return {"id": job.id, "scheduled_at": clock.iso(at), "line": line}

    each(session, ids, act)
