"""`doitui work`: the worker, for a service manager (runs on) or for cron (`--drain`)."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits
from doitui.cli.numbers import LIMIT, SECONDS
from doitui.cli.output import progress, say, show
from doitui.cli.session import Session, dry_run_option, json_option, pass_session
from doitui.cli.so_far import says_how_far
from doitui_core.text import plain, plural
from doitui_core.worker import background

if TYPE_CHECKING:
    from doitui_core.config.secret_checks import Unreadable
    from doitui_core.domain.outcomes import Outcome
    from doitui_core.worker.summary import Summary

log = logging.getLogger("doitui.worker")


@click.command()
@click.option("--drain", is_flag=True, help="Stop when nothing is due.")
@click.option("--threads", default=8, type=click.IntRange(1, 64), help="Requests at once (8).")
@click.option("--limit", type=LIMIT, help="Stop after this many jobs.")
@click.option("--every", default=1.0, type=SECONDS, metavar="SECONDS", help="How often to look at an empty queue (1).")
@json_option
@dry_run_option
@pass_session
def work(
    session: Session, drain: bool, threads: int, limit: int | None, every: float, as_json: bool, dry_run: bool
) -> None:
    """Do what is queued: mints, updates, verifications, and questions about what is uncertain. Beside that, send events
    and usage reports at their own pace, send mail, and count what the middleware has noted in the spool (DOITUI_SPOOL).

    With --drain it ends when no DOI is due; what waits for a later try, or for the pace of events, stays queued.
    Otherwise it runs until SIGTERM or Ctrl-C, and finishes or gives back what it has in hand.

    Example: doitui work --drain --threads 4
    """
    from doitui_core.config import secret_checks
    from doitui_core.db.models import Repository
    from doitui_core.notify import mail
    from doitui_core.queue import jobs
    from doitui_core.worker import worker

    log_to_stderr(session.debug, doi_lines=not drain)
    if dry_run:
        with session.database(read_only=True):
            due = sum(jobs.due(row.id, 1_000_000) for row in Repository.select())
        show({"due": due}, as_json, [f"due: {plural(due, 'job')}"])
        return
    with session.database(durable=False), stopping() as stop:
        for secret in [] if drain else secret_checks.unreadable():
            log.warning("%s", secret)
        waiting = sum(jobs.due(row.id, 1_000_000) for row in Repository.select()) if drain else 0
        with (
            progress("working", waiting) as bar,
            background.background_work(stop, drain),
            says_how_far(lambda: f"{plural(bar.pos, 'job')} ended before, the others stay queued"),
        ):
            summary = worker.run(
                drain=drain, threads=threads, limit=limit, every=every, stop=stop, progress=lambda _: bar.update(1)
            )
        unsent = mail.waiting() if drain else 0
        misconfigured = _misconfigured(summary, secret_checks.unreadable())
    left = sorted(summary.left.items())
    document = {
        "taken": summary.taken,
        "outcomes": dict(summary.outcomes),
        "left": [{"id": number, "cause": outcome.cause, "last_error": outcome.message} for number, outcome in left],
        "blocked": {code: outcome.message for code, outcome in summary.blocked.items()},
    }
    document["misconfigured"] = misconfigured
    document["unsent_mails"] = unsent
    document["beside"] = {str(lane): dict(outcomes) for lane, outcomes in summary.other_services.items()}
    show(document, as_json, [_summary_line(summary)])
    # A repository that is blocked is told once, not with each of its jobs.
    _report_failures(
        [(number, outcome) for number, outcome in left if outcome.kind != "blocked" or not summary.blocked]
    )
    for code, outcome in summary.blocked.items():
        rests = " rests until this is mended" if outcome.kind == "blocked" else ""
        say(f"repository {code}{rests}: {outcome.message}")
    for problem in misconfigured:
        say(problem)
    if unsent:
        say(f"{plural(unsent, 'mail')} not sent yet: the next `doitui work` sends the rest")
    ends = [outcome for _, outcome in left] + list(summary.blocked.values())
    codes = [exits.EXIT_OF_CAUSE.get(outcome.cause, exits.SOME_FAILED) for outcome in ends]
    done = [exits.DONE] * summary.outcomes["done"]
    # What went out meanwhile does not hide that something cannot go out before the set-up is changed.
    wrong = [exits.CONFIGURATION] if misconfigured else []
    exits.leave(exits.for_items([*wrong, *codes, *done] if codes else wrong, [*wrong, *codes]))


def _misconfigured(summary: Summary, secrets: Iterable[Unreadable]) -> list[str]:
    """Each wrong set-up in one line, but those of repositories that `summary.blocked` names."""
    told = {outcome.message for outcome in summary.blocked.values()}
    found = {outcome.message: code for (_, code), outcome in summary.misconfigured.items()}
    found |= {one.reason: one.code for one in secrets}
    return [f"repository {code}: {why}" if code else why for why, code in found.items() if why not in told]


def _summary_line(summary: Summary) -> str:
    told = ", ".join(f"{number} {kind}" for kind, number in summary.outcomes.items())
    beside = [
        f"; {lane}: {', '.join(f'{number} {kind}' for kind, number in outcomes.items())}"
        for lane, outcomes in summary.other_services.items()
    ]
    return f"{plural(summary.taken, 'job')} taken up" + (f": {told}" if told else "") + "".join(beside)


def _report_failures(left: Sequence[tuple[int, Outcome]]) -> None:
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


def log_to_stderr(debug: bool, *, doi_lines: bool) -> None:
    """Warnings and errors go to stderr, and with `doi_lines` every line about a DOI (`activity_log`). A run that ends
    does without: it says itself what failed.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: _wanted(record, doi_lines))
    form = "%(asctime)s %(levelname)s %(message)s"
    handler.setFormatter(logging.Formatter(form) if debug else _OneLine(form))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _wanted(record: logging.LogRecord, lines_of_dois: bool) -> bool:
    if record.name in ("doitui.doi", "doitui.log"):
        return lines_of_dois
    if record.name == "doitui.wait":
        return False  # every command says what it waits for (`waits`)
    return record.levelno >= logging.WARNING


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """The flag that SIGTERM and Ctrl-C set. They set it and nothing else: no lock may be taken in a handler."""
    stop = threading.Event()

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
    yield stop
