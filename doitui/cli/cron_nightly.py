"""`doitui cron nightly`: the night's work in one command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits
from doitui.cli.options import quiet_option, repository_option
from doitui.cli.output import say_first
from doitui.cli.session import Session, writes

if TYPE_CHECKING:
    from doitui_core.operations.nightly import NightStep


@click.command()
@click.option("--mint-all", is_flag=True, help="Mint every published record without a registered DOI.")
@repository_option
@quiet_option
@writes
def nightly(session: Session, mint_all: bool, code: str, quiet: bool) -> None:
    """Mint what the publish rules say, update what has changed, verify, send events and the usage reports that are due.

    Each step runs although another failed; one mail reports on all. What is done, foreign or unpublished is skipped.
    The exit code is 1 only if something that should have worked did not. Publish rules: settings auto_create,
    register_at_publish, auto_mint.

    Example: doitui cron nightly --mint-all --quiet
    """
    from doitui.cli.work import log_to_stderr, stopping
    from doitui_core.operations import nightly as nights
    from doitui_core.worker.background import sending_mail

    if session.dry_run:
        with session.database():
            due = nights.preview(code)
        session.show({"due": due}, [f"{step}: {number} would be looked at" for step, number in due.items()])
        return
    with session.database():
        log_to_stderr(session.debug, doi_lines=False)
        with stopping() as stop, sending_mail(stop, True):
            steps = nights.run(repository=code, mint_all=mint_all, actor=session.actor, stop=stop)
    session.show({"steps": list(map(_document, steps))}, [] if quiet else map(_line, steps))
    failed = [line for step in steps for line in step.failed if not line.waits]
    say_first([f"{line.object_id}: {line.error or line.cause}" for line in failed], 50, ": --json lists all")
    codes = [exits.for_cause(line.cause) for step in steps for line in step.failed]
    exits.leave_items(codes, sum(len(step.lines) for step in steps))


def _document(step: NightStep) -> dict[str, Any]:
    return {
        "step": step.name,
        "counts": {what: number for what, number in step.counts.items() if number},
        "note": step.note,
        "failed": [{"object_id": line.object_id, "cause": line.cause, "error": line.error} for line in step.failed],
    }


def _line(step: NightStep) -> str:
    return f"{step.name}: {', '.join(_parts(step)) or 'nothing to do'}"


def _parts(step: NightStep) -> Iterator[str]:
    yield from (f"{number} {what}" for what, number in step.counts.items() if number)
    if step.note:
        yield step.note
