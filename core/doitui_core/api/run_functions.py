"""The API's functions that send, count or work off what is due: what cron runs."""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable

from doitui_core.api import results
from doitui_core.api.calls import acting, outside_transaction, public
from doitui_core.errors import BadInput, DiskFull
from doitui_core.notify import mail
from doitui_core.operations import bulk_retry, cron_runs, drain_spool
from doitui_core.operations import flush_events as flushing
from doitui_core.operations import submit_reports as submitting
from doitui_core.operations import sync as syncing
from doitui_core.operations.cron_runs import RunResult
from doitui_core.worker import background, worker
from doitui_core.worker.summary import Summary


@public
def sync(prefix: str | None = None, *, actor: str | None = None) -> results.SyncCounts:
    """Compare the state of every DOI with DataCite, and store what differs. Only a tombstone that is public again is
    queued, to be hidden.

    `prefix`: only DOIs under it, as `10.5072`. Asks at the allowed rate: some 1,000 DOIs a request.
    Raises `BadInput` for an invalid prefix, `Misconfigured`, and `RemoteFailed` where DataCite does not answer.

    Example: `doitui_core.sync().differences`
    """
    outside_transaction("sync")
    done = syncing.sync(prefix=prefix or "", actor=acting(actor))
    return results.SyncCounts(done.compared, tuple(done.differences), tuple(done.unknown), dict(done.failed))


@public
def retry(cause: str | None = None, *, actor: str | None = None) -> results.RetryResult:
    """Put failed and blocked jobs of DOIs back into the queue, with new attempts.

    `cause`: only those with this cause, as `metadata`; None: all. Raises `BadInput` for a cause that no job has.

    Example: `doitui_core.retry("credentials").job_ids`
    """
    return results.RetryResult(tuple(bulk_retry.retry(cause=cause, every=cause is None, actor=acting(actor))))


@public
def register_local(*, actor: str | None = None) -> results.BulkRunResult:
    """Register the DOIs of published records that are not registered yet, and do what else is queued. Failures are in
    the result and in one mail.

    Returns when nothing is due any more. Raises `Misconfigured`, `DatabaseUnavailable`.

    Example: `doitui_core.register_local().failed`
    """
    outside_transaction("register_local")
    return _bulk_run(lambda stop: cron_runs.register(actor=acting(actor), stop=stop))


@public
def verify_local(delay_hours: int = 24, *, actor: str | None = None) -> results.BulkRunResult:
    """Verify registered DOIs: what DataCite has, and where they lead. Failures are in the result and in one mail.

    `delay_hours`: only DOIs that were last written so many hours ago or earlier and are not verified since; 0: all.
    At most 87,600. Returns when nothing is due any more. Raises `BadInput`, `Misconfigured`, `DatabaseUnavailable`.

    Example: `doitui_core.verify_local(delay_hours=0).documents`
    """
    outside_transaction("verify_local")
    if delay_hours > 87_600:
        raise BadInput(f"delay_hours is {delay_hours}: it must be at most 87600")
    return _bulk_run(lambda stop: cron_runs.verify(delay_hours, actor=acting(actor), stop=stop))


@public
def flush_events(limit: int = 500, max_attempts: int = 5, *, actor: str | None = None) -> results.WorkResult:
    """Send events that are pending, and failed ones with attempts left, at the pace of `event_rate_limit`. Usage that
    was counted becomes events first.

    `limit`: at most so many; 0: all. `max_attempts`: only events with fewer attempts, at least 1.
    Raises `BadInput`, `Misconfigured`, `DatabaseUnavailable`.

    Example: `doitui_core.flush_events(limit=0).outcomes`
    """
    outside_transaction("flush_events")
    if max_attempts < 1:
        raise BadInput(f"max_attempts is {max_attempts}: it must be at least 1")
    return _worked(flushing.flush(limit=limit or None, max_attempts=max_attempts, actor=acting(actor)))


@public
def drain_usage(*, actor: str | None = None) -> results.DrainResult:
    """Read what the middleware has noted in the spool (`DOITUI_SPOOL`) into the database, and count it.

    Raises `Misconfigured` without `DOITUI_SPOOL`, `BadInput` for a spool that is no directory or cannot be
    read, `DiskFull`.

    Example: `doitui_core.drain_usage().lines`
    """
    outside_transaction("drain_usage")
    try:
        done = drain_spool.drain(acting(actor))
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise (DiskFull if full else BadInput)(f"the spool cannot be drained: {error}") from error
    found = done.drained
    refused = tuple(str(one) for one in found.refused)
    return results.DrainResult(
        found.files, found.lines, found.rejected, dict(found.hits), done.hours, found.busy, refused
    )


@public
def submit_usage_report(month: str, *, actor: str | None = None) -> results.ReportsResult:
    """Send the usage report of a month for each repository that counted anything. It replaces an earlier one.

    `month`: `YYYY-MM`. Outcomes are as in `ActResult`: `done` once the report store has it. A repository whose set-up
    cannot be used is in the result too.
    Raises `BadInput` for an invalid month, `NotFound` where nothing was counted.

    Example: `doitui_core.submit_usage_report("2026-03").reports`
    """
    outside_transaction("submit_usage_report")
    found = submitting.send(submitting.queue(month, actor=acting(actor)), threading.Event())
    reports = [
        results.ReportResult(
            one.built.reporter.code, one.built.uuid, one.job_id or None, one.outcome, one.cause, one.message
        )
        for one in found
    ]
    return results.ReportsResult(month, tuple(reports))


@public
def work(drain: bool = True, *, stop: threading.Event | None = None) -> results.WorkResult:
    """Do what is due, as `doitui work` does: jobs, events, usage reports, mail, the spool. It installs no signal
    handlers and may run in any thread.

    `drain`: return when nothing is due. False: run until `stop` is set, from another thread.
    Raises `DatabaseUnavailable` when the database is lost for long, `BadInput` inside a transaction.

    Example: `doitui_core.work().outcomes`
    """
    outside_transaction("work")
    stop = stop or threading.Event()
    with background.background_work(stop, drain):
        summary = worker.run(drain=drain, stop=stop)
    return _worked(summary)


def _worked(summary: Summary) -> results.WorkResult:
    left = [
        results.JobOutcome(number, str(one.kind), one.cause, one.message)
        for number, one in sorted(summary.left.items())
    ]
    return results.WorkResult(
        summary.taken,
        dict(summary.outcomes),
        tuple(left),
        {code: one.message for code, one in summary.blocked.items()},
        {str(service): dict(outcomes) for service, outcomes in summary.other_services.items()},
        mail.waiting(),
    )


def _bulk_run(run: Callable[[threading.Event], RunResult]) -> results.BulkRunResult:
    """The result of `run`, while due mail is sent in the background."""
    stop = threading.Event()
    with background.sending_mail(stop, True):
        result = run(stop)
    documents = [results.ProcessedDocument(one.object_id, one.doi, one.cause, one.error) for one in result.lines]
    blocked = {code: one.message for code, one in result.blocked.items()}
    return results.BulkRunResult(len(documents), len(result.failed), tuple(documents), blocked)
