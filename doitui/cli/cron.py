"""`doitui cron`: nightly bulk runs, as in OPUS 4."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from doitui.cli import exits
from doitui.cli.options import LIMIT_OR_ALL, repository_option
from doitui.cli.output import say_first
from doitui.cli.session import Session, writes
from doitui.cli.setting import load
from doitui.cli.work import log_to_stderr, stopping
from doitui_core.text import plural
from doitui_core.worker.background import sending_mail

if TYPE_CHECKING:
    from doitui_core.operations.cron_runs import RunResult


@click.group()
def cron() -> None:
    """Run bulk work from cron: each command ends when nothing is due.

    Example: doitui cron register-local && doitui cron verify-local
    """


@cron.command("register-local")
@repository_option
@writes
def register_local(session: Session, code: str) -> None:
    """Register the DOIs of published records that are not registered yet, and do all other queued jobs.

    Example: doitui cron register-local --repository h
    """
    from doitui_core.operations import cron_runs

    with session.database(durable=session.dry_run):
        if session.dry_run:
            _show_due(session, cron_runs.unregistered(code).count())
            return
        result = _run(session, lambda stop: cron_runs.register(repository=code, actor=session.actor, stop=stop))
    _report(session, "registration", result)


@cron.command("verify-local")
@click.option(
    "--delay-hours",
    type=click.IntRange(0, 87_600),
    metavar="HOURS",
    help="Minimum age (default: setting verify_delay_hours, 24); 0: all, also verified ones.",
)
@click.option("--limit", default=0, type=LIMIT_OR_ALL, help="Maximum DOIs (default 0: all).")
@repository_option
@writes
def verify_local(session: Session, delay_hours: int | None, limit: int, code: str) -> None:
    """Verify registered DOIs: their state at DataCite, and where they resolve to.

    Example: doitui cron verify-local --delay-hours 24
    """
    from doitui_core.delivery import verification
    from doitui_core.operations import cron_runs

    with session.database(durable=session.dry_run):
        if delay_hours is None:
            delay_hours = int(load(code).get("verify_delay_hours"))
        hours = delay_hours
        if session.dry_run:
            due = verification.due(hours, code).count()
            _show_due(session, min(due, limit) if limit else due)
            return
        result = _run(
            session, lambda stop: cron_runs.verify(hours, repository=code, limit=limit, actor=session.actor, stop=stop)
        )
    _report(session, "verification", result)


def _show_due(session: Session, due: int) -> None:
    session.show({"due": due}, [f"{plural(due, 'document')} would be processed"])


def _run(session: Session, run: Callable[[threading.Event], RunResult]) -> RunResult:
    log_to_stderr(session.debug, doi_lines=False)
    with stopping() as stop, sending_mail(stop, True):
        return run(stop)


def _report(session: Session, action: str, result: RunResult) -> None:
    """Print OPUS's messages, and one line on stderr for each failure."""
    number = len(result.lines)
    document = {"documents": result.documents, "processed": number, "failed": len(result.failed)}
    none = f"could not find matching documents for DOI {action}"
    session.show(document, [f"{number} documents have been processed" if number else none])
    say_first([f"{line.object_id}: {line.error or line.cause}" for line in result.failed], 50, ": --json lists all")
    exits.leave_items([exits.for_cause(line.cause) for line in result.failed], number)
