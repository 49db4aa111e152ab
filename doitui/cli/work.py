"""`doitui work`: the worker, for a service manager (runs on) or for cron (`--drain`)."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits
from doitui.cli.numbers import SECONDS
from doitui.cli.output import counted, plain, progress, say, show
from doitui.cli.session import Session, dry_run_option, json_option, pass_session

if TYPE_CHECKING:
    from doitui_core.outcomes import Outcome
    from doitui_core.worker import Summary

#: Seconds between two looks for mail, and for which an ending worker waits for its last mail.
MAIL_SECONDS = 5.0


@click.command()
@click.option("--drain", is_flag=True, help="Stop when nothing is due.")
@click.option("--threads", default=8, type=click.IntRange(1, 64), help="Requests at once (8).")
@click.option("--limit", type=click.IntRange(1), help="Stop after this many jobs.")
@click.option("--every", default=1.0, type=SECONDS, metavar="SECONDS", help="How often to look at an empty queue (1).")
@json_option
@dry_run_option
@pass_session
def work(
    session: Session, drain: bool, threads: int, limit: int | None, every: float, as_json: bool, dry_run: bool
) -> None:
    """Do what is queued: mints, updates, verifications, and questions about what is uncertain.

    With --drain it ends when nothing is due; what waits for a later try stays queued. Otherwise it runs until SIGTERM
    or Ctrl-C, and finishes or gives back what it has in hand.

    Example: doitui work --drain --threads 4
    """
    from doitui_core import queue, worker
    from doitui_core.models import Repository

    _log(session.debug)
    if dry_run:
        with session.database(read_only=True):
            due = sum(queue.due(row.id, 1_000_000) for row in Repository.select())
        show({"due": due}, as_json, [f"due: {counted(due, 'job')}"])
        return
    stop = threading.Event()
    _stop_on_signals(stop)
    with session.database(durable=False):
        waiting = sum(queue.due(row.id, 1_000_000) for row in Repository.select()) if drain else 0
        with progress("working", waiting) as bar, _mail():
            summary = worker.run(
                drain=drain, threads=threads, limit=limit, every=every, stop=stop, progress=lambda _: bar.update(1)
            )
    left = sorted(summary.left.items())
    document = {
        "taken": summary.taken,
        "outcomes": dict(summary.outcomes),
        "left": [{"id": number, "cause": outcome.cause, "last_error": outcome.message} for number, outcome in left],
        "blocked": {code: outcome.message for code, outcome in summary.blocked.items()},
    }
    show(document, as_json, [_sentence(summary)])
    # A repository that is blocked is told once, not with each of its jobs.
    _complain([(number, outcome) for number, outcome in left if outcome.kind != "blocked" or not summary.blocked])
    for code, outcome in summary.blocked.items():
        rests = " rests until this is mended" if outcome.kind == "blocked" else ""
        say(f"repository {code}{rests}: {outcome.message}")
    ends = [outcome for _, outcome in left] + list(summary.blocked.values())
    codes = [exits.EXIT_OF_CAUSE.get(outcome.cause, exits.SOME_FAILED) for outcome in ends]
    exits.leave(exits.of_items([*codes, *[exits.DONE] * summary.outcomes["done"]], codes))


@contextmanager
def _mail() -> Iterator[None]:
    """Send the mail that falls due beside the work, in a thread of its own: a dead mail server must not stop it."""
    from doitui_core import database, mail

    over = threading.Event()

    def send() -> None:
        while not over.wait(MAIL_SECONDS):
            mail.send_due(stop=over)
        mail.send_due()
        database.close_thread()

    thread = threading.Thread(target=send, name="mail", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        # What is not sent by then is sent by the next run.
        thread.join(MAIL_SECONDS)


def _sentence(summary: Summary) -> str:
    told = ", ".join(f"{number} {kind}" for kind, number in summary.outcomes.items())
    return f"{counted(summary.taken, 'job')} taken up" + (f": {told}" if told else "")


def _complain(left: Sequence[tuple[int, Outcome]]) -> None:
    """A line for each reason: a wrong password is one notice, not a thousand."""
    jobs: dict[str, list[int]] = {}
    for number, outcome in left:
        jobs.setdefault(outcome.message, []).append(number)
    for message, numbers in list(jobs.items())[:20]:
        more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        say(f"job {numbers[0]}{more}: {message}")
    if len(jobs) > 20:
        say(f"… and {len(jobs) - 20} more reasons: `doitui queue list`")


class _OneLine(logging.Formatter):
    """Without the traceback of an exception, but with what it says."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return f"{ei[0].__name__}: {ei[1]} (a mistake of ours: --debug shows where)"

    def format(self, record: logging.LogRecord) -> str:
        return plain(" ".join(super().format(record).split()))


def _log(debug: bool) -> None:
    handler = logging.StreamHandler(sys.stderr)
    form = "%(asctime)s %(levelname)s %(message)s"
    handler.setFormatter(logging.Formatter(form) if debug else _OneLine(form))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _stop_on_signals(stop: threading.Event) -> None:
    """Handlers set the flag and nothing else: no lock, no log line may be taken in one."""

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
