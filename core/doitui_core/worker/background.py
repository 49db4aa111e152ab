"""Background work in threads of its own, so that nothing in it can stop the worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from doitui_core.errors import DoituiError

#: Seconds a finished run waits for background work; a stopped run has less time.
LAST_SECONDS = 5.0
LAST_SECONDS_STOPPED = 0.5

#: Seconds between checks of `stop` while waiting for the last run.
GLANCE_SECONDS = 0.1

log = logging.getLogger("doitui.worker")


@contextmanager
def run_in_background(
    name: str,
    act: Callable[[threading.Event], object],
    every: float,
    stop: threading.Event,
    *,
    to_the_end: bool = False,
) -> Iterator[None]:
    """Do `act` every so many seconds while the block runs, and once more at its end.

    `act` is handed an event; once that is set it begins nothing new. `stop`: somebody wants the whole run to end.
    `to_the_end`: unless it is stopped, the last time may take as long as it takes.
    """
    over = threading.Event()
    thread = threading.Thread(target=_repeat, args=(name, act, every, over), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        while to_the_end and thread.is_alive() and not stop.is_set():
            thread.join(GLANCE_SECONDS)
        # What is not done by then is done by the next run.
        thread.join(LAST_SECONDS_STOPPED if stop.is_set() else LAST_SECONDS)


def _repeat(name: str, act: Callable[[threading.Event], object], every: float, over: threading.Event) -> None:
    from doitui_core.db import database

    problem = ""
    while not over.wait(every):
        problem = _run_once(name, act, over, problem)
    _run_once(name, act, threading.Event(), problem)
    database.close_thread()


def _run_once(name: str, act: Callable[[threading.Event], object], over: threading.Event, before: str) -> str:
    """Do `act`; what is wrong with it, which is logged unless it was wrong `before`."""
    from doitui_core.db import database
    from doitui_core.errors import DatabaseReplaced

    try:
        act(over)
    except DatabaseReplaced:
        over.set()  # the run itself ends with it, and says so
    except Exception as error:  # the worker goes on without it
        problem = str(error) if isinstance(error, DoituiError) else f"{type(error).__name__}: {error}"
        if problem != before:
            log.warning("%s: %s; trying again", name, problem)
        database.close_thread()
        return problem
    return ""


#: Seconds between runs that send mail, drain the spool, and make events of new counts.
MAIL_SECONDS = 5.0
SPOOL_SECONDS = 1.0
EVENT_SECONDS = 300.0
CHECK_SECONDS = 30.0


@contextmanager
def background_work(stop: threading.Event, drain: bool) -> Iterator[None]:
    """All background work. Mail ends last: the others may queue some."""
    with sending_mail(stop, drain), draining_spool(stop, drain), refreshing_events(stop), checking_records(stop):
        yield


@contextmanager
def sending_mail(stop: threading.Event, drain: bool) -> Iterator[None]:
    """Report how bulk actions ended, write the digests that are due, and send due mail. With `drain` no digest and no
    due mail is left at the end.
    """
    from doitui_core.notify import bulk_digests, mail, operations_digest

    ended = threading.Event()

    def send(over: threading.Event) -> None:
        bulk_digests.report_finished()
        operations_digest.report_due(ended=ended.is_set())
        mail.send_due(stop=over)

    with run_in_background("mail", send, MAIL_SECONDS, stop, to_the_end=drain):
        try:
            yield
        finally:
            if drain:
                ended.set()


def draining_spool(stop: threading.Event, drain_all: bool) -> AbstractContextManager[None]:
    """Drain the spool and count it; with `drain_all` all of it."""
    from doitui_core.usage import drain

    return run_in_background("spool", lambda _over: drain.drain_due(), SPOOL_SECONDS, stop, to_the_end=drain_all)


def refreshing_events(stop: threading.Event) -> AbstractContextManager[None]:
    """Make events of new counts."""
    from doitui_core.events import usage_refresh

    return run_in_background("events", lambda _over: usage_refresh.refresh(usage_refresh.LATELY), EVENT_SECONDS, stop)


def checking_records(stop: threading.Event) -> AbstractContextManager[None]:
    """Check records again after a change of settings."""
    from doitui_core.dois import record_checks

    return run_in_background("checks", record_checks.refresh, CHECK_SECONDS, stop)
