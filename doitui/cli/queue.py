"""`doitui queue`: what is to be done, what failed and why, and how to try again."""

from __future__ import annotations

from typing import Any

import click

from doitui.cli import exits, row_json
from doitui.cli.items import each
from doitui.cli.numbers import ID
from doitui.cli.output import fields, progress, say, show, table
from doitui.cli.paging import paging_options, say_next
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui_core.config.actor import actor
from doitui_core.text import plural


@click.group()
def queue() -> None:
    """Look at the jobs; retry or cancel them.

    Example: doitui queue list --status failed
    """


@queue.command("list")
@click.option(
    "--status", default="", metavar="S", help="pending, processing, completed, failed, uncertain, blocked or cancelled."
)
@click.option(
    "--lane",
    default="dois",
    type=click.Choice(["dois", "events", "reports"]),
    help="What writes and verifies DOIs (dois), sends events, or sends usage reports.",
)
@paging_options
@json_option
@pass_session
def list_(session: Session, status: str, lane: str, limit: int, after: str, as_json: bool) -> None:
    """List jobs, newest first.

    Example: doitui queue list --status failed --json
    """
    from doitui_core.domain.job_kinds import Service
    from doitui_core.views import lists

    with session.database(read_only=True):
        page = lists.jobs(status=status, service=Service(lane), limit=limit, after=after)
    columns = ("id", "action", "status", "attempts", "scheduled_at", "doi", "cause", "last_error")
    rows = [row_json.job(row) for row in page.rows]
    show({"jobs": rows, "next": page.next}, as_json, table(rows, columns, "no jobs"))
    say_next(page.next, as_json)


@queue.command("show")
@click.argument("number", type=ID, metavar="ID")
@json_option
@pass_session
def show_(session: Session, number: int, as_json: bool) -> None:
    """Show one job.

    Example: doitui queue show 12
    """
    from doitui_core.views import lists

    with session.database(read_only=True):
        row = row_json.job_details(lists.job(number))
    show(row, as_json, fields(row))


@queue.command("retry")
@click.argument("ids", nargs=-1, type=ID, metavar="[ID...]")
@click.option("--cause", metavar="C", help="All with this cause, as `queue list` shows it.")
@click.option("--all", "everything", is_flag=True, help="All failed and blocked ones.")
@json_option
@dry_run_option
@pass_session
def retry(
    session: Session, ids: tuple[int, ...], cause: str | None, everything: bool, as_json: bool, dry_run: bool
) -> None:
    """Put failed and blocked jobs back, with new attempts.

    Example: doitui queue retry --cause metadata
    """
    from doitui_core.operations import bulk_retry
    from doitui_core.queue import jobs

    if sum((bool(ids), cause is not None, everything)) != 1:
        raise click.UsageError("give job IDs, or --cause, or --all")
    with session.database(read_only=dry_run):
        for number in ids:
            jobs.find(number)
        if cause is not None:
            jobs.check_cause(cause)
        chosen = jobs.retryable(ids=ids, cause=cause, every=everything)
        if dry_run:
            back = [job.id for job in chosen]
        else:
            many = len(ids) or chosen.count()
            with progress("retrying", many) as bar, says_how_far(lambda: f"{bar.pos} of {many} retried before"):
                back = bulk_retry.retry(ids=ids, cause=cause, every=everything, actor=actor(), step=bar.update)
    missed = [number for number in ids if number not in back]
    for number in missed:
        say(f"job {number} is not failed or blocked: nothing to retry")
    show(
        {"retried": back, "not_retried": missed},
        as_json,
        [f"{plural(len(back), 'job')} {'would go' if dry_run else 'went'} back to pending"],
    )
    exits.leave(exits.for_items(list(ids), [exits.SOME_FAILED] * len(missed)))


@queue.command("pause")
@click.option("--repository", "code", metavar="CODE", help="Only that repository; without it all.")
@json_option
@dry_run_option
@pass_session
def pause(session: Session, code: str | None, as_json: bool, dry_run: bool) -> None:
    """Send nothing more for a repository, or for all. What is under way ends; what is queued stays.

    Example: doitui queue pause --repository h
    """
    _set_paused(session, code, as_json, dry_run, paused=True)


@queue.command("resume")
@click.option("--repository", "code", metavar="CODE", help="Only that repository; without it all.")
@json_option
@dry_run_option
@pass_session
def resume(session: Session, code: str | None, as_json: bool, dry_run: bool) -> None:
    """Send again, and try what was blocked by a wrong set-up. Ends every pause, whatever its cause: a person, a 429, an
    outage, or a clock that was wrong.

    Example: doitui queue resume --repository h
    """
    _set_paused(session, code, as_json, dry_run, paused=False)


def _set_paused(session: Session, code: str | None, as_json: bool, dry_run: bool, *, paused: bool) -> None:
    from doitui_core.config import repositories
    from doitui_core.queue import blocking

    with session.database(read_only=dry_run):
        rows = [repositories.find(code)] if code else repositories.all_repositories()
        for row in rows if not dry_run else []:
            blocking.pause(row, paused, actor=actor())
    codes = [row.code for row in rows]
    word = ("would be " if dry_run else "") + ("paused" if paused else "resumed")
    show({"repositories": codes, "paused": paused}, as_json, [f"{word}: {', '.join(codes) or 'no repository'}"])


@queue.command("cancel")
@click.argument("ids", nargs=-1, required=True, type=ID, metavar="ID...")
@json_option
@dry_run_option
@pass_session
def cancel(session: Session, ids: tuple[int, ...], as_json: bool, dry_run: bool) -> None:
    """Give up jobs that are not under way, and the wish behind them.

    Example: doitui queue cancel 12
    """
    from doitui_core.dois import targets
    from doitui_core.queue import jobs

    def act(text: str) -> dict[str, Any]:
        number = int(text)
        job = jobs.cancellable(number) if dry_run else targets.cancel(number, actor=actor())
        return {"id": job.id, "status": job.status, "line": f"job {job.id}: {'would be ' if dry_run else ''}cancelled"}

    with session.database(read_only=dry_run):
        each([str(number) for number in ids], act, as_json)


@queue.command("prune")
@click.option(
    "--days", default=90, type=click.IntRange(0, 36_500), help="Keep what ended in the last so many days (90)."
)
@json_option
@dry_run_option
@pass_session
def prune(session: Session, days: int, as_json: bool, dry_run: bool) -> None:
    """Forget jobs that were completed or cancelled long ago. The history of their DOIs stays whole.

    Example: doitui queue prune --days 30
    """
    from datetime import timedelta

    from doitui_core.db import database
    from doitui_core.queue import pruning

    with session.database(read_only=dry_run):
        before = database.now() - timedelta(days=days)
        pruned = pruning.prunable(before).count() if dry_run else pruning.prune(before, actor=actor())
    show({"pruned": pruned}, as_json, [f"{plural(pruned, 'job')} {'would be ' if dry_run else ''}forgotten"])


@queue.command("schedule")
@click.argument("ids", nargs=-1, required=True, type=ID, metavar="ID...")
@click.option("--at", "moment", required=True, metavar="TIME", help="Not before this time, as 2026-12-01T06:00Z.")
@json_option
@dry_run_option
@pass_session
def schedule(session: Session, ids: tuple[int, ...], moment: str, as_json: bool, dry_run: bool) -> None:
    """Do pending jobs at another time. A newer wish for the same DOI brings its job forward again.

    Example: doitui queue schedule 12 --at 2026-12-01T06:00Z
    """
    from doitui_core import clock
    from doitui_core.queue import jobs

    at = clock.parse(moment)

    def act(text: str) -> dict[str, Any]:
        job = jobs.schedulable(int(text)) if dry_run else jobs.schedule(int(text), at, actor=actor())
        line = f"job {job.id} {'would be' if dry_run else 'is'} done at {clock.iso(at)}"
        return {"id": job.id, "scheduled_at": clock.iso(at), "line": line}

    with session.database(read_only=dry_run):
        each([str(number) for number in ids], act, as_json)
