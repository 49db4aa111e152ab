"""What is done beside the work, in threads of its own: whatever hangs there must not stop the worker."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from doitui_core.errors import DoituiError

#: Seconds a run that has ended waits for what is done beside it to end too; one that was told to stop has little time.
LAST_SECONDS = 5.0
LAST_SECONDS_STOPPED = 0.5

#: Seconds between two looks whether to stop while waiting for the last time.
GLANCE_SECONDS = 0.1

log = logging.getLogger("doitui.worker")


@contextmanager
def beside(
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
    thread = threading.Thread(target=_again_and_again, args=(name, act, every, over), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        while to_the_end and thread.is_alive() and not stop.is_set():
            thread.join(GLANCE_SECONDS)
        # What is not done by then is done by the next run.
        thread.join(LAST_SECONDS_STOPPED if stop.is_set() else LAST_SECONDS)


def _again_and_again(name: str, act: Callable[[threading.Event], object], every: float, over: threading.Event) -> None:
    from doitui_core import database

    problem = ""
    while not over.wait(every):
        problem = _once(name, act, over, problem)
    _once(name, act, threading.Event(), problem)
    database.close_thread()


def _once(name: str, act: Callable[[threading.Event], object], over: threading.Event, before: str) -> str:
    """Do `act`; what is wrong with it, which is logged unless it was wrong `before`."""
    from doitui_core import database
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
