"""`doitui cron`: nightly bulk runs, as in OPUS 4."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from doitui.cli import cron_nightly, exits
from doitui.cli.options import LIMIT_OR_ALL, quiet_option, repository_option
from doitui.cli.output import say, say_first
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

    Example: doitui cron register-local; doitui cron verify-local
    """


@cron.command("register-local")
@repository_option
@quiet_option
@writes
def register_local(session: Session, code: str, quiet: bool) -> None:
    """Register the DOIs that published records have and that are not registered yet, and do all other queued jobs.

    Published records without a DOI are counted, not minted: `batch mint` or `cron nightly --mint-all` does that.

    Example: doitui cron register-local --repository h
    """
    from doitui_core.operations import cron_runs

    def register(stop: threading.Event) -> RunResult:
        return cron_runs.register(repository=code, actor=session.actor, stop=stop)

    def say_without() -> int:
        number = cron_runs.without_doi(code)
        if number and not quiet and not session.as_json:
            has = "record has" if number == 1 else "records have"
            say(f"{number} published {has} no DOI yet: doitui batch mint --all; doitui work --drain")
        return number

    _run(session, "registration", lambda: cron_runs.unregistered(code).count(), register, quiet, say_without)


@cron.command("verify-local")
@click.option(
    "--delay-hours",
    type=click.IntRange(0, 87_600),
    metavar="HOURS",
    help="Minimum age (default: setting verify_delay_hours, 24); 0: all, also verified ones.",
)
@click.option("--limit", default=0, type=LIMIT_OR_ALL, help="Maximum DOIs (default 0: all).")
@repository_option
@quiet_option
@writes
def verify_local(session: Session, delay_hours: int | None, limit: int, code: str, quiet: bool) -> None:
    """Verify registered DOIs: their state at DataCite, and where they resolve to.

    Example: doitui cron verify-local --delay-hours 24
    """
    from doitui_core.delivery import verification
    from doitui_core.operations import cron_runs

    def hours() -> int:
        return int(load(code).get("verify_delay_hours")) if delay_hours is None else delay_hours

    def due() -> int:
        number = verification.due(hours(), code).count()
        return min(number, limit) if limit else number

    def verify(stop: threading.Event) -> RunResult:
        return cron_runs.verify(hours(), repository=code, limit=limit, actor=session.actor, stop=stop)

    _run(session, "verification", due, verify, quiet)


def _run(
    session: Session,
    action: str,
    due: Callable[[], int],
    run: Callable[[threading.Event], RunResult],
    quiet: bool,
    without: Callable[[], int] = lambda: 0,
) -> None:
    """Run and report, or in a dry run print how many documents are `due`. `without`: says how many have no DOI."""
    with session.database(durable=session.dry_run):
        if session.dry_run:
            number = due()
            session.show({"due": number}, [f"{plural(number, 'document')} would be processed"])
            return
        log_to_stderr(session.debug, doi_lines=False)
        with stopping() as stop, sending_mail(stop, True):
            result = run(stop)
        missing = without()
    _report(session, action, result, quiet, missing)


def _report(session: Session, action: str, result: RunResult, quiet: bool, missing: int) -> None:
    """Print OPUS's messages, and one line on stderr for each failure."""
    number = len(result.lines)
    document = {"documents": result.documents, "processed": number, "failed": len(result.failed)}
    document |= {"without_doi": missing} if action == "registration" else {}
    none = f"could not find matching documents for DOI {action}"
    session.show(document, [] if quiet else [f"{number} documents have been processed" if number else none])
    say_first([f"{line.object_id}: {line.error or line.cause}" for line in result.failed], 50, ": --json lists all")
    exits.leave_items([exits.for_cause(line.cause) for line in result.failed], number)


cron.add_command(cron_nightly.nightly)
