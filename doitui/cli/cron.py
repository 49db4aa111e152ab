"""`doitui cron`: bulk runs for a nightly table, in the manner of OPUS 4."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from doitui.cli import exits
from doitui.cli.numbers import LIMIT_OR_ALL
from doitui.cli.output import say, show
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.work import log_to_stderr, stopping
from doitui_core.config.actor import actor
from doitui_core.text import plural
from doitui_core.worker.background import sending_mail

if TYPE_CHECKING:
    from doitui_core.operations.cron_runs import RunResult


@click.group()
def cron() -> None:
    """Bulk runs that end: for cron.

    Example: doitui cron register-local && doitui cron verify-local
    """


def repository_option(command: click.decorators.FC) -> click.decorators.FC:
    return click.option("--repository", "code", default="", metavar="CODE", help="Only that repository's.")(command)


@cron.command("register-local")
@repository_option
@json_option
@dry_run_option
@pass_session
def register_local(session: Session, code: str, as_json: bool, dry_run: bool) -> None:
    """Register the DOIs of published records that are not registered yet, and do what else is queued.

    Example: doitui cron register-local --repository h
    """
    from doitui_core.operations import cron_runs

    with session.database(read_only=dry_run, durable=dry_run):
        if dry_run:
            due = cron_runs.unregistered(code).count()
            show({"due": due}, as_json, [f"{plural(due, 'document')} would be processed"])
            return
        log_to_stderr(session.debug, doi_lines=False)
        with stopping() as stop, sending_mail(stop, True):
            result = cron_runs.register(repository=code, actor=actor(), stop=stop)
    _report("registration", result, as_json)


@cron.command("verify-local")
@click.option(
    "--delay-hours", type=click.IntRange(0, 87_600), metavar="HOURS", help="How old; 0: all, verified or not."
)
@click.option("--limit", default=0, type=LIMIT_OR_ALL, help="At most this many; 0: all (0).")
@repository_option
@json_option
@dry_run_option
@pass_session
def verify_local(
    session: Session, delay_hours: int | None, limit: int, code: str, as_json: bool, dry_run: bool
) -> None:
    """Verify the registered DOIs: what DataCite has, and where they lead. Without --delay-hours the setting
    verify_delay_hours counts (24).

    Example: doitui cron verify-local --delay-hours 24
    """
    from doitui_core.config import repositories, settings
    from doitui_core.delivery import verification
    from doitui_core.operations import cron_runs

    with session.database(read_only=dry_run, durable=dry_run):
        if delay_hours is None:
            found = repositories.config(repositories.find(code)).settings if code else settings.load()
            delay_hours = int(found.get("verify_delay_hours"))
        if dry_run:
            due = verification.due(delay_hours, code).count()
            due = min(due, limit) if limit else due
            show({"due": due}, as_json, [f"{plural(due, 'document')} would be processed"])
            return
        log_to_stderr(session.debug, doi_lines=False)
        with stopping() as stop, sending_mail(stop, True):
            result = cron_runs.verify(delay_hours, repository=code, limit=limit, actor=actor(), stop=stop)
    _report("verification", result, as_json)


def _report(what: str, result: RunResult, as_json: bool) -> None:
    """OPUS's words, and one line on stderr for each failure."""
    number = len(result.lines)
    document = {"documents": result.documents, "processed": number, "failed": len(result.failed)}
    words = f"{number} documents have been processed" if number else f"could not find matching documents for DOI {what}"
    show(document, as_json, [words])
    for line in result.failed[:50]:
        say(f"{line.object_id}: {line.error or line.cause}")
    if len(result.failed) > 50:
        say(f"… and {len(result.failed) - 50} more: --json names them all")
    codes = [exits.EXIT_OF_CAUSE.get(line.cause, exits.SOME_FAILED) for line in result.failed]
    exits.leave(exits.for_items([exits.DONE] * (number - len(codes)) + codes, codes))
