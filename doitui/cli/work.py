"""`doitui work`: the worker, as a service, or from cron with `--drain`."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from doitui.cli import exits, work_log
from doitui.cli.options import LIMIT, SECONDS, quiet_option
from doitui.cli.output import say, say_first
from doitui.cli.progress import progress
from doitui.cli.session import Session, writes
from doitui.cli.work_log import HourlySummary
from doitui_core.text import plain, plural
from doitui_core.worker import background

if TYPE_CHECKING:
    from doitui_core.config.setting_checks import UnreadableSecret
    from doitui_core.domain.outcomes import Outcome
    from doitui_core.worker.summary import Summary

log = logging.getLogger("doitui.worker")


@click.command()
@click.option("--drain", is_flag=True, help="Stop when nothing is due.")
@click.option("--threads", default=8, type=click.IntRange(1, 64), help="Parallel requests (default 8).")
@click.option("--limit", type=LIMIT, help="Stop after this many jobs.")
@click.option(
    "--every", default=1.0, type=SECONDS, metavar="SECONDS", help="Interval of checks for new jobs (default 1)."
)
@click.option(
    "--log",
    "form",
    default="lines",
    type=click.Choice(["lines", "hourly"]),
    help="Without --drain: a line for each job on stderr (default), or a summary each hour.",
)
@quiet_option
@writes
def work(session: Session, drain: bool, threads: int, limit: int | None, every: float, form: str, quiet: bool) -> None:
    """Run queued jobs: mint, update, verify, and check uncertain DOIs. Also send events, usage reports and mail, and
    count the spool of the middleware (DOITUI_SPOOL).

    With --drain it stops when no job of a DOI is due; later retries and events beyond the rate limit stay queued.
    Without it, it runs until SIGTERM or Ctrl-C, then finishes or returns the running jobs.

    Example: doitui work --drain --threads 4
    """
    from doitui_core.config import setting_checks
    from doitui_core.db.models import Repository
    from doitui_core.notify import mail
    from doitui_core.queue import jobs
    from doitui_core.worker import worker

    def count_due() -> int:
        return sum(jobs.due(row.id, 1_000_000) for row in Repository.select())

    log_to_stderr(session.debug, doi_lines=not drain and not quiet and form == "lines")
    if session.dry_run:
        with session.database():
            due = count_due()
        session.show({"due": due}, [f"due: {plural(due, 'job')}"])
        return

    def finished(done: int) -> str:
        return f"{plural(done, 'job')} finished before, the others stay queued"

    with session.database(durable=False), stopping() as stop:
        for secret in [] if drain else setting_checks.unreadable_secrets():
            log.warning("%s", secret)
        many = count_due() if drain else 0
        hourly = HourlySummary()

        def step(outcome: Outcome) -> None:
            bar.update(1)
            hourly.add(outcome)

        with (
            progress("working", many, finished) as bar,
            hourly.logged(stop) if form == "hourly" and not drain else nullcontext(),
            background.background_work(stop, drain),
        ):
            summary = worker.run(drain=drain, threads=threads, limit=limit, every=every, stop=stop, progress=step)
        unsent = mail.waiting() if drain else 0
        misconfigured = _misconfigured(summary, setting_checks.unreadable_secrets())
    document = {
        **summary_document(summary, "id"),
        "misconfigured": misconfigured,
        "unsent_mails": unsent,
        "other_services": {str(service): dict(outcomes) for service, outcomes in summary.other_services.items()},
    }
    session.show(document, [] if quiet else [_summary_line(summary)])
    _say_failures(summary)
    for problem in misconfigured:
        say(problem)
    if unsent:
        say(f"{plural(unsent, 'mail')} not sent yet: the next `doitui work` sends the rest")
    codes = [exits.for_cause(outcome.cause) for outcome in [*summary.left.values(), *summary.blocked.values()]]
    # A configuration error decides the exit code, unless jobs failed for other reasons.
    wrong = [exits.CONFIGURATION] if misconfigured else []
    exits.leave_items([*wrong, *codes], len(wrong) + len(codes) + (summary.outcomes["done"] if codes else 0))


def summary_document(summary: Summary, job: str) -> dict[str, Any]:
    """The JSON of a run; `job` is the key of a job's id."""
    left = sorted(summary.left.items())
    return {
        "taken": summary.taken,
        "outcomes": dict(summary.outcomes),
        "left": [{job: number, "cause": outcome.cause, "last_error": outcome.message} for number, outcome in left],
        "blocked": {code: outcome.message for code, outcome in summary.blocked.items()},
    }


def outcome_counts(outcomes: Mapping[str, int]) -> str:
    """How many outcomes of each kind there are, as text."""
    return ", ".join(f"{number} {kind}" for kind, number in outcomes.items())


def _misconfigured(summary: Summary, secrets: Iterable[UnreadableSecret]) -> list[str]:
    """One line for each configuration error, except those that `summary.blocked` reports."""
    reported = {outcome.message for outcome in summary.blocked.values()}
    found = {outcome.message: code for (_, code), outcome in summary.misconfigured.items()}
    found |= {one.reason: one.code for one in secrets}
    return [f"repository {code}: {why}" if code else why for why, code in found.items() if why not in reported]


def _summary_line(summary: Summary) -> str:
    done = f": {outcome_counts(summary.outcomes)}" if summary.outcomes else ""
    others = [f"; {service}: {outcome_counts(outcomes)}" for service, outcomes in summary.other_services.items()]
    return f"{plural(summary.taken, 'job')} processed{done}{''.join(others)}"


def _say_failures(summary: Summary) -> None:
    """One line for each reason, not for each job; a blocked repository is reported once, without its jobs."""
    jobs: dict[str, list[int]] = {}
    for number, outcome in sorted(summary.left.items()):
        if outcome.kind != "blocked" or not summary.blocked:
            jobs.setdefault(outcome.message, []).append(number)
    lines = []
    for message, numbers in jobs.items():
        more = f" and {len(numbers) - 1} more" if len(numbers) > 1 else ""
        lines.append(f"job {numbers[0]}{more}: {message}")
    say_first(lines, 20, ": see `doitui queue list`")
    for code, outcome in summary.blocked.items():
        state = " is blocked until this is fixed" if outcome.kind == "blocked" else ""
        say(f"repository {code}{state}: {outcome.message}")


class _OneLine(logging.Formatter):
    """Prints an exception without its traceback."""

    def formatException(self, ei: Any) -> str:  # noqa: N802 - logging's name
        return f"{ei[0].__name__}: {ei[1]} (please report this bug with the output of --debug)"

    def format(self, record: logging.LogRecord) -> str:
        return plain(" ".join(super().format(record).split()))


def log_to_stderr(debug: bool, *, doi_lines: bool) -> None:
    """Log warnings and errors to stderr, with `doi_lines` also every line about a DOI (`activity_log`)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(lambda record: _is_logged(record, doi_lines))
    form = "%(asctime)s %(levelname)s %(message)s"
    handler.setFormatter(logging.Formatter(form) if debug else _OneLine(form))
    logging.basicConfig(handlers=[handler], level=logging.WARNING)


def _is_logged(record: logging.LogRecord, doi_lines: bool) -> bool:
    if record.name in ("doitui.doi", "doitui.log"):
        return doi_lines
    if record.name == work_log.NAME:
        return True
    # `say_waits` prints the lines of doitui.wait
    return record.name != "doitui.wait" and record.levelno >= logging.WARNING


@contextmanager
def stopping() -> Iterator[threading.Event]:
    """An event that SIGTERM and Ctrl-C set. The handler does nothing else: it must not take a lock."""
    stop = threading.Event()

    def handler(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, handler)
    yield stop
